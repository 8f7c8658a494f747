package job

import (
	"context"
	"fmt"
	"time"

	"github.com/wixrecon/wixrecon/internal/tempfile"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// A beginning is what run, plan and apply start from.
type beginning struct {
	folder  *archive.Run // of the run; nothing is written yet
	subject *subject
	history *history
	lists   *lists
}

// begin reserves the folder of the run, and reads what earlier runs left and the
// lists. What would only fail after the reading is tried first: writing to --out
// and to the temporary folder. The beginning must be released.
func (s *session) begin(ctx context.Context) (b *beginning, err error) {
	if err := checkTemporary(s.tempDir()); err != nil {
		return nil, err
	}
	folder, err := s.archive.NewRun(ctx, s.runID)
	if err != nil {
		return nil, err
	}
	b = &beginning{folder: folder, subject: s.subject(s.runID)}
	s.removeLeftovers(ctx)
	if b.history, err = s.readHistory(ctx, b.subject); err == nil {
		b.lists, err = readLists(ctx, s.Opener, s.Config, b.subject.asOf)
	}
	if err != nil {
		s.release(ctx, b)
		return nil, err
	}
	return b, nil
}

// release removes the mark that the run is being made.
func (s *session) release(ctx context.Context, b *beginning) {
	if err := b.folder.Release(ctx); err != nil {
		s.Log.Warn("the mark that the run has started was not removed", "cause", err)
	}
}

// removeLeftovers removes what killed runs left.
func (s *session) removeLeftovers(ctx context.Context) {
	warnings, err := s.archive.RemoveLeftovers(ctx, false)
	for _, text := range warnings {
		s.warn("%s", text)
	}
	if err != nil {
		s.warn("could not remove unfinished files of killed runs: %v", err)
	}
}

// tempDir returns the folder for temporary files; empty is the system's.
func (j *Job) tempDir() string { return "" }

// checkTemporary tries to create a temporary file.
func checkTemporary(folder string) error {
	f, err := tempfile.Create(folder)
	if err != nil {
		return fmt.Errorf("write to the temporary folder: %w: set TMPDIR to a folder that can be written", err)
	}
	return f.Close()
}

// A subject is what a run is about.
type subject struct {
	runID string
	scope reconcile.Scope
	asOf  time.Time
	live  bool // read from the API, for the moment of its start
}

// subject returns what a run is about, as far as the settings say. A replay
// learns more from its snapshot.
func (s *session) subject(runID string) *subject {
	return &subject{
		runID: runID, scope: s.scope(s.Config.AccountID), asOf: s.asOf(),
		live: s.Config.Snapshot == "" && s.Config.AsOf.IsZero(),
	}
}

// asOf returns the as-of of a run without a snapshot.
func (s *session) asOf() time.Time {
	if !s.Config.AsOf.IsZero() {
		return s.Config.AsOf.UTC()
	}
	return s.started.Truncate(time.Second)
}

// scope returns what is compared under a parent account. Only a replay may learn
// the parent account from its snapshot.
func (j *Job) scope(parent string) reconcile.Scope {
	parts := reconcile.ScopeParts{
		AccountID: parent, Accounts: j.Config.Accounts, Ledger: j.Config.Ledger,
		Columns: make(map[string][]string), Statuses: make(map[string]string),
	}
	for _, m := range j.Config.Columns {
		parts.Columns[m.Column] = m.Headers
	}
	for _, w := range j.Config.Statuses {
		parts.Statuses[w.Word] = string(w.Status)
	}
	return reconcile.Scope{
		ID: parts.ID(), AccountID: parts.AccountID, Accounts: parts.Accounts, Ledger: storage.Redact(parts.Ledger),
	}
}

// newSummary returns the summary of a run before anything is read.
func (s *session) newSummary(sub *subject) reconcile.Summary {
	return reconcile.Summary{
		SchemaVersion: reconcile.SchemaVersion, Command: s.command, RunID: sub.runID, Version: s.Version,
		AsOf: sub.asOf, Started: s.started, Scope: sub.scope,
		Replay: s.Config.Snapshot != "", Live: sub.live, Findings: reconcile.NewTally(),
	}
}
