package job

import (
	"context"
	"time"

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
// lists.
func (s *session) begin(ctx context.Context) (b *beginning, err error) {
	id := s.Config.RunID
	if id == "" {
		id = archive.NewRunID(s.started)
	}
	b = &beginning{}
	if b.folder, err = s.archive.NewRun(ctx, id); err != nil {
		return nil, err
	}
	b.subject = s.subject(id)
	if b.history, err = s.readHistory(ctx, b.subject); err != nil {
		return nil, err
	}
	b.lists, err = readLists(ctx, s.Opener, s.Config, b.subject.asOf)
	return b, err
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
func (s *session) scope(parent string) reconcile.Scope {
	parts := reconcile.ScopeParts{
		AccountID: parent, Accounts: s.Config.Accounts, Ledger: s.Config.Ledger,
		Columns: make(map[string][]string), Statuses: make(map[string]string),
	}
	for _, m := range s.Config.Columns {
		parts.Columns[m.Column] = m.Headers
	}
	for _, w := range s.Config.Statuses {
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
