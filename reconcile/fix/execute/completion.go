package execute

import (
	"context"
	"time"

	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// The journal has what was observed. What is not in it is not settled, whatever
// was observed: where it can't be written, the result is unsettled and has both,
// the attempt stays open for a later run to settle, and nothing more is sent.

// finalize ends an attempt by what was read back, which is done or unexpected.
func (at *attempt) finalize(ctx context.Context, seen *observation) outcome {
	end := at.completion()
	end.PackageID, end.Observed = seen.packageID, seen.state
	if seen.effect == effectDone {
		end.Outcome = fix.OutcomeApplied
	} else {
		end.Outcome, end.Failure, end.Reason = fix.OutcomeFailed, fix.FailureUnexpected, seen.text
		at.breaker.stopUnexpected(object(at.task.action), seen.text) // at once: writing may take a while
	}
	return at.record(ctx, end)
}

// notDone ends an attempt that changed nothing, nor will.
func (at *attempt) notDone(ctx context.Context, failure, reason string, seen *fix.State) outcome {
	end := at.completion()
	end.Outcome, end.Failure, end.Reason, end.NotDone = fix.OutcomeFailed, failure, reason, true
	end.Observed = seen
	return at.record(ctx, end)
}

// notStarted ends an attempt of which nothing was sent, or nothing that Wix
// executed. Nothing is wrong with the action, so it did not fail.
func (at *attempt) notStarted(ctx context.Context, failure, reason string) outcome {
	o := at.notDone(ctx, failure, reason, nil)
	if o.result.Outcome == fix.OutcomeFailed {
		o.result.Outcome = fix.OutcomeNotStarted
	}
	return o
}

func (at *attempt) completion() *fix.Completion {
	return &fix.Completion{
		SchemaVersion: fix.JournalVersion, Key: at.claim.Key, Number: at.claim.Number, Nonce: at.claim.Nonce,
		Sends: at.sends, SentAt: at.sentAt, Ended: time.Now().UTC(), RunID: at.RunID, PackageID: at.task.action.PackageID,
	}
}

// record writes a completion, and returns the outcome.
func (at *attempt) record(ctx context.Context, end *fix.Completion) outcome {
	result := resultOf(&fix.Entry{Attempt: at.claim, Completion: end})
	result.Before = at.before
	err := at.Journal.Complete(ctx, end)
	if err == nil {
		return outcome{result: result}
	}
	if end.Outcome == fix.OutcomeApplied {
		result.Reason = "the change was applied"
	}
	result.Outcome, result.Failure = fix.OutcomeUnsettled, ""
	return notRecorded(result, err)
}

// unsettled leaves an attempt open whose outcome is not known.
func (at *attempt) unsettled(ctx context.Context, reason string, seen *observation) outcome {
	note := &fix.UnsettledNote{
		SchemaVersion: fix.JournalVersion, Key: at.claim.Key, Number: at.claim.Number, Nonce: at.claim.Nonce,
		SentAt: at.sentAt, Reason: reason,
	}
	if seen != nil {
		note.Observed = seen.state
	}
	result := unsettled(&fix.Entry{Attempt: at.claim, Unsettled: note}, reason, note.Observed)
	result.Before = at.before
	if err := at.Journal.NoteUnsettled(ctx, note); err != nil {
		return notRecorded(result, err)
	}
	return outcome{result: result}
}

// notRecorded returns an outcome that stops the plan, because the journal lacks
// what the result has. A run that finds its attempt ended by another run has lost
// the lease.
func notRecorded(result fix.Result, err error) outcome {
	result.Reason += "; this is not in the journal: " + err.Error()
	return outcome{result: result, fault: err}
}
