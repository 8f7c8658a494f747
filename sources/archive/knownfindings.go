package archive

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
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
	"github.com/wixrecon/wixrecon/sources/storage"
)

// memory.jsonl.zst has the known findings of a scope after a run. Its first line
// has the scope and the number of findings; the others are findings in the order
// of their ids, so that the same findings give the same bytes. It is read line by
// line, and no line may be long.
//
// A run reads the file of the newest live run of its scope. It must have the hash
// in that run's summary. Otherwise the run before it is used, which misses one
// night: findings become younger and sightings fewer, never the reverse.

const (
	maxKnownLine     = 16 << 10
	maxKnownPrealloc = 1 << 14 // findings that are allocated before they are read
)

type knownHeader struct {
	SchemaVersion int    `json:"schema_version"`
	RunID         string `json:"run_id"`
	ScopeID       string `json:"scope_id"`
	Findings      int    `json:"findings"`
}

type knownLine struct {
	ID          string    `json:"id"`
	AccountID   string    `json:"account_id,omitempty"`
	FirstSeen   time.Time `json:"first_seen"`
	Since       time.Time `json:"since"`
	LastSeen    time.Time `json:"last_seen"`
	Counted     time.Time `json:"counted,omitzero"`
	Sightings   int       `json:"sightings,omitempty"`
	Fingerprint uint64    `json:"says,string,omitempty"` // a string, because a JSON number is not exact
	Resolved    time.Time `json:"resolved,omitzero"`
	Reopened    int       `json:"reopened,omitempty"`
}

// KnownFindings reads the known findings of earlier runs; nil if there are none. The
// first run after the scope continued another one adds those of the other.
func (a *Archive) KnownFindings(ctx context.Context, h *reconcile.History, scopeID string) (reconcile.KnownFindings, error) {
	known, asOf, err := a.newestKnownFindings(ctx, h, scopeID)
	if err != nil || h.Continued == nil || asOf.After(h.Continued.At) {
		return known, err
	}
	earlier, _, err := a.newestKnownFindings(ctx, h, h.Continued.Continues)
	if err != nil {
		return nil, err
	}
	return known.Continue(earlier), nil
}

// newestKnownFindings reads the known findings of the newest run of a scope that has
// them, and returns its as-of.
func (a *Archive) newestKnownFindings(ctx context.Context, h *reconcile.History, scopeID string) (reconcile.KnownFindings, time.Time, error) {
	for i := range h.Runs {
		file := knownFindingsFile(&h.Runs[i])
		if file == nil || h.Runs[i].Scope.ID != scopeID {
			continue
		}
		known, err := a.knownFindingsOf(ctx, h.Runs[i].RunID, scopeID, file.SHA256)
		if err == nil {
			return known, h.Runs[i].AsOf, nil
		}
		if !missingOrCorrupt(err) {
			return nil, time.Time{}, err
		}
		h.Warnings = append(h.Warnings, fmt.Sprintf("the known findings of run %s can't be used: %v", h.Runs[i].RunID, err))
	}
	return nil, time.Time{}, nil
}

// knownFindingsOf reads the known findings of one run.
func (a *Archive) knownFindingsOf(ctx context.Context, id, scopeID, sum string) (_ reconcile.KnownFindings, err error) {
	in, err := a.dir.Open(ctx, id+"/"+KnownFindingsFile)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	hash := sha256.New()
	recorder := &errorRecorder{in: in}
	compressed := io.TeeReader(recorder, hash)
	known, err := decompressKnownFindings(compressed, scopeID)
	if err == nil {
		_, err = io.Copy(io.Discard, compressed) // what the decompressor did not read
	}
	if got := hex.EncodeToString(hash.Sum(nil)); err == nil && got != sum {
		err = errors.New("it is not what the run wrote")
	}
	if err = recorder.classify(in.Name, err); err != nil {
		return nil, err
	}
	return known, nil
}

func decompressKnownFindings(compressed io.Reader, scopeID string) (_ reconcile.KnownFindings, err error) {
	in, err := storage.Decompress(compressed)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	return readKnownFindings(in, scopeID)
}

// writeKnownFindings writes the compressed file.
func writeKnownFindings(w io.Writer, runID, scopeID string, known reconcile.KnownFindings) error {
	compressor, err := zstd.NewWriter(w, zstd.WithZeroFrames(true), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	return errors.Join(writeKnownLines(compressor, runID, scopeID, known), compressor.Close())
}

func writeKnownLines(w io.Writer, runID, scopeID string, known reconcile.KnownFindings) error {
	lines := json.NewEncoder(w)
	header := knownHeader{SchemaVersion: reconcile.SchemaVersion, RunID: runID, ScopeID: scopeID, Findings: len(known)}
	if err := lines.Encode(header); err != nil {
		return err
	}
	ids := slices.SortedFunc(maps.Keys(known), func(a, b reconcile.FindingID) int { return bytes.Compare(a[:], b[:]) })
	for _, id := range ids {
		f := known[id]
		if err := lines.Encode(knownLine{
			ID: id.String(), AccountID: f.AccountID,
			FirstSeen: f.FirstSeen.UTC(), Since: f.Since.UTC(), LastSeen: f.LastSeen.UTC(), Counted: f.Counted.UTC(),
			Sightings: f.Sightings, Fingerprint: f.Fingerprint, Resolved: f.Resolved.UTC(), Reopened: f.Reopened,
		}); err != nil {
			return err
		}
	}
	return nil
}

// readKnownFindings reads the lines of a file, which must be of the scope.
func readKnownFindings(in io.Reader, scopeID string) (reconcile.KnownFindings, error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxKnownLine)
	var header knownHeader
	if !lines.Scan() {
		return nil, errors.Join(errors.New("it is empty"), lines.Err())
	}
	if err := json.Unmarshal(lines.Bytes(), &header); err != nil {
		return nil, fmt.Errorf("line 1: %w", err)
	}
	if err := checkSchema("it", header.SchemaVersion); err != nil {
		return nil, err
	}
	if header.ScopeID != scopeID {
		return nil, fmt.Errorf("it belongs to scope %q", header.ScopeID)
	}
	known := make(reconcile.KnownFindings, min(max(header.Findings, 0), maxKnownPrealloc))
	for lines.Scan() {
		if err := addKnownLine(known, lines.Bytes()); err != nil {
			return nil, fmt.Errorf("line %d: %w", len(known)+2, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(known) != header.Findings {
		return nil, fmt.Errorf("it has %d findings, but its first line states %d", len(known), header.Findings)
	}
	return known, nil
}

func addKnownLine(known reconcile.KnownFindings, text []byte) error {
	var l knownLine
	if err := json.Unmarshal(text, &l); err != nil {
		return err
	}
	id, err := reconcile.ParseFindingID(l.ID)
	if err != nil {
		return err
	}
	if _, exists := known[id]; exists {
		return fmt.Errorf("finding %s is repeated", l.ID)
	}
	if l.FirstSeen.IsZero() || l.Since.Before(l.FirstSeen) || l.LastSeen.Before(l.FirstSeen) || l.Sightings < 0 || l.Reopened < 0 {
		return fmt.Errorf("finding %s contradicts itself", l.ID)
	}
	known[id] = reconcile.KnownFinding{
		AccountID: unique.Make(l.AccountID).Value(), FirstSeen: l.FirstSeen.UTC(), Since: l.Since.UTC(), LastSeen: l.LastSeen.UTC(),
		Counted: l.Counted.UTC(), Sightings: l.Sightings, Fingerprint: l.Fingerprint, Resolved: l.Resolved.UTC(), Reopened: l.Reopened,
	}
	return nil
}
