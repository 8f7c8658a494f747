package fix

import (
	"context"
	"fmt"
	"sync"
)

// The breaker stops a plan: after three actions in a row, in the order in which
// they end, that failed or are unsettled; after one that had another effect than
// was asked; and where nothing may be sent any more. An applied one ends a row,
// a stale one neither ends nor lengthens it.
//
// No more actions are under way than may fail before three in a row are full:
// three at first, one after two that failed. So a fourth is never sent, however
// many workers there are; and three are enough for any rate that Wix allows.

// maxRow is how many in a row stop a plan.
const maxRow = 3

// counted gives the length of a row after one more outcome.
func counted(row int, outcome string) int {
	switch outcome {
	case OutcomeFailed, OutcomeUnsettled:
		return row + 1
	case OutcomeApplied:
		return 0
	}
	return row
}

type breaker struct {
	mu      sync.Mutex
	row     int
	under   int           // under way
	reason  string        // why the plan is stopped; empty: it is not
	changed chan struct{} // closed when one of these changes
}

func newBreaker() *breaker { return &breaker{changed: make(chan struct{})} }

// enter waits until an action may begin. It gives why none may any more; where
// it gives nothing, leave must follow.
func (b *breaker) enter(ctx context.Context) string {
	for {
		reason, changed := b.try(ctx)
		if changed == nil {
			return reason
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

func (b *breaker) try(ctx context.Context) (reason string, wait <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.reason != "":
		return b.reason, nil
	case ctx.Err() != nil:
		return reasonAsked, nil
	case b.under >= maxRow-b.row:
		return "", b.changed
	}
	b.under++
	return "", nil
}

// leave notes how an action ended.
func (b *breaker) leave(outcome, what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.under--
	b.row = counted(b.row, outcome)
	if b.row >= maxRow {
		b.halt(fmt.Sprintf("stopped after %d in a row that failed or are unsettled, the last of them %s", maxRow, what))
	}
	b.wake()
}

// stop stops the plan; the first reason holds.
func (b *breaker) stop(reason string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.halt(reason)
	b.wake()
}

// stopped gives why the plan is stopped.
func (b *breaker) stopped() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.reason
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
