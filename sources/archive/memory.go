package archive

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
	"unique"

	"github.com/klauspost/compress/zstd"

	"github.com/wixrecon/wixrecon/reconcile"
)

// memory.jsonl.zst: what is known of the findings of a scope after a run. The
// first line says whose it is and how many lines follow, the others are
// findings, in the order of their ids, so that the same knowledge gives the
// same bytes. It is read a line at a time, and no line may be long.

const (
	maxMemoryLine = 16 << 10
	maxMemoryHint = 1 << 14 // findings that are made room for before they are read
)

type memoryHead struct {
	SchemaVersion int    `json:"schema_version"`
	RunID         string `json:"run_id"`
	ScopeID       string `json:"scope_id"`
	Findings      int    `json:"findings"`
}

type memoryLine struct {
	ID        string    `json:"id"`
	AccountID string    `json:"account_id,omitempty"`
	FirstSeen time.Time `json:"first_seen"`
	Since     time.Time `json:"since"`
	LastSeen  time.Time `json:"last_seen"`
	Counted   time.Time `json:"counted,omitzero"`
	Sightings int       `json:"sightings,omitempty"`
	Says      uint64    `json:"says,string,omitempty"` // beyond what a JSON number holds exactly
	Resolved  time.Time `json:"resolved,omitzero"`
	Reopened  int       `json:"reopened,omitempty"`
}

// writeMemory writes a memory, packed.
func writeMemory(w io.Writer, runID, scopeID string, memory reconcile.KnownFindings) error {
	packed, err := zstd.NewWriter(w, zstd.WithZeroFrames(true), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	return errors.Join(writeLines(packed, runID, scopeID, memory), packed.Close())
}

func writeLines(w io.Writer, runID, scopeID string, memory reconcile.KnownFindings) error {
	lines := json.NewEncoder(w)
	head := memoryHead{SchemaVersion: reconcile.SchemaVersion, RunID: runID, ScopeID: scopeID, Findings: len(memory)}
	if err := lines.Encode(head); err != nil {
		return err
	}
	ids := slices.SortedFunc(maps.Keys(memory), func(a, b reconcile.FindingID) int { return bytes.Compare(a[:], b[:]) })
	for _, id := range ids {
		p := memory[id]
		if err := lines.Encode(memoryLine{
			ID: id.String(), AccountID: p.AccountID,
			FirstSeen: p.FirstSeen.UTC(), Since: p.Since.UTC(), LastSeen: p.LastSeen.UTC(), Counted: p.Counted.UTC(),
			Sightings: p.Sightings, Says: p.Fingerprint, Resolved: p.Resolved.UTC(), Reopened: p.Reopened,
		}); err != nil {
			return err
		}
	}
	return nil
}

// readMemory reads the lines of a memory, which must be of the scope.
func readMemory(in io.Reader, scopeID string) (reconcile.KnownFindings, error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxMemoryLine)
	var head memoryHead
	if !lines.Scan() {
		return nil, errors.Join(errors.New("it is empty"), lines.Err())
	}
	if err := json.Unmarshal(lines.Bytes(), &head); err != nil {
		return nil, fmt.Errorf("line 1: %w", err)
	}
	if err := checkSchema("it", head.SchemaVersion); err != nil {
		return nil, err
	}
	if head.ScopeID != scopeID {
		return nil, fmt.Errorf("it is of scope %q", head.ScopeID)
	}
	memory := make(reconcile.KnownFindings, min(max(head.Findings, 0), maxMemoryHint))
	for lines.Scan() {
		if err := addLine(memory, lines.Bytes()); err != nil {
			return nil, fmt.Errorf("line %d: %w", len(memory)+2, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(memory) != head.Findings {
		return nil, fmt.Errorf("it has %d findings, its first line says %d", len(memory), head.Findings)
	}
	return memory, nil
}

func addLine(memory reconcile.KnownFindings, text []byte) error {
	var l memoryLine
	if err := json.Unmarshal(text, &l); err != nil {
		return err
	}
	id, err := reconcile.ParseFindingID(l.ID)
	if err != nil {
		return err
	}
	if _, twice := memory[id]; twice {
		return fmt.Errorf("finding %s stands twice", l.ID)
	}
	if l.FirstSeen.IsZero() || l.Since.Before(l.FirstSeen) || l.LastSeen.Before(l.FirstSeen) || l.Sightings < 0 || l.Reopened < 0 {
		return fmt.Errorf("finding %s contradicts itself", l.ID)
	}
	memory[id] = reconcile.KnownFinding{
		AccountID: unique.Make(l.AccountID).Value(), FirstSeen: l.FirstSeen.UTC(), Since: l.Since.UTC(), LastSeen: l.LastSeen.UTC(),
		Counted: l.Counted.UTC(), Sightings: l.Sightings, Fingerprint: l.Says, Resolved: l.Resolved.UTC(), Reopened: l.Reopened,
	}
	return nil
}
