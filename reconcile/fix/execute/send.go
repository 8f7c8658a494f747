package execute

import (
	"context"
	"fmt"
	"time"
)

// RequestTime is how long a request that changes something may take.
const RequestTime = 7 * time.Second

// How long reads, and the journal, continue after the run was asked to stop.
const (
	graceToRead   = 13 * time.Second
	graceToFinish = 17 * time.Second
)

// A SendStatus is what is known of a request that changes something.
type SendStatus int

// The statuses. A request of which nothing is known is Lost.
const (
	Lost      SendStatus = iota // it may have been executed, or may still be
	Answered                    // Wix reports that it is done
	NotSent                     // it never left
	Throttled                   // nothing was done: too many requests
	Refused                     // Wix did not accept it
)

// String returns the status in words.
func (s SendStatus) String() string {
	switch s {
	case Answered:
		return "answered"
	case NotSent:
		return "not sent"
	case Throttled:
		return "throttled"
	case Refused:
		return "refused"
	}
	return "outcome unknown"
}

// A SendResult is what is known of a request, with its details.
type SendResult struct {
	Status    SendStatus
	Wait      time.Duration // how long a throttling answer asks to wait; 0: it does not say
	PackageID string        // of the answer, where it has a package
	Err       error         // nil where it was answered
}

// reason returns the result in words.
func (r SendResult) reason() string {
	if r.Err != nil {
		return r.Err.Error()
	}
	return "Wix reported it as done"
}

// TimeLeft returns the time until a moment by the clock that has less of it: the
// monotonic clock stands still while a machine sleeps, the wall clock may be set.
func TimeLeft(until time.Time) time.Duration { return timeLeft(time.Now(), until) }

func timeLeft(now, until time.Time) time.Duration {
	return min(until.Sub(now), until.Round(0).Sub(now.Round(0)))
}

// outlive returns a context that ends a while after another one. It must be made
// before that one may end.
func outlive(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	long, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		if pause(long, grace) == nil {
			cancel(fmt.Errorf("not finished %s after the run was asked to stop", grace))
		}
	})
	return long, func() { stop(); cancel(nil) }
}

// pause waits, or returns the context's error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
