package wix

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// One rate for all requests of a client.
//
// Of the rate a minute, a twentieth may come at once and the rest is spread, so
// that no minute has more than the rate: with 180, 9 and then one every 0.35 s.
// An answer of 429 halves the rate for all, once for the requests that were
// under way together, down to one in two seconds, and where it says how long to
// wait, all wait. Every success then gives back a quarter, up to the set rate.
// Where none is set, the first 429 begins at twenty a second, no more halve it
// below five, and a thousand a second is none again.

const (
	burstShare     = 20
	unsetStart     = rate.Limit(20)
	unsetSlowest   = rate.Limit(5)
	unsetCeiling   = rate.Limit(1000)
	slowest        = rate.Limit(0.5)
	recoveryFactor = 1.25
)

// A limiter spaces requests.
type limiter struct {
	bucket *rate.Limiter
	full   rate.Limit // the set rate a second; rate.Inf where none is set
	burst  int

	mu         sync.Mutex
	now        rate.Limit // the rate at present
	generation int        // how often it was halved
	resume     time.Time  // nothing is sent before
}

func newLimiter(perMinute int) *limiter {
	l := &limiter{full: rate.Inf, burst: 1}
	if perMinute > 0 {
		l.burst = max(1, perMinute/burstShare)
		l.full = rate.Limit(perMinute-l.burst+1) / 60 // the first of a burst opens the minute
	}
	l.now = l.full
	l.bucket = rate.NewLimiter(l.full, l.burst)
	return l
}

// wait returns when a request may be sent, or with the context's error. The
// generation is given back with the request's outcome.
func (l *limiter) wait(ctx context.Context) (generation int, err error) {
	place := l.bucket.Reserve()
	if err := sleep(ctx, place.Delay()); err != nil {
		place.Cancel()
		return 0, err
	}
	for {
		pause, generation := l.paused(time.Now())
		if pause <= 0 {
			return generation, nil
		}
		if err := sleep(ctx, pause); err != nil {
			return 0, err
		}
	}
}

func (l *limiter) paused(now time.Time) (time.Duration, int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.resume.Sub(now), l.generation
}

// throttled slows all requests down, after an answer of 429 to a request of
// that generation; nothing is sent before until.
func (l *limiter) throttled(generation int, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until.After(l.resume) {
		l.resume = until
	}
	if generation != l.generation {
		return // it was sent before the rate was halved for its like
	}
	l.generation++
	if l.now == rate.Inf {
		l.set(unsetStart)
		return
	}
	least := min(slowest, l.full)
	if l.full == rate.Inf {
		least = unsetSlowest
	}
	l.set(max(l.now/2, least))
}

// succeeded gives back a quarter of the rate.
func (l *limiter) succeeded(generation int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if generation != l.generation || l.now >= l.full {
		return
	}
	next := min(l.now*recoveryFactor, l.full)
	if l.full == rate.Inf && next >= unsetCeiling {
		next = rate.Inf
	}
	l.set(next)
}

// set changes the rate. There is no burst while it is below the set one: what
// gathers in a pause would come at once.
func (l *limiter) set(next rate.Limit) {
	l.now = next
	l.bucket.SetLimit(next)
	if next < l.full {
		l.bucket.SetBurst(1)
		return
	}
	l.bucket.SetBurst(l.burst)
}
