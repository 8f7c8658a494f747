// Package execute sends the actions of a plan to Wix: exactly those, and nothing
// else.
//
// First the journal is read for all of them, and what an interrupted run left
// open is settled; nothing is sent before that is done. Then the fixes are
// executed in their order, each to its end before the next begins. Within a fix
// packages are changed concurrently, and the actions of a package one after
// another. Results are returned in the plan's order.
package execute

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// An Executor executes plans. Its owner must hold the lease of the output
// location as long as it runs.
type Executor struct {
	Wix     Wix
	Journal Journal

	// PreSendCheck is called before each claim, and right before each request that
	// changes something leaves. After an error nothing new is sent, and the error is
	// the reason of what was not started. Nil always allows to send.
	PreSendCheck func(ctx context.Context) error

	SettleAfter time.Duration // how long after its send a change without an effect is known to have none
	SendWindow  time.Duration // how long after its claim a request may leave: the lease's TTL, more than RequestTime
	Concurrency int           // packages at a time; no more than three, see breaker; 0: three

	RunID string
	Fence int64 // of the lease

	Log *slog.Logger // nil: no log
}

// Conditions are what is known of a plan when it is executed.
type Conditions struct {
	Reviewed  bool              // a person reviewed it: what needs a review is due too
	Held      map[string]string // by key of an action: the limit that holds it back, so that it is not due
	Stale     map[string]string // by key of an action: why it is stale
	Unsettled map[string]bool   // packages, or external ids of creates, that another plan's change may still reach
}

// Wix is what the executor needs of the API. It is used by many goroutines.
type Wix interface {
	// Get reads a package as it is now. It returns nil without an error only
	// where Wix reports that there is no such package.
	Get(ctx context.Context, accountID, packageID string) (*reconcile.Package, error)

	// Find reads all packages of a sub-account, of any status, that have an
	// external id. It returns none without an error only where the whole
	// sub-account was read.
	Find(ctx context.Context, accountID, externalID string) ([]reconcile.Package, error)

	// Send sends the one request of the action, once and never again, and returns
	// what is known of it. Parent is the parent account. PreSendCheck is called once,
	// when the request has waited for all that it has to wait for, right before it
	// leaves: after an error it does not leave, and the error is in the result. The
	// end of the context keeps a request from leaving too; one that left continues,
	// for RequestTime at most.
	Send(ctx context.Context, parent string, a *fix.Action, preSendCheck func(context.Context) error) SendResult
}

// Journal is what the executor needs of the journal, which is one for all runs
// and plans of an output location. It is used by many goroutines, and its errors
// name the attempt.
type Journal interface {
	// Begin claims an attempt. It returns fix.ErrClaimed where another run has
	// claimed it, and no error only where the claim is stored and is this one.
	Begin(ctx context.Context, a *fix.Attempt) error

	// NoteUnsettled records that the outcome of an attempt is not known.
	NoteUnsettled(ctx context.Context, n *fix.UnsettledNote) error

	// Complete records for good what became of an attempt. It returns
	// fix.ErrClaimed where another run has recorded it already.
	Complete(ctx context.Context, c *fix.Completion) error

	// Entries returns the attempts of an action, in their order.
	Entries(ctx context.Context, key string) ([]fix.Entry, error)
}

func (ex *Executor) validate() error {
	var faults []error
	if ex.Wix == nil || ex.Journal == nil {
		faults = append(faults, errors.New("Wix or the journal is missing"))
	}
	if ex.SettleAfter <= 0 {
		faults = append(faults, errors.New("the time to settle is missing"))
	}
	if ex.SendWindow <= RequestTime {
		faults = append(faults, fmt.Errorf("send window %s: must be longer than a request (%s)", ex.SendWindow, RequestTime))
	}
	return errors.Join(faults...)
}

func (ex *Executor) log() *slog.Logger {
	if ex.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return ex.Log
}

func (ex *Executor) workers() int {
	if ex.Concurrency <= 0 {
		return maxStreak
	}
	return min(ex.Concurrency, maxStreak)
}
