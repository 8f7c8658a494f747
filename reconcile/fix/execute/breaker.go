package execute

import (
	"context"
	"fmt"
	"sync"

	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// A breaker stops a plan: after three consecutive actions, in the order in which
// they end, that failed, are unsettled or were throttled until their time was
// over; after one that had an unexpected effect; and where nothing may be sent any more. An applied action ends a
// streak, a stale one neither ends nor extends it.
//
// No more actions are in progress than may fail before a streak of three is
// reached: three at first, one after two that failed. So a fourth is never sent,
// however many workers there are; and three are enough for any rate that Wix
// allows.
type breaker struct {
	preSendCheck func(context.Context) error // see Executor.PreSendCheck

	mu         sync.Mutex
	streak     int
	inProgress int
	reason     string        // why the plan is stopped; empty: it is not
	faults     []error       // of the journal
	changed    chan struct{} // closed when one of these changes
}

// maxStreak is how many consecutive failures stop a plan.
const maxStreak = 3

// stopReasonAsked is the stop reason where the context ended.
const stopReasonAsked = "the run was asked to stop"

func newBreaker(preSendCheck func(context.Context) error) *breaker {
	return &breaker{preSendCheck: preSendCheck, changed: make(chan struct{})}
}

// enter waits until an action may begin. It returns why none may any more; if it
// returns no reason, leave must be called.
func (b *breaker) enter(ctx context.Context) string {
	for {
		reason, changed := b.tryEnter(ctx)
		if changed == nil {
			return reason
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

func (b *breaker) tryEnter(ctx context.Context) (reason string, wait <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.reason != "":
		return b.reason, nil
	case ctx.Err() != nil:
		return stopReasonAsked, nil
	case b.inProgress >= maxStreak-b.streak:
		return "", b.changed
	}
	b.inProgress++
	return "", nil
}

// leave records how an action ended. One that Wix refuses in the same way as before
// shows nothing new, so it neither ends nor extends a streak.
func (b *breaker) leave(result *fix.Result, refusedBefore, object string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.inProgress--
	switch {
	case result.Failure == fix.FailureRefused && refusedBefore != "" && fix.SameRefusal(refusedBefore, result.Reason):
	case result.Outcome == fix.OutcomeFailed, result.Outcome == fix.OutcomeUnsettled, result.Failure == fix.FailureThrottled:
		b.streak++
	case result.Outcome == fix.OutcomeApplied:
		b.streak = 0
	}
	if b.streak >= maxStreak {
		b.halt(fmt.Sprintf("stopped after %d consecutive actions failed or are unsettled, the last of them on %s", maxStreak, object))
	}
	b.wake()
}

// stop stops the plan. The first reason is kept.
func (b *breaker) stop(reason string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.halt(reason)
	b.wake()
}

// stopUnexpected stops the plan after an action had an unexpected effect.
func (b *breaker) stopUnexpected(object, found string) {
	b.stop(fmt.Sprintf("stopped after a change of %s had an unexpected effect: %s", object, found))
}

// fail stops the plan after a fault of the journal.
func (b *breaker) fail(err error) {
	b.stop(err.Error())
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = append(b.faults, err)
}

// stopReason returns why the plan is stopped.
func (b *breaker) stopReason() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.reason
}

// stopReasonBeforeSend returns why nothing may be sent now. The breaker is checked
// again after the pre-send check, which may take a while.
func (b *breaker) stopReasonBeforeSend(ctx context.Context) string {
	if reason := b.stopReason(); reason != "" {
		return reason
	}
	if ctx.Err() == nil && b.preSendCheck != nil {
		if err := b.preSendCheck(ctx); err != nil && ctx.Err() == nil {
			b.stop(err.Error())
		}
	}
	if ctx.Err() != nil {
		return stopReasonAsked
	}
	return b.stopReason()
}

func (b *breaker) halt(reason string) {
	if b.reason == "" {
		b.reason = reason
	}
}

func (b *breaker) wake() {
	close(b.changed)
	b.changed = make(chan struct{})
}
