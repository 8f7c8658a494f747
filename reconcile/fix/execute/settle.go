package execute

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// An attempt that was interrupted, or whose answer was lost, is settled by one
// read, by the run that holds the lease. Where the read shows the effect, it is
// applied. Where it shows none, it is not done, but only if the read began when
// the request could no longer be executed; before that, it stays unsettled. Where
// it shows something else, it failed, and it is not known what it did.
//
// A create without an effect is never sent again: Wix checks no fence, and a
// request that is executed late would create a second package.

// Settle settles what it can of the attempts of a journal, and returns what
// became of each. One that stays open, or whose completion can't be written, is
// unsettled.
func (ex *Executor) Settle(ctx context.Context, entries []fix.Entry) []fix.Result {
	results := make([]fix.Result, len(entries))
	var g errgroup.Group
	g.SetLimit(ex.workers())
	for i := range entries {
		g.Go(func() error { _, results[i] = ex.settle(ctx, &entries[i]); return nil })
	}
	_ = g.Wait() // faults are in the results
	return results
}

// settle settles one attempt, and returns its completion, nil where it could not.
func (ex *Executor) settle(ctx context.Context, e *fix.Entry) (*fix.Completion, fix.Result) {
	if !e.Open() {
		return e.Completion, resultOf(e)
	}
	writing, done := outlive(ctx, graceToFinish)
	defer done()
	began := time.Now()
	seen, err := observe(ctx, ex.Wix, &e.Action, e.Action.Seen, "")
	if err != nil {
		return nil, unsettled(e, fmt.Sprintf("read back: %s", err), nil)
	}
	if settlesAt := e.SettlesAt(ex.SettleAfter); seen.effect == effectNone && began.Before(settlesAt) {
		return nil, unsettled(e, fmt.Sprintf("%s; this may still change until %s",
			unchanged(&e.Action), settlesAt.UTC().Format(time.RFC3339)), seen.state)
	}
	end := settledBy(e, seen)
	end.Ended, end.RunID = time.Now().UTC(), ex.RunID
	end, err = ex.complete(writing, end)
	if err != nil {
		return nil, unsettled(e, err.Error(), seen.state)
	}
	ex.log().Info("settled", "action", e.Key, "attempt", e.Number, "outcome", end.Outcome, "reason", end.Reason)
	return end, resultOf(&fix.Entry{Attempt: e.Attempt, Completion: end})
}

// complete records a completion, and returns it, or the one that is recorded
// already.
func (ex *Executor) complete(ctx context.Context, end *fix.Completion) (*fix.Completion, error) {
	err := ex.Journal.Complete(ctx, end)
	if err == nil {
		return end, nil
	}
	if errors.Is(err, fix.ErrClaimed) {
		if recorded, again := ex.Journal.Entries(ctx, end.Key); again == nil {
			for i := range recorded {
				if recorded[i].Number == end.Number && !recorded[i].Open() {
					return recorded[i].Completion, nil
				}
			}
		}
	}
	return nil, err
}

// settledBy returns the completion that an observation leads to.
func settledBy(e *fix.Entry, seen *observation) *fix.Completion {
	end := &fix.Completion{
		SchemaVersion: fix.JournalVersion, Key: e.Key, Number: e.Number, Nonce: e.Nonce,
		Sends: -1, PackageID: seen.packageID, Observed: seen.state,
	}
	if e.Unsettled != nil {
		end.SentAt = e.Unsettled.SentAt
	}
	switch seen.effect {
	case effectDone:
		end.Outcome, end.Reason = fix.OutcomeApplied, "settled: the answer was lost, and the change was applied"
	case effectUnexpected:
		end.Outcome, end.Failure, end.Reason = fix.OutcomeFailed, fix.FailureUnexpected, seen.text
	default:
		end.Outcome, end.Failure = fix.OutcomeFailed, fix.FailureNoEffect
		end.NotDone = e.Action.Fix != reconcile.FixCreate
		end.Reason = "settled: the answer was lost, and nothing was changed"
	}
	return end
}
