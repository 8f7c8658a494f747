package archive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// reading.json has what a run found out about the API: the filters that it
// supports and the rate that it accepts. A run starts with the file of the newest
// run of its scope that has one. It decides how Wix is read, not what is reported,
// so a file that can't be used is ignored with a warning.

type readingRecord struct {
	SchemaVersion int             `json:"schema_version"`
	RunID         string          `json:"run_id"`
	ScopeID       string          `json:"scope_id"`
	Learned       json.RawMessage `json:"learned"`
}

// PutReading writes what a run of the scope found out about the API.
func (r *Run) PutReading(ctx context.Context, scopeID string, learned any) error {
	text, err := json.Marshal(learned)
	if err != nil {
		return fmt.Errorf("write %s: %w", ReadingFile, err)
	}
	record := readingRecord{SchemaVersion: reconcile.SchemaVersion, RunID: r.ID, ScopeID: scopeID, Learned: text}
	return r.Put(ctx, ReadingFile, func(w io.Writer) error { return indented(w, record) })
}

// Reading reads into learned what the newest run of the scope found out about the
// API. If there is nothing to read, learned stays as it is.
func (a *Archive) Reading(ctx context.Context, h *reconcile.History, scopeID string, learned any) error {
	for i := range h.Runs {
		id := h.Runs[i].RunID
		if !slices.ContainsFunc(h.Runs[i].Reports, func(f reconcile.File) bool { return f.Name == ReadingFile }) {
			continue
		}
		var record readingRecord
		err := a.readRecord(ctx, id+"/"+ReadingFile, &record, func() error {
			if record.ScopeID != scopeID || record.RunID != id {
				return errors.New("it belongs to another run")
			}
			return errors.Join(checkSchema("it", record.SchemaVersion), json.Unmarshal(record.Learned, learned))
		})
		if missingOrCorrupt(err) || errors.Is(err, ErrNewer) {
			if !storage.NotExist(err) {
				h.Warnings = append(h.Warnings, fmt.Sprintf("what run %s found out about the API can't be used: %v", id, err))
			}
			return nil
		}
		return err
	}
	return nil
}
