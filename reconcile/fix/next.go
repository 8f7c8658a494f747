package fix

import (
	"fmt"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// What the journal allows an action. No attempt may begin while an earlier one
// can still have an effect, or where it had one:
//
//	no attempt yet → the first may begin
//	the last one is open → it must be settled
//	this plan's own, applied → that is the result
//	this plan's own, refused by Wix, or with an end that vouches for nothing → failed, for good
//	this plan's own, nothing done and nothing refused → the next may begin
//	another plan's, not done → the next may begin
//	another plan's, otherwise → a cancel or a create is never repeated; what sets
//	    a state may be set again by a plan that was made after that end

// A permit is what the journal allows an action.
type permit struct {
	begin   int     // number of the attempt that may begin; 0: none
	settle  *Entry  // to be settled first
	result  *Result // what became of it
	applied bool    // by this plan
	odd     bool    // it had another effect than was asked, by this plan
	sent    bool    // something of it may have left, by this plan
}

// permitOf reads the attempts of an action, in their order, on behalf of a plan.
func permitOf(p *Plan, a *Action, entries []Entry) permit {
	var t permit
	t.begin = 1
	for i := range entries {
		e := &entries[i]
		t.sent = t.sent || e.PlanID == p.ID && (e.Open() || e.End.reached())
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
		t.continued(last)
	} else if why := repeats(p, a, last); why != "" {
		t.begin = 0
		t.result = &Result{Key: a.Key, Outcome: OutcomeStale, Reason: why}
	}
	return t
}

// reached reports whether a request of the attempt may have been more than
// turned away.
func (e *End) reached() bool {
	switch e.Failure {
	case FailureStopped, FailureNotSent, FailureThrottled:
		return false
	}
	return e.Sends != 0
}

// continued is what a plan that was interrupted makes of its own last attempt.
func (t *permit) continued(last *Entry) {
	end := last.End
	t.applied, t.odd = end.Outcome == OutcomeApplied, end.Failure == FailureUnexpected
	if end.NotDone && end.Failure != FailureRefused {
		return
	}
	result := resultOf(last)
	t.begin, t.result = 0, &result
}

// repeats says why an action that another plan ended may not be begun again.
func repeats(p *Plan, a *Action, last *Entry) string {
	end := last.End
	what, at := "was applied", end.Ended.UTC().Format(time.RFC3339)
	if end.Outcome != OutcomeApplied {
		what = "may have had an effect"
	}
	switch {
	case end.NotDone:
		return ""
	case a.Fix == reconcile.FixCancel || a.Fix == reconcile.FixCreate:
		return fmt.Sprintf("the same %s %s at %s by run %s, and is never sent again", a.Fix, what, at, last.RunID)
	case !p.CreatedAt.After(end.Ended):
		return fmt.Sprintf("the same %s %s at %s by run %s, after it was planned here", a.Fix, what, at, last.RunID)
	}
	return ""
}

// resultOf gives what became of an attempt that is settled.
func resultOf(e *Entry) Result {
	r := Result{
		Key: e.Key, Outcome: e.End.Outcome, Reason: e.End.Reason, Failure: e.End.Failure, Attempt: e.Number,
		SentAt: e.End.SentAt, Observed: e.End.Observed,
	}
	if e.Action.Fix == reconcile.FixCreate && e.End.Outcome == OutcomeApplied {
		r.Created = e.End.PackageID
	}
	return r
}
