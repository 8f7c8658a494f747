package execute

import (
	"fmt"
	"time"

	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// The journal has what was observed. What is not in it is not settled, whatever
// was observed: where it can't be written, the result is unsettled and has both,
// the attempt stays open for a later run to settle, and nothing more is sent.

// finalize ends an attempt by what was read back, which is done or unexpected.
func (at *attempt) finalize(seen *observation) fix.Result {
	end := at.completion()
	end.PackageID, end.Observed = seen.packageID, seen.state
	if seen.effect == effectDone {
		end.Outcome = fix.OutcomeApplied
		at.task.progress.applied = append(at.task.progress.applied, at.task.action)
	} else {
		end.Outcome, end.Failure, end.Reason = fix.OutcomeFailed, fix.FailureUnexpected, seen.text
		at.breaker.stopUnexpected(object(at.task.action), seen.text)
	}
	return at.record(end)
}

// notDone ends an attempt that changed nothing, nor will.
func (at *attempt) notDone(failure, reason string, seen *fix.State) fix.Result {
	end := at.completion()
	end.Outcome, end.Failure, end.Reason, end.NotDone = fix.OutcomeFailed, failure, reason, true
	end.Observed = seen
	return at.record(end)
}

// stopped ends an attempt of which nothing was sent, or nothing more.
func (at *attempt) stopped(reason string) fix.Result {
	result := at.notDone(fix.FailureStopped, reason, nil)
	if result.Outcome == fix.OutcomeFailed {
		result.Outcome = fix.OutcomeNotStarted
	}
	return result
}

func (at *attempt) completion() *fix.Completion {
	return &fix.Completion{
		SchemaVersion: fix.JournalVersion, Key: at.claim.Key, Number: at.claim.Number, Nonce: at.claim.Nonce,
		Sends: at.sends, SentAt: at.sentAt, Ended: time.Now().UTC(), RunID: at.RunID, PackageID: at.task.action.PackageID,
	}
}

// record writes a completion, and returns the result.
func (at *attempt) record(end *fix.Completion) fix.Result {
	result := resultOf(&fix.Entry{Attempt: at.claim, Completion: end})
	result.Before = at.before
	err := at.Journal.Complete(at.writes, end)
	if err == nil {
		return result
	}
	if end.Outcome == fix.OutcomeApplied {
		result.Reason = "the change was applied"
	}
	result.Outcome, result.Failure = fix.OutcomeUnsettled, ""
	at.notRecorded(&result, completionError(end, err))
	return result
}

// unsettled leaves an attempt open whose outcome is not known.
func (at *attempt) unsettled(reason string, seen *observation) fix.Result {
	note := &fix.UnsettledNote{
		SchemaVersion: fix.JournalVersion, Key: at.claim.Key, Number: at.claim.Number, Nonce: at.claim.Nonce,
		SentAt: at.sentAt, Reason: reason,
	}
	if seen != nil {
		note.Observed = seen.state
	}
	at.task.progress.blocked = blockedUnsettled
	result := unsettled(&fix.Entry{Attempt: at.claim, Unsettled: note}, reason, note.Observed)
	result.Before = at.before
	if err := at.Journal.NoteUnsettled(at.writes, note); err != nil {
		at.notRecorded(&result, fmt.Errorf("write that attempt %d of action %s is unsettled: %w", note.Number, note.Key, err))
	}
	return result
}

// notRecorded stops the plan, because the journal lacks what the result has. A
// run that finds its attempt ended by another run has lost the lease.
func (at *attempt) notRecorded(result *fix.Result, err error) {
	result.Reason += "; this is not in the journal: " + err.Error()
	at.task.progress.blocked = blockedUnsettled
	at.breaker.fail(err)
}
