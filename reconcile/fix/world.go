package fix

import (
	"context"
	"errors"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// What carrying out a plan needs of the world outside: Wix, and the journal.
// Both are told here in terms of actions; who implements them states nothing
// that is not known.

// Wix is what carrying out a plan needs of the API. It is used by many
// goroutines.
type Wix interface {
	// Get reads a package as it is now. It gives nil without an error only
	// where Wix says that there is no such package.
	Get(ctx context.Context, accountID, packageID string) (*reconcile.Package, error)

	// Find reads all packages of a sub-account, of any status, that have an
	// external id. It gives none without an error only where the whole
	// sub-account was read.
	Find(ctx context.Context, accountID, externalID string) ([]reconcile.Package, error)

	// Send sends the one request of the action, once and never again, and says
	// what is known of it. Parent is the parent account. Ready is asked once, when
	// the request has waited for all that it has to wait for, right before it
	// leaves: with an error it does not leave, and the error is in what is given.
	// The end of the context keeps a request from leaving too; one that left goes
	// on, for RequestTime at most.
	Send(ctx context.Context, parent string, a *Action, ready func(context.Context) error) Sent
}

// A Fate is what is known of a request that changes something.
type Fate int

// The fates. Of a request that nothing is known of, the fate is Lost.
const (
	Lost      Fate = iota // it may have been done, or may still be
	Answered              // Wix says that it is done
	NotSent               // it never left
	Throttled             // nothing was done: too many requests
	Refused               // Wix did not accept it
)

// Sent is what is known of a request.
type Sent struct {
	Fate      Fate
	Wait      time.Duration // how long a throttling answer asks to wait; 0: it does not say
	PackageID string        // of a create that was answered
	Err       error         // nil where it was answered
}

// Journal is what carrying out a plan needs of the journal, which is one for
// all runs and plans of a place of runs. It is used by many goroutines.
type Journal interface {
	// Begin claims an attempt. It gives ErrClaimed where another has claimed
	// it, and no error only where the claim is stored and is this one.
	Begin(ctx context.Context, a *Attempt) error

	// Doubt notes that nobody knows what became of an attempt.
	Doubt(ctx context.Context, d *Doubt) error

	// End says for good what became of an attempt. It gives ErrClaimed where
	// another has said so already.
	End(ctx context.Context, e *End) error

	// Entries gives the attempts of an action, in their order.
	Entries(ctx context.Context, key string) ([]Entry, error)
}

// ErrClaimed says that another did what can be done once.
var ErrClaimed = errors.New("another run has it")

// An Attempt is a claim of an action, made before its request is sent.
type Attempt struct {
	SchemaVersion int       `json:"schema_version"`
	Key           string    `json:"key"`     // of the action
	Number        int       `json:"attempt"` // from 1
	Nonce         string    `json:"nonce"`   // tells the claim from others
	PlanID        string    `json:"plan_id"`
	RunID         string    `json:"run_id"`
	Fence         int64     `json:"fence"` // of the lease
	Begun         time.Time `json:"begun"`
	SendBy        time.Time `json:"send_by"` // no request of the attempt leaves later
	Action        Action    `json:"action"`
	Evidence      Evidence  `json:"evidence"`
}

// A Doubt is that nobody knows what became of an attempt.
type Doubt struct {
	SchemaVersion int       `json:"schema_version"`
	Key           string    `json:"key"`
	Number        int       `json:"attempt"`
	Nonce         string    `json:"nonce"` // of the attempt
	SentAt        time.Time `json:"sent_at"`
	Reason        string    `json:"reason"`
	Observed      *State    `json:"observed,omitempty"`
}

// An End is what became of an attempt.
type End struct {
	SchemaVersion int       `json:"schema_version"`
	Key           string    `json:"key"`
	Number        int       `json:"attempt"`
	Nonce         string    `json:"nonce"`   // of the attempt
	Outcome       string    `json:"outcome"` // applied or failed
	Reason        string    `json:"reason,omitempty"`
	Failure       string    `json:"failure,omitempty"` // why it failed, in a word
	NotDone       bool      `json:"not_done"`          // nothing was changed, nor will be: another attempt may begin
	Sends         int       `json:"sends"`             // requests that left; -1 where nobody knows
	SentAt        time.Time `json:"sent_at,omitzero"`
	Ended         time.Time `json:"ended"`
	RunID         string    `json:"run_id"` // that says so
	PackageID     string    `json:"package_id,omitempty"`
	Observed      *State    `json:"observed,omitempty"` // as it was read back; nil where it could not be read
}

// Why an attempt failed. All but the last vouch that nothing was done, unless
// it is a create without an effect.
const (
	FailureStopped    = "held"      // it was claimed, and then not to be sent any more
	FailureNotSent    = "not_sent"  // its request did not leave
	FailureThrottled  = "throttled" // too many requests, until its time was over
	FailureRefused    = "refused"   // Wix did not accept it
	FailureNoEffect   = "no_effect" // its answer was lost, and nothing happened
	FailureUnexpected = "odd"       // it had another effect than was asked
)

// JournalVersion is the version of the journal's objects.
const JournalVersion = 1

// An Entry is an attempt with what is known of it.
type Entry struct {
	Attempt
	Doubt *Doubt // may be nil
	End   *End   // nil: it is not settled
}

// Open reports whether the attempt is not settled.
func (e *Entry) Open() bool { return e.End == nil }

// SettlesAt gives from when on a read that shows no effect settles the attempt:
// before that, its request may still land.
func (e *Entry) SettlesAt(settle time.Duration) time.Time {
	if e.Doubt != nil {
		return e.Doubt.SentAt.Add(settle)
	}
	return e.SendBy.Add(settle)
}

// The outcomes of what was tried, or was to be.
const (
	OutcomeApplied    = "applied"
	OutcomeStale      = "stale"
	OutcomeUnsettled  = "unsettled"
	OutcomeNotStarted = "not_started"
)

// A Result is what became of an action that was due.
type Result struct {
	Key      string    `json:"key"`
	Outcome  string    `json:"outcome"`
	Reason   string    `json:"reason,omitempty"`
	Failure  string    `json:"failure,omitempty"` // Failure…, of one that failed
	Attempt  int       `json:"attempt,omitempty"` // 0: it was never claimed
	SentAt   time.Time `json:"sent_at,omitzero"`
	Before   *State    `json:"before,omitempty"`   // as it was read before it was sent
	Observed *State    `json:"observed,omitempty"` // as it was read afterwards
	Created  string    `json:"created_package_id,omitempty"`
}
