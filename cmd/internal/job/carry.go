package job

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/wix"
)

// A plan is sent under the lease of --out, and never otherwise. First what
// earlier runs left open in the journal is settled; then, where nothing stands
// against the plan, it is noted as used and carried out. The plan lies in --out
// before its first request, so that it can be gone on with whatever happens.

// spentWindow is for how long what was sent counts against the limits.
const spentWindow = 24 * time.Hour

// leaseMargin is what must be left of the lease beyond the time that a request
// may take.
const leaseMargin = time.Second

// errStopped says that somebody wants nothing to be sent.
var errStopped = errors.New("there is an object STOP in --out")

// hold takes the lease, where the run may send something.
func (w *audit) hold(ctx context.Context) (err error) {
	if w.command == reconcile.CommandPlan || w.command == reconcile.CommandRun && w.FixRequest == nil {
		return nil
	}
	w.lease, err = w.archive.Lease(ctx, archive.LeaseOptions{Holder: w.summary.RunID, Command: w.command, Life: w.LeaseLife})
	if err != nil {
		return fmt.Errorf("hold %s: %w", w.archive.Name(), err)
	}
	return nil
}

// release gives the lease back.
func (w *audit) release(ctx context.Context) {
	if w.lease == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
	defer cancel()
	if err := w.lease.Release(ctx); err != nil {
		w.Log.Warn("the lease was not given back: it ends by itself", "cause", err)
	}
}

// releaseTime is what a release may take.
const releaseTime = 2 * time.Second

// gate says before each request whether it may leave. The lease is asked last: a
// store that is slow to answer eats it up.
func (w *audit) gate(ctx context.Context) error {
	stopped, err := w.archive.StopRequested(ctx)
	if err == nil && stopped {
		err = errStopped
	}
	if err != nil {
		return err
	}
	return w.lease.Check(fix.RequestTime + leaseMargin)
}

// carryOut settles what is open and sends the plan, where nothing stands
// against it.
func (w *audit) carryOut(ctx context.Context) error {
	if w.lease == nil {
		return nil
	}
	client, err := w.connect()
	if err != nil {
		return err
	}
	journal := w.archive.Journal()
	applier := &fix.Executor{
		Wix: wix.ActionClient{Client: client}, Journal: journal, PreSendCheck: w.gate, Log: w.Log,
		Concurrency: w.Config.Concurrency, SettleAfter: w.Config.Settle, SendWindow: w.lease.Life(),
		RunID: w.summary.RunID, Fence: w.lease.Fence(), Reviewed: w.reviewed, Stale: w.stale,
	}
	if applier.Unsettled, err = w.settleOthers(ctx, applier, journal); err != nil {
		return err
	}
	if len(w.refusals) > 0 {
		return nil
	}
	return w.send(ctx, applier, journal)
}

// settleOthers settles what other plans left open, and gives what of it stays
// so. What this plan left open is settled as it is gone on with; where it is not
// gone on with, here too.
func (w *audit) settleOthers(ctx context.Context, applier *fix.Executor, journal *archive.Journal) (map[string]bool, error) {
	open, err := journal.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	others := slices.DeleteFunc(open, func(e fix.Entry) bool { return e.PlanID == w.plan.ID && len(w.refusals) == 0 })
	var left []fix.Entry
	for i, r := range applier.Settle(ctx, others) {
		w.settled = append(w.settled, r)
		if r.Outcome == fix.OutcomeUnsettled {
			left = append(left, others[i])
		}
		if r.Outcome != fix.OutcomeApplied {
			w.warn(fmt.Sprintf("a change that run %s began, %s of package %s in account %s, is %s: %s",
				others[i].RunID, others[i].Action.Fix, others[i].Action.PackageID, others[i].Action.AccountID, r.Outcome, r.Reason))
		}
	}
	return fix.UnsettledOf(left), nil
}

// send carries the plan out.
func (w *audit) send(ctx context.Context, applier *fix.Executor, journal *archive.Journal) error {
	if !w.anyDue() {
		return nil
	}
	use := archive.PlanStart{PlanID: w.plan.ID, RunID: w.summary.RunID, Fence: w.lease.Fence(), At: time.Now().UTC()}
	state, err := journal.BeginPlan(ctx, use)
	if err != nil {
		return fmt.Errorf("note the plan as used: %w", err)
	}
	if state == archive.PlanUsed {
		return &RefusedError{fmt.Errorf("use plan %s: it was carried out already", w.plan.ID)}
	}
	w.Log.Info("carrying out the plan", "plan", w.plan.ID)
	w.sent = true
	if w.Sending != nil {
		w.Sending.Store(true)
	}
	results, err := applier.Execute(ctx, w.plan)
	w.results = make(map[string]fix.Result, len(results))
	for _, r := range results {
		w.results[r.Key] = r
	}
	if err != nil {
		w.warn(fmt.Sprintf("the plan was stopped: %v", err))
	}
	w.endPlan(ctx, journal, use)
	w.lost = w.lease.Remaining() == 0
	return nil
}

// noteTime is for how long a run that was told to stop notes the end of its plan.
const noteTime = 2 * time.Second

func (w *audit) anyDue() bool {
	for i := range w.plan.Actions {
		if w.plan.Actions[i].Due(w.reviewed) {
			return true
		}
	}
	return false
}

// endPlan notes that the plan is done, where nothing of it is left to be done:
// what was not started after a change that had another effect than was asked
// is never done by this plan.
func (w *audit) endPlan(ctx context.Context, journal *archive.Journal, use archive.PlanStart) {
	counts, odd := make(map[string]int), false
	for _, r := range w.results {
		counts[r.Outcome]++
		odd = odd || r.Failure == fix.FailureUnexpected
	}
	if counts[fix.OutcomeUnsettled] > 0 || counts[fix.OutcomeNotStarted] > 0 && !odd {
		w.Log.Warn("the plan is not done: wixrecon apply goes on with it", "plan", w.plan.ID)
		return
	}
	use.At = time.Now().UTC()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
	defer cancel()
	if err := journal.EndPlan(ctx, archive.PlanEnd{PlanStart: use, Outcomes: counts}); err != nil {
		w.warn(fmt.Sprintf("that the plan is done could not be noted: %v", err))
	}
}
