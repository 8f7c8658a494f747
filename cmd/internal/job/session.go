package job

import (
	"context"
	"fmt"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// A session is one execution of run, plan or apply. It is the part of a command
// that all its stages share: the job, the archive, and the log of warnings.
// Everything else a stage needs is a parameter, and what it finds out is its
// result:
//
//	begin                                                → beginning (folder, subject, history, lists)
//	readInputs   subject, lists                          → inputs (ledger, inventory)
//	reconcile    inputs, known findings                  → reconciliation
//	assess       reconciliation, history                 → assessment
//	planFixes    reconciliation, assessment, history     → fixPlan
//	execute      lease, client, fixPlan                  → execution
//	reportRun    all of these                            → the run's folder, standard output
type session struct {
	*Job
	command  string // reconcile.Command…
	started  time.Time
	archive  *archive.Archive
	warnings *[]string // for the summary
}

// inSession opens the archive for a command.
func (j *Job) inSession(ctx context.Context, command string, do func(*session) (code int, err error)) (code int, err error) {
	err = j.withArchive(ctx, func(a *archive.Archive) (err error) {
		code, err = do(&session{Job: j, command: command, started: j.startTime(), archive: a, warnings: &[]string{}})
		return err
	})
	return code, err
}

// warn adds a warning to the log and the summary.
func (s *session) warn(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	*s.warnings = append(*s.warnings, text)
	s.Log.Warn(text)
}

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
