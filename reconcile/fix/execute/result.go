package execute

import (
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// resultOf returns what became of an attempt that is settled.
func resultOf(e *fix.Entry) fix.Result {
	end := e.Completion
	r := fix.Result{
		Key: e.Key, Outcome: end.Outcome, Reason: end.Reason, Failure: end.Failure, Attempt: e.Number,
		SentAt: end.SentAt, Observed: end.Observed,
	}
	if e.Action.Fix == reconcile.FixCreate && end.Outcome == fix.OutcomeApplied {
		r.Created = end.PackageID
	}
	return r
}

// unsettled returns the result of an attempt that stays open.
func unsettled(e *fix.Entry, reason string, observed *fix.State) fix.Result {
	r := fix.Result{Key: e.Key, Outcome: fix.OutcomeUnsettled, Reason: reason, Attempt: e.Number, Observed: observed}
	if e.Unsettled != nil {
		r.SentAt = e.Unsettled.SentAt
	}
	return r
}
