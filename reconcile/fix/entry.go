package fix

import (
	"errors"
	"fmt"

	"github.com/wixrecon/wixrecon/reconcile"
)

// What is read in the journal decides whether something is sent again, so that
// an entry is believed only if it agrees with itself: the notes are of the claim
// that they stand beside, the times are there that settling and limits rest on,
// and the action takes away and counts what it says. Its key is not held against
// a hash: it depends on the parent account, which an attempt does not name.

// Verify reports what stands against believing the entry.
func (e *Entry) Verify() error {
	return errors.Join(e.verifyClaim(), e.verifyDoubt(), e.verifyEnd())
}

func (a *Attempt) verifyClaim() error {
	why := ""
	switch {
	case a.Number < 1:
		why = "attempts count from 1"
	case a.Nonce == "":
		why = "it has no nonce"
	case a.Begun.IsZero() || a.SendBy.Before(a.Begun):
		why = "it does not say when it was begun and until when it may be sent"
	case a.Action.Key != a.Key:
		why = fmt.Sprintf("it holds action %q", a.Action.Key)
	case a.Action.AccountID == "" || a.Action.PackageID == "" && a.Action.ExternalID == "":
		why = "it does not say what is changed"
	case !a.Action.coherent():
		why = "its action contradicts itself"
	default:
		return nil
	}
	return fmt.Errorf("the claim can't be believed: %s", why)
}

func (e *Entry) verifyDoubt() error {
	switch {
	case e.Doubt == nil:
		return nil
	case !e.of(e.Doubt.Key, e.Doubt.Number, e.Doubt.Nonce):
		return errors.New("the doubt is of another claim")
	case e.Doubt.SentAt.IsZero():
		return errors.New("the doubt can't be believed: it does not say when it was sent")
	}
	return nil
}

func (e *Entry) verifyEnd() error {
	why := ""
	switch {
	case e.End == nil:
		return nil
	case !e.of(e.End.Key, e.End.Number, e.End.Nonce):
		return errors.New("the end is of another claim")
	case e.End.Outcome != OutcomeApplied && e.End.Outcome != OutcomeFailed:
		why = fmt.Sprintf("nothing ends as %q", e.End.Outcome)
	case e.End.NotDone && e.End.Outcome == OutcomeApplied:
		why = "it was applied and not done"
	case e.End.Ended.IsZero():
		why = "it does not say when that was known"
	case e.End.Sends < -1:
		why = "it was sent less than never"
	default:
		return nil
	}
	return fmt.Errorf("the end can't be believed: %s", why)
}

// Follows reports what stands against an attempt in the one before, whatever
// plan they are of: it must have ended, and where it may have had an effect,
// neither a cancel nor a create is repeated, and nothing is by the same plan.
func (a *Attempt) Follows(before *Entry) error {
	switch {
	case before.Open():
		return fmt.Errorf("attempt %d is not settled", before.Number)
	case before.End.NotDone:
		return nil
	case a.PlanID == before.PlanID, a.Action.Fix == reconcile.FixCancel, a.Action.Fix == reconcile.FixCreate:
		return fmt.Errorf("attempt %d may have had an effect: it ended as %s", before.Number, before.End.Outcome)
	}
	return nil
}

// of reports whether what says this of itself stands beside the claim.
func (e *Entry) of(key string, number int, nonce string) bool {
	return e.Key == key && e.Number == number && e.Nonce == nonce
}
