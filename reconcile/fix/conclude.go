package fix

import (
	"fmt"
	"time"
)

// How an attempt ends in the journal. The journal says what was observed. What
// is not in it is not settled, whatever was observed: where it can't be written,
// the result is unsettled and says both, the attempt stays open for a later run
// to settle, and nothing more is sent.

// concluded ends an attempt by what was read back, which is done or odd.
func (t *try) concluded(seen *view) Result {
	end := t.ending()
	end.PackageID, end.Observed = seen.packageID, seen.state
	if seen.effect == effectDone {
		end.Outcome = OutcomeApplied
		t.ground.applied = append(t.ground.applied, t.action)
	} else {
		end.Outcome, end.Failure, end.Reason = OutcomeFailed, FailureUnexpected, seen.text
		t.breaker.stop(reasonOdd(t.action, seen.text))
	}
	return t.written(end)
}

// notDone ends an attempt that changed nothing, nor will.
func (t *try) notDone(failure, reason string, seen *State) Result {
	end := t.ending()
	end.Outcome, end.Failure, end.Reason, end.NotDone = OutcomeFailed, failure, reason, true
	end.Observed = seen
	return t.written(end)
}

// held ends an attempt of which nothing was sent, or nothing more.
func (t *try) held(reason string) Result {
	result := t.notDone(FailureStopped, reason, nil)
	if result.Outcome == OutcomeFailed {
		result.Outcome = OutcomeNotStarted
	}
	return result
}

func (t *try) ending() *End {
	return &End{
		SchemaVersion: JournalVersion, Key: t.attempt.Key, Number: t.attempt.Number, Nonce: t.attempt.Nonce,
		Sends: t.sends, SentAt: t.sentAt, Ended: time.Now().UTC(), RunID: t.RunID, PackageID: t.action.PackageID,
	}
}

// written writes an end, and gives the result.
func (t *try) written(end *End) Result {
	result := resultOf(&Entry{Attempt: t.attempt, End: end})
	result.Before = t.before
	err := t.Journal.End(t.write, end)
	if err == nil {
		return result
	}
	if end.Outcome == OutcomeApplied {
		result.Reason = "it was done"
	}
	result.Outcome, result.Failure = OutcomeUnsettled, ""
	t.unwritten(&result, fmt.Errorf("write the end of attempt %d of action %s: %w", end.Number, end.Key, err))
	return result
}

// doubt leaves an attempt open of which nobody knows what became.
func (t *try) doubt(reason string, seen *view) Result {
	note := &Doubt{
		SchemaVersion: JournalVersion, Key: t.attempt.Key, Number: t.attempt.Number, Nonce: t.attempt.Nonce,
		SentAt: t.sentAt, Reason: reason,
	}
	if seen != nil {
		note.Observed = seen.state
	}
	t.ground.blocked = reasonBlocked
	result := Result{
		Key: t.attempt.Key, Outcome: OutcomeUnsettled, Reason: reason, Attempt: t.attempt.Number,
		SentAt: t.sentAt, Before: t.before, Observed: note.Observed,
	}
	if err := t.Journal.Doubt(t.write, note); err != nil {
		t.unwritten(&result, fmt.Errorf("write a doubt of attempt %d of action %s: %w", note.Number, note.Key, err))
	}
	return result
}

// unwritten stops the plan, because the journal does not know what the result
// knows. Who finds that another run has ended its attempt has lost the lease.
func (t *try) unwritten(result *Result, err error) {
	result.Reason += "; this is not in the journal: " + err.Error()
	t.ground.blocked = reasonBlocked
	t.fail(err)
}
