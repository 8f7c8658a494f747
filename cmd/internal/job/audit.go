package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/reconcile/join"
	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/storage"
	"github.com/wixrecon/wixrecon/sources/wix"
)

// A run reads the ledger, then Wix, then decides, and only then writes: until
// everything is known there is nothing in --out, so that a run which fails
// leaves nothing behind. It sends nothing to Wix but queries and gets, unless
// something is to be fixed; then it plans, and sends the plan before it writes
// the reports, which tell what became of it.

// An Audit is one run.
type Audit struct {
	Config  *config.Config
	Opener  *storage.Opener
	Version string
	Log     *slog.Logger
	Meter   *Meter    // may be nil
	Stdout  io.Writer // the result
	Started time.Time // zero is now

	FixRequest *FixRequest   // what is to be fixed; nil is nothing
	LeaseLife  time.Duration // of the lease under which something is sent; 0 is the usual
	Sending    *atomic.Bool  // set once a plan is being sent; may be nil
}

// audit is an Audit on its way.
type audit struct {
	*Audit
	command  string // Command…
	started  time.Time
	archive  *archive.Archive
	run      *archive.Run
	table    *join.Table
	snapshot *snapshot
	summary  reconcile.Summary
	history  *archive.History        // nil in a run that is not live
	memory   reconcile.KnownFindings // before the decision what earlier runs knew, then what later ones will
	carried  []string                // headers
	accounts []string                // that the ledger names
	result   *join.Result

	client     *wix.Client
	lists      *lists
	objections []fix.Objection
	plan       *fix.Plan // nil where nothing is to be fixed
	reviewed   bool      // somebody looks, or looked, at the plan before it is sent
	decisions  []fix.Decision
	refusals   []fix.Refusal // why the plan is not sent
	lease      *archive.Lease
	rereading  *fix.Rereading        // nil where the ledger is not read for a plan that was made before
	stale      map[string]string     // by action, with the reason
	sent       bool                  // the plan was begun
	lost       bool                  // the lease, while the plan was sent
	results    map[string]fix.Result // by action
	settled    []fix.Result          // of earlier runs' changes that were open
}

// A step is a part of a run.
type step = func(context.Context) error

// Run carries the audit out and gives the exit code. The error says why
// nothing can be said.
func (a *Audit) Run(ctx context.Context) (code int, err error) {
	w := a.onItsWay()
	return w.take(ctx, []step{
		w.begin, w.readLists, w.hold, w.readLedger, w.readBook, w.decide, w.remember, w.decideFixes, w.carryOut,
	}, []step{
		w.concludeFixes, w.write, w.tell,
	})
}

func (a *Audit) onItsWay() *audit {
	w := &audit{Audit: a, command: reconcile.CommandRun, started: a.Started.UTC(), table: join.New(join.Options{})}
	if a.Started.IsZero() {
		w.started = time.Now().UTC()
	}
	if a.FixRequest != nil && a.FixRequest.Review {
		w.command, w.reviewed = reconcile.CommandPlan, true
	}
	return w
}

// take takes the steps of doing, and then those of telling, over the archive.
func (w *audit) take(ctx context.Context, doing, telling []step) (code int, err error) {
	defer w.table.Close()
	defer func() { w.snapshot.close() }()
	defer w.disconnect()
	if w.archive, err = archive.Open(ctx, w.Opener, w.Config.Out); err != nil {
		err = named(fmt.Errorf("out: %w", err))
		return ExitCode(err), err
	}
	defer func() { w.release(ctx); err = errors.Join(err, w.archive.Close()) }()
	if err := inTurn(ctx, doing); err != nil {
		return ExitCode(err), err
	}
	if w.sent {
		err = w.tellSent(ctx, telling)
	} else {
		err = inTurn(ctx, telling)
	}
	if err != nil {
		return ExitCode(err), err
	}
	return w.summary.ExitCode, nil
}

func inTurn(ctx context.Context, steps []step) error {
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
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
		SchemaVersion: reconcile.SchemaVersion, Command: w.command, RunID: id, Version: w.Version,
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
		AsOf: s.AsOf, InFlight: w.Config.InFlight, Coverage: &s.Coverage, Parent: s.Scope.AccountID, Known: w.memory,
		Prices: w.lists.prices, Exceptions: reconcile.NewExceptions(w.lists.exceptions, s.AsOf),
	})
	if err != nil {
		return fmt.Errorf("reconcile: %w", err)
	}
	s.Findings, s.Ledger, s.Wix = w.result.Tally, w.result.Ledger, w.result.Wix
	s.Complete = s.Coverage.Complete()
	s.Exceptions = reconcile.UsesOf(w.lists.exceptions, s.AsOf, w.result.Silenced)
	s.ExitCode = exitCode(s, s.Findings.State(reconcile.Open), w.Config.DetailedExitcode)
	return nil
}
