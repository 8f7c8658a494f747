package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// A plan that was looked at is carried out exactly, and once. It is shown
// before anything else, also where it can't be used. The ledger is read again:
// its guards hold, and an action whose rows changed is left alone; the limits
// are weighed anew. A plan that was begun and did not come to its end is gone
// on with.

// maxPlan bounds a plan's file in bytes.
const maxPlan = 256 << 20

// An Apply carries out a plan that was made before.
type Apply struct {
	Audit
	Plan    string                // name of the plan's file
	Consent func(*fix.Plan) error // asks whoever is there, after the plan was shown; an error is a no
}

// A RefusedError is that a plan may not be sent: nothing was changed.
type RefusedError struct{ Err error }

func (e *RefusedError) Error() string { return e.Err.Error() }
func (e *RefusedError) Unwrap() error { return e.Err }

// Run carries the plan out and gives the exit code.
func (a *Apply) Run(ctx context.Context) (code int, err error) {
	w := a.onItsWay()
	w.command, w.reviewed = reconcile.CommandApply, true
	return w.take(ctx, []step{
		func(ctx context.Context) error { return w.readPlan(ctx, a.Plan) },
		w.begin, w.readLists, w.usable, w.weighUse, func(context.Context) error { return a.ask(w) },
		w.hold, w.reread, w.weighAgain, w.carryOut,
	}, []step{
		w.concludeApply, w.writeApplied, w.tell,
	})
}

// ask asks for consent, unless the plan is refused anyway.
func (a *Apply) ask(w *audit) error {
	if len(w.refusals) > 0 {
		return nil
	}
	return a.Consent(w.plan)
}

// readPlan reads the plan and shows it.
func (w *audit) readPlan(ctx context.Context, name string) (err error) {
	in, err := w.Opener.Open(ctx, name)
	if err != nil {
		return named(fmt.Errorf("plan: %w", err))
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	text, err := io.ReadAll(io.LimitReader(in, maxPlan+1))
	if err != nil {
		return err
	}
	if len(text) > maxPlan {
		return &RefusedError{fmt.Errorf("plan %s: it is longer than %d MiB", in.Name, maxPlan>>20)}
	}
	plan, fault := fix.DecodePlan(text)
	if plan != nil && (fault != nil || w.Config.Output != config.OutputJSON) { // as JSON the summary is the result, where there is one
		err = w.showPlan(plan)
	}
	w.plan = plan
	if fault != nil {
		return &RefusedError{fmt.Errorf("plan %s: %w", in.Name, fault)}
	}
	return err
}

// usable refuses a plan that is of another account, scope or place.
func (w *audit) usable(ctx context.Context) error {
	p := w.plan
	if err := p.Belongs(w.archive.ID(), w.summary.Scope.AccountID, w.summary.Scope.ID); err != nil {
		return &RefusedError{err}
	}
	known, err := w.archive.PlanOf(ctx, p.RunID)
	if storage.NotExist(err) || err == nil && known != p.ID {
		return &RefusedError{fmt.Errorf("use plan %s: %w: run %s here did not make it", p.ID, fix.ErrPlanForeign, p.RunID)}
	}
	return err
}

// weighUse refuses a plan that was used or has expired, and one that something
// stood against when it was made, limits apart: those are weighed anew.
func (w *audit) weighUse(ctx context.Context) error {
	state, err := w.archive.Journal().PlanState(ctx, w.plan.ID)
	if err != nil {
		return err
	}
	if state == archive.PlanUsed {
		w.refuse("used_plan", "the plan was carried out already")
	}
	if w.plan.Expired(time.Now()) {
		w.refuse("expired_plan", "the plan expired at "+w.plan.ExpiresAt.Format(time.RFC3339))
	}
	for _, r := range w.plan.Refusals {
		if r.Cause != fix.CauseLimit {
			w.refusals = append(w.refusals, r)
		}
	}
	return nil
}

func (w *audit) refuse(name, text string) {
	w.refusals = append(w.refusals, fix.Refusal{Cause: fix.CausePlan, Limit: name, Text: text})
}

// reread reads the ledger again, and says which actions it no longer bears out.
// Where the plan is refused already there is nothing to be read for.
func (w *audit) reread(ctx context.Context) error {
	if len(w.refusals) > 0 {
		return nil
	}
	w.rereading = fix.NewRereading(w.plan, w.summary.AsOf)
	w.rereading.Exceptions = reconcile.NewExceptions(w.lists.exceptions, w.summary.AsOf)
	w.rereading.UnlistedAccounts = w.Config.UnlistedAccounts
	if err := w.readLedger(ctx); err != nil {
		return err
	}
	w.stale = w.rereading.Stale()
	return w.decide(ctx)
}

// weighAgain weighs the guards that rest on the ledger, and the limits.
func (w *audit) weighAgain(ctx context.Context) error {
	if len(w.refusals) > 0 {
		return nil
	}
	s := &w.summary
	reading := &fix.Reading{AsOf: s.AsOf, LedgerModified: oldest(s.Inputs), Counts: fix.CountsOf(s), LedgerOnly: true}
	for _, o := range w.Config.Guards.Evaluate(reading, fix.EarlierOf(&w.history.History)) {
		w.refusals = append(w.refusals, o.Refusal())
	}
	from := w.started.Add(-spentWindow)
	oldest := from
	if w.plan.CreatedAt.Before(from) {
		oldest = w.plan.CreatedAt
	}
	entries, err := w.archive.Journal().Since(ctx, oldest)
	if err != nil {
		return fmt.Errorf("read the journal: %w", err)
	}
	w.refusals = append(w.refusals,
		w.Config.Limits.Evaluate(w.left(entries), w.reviewed, fix.UsageOf(entries, from), w.plan.LiveInstances)...)
	return nil
}

// left gives the actions of the plan that are still to be sent: without those
// that are stale, and those that the journal has for good.
func (w *audit) left(entries []fix.Entry) []fix.Action {
	tried := make(map[string]bool)
	for i := range entries {
		if e := &entries[i]; e.PlanID == w.plan.ID {
			tried[e.Key] = tried[e.Key] || e.Open() || !e.End.NotDone
		}
	}
	return slices.DeleteFunc(slices.Clone(w.plan.Actions), func(a fix.Action) bool {
		_, stale := w.stale[a.Key]
		return stale || tried[a.Key]
	})
}

// concludeApply sums up what became of the plan. Of the inventory nothing was read.
func (w *audit) concludeApply(context.Context) error {
	s := &w.summary
	s.Live, s.Complete, s.Findings, s.Exceptions = false, false, reconcile.NewTally(), nil
	s.Fixes = w.fixSummary()
	switch {
	case s.Fixes.LeaseLost:
		s.ExitCode = ExitHeld
	case unfixed(s.Fixes):
		s.ExitCode = ExitUnfixed
	case len(s.Fixes.Refusals) > 0:
		s.ExitCode = ExitRefused
	default:
		s.ExitCode = ExitOK
	}
	return nil
}
