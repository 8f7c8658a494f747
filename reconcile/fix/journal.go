package fix

import (
	"errors"
	"fmt"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The journal decides whether something is sent again, so an entry is believed
// only if it agrees with itself. Its action's key is not recomputed: that needs
// the parent account, which an attempt does not name.

// JournalVersion is the version of the journal's objects.
const JournalVersion = 1

// ErrClaimed means that another run was first, at something that is done once.
var ErrClaimed = errors.New("another run was first")

// An Attempt is a claim of an action, made before its request is sent.
type Attempt struct {
	SchemaVersion int       `json:"schema_version"`
	Key           string    `json:"key"`     // of the action
	Number        int       `json:"attempt"` // from 1
	Nonce         string    `json:"nonce"`   // identifies the claim
	PlanID        string    `json:"plan_id"`
	RunID         string    `json:"run_id"`
	Fence         int64     `json:"fence"` // of the lease
	Begun         time.Time `json:"begun"`
	SendBy        time.Time `json:"send_by"` // no request of the attempt leaves later
	Action        Action    `json:"action"`
	Evidence      Evidence  `json:"evidence"`
}

// An UnsettledNote records that the outcome of an attempt is not known.
type UnsettledNote struct {
	SchemaVersion int       `json:"schema_version"`
	Key           string    `json:"key"`
	Number        int       `json:"attempt"`
	Nonce         string    `json:"nonce"` // of the attempt
	SentAt        time.Time `json:"sent_at"`
	Reason        string    `json:"reason"`
	Observed      *State    `json:"observed,omitempty"`
}

// A Completion records what became of an attempt.
type Completion struct {
	SchemaVersion int       `json:"schema_version"`
	Key           string    `json:"key"`
	Number        int       `json:"attempt"`
	Nonce         string    `json:"nonce"`   // of the attempt
	Outcome       string    `json:"outcome"` // applied or failed
	Reason        string    `json:"reason,omitempty"`
	Failure       string    `json:"failure,omitempty"` // Failure…, of one that failed
	NotDone       bool      `json:"not_done"`          // nothing was changed, nor will be: another attempt may begin
	Sends         int       `json:"sends"`             // requests that left; -1 where that is not known
	SentAt        time.Time `json:"sent_at,omitzero"`
	Ended         time.Time `json:"ended"`
	RunID         string    `json:"run_id"` // that recorded it
	PackageID     string    `json:"package_id,omitempty"`
	Observed      *State    `json:"observed,omitempty"` // as it was read back; nil where it could not be read
}

// Why an attempt failed. All but the last mean that nothing was done, unless it
// is a create without an effect.
const (
	FailureStopped    = "held"       // it was claimed, and then not to be sent any more
	FailureNotSent    = "not_sent"   // its request did not leave
	FailureThrottled  = "throttled"  // too many requests, until its time was over
	FailureRefused    = "refused"    // Wix did not accept it
	FailureNoEffect   = "no_effect"  // its answer was lost, and nothing happened
	FailureUnexpected = "odd"        // it had another effect than was asked
	FailureUnreadable = "unreadable" // its entry can't be read, and a person settled it
)

// A Resolution records that a person settled an action, up to one of its attempts:
// another attempt may begin.
type Resolution struct {
	SchemaVersion int       `json:"schema_version"`
	Key           string    `json:"key"`
	Number        int       `json:"attempt"` // the last one that it settles
	Reason        string    `json:"reason"`
	At            time.Time `json:"at"`
}

// Verify returns why the resolution can't be believed.
func (r *Resolution) Verify() error {
	if r.Number < 1 || r.Reason == "" || r.At.IsZero() {
		return errors.New("invalid resolution: its attempt, its reason or its time is missing")
	}
	return nil
}

// An Entry is an attempt with what the journal knows of it.
type Entry struct {
	Attempt
	Unsettled  *UnsettledNote // may be nil
	Completion *Completion    // nil: the attempt is open
	Resolution *Resolution    // by a person; may be nil
}

// Open reports whether the attempt is not settled.
func (e *Entry) Open() bool { return e.Completion == nil }

// SettlesAt returns the time from which a read that shows no effect settles the
// attempt. Before it the request may still be executed.
func (e *Entry) SettlesAt(settle time.Duration) time.Time {
	if e.Unsettled != nil {
		return e.Unsettled.SentAt.Add(settle)
	}
	return e.SendBy.Add(settle)
}

// SentSince reports whether a request of the attempt may have left at a moment
// or after it. Where the time of its send is not known, it was sent at the last
// moment at which it could have been.
func (e *Entry) SentSince(from time.Time) bool {
	last := e.SendBy
	switch {
	case e.Completion != nil && e.Completion.Sends == 0:
		return false
	case e.Completion != nil && e.Completion.Sends > 0 && !e.Completion.SentAt.IsZero():
		last = e.Completion.SentAt
	case e.Unsettled != nil:
		last = e.Unsettled.SentAt
	}
	return !last.Before(from)
}

// UnsettledOf returns what open attempts may still change: their packages, or
// the external ids of creates.
func UnsettledOf(entries []Entry) map[string]bool {
	unsettled := make(map[string]bool)
	for i := range entries {
		a := &entries[i].Action
		switch {
		case !entries[i].Open():
		case a.Fix == reconcile.FixCreate:
			unsettled[a.ExternalID] = true
		default:
			unsettled[a.PackageID] = true
		}
	}
	return unsettled
}

// Verify returns why the entry can't be believed.
func (e *Entry) Verify() error {
	return errors.Join(e.verifyAttempt(), e.verifyUnsettled(), e.verifyCompletion())
}

func (a *Attempt) verifyAttempt() error {
	why := ""
	switch {
	case a.Number < 1:
		why = "attempts count from 1"
	case a.Nonce == "":
		why = "the nonce is missing"
	case a.Begun.IsZero() || a.SendBy.Before(a.Begun):
		why = "the times of its begin and its last send are missing or contradict each other"
	case a.Action.Key != a.Key:
		why = fmt.Sprintf("it is of action %q", a.Action.Key)
	case a.Action.AccountID == "" || a.Action.PackageID == "" && a.Action.ExternalID == "":
		why = "the account, or the package and the external id, are missing"
	case !a.Action.coherent():
		why = "its action contradicts itself"
	default:
		return nil
	}
	return fmt.Errorf("invalid claim: %s", why)
}

func (e *Entry) verifyUnsettled() error {
	switch {
	case e.Unsettled == nil:
		return nil
	case !e.owns(e.Unsettled.Key, e.Unsettled.Number, e.Unsettled.Nonce):
		return errors.New("invalid unsettled note: it is of another claim")
	case e.Unsettled.SentAt.IsZero():
		return errors.New("invalid unsettled note: the time of the send is missing")
	}
	return nil
}

func (e *Entry) verifyCompletion() error {
	why := ""
	switch end := e.Completion; {
	case end == nil:
		return nil
	case !e.owns(end.Key, end.Number, end.Nonce):
		why = "it is of another claim"
	case end.Outcome != OutcomeApplied && end.Outcome != OutcomeFailed:
		why = fmt.Sprintf("an attempt does not end as %q", end.Outcome)
	case end.NotDone && end.Outcome == OutcomeApplied:
		why = "it is both applied and not done"
	case end.Ended.IsZero():
		why = "its time is missing"
	case end.Sends < -1:
		why = fmt.Sprintf("%d sends", end.Sends)
	default:
		return nil
	}
	return fmt.Errorf("invalid completion: %s", why)
}

// owns reports whether a note of this key, number and nonce is about the attempt.
func (a *Attempt) owns(key string, number int, nonce string) bool {
	return a.Key == key && a.Number == number && a.Nonce == nonce
}

// Follows returns why the attempt may not follow the one before: that one must
// be settled, and where it may have had an effect, no cancel or create follows
// it, nor anything of the same plan. A person may have settled it, and a package
// that was canceled may be live again.
func (a *Attempt) Follows(before *Entry) error {
	switch {
	case before.Resolution != nil:
		return nil
	case before.Open():
		return fmt.Errorf("attempt %d is not settled", before.Number)
	case before.Completion.NotDone:
		return nil
	case a.PlanID != before.PlanID && a.Action.LiveAgain && before.Completion.Outcome == OutcomeApplied:
		return nil
	case a.PlanID == before.PlanID, a.Action.Fix == reconcile.FixCancel, a.Action.Fix == reconcile.FixCreate:
		return fmt.Errorf("attempt %d may have had an effect: it ended as %s", before.Number, before.Completion.Outcome)
	}
	return nil
}

// A Verification is how a journal entry compares with Wix.
type Verification struct {
	Entry
	Agrees bool
	Text   string // what the journal has and what was found, in words
	Err    error  // it could not be read
}
