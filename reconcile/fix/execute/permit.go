package execute

import (
	"fmt"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// A permit is what the journal allows an action. No attempt may begin while an
// earlier one can still have an effect, or where it had one:
//
//	no attempt yet → the first may begin
//	the last one is open → it must be settled
//	this plan's own, applied → that is the result
//	this plan's own, refused by Wix, or possibly with an effect → failed, for good
//	this plan's own, nothing done and nothing refused → the next may begin
//	another plan's, not done → the next may begin
//	another plan's, otherwise → a cancel or a create is never repeated; what sets
//	    a state may be set again by a plan that was made after that
type permit struct {
	begin      int         // number of the attempt that may begin; 0: none
	settle     *fix.Entry  // to be settled first
	result     *fix.Result // what became of the action
	applied    bool        // by this plan
	unexpected bool        // it had another effect than desired, by this plan
	sent       bool        // a request of it may have been executed, by this plan
}

// permitOf reads the attempts of an action, in their order, on behalf of a plan.
func permitOf(p *fix.Plan, a *fix.Action, entries []fix.Entry) permit {
	var t permit
	t.begin = 1
	for i := range entries {
		e := &entries[i]
		t.sent = t.sent || e.PlanID == p.ID && (e.Open() || mayBeExecuted(e.Completion))
		if e.Open() {
			t.begin, t.settle = 0, e
			return t
		}
		t.begin = max(t.begin, e.Number+1)
	}
	if len(entries) == 0 {
		return t
	}
	if last := &entries[len(entries)-1]; last.PlanID == p.ID {
		t.resume(last)
	} else if why := mayNotRepeat(p, a, last); why != "" {
		t.begin = 0
		t.result = &fix.Result{Key: a.Key, Outcome: fix.OutcomeStale, Reason: why}
	}
	return t
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

// resume applies the last attempt of the plan itself, which was interrupted.
func (t *permit) resume(last *fix.Entry) {
	end := last.Completion
	t.applied, t.unexpected = end.Outcome == fix.OutcomeApplied, end.Failure == fix.FailureUnexpected
	if end.NotDone && end.Failure != fix.FailureRefused {
		return
	}
	result := resultOf(last)
	t.begin, t.result = 0, &result
}

// mayNotRepeat returns why an action that another plan ended may not begin again.
func mayNotRepeat(p *fix.Plan, a *fix.Action, last *fix.Entry) string {
	end := last.Completion
	what, at := "was applied", end.Ended.UTC().Format(time.RFC3339)
	if end.Outcome != fix.OutcomeApplied {
		what = "may have had an effect"
	}
	switch {
	case end.NotDone:
		return ""
	case a.Fix == reconcile.FixCancel || a.Fix == reconcile.FixCreate:
		return fmt.Sprintf("the same %s %s at %s by run %s, and is never sent again", a.Fix, what, at, last.RunID)
	case !p.CreatedAt.After(end.Ended):
		return fmt.Sprintf("the same %s %s at %s by run %s, after this plan was made", a.Fix, what, at, last.RunID)
	}
	return ""
}
