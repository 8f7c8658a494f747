package fix

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wixrecon/wixrecon/reconcile"
)

// An attempt that was interrupted, or whose answer was lost, is settled by one
// read, by whoever holds the lease. Where the read shows the effect, it is
// applied. Where it shows none, it is not done, but only if the read began when
// the request could no longer land: before that, it stays unsettled. Where it
// shows neither, it failed, and nobody vouches for what it did.
//
// A create without an effect is never sent again: Wix checks no fence, and a
// request that lands late would make a second package.

// Settle settles what it can of the attempts of a journal, and gives what
// became of each. One that stays open, or whose end can't be written, is
// unsettled.
func (ap *Executor) Settle(ctx context.Context, entries []Entry) []Result {
	results := make([]Result, len(entries))
	var g errgroup.Group
	g.SetLimit(ap.workers())
	for i := range entries {
		e := entries[i]
		g.Go(func() error { results[i] = ap.settle(ctx, &e); return nil })
	}
	_ = g.Wait() // what goes wrong is in the results
	return results
}

// settle settles one attempt. Where it could, the entry has an end.
func (ap *Executor) settle(ctx context.Context, e *Entry) Result {
	if !e.Open() {
		return resultOf(e)
	}
	writing, done := outlive(ctx, graceInAll)
	defer done()
	began := time.Now()
	seen, err := ap.look(ctx, &e.Action, e.Action.Seen, "")
	if err != nil {
		return e.unsettled(fmt.Sprintf("read back: %s", err), nil)
	}
	if seen.effect == effectNone && began.Before(e.SettlesAt(ap.SettleAfter)) {
		return e.unsettled(fmt.Sprintf("nothing happened yet; it may until %s",
			e.SettlesAt(ap.SettleAfter).UTC().Format(time.RFC3339)), seen.state)
	}
	end := e.settled(seen)
	end.Ended, end.RunID = time.Now().UTC(), ap.RunID
	if err := ap.end(writing, e, end); err != nil {
		return e.unsettled(err.Error(), seen.state)
	}
	ap.log().Info("settled", "action", e.Key, "attempt", e.Number, "outcome", e.End.Outcome, "reason", e.End.Reason)
	return resultOf(e)
}

// end writes an end, or takes the one that is written already.
func (ap *Executor) end(ctx context.Context, e *Entry, end *End) error {
	err := ap.Journal.End(ctx, end)
	if err == nil {
		e.End = end
		return nil
	}
	if errors.Is(err, ErrClaimed) {
		if written, again := ap.Journal.Entries(ctx, e.Key); again == nil {
			for i := range written {
				if written[i].Number == e.Number && !written[i].Open() {
					e.End = written[i].End
					return nil
				}
			}
		}
	}
	return fmt.Errorf("write the end of attempt %d of action %s: %w", e.Number, e.Key, err)
}

// settled gives the end that a read leads to.
func (e *Entry) settled(seen *view) *End {
	end := &End{
		SchemaVersion: JournalVersion, Key: e.Key, Number: e.Number, Nonce: e.Nonce,
		Sends: -1, PackageID: seen.packageID, Observed: seen.state,
	}
	if e.Doubt != nil {
		end.SentAt = e.Doubt.SentAt
	}
	switch seen.effect {
	case effectDone:
		end.Outcome, end.Reason = OutcomeApplied, "settled: its answer was lost, and it was done"
	case effectOdd:
		end.Outcome, end.Failure, end.Reason = OutcomeFailed, FailureUnexpected, seen.text
	default:
		end.Outcome, end.Failure = OutcomeFailed, FailureNoEffect
		end.NotDone = e.Action.Fix != reconcile.FixCreate
		end.Reason = "settled: its answer was lost, and nothing happened"
	}
	return end
}

func (e *Entry) unsettled(reason string, observed *State) Result {
	r := Result{Key: e.Key, Outcome: OutcomeUnsettled, Reason: reason, Attempt: e.Number, Observed: observed}
	if e.Doubt != nil {
		r.SentAt = e.Doubt.SentAt
	}
	return r
}
