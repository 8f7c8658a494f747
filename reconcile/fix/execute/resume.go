package execute

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// What the journal allows an action. No attempt may begin while an earlier one
// can still have an effect, or where it had one:
//
//	no attempt yet → the first may begin
//	a person settled it → the next may begin
//	one is open → it must be settled
//	this plan's own, applied → that is the result
//	this plan's own, refused by Wix, or possibly with an effect → failed, for good
//	this plan's own, nothing done and nothing refused → the next may begin
//	another plan's, not done → the next may begin
//	another plan's, otherwise → a cancel or a create is never repeated; what sets
//	    a state may be set again by a plan that was made after that

// resume reads the attempts of one task, and settles what is open of them. The
// outcome has a result where the task is not to be executed any more.
func (r *run) resume(ctx context.Context, t *task) outcome {
	if ctx.Err() != nil {
		return outcome{} // nothing will be started
	}
	entries, err := r.Journal.Entries(ctx, t.action.Key)
	if err != nil && ctx.Err() != nil {
		return outcome{}
	}
	if err != nil {
		return outcome{fault: fmt.Errorf("read the journal of action %s: %w", t.action.Key, err)}
	}
	o := outcome{sent: mayBeSent(r.plan, entries)}
	for i := range entries {
		if !entries[i].Open() {
			continue
		}
		entries[i].Completion, o.result = r.settle(ctx, &entries[i])
		if entries[i].Open() {
			return o
		}
	}
	t.refusal = refusedBefore(entries)
	t.number, o.result = nextStep(r.plan, t.action, entries)
	return o
}

// refusedBefore returns why Wix refused the action when it was tried last; empty
// where it did not.
func refusedBefore(entries []fix.Entry) string {
	if len(fix.RefusedRuns(entries)) == 0 {
		return ""
	}
	for i := len(entries) - 1; ; i-- {
		if end := entries[i].Completion; end.Failure == fix.FailureRefused {
			return end.Reason
		}
	}
}

// nextStep returns the number of the attempt that may begin, or what became of
// the action already. The attempts are those of the action, in their order, and
// all of them are settled.
func nextStep(p *fix.Plan, a *fix.Action, entries []fix.Entry) (int, fix.Result) {
	if len(entries) == 0 {
		return 1, fix.Result{}
	}
	last := &entries[len(entries)-1]
	if last.Resolution != nil {
		return last.Number + 1, fix.Result{}
	}
	end := last.Completion
	switch reason := repeatReason(p, a, last); {
	case last.PlanID == p.ID && (!end.NotDone || end.Failure == fix.FailureRefused):
		return 0, resultOf(last)
	case last.PlanID != p.ID && reason != "":
		return 0, fix.Result{Key: a.Key, Outcome: fix.OutcomeStale, Reason: reason}
	}
	return last.Number + 1, fix.Result{}
}

// mayBeSent reports whether a request of the plan may have been executed under one
// of these attempts.
func mayBeSent(p *fix.Plan, entries []fix.Entry) bool {
	return slices.ContainsFunc(entries, func(e fix.Entry) bool {
		return e.PlanID == p.ID && (e.Open() || mayBeExecuted(e.Completion))
	})
}

// mayBeExecuted reports whether a request of the attempt may have been more than
// rejected.
func mayBeExecuted(c *fix.Completion) bool {
	switch c.Failure {
	case fix.FailureStopped, fix.FailureNotSent, fix.FailureThrottled:
		return false
	}
	return c.Sends != 0
}

// repeatReason returns why an action that another plan ended may not begin again.
func repeatReason(p *fix.Plan, a *fix.Action, last *fix.Entry) string {
	end := last.Completion
	what, at := "was applied", end.Ended.UTC().Format(time.RFC3339)
	if end.Outcome != fix.OutcomeApplied {
		what = "may have had an effect"
	}
	switch {
	case end.NotDone, a.LiveAgain && end.Outcome == fix.OutcomeApplied:
		return ""
	case a.Fix == reconcile.FixCreate && end.Failure == fix.FailureNoEffect:
		return fmt.Sprintf("the answer to the same create was lost at %s in run %s, and no such package exists: make sure of it, and allow another with wixrecon journal resolve %s --reason TEXT",
			at, last.RunID, a.Key)
	case a.Fix == reconcile.FixCancel || a.Fix == reconcile.FixCreate:
		return fmt.Sprintf("the same %s %s at %s by run %s, and is never sent again", a.Fix, what, at, last.RunID)
	case !p.CreatedAt.After(end.Ended):
		return fmt.Sprintf("the same %s %s at %s by run %s, after this plan was made", a.Fix, what, at, last.RunID)
	}
	return ""
}
