package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/join"
	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// An audit reads the ledger, then Wix, then decides, and only then writes:
// until everything is known there is nothing in --out, so that a run which
// fails leaves nothing behind. It sends nothing to Wix but queries and gets.

// An Audit is one run that changes nothing.
type Audit struct {
	Config  *config.Config
	Places  *storage.Places
	Version string
	Log     *slog.Logger
	Meter   *Meter    // may be nil
	Stdout  io.Writer // the result
	Started time.Time // zero is now

	// Weigh says what is to be objected against the inputs of the run, whose
	// counts stand in its summary, after what earlier runs left. A run that is
	// objected to is no baseline for later ones. Nil objects to nothing.
	Weigh func(*reconcile.History, *reconcile.Summary) []string
}

// audit is an Audit on its way.
type audit struct {
	*Audit
	started  time.Time
	archive  *archive.Archive
	run      *archive.Run
	table    *join.Table
	snapshot *snapshot
	summary  reconcile.Summary
	history  *archive.History // nil in a run that is not live
	memory   reconcile.Memory // before the decision what earlier runs knew, then what later ones will
	carried  []string         // headers
	accounts []string         // that the ledger names
	result   *join.Result
}

// Run carries the audit out and gives the exit code. The error says why
// nothing can be said.
func (a *Audit) Run(ctx context.Context) (code int, err error) {
	w := &audit{Audit: a, started: a.Started.UTC(), table: join.New(join.Options{})}
	if a.Started.IsZero() {
		w.started = time.Now().UTC()
	}
	defer w.table.Close()
	defer func() { w.snapshot.close() }()
	if w.archive, err = archive.Open(ctx, a.Places, a.Config.Out); err != nil {
		err = named(fmt.Errorf("out: %w", err))
		return ExitCode(err), err
	}
	defer func() { err = errors.Join(err, w.archive.Close()) }()
	for _, step := range []func(context.Context) error{w.begin, w.readLedger, w.readBook, w.decide, w.remember, w.write, w.tell} {
		if err := step(ctx); err != nil {
			return ExitCode(err), err
		}
	}
	return w.summary.ExitCode, nil
}

// begin fixes what the run is called and what it speaks for.
func (w *audit) begin(ctx context.Context) error {
	id := w.Config.RunID
	if id == "" {
		id = archive.NewRunID(w.started)
	}
	asOf := w.Config.AsOf
	if asOf.IsZero() {
		asOf = w.started.Truncate(time.Second)
	}
	w.summary = reconcile.Summary{
		SchemaVersion: reconcile.SchemaVersion, RunID: id, Version: w.Version,
		AsOf: asOf.UTC(), Started: w.started, Warnings: []string{}, Scope: w.scope(w.Config.AccountID),
		Replay: w.Config.Snapshot != "", Live: w.Config.Snapshot == "" && w.Config.AsOf.IsZero(),
	}
	var err error
	if w.run, err = w.archive.NewRun(ctx, id); err != nil {
		return err
	}
	return w.lookBack(ctx)
}

// warn tells the log and the summary.
func (w *audit) warn(text string) {
	w.summary.Warnings = append(w.summary.Warnings, text)
	w.Log.Warn(text)
}

// decide reconciles what was read.
func (w *audit) decide(ctx context.Context) error {
	w.Log.Info("reconciling")
	s := &w.summary
	var err error
	w.result, err = w.table.Reconcile(ctx, reconcile.Rules{
		AsOf: s.AsOf, InFlight: w.Config.InFlight, Coverage: &s.Coverage, Parent: s.Scope.AccountID, Memory: w.memory,
	})
	if err != nil {
		return fmt.Errorf("reconcile: %w", err)
	}
	s.Findings, s.Ledger, s.Wix = w.result.Tally, w.result.Ledger, w.result.Wix
	s.Complete = s.Coverage.Complete()
	s.ExitCode = exitCode(s, w.Config.DetailedExitcode)
	return nil
}

// tell prints the result.
func (w *audit) tell(context.Context) error {
	return printSummary(w.Stdout, w.Config.Output, &w.summary, w.run.Folder())
}
