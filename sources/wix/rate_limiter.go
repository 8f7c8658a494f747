package wix

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// All requests of a client share one rate.
//
// A twentieth of the requests per minute may be sent in a burst, the others are
// spread evenly, so that no minute has more than the rate: with 180, 9 at once
// and then one every 0.35 s. A 429 halves the rate, once for all requests that
// were in flight together, down to one every two seconds. If it has a
// Retry-After, every request waits that long. Each success then adds a quarter,
// up to the configured rate. With no configured rate, the first 429 sets 20 a
// second, later ones halve it to no less than 5, and above 1,000 a second there
// is no limit again.

const (
	burstShare     = 20
	unlimitedStart = rate.Limit(20)
	unlimitedMin   = rate.Limit(5)
	unlimitedMax   = rate.Limit(1000)
	minRate        = rate.Limit(0.5)
	recoveryFactor = 1.25
)

// A rateLimiter spaces requests.
type rateLimiter struct {
	bucket     *rate.Limiter
	configured rate.Limit // requests a second; rate.Inf if there is no limit
	burst      int

	mu          sync.Mutex
	current     rate.Limit
	generation  int       // how often the rate was halved
	pausedUntil time.Time // nothing is sent earlier
}

func newRateLimiter(perMinute int) *rateLimiter {
	l := &rateLimiter{configured: rate.Inf, burst: 1}
	if perMinute > 0 {
		l.burst = max(1, perMinute/burstShare)
		l.configured = rate.Limit(perMinute-l.burst+1) / 60 // the first of a burst starts the minute
	}
	l.current = l.configured
	l.bucket = rate.NewLimiter(l.configured, l.burst)
	return l
}

// wait returns when a request may be sent, or with the context's error. The
// outcome of the request is reported with the generation.
func (l *rateLimiter) wait(ctx context.Context) (generation int, err error) {
	reservation := l.bucket.Reserve()
	if err := sleep(ctx, reservation.Delay()); err != nil {
		reservation.Cancel()
		return 0, err
	}
	for {
		pause, generation := l.pause(time.Now())
		if pause <= 0 {
			return generation, nil
		}
		if err := sleep(ctx, pause); err != nil {
			return 0, err
		}
	}
}

func (l *rateLimiter) pause(now time.Time) (time.Duration, int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pausedUntil.Sub(now), l.generation
}

// throttled slows down all requests after a 429 to one of that generation.
// Nothing is sent before until.
func (l *rateLimiter) throttled(generation int, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until.After(l.pausedUntil) {
		l.pausedUntil = until
	}
	if generation != l.generation {
		return // sent before the rate was halved
	}
	l.generation++
	if l.current == rate.Inf {
		l.set(unlimitedStart)
		return
	}
	least := min(minRate, l.configured)
	if l.configured == rate.Inf {
		least = unlimitedMin
	}
	l.set(max(l.current/2, least))
}

// succeeded raises the rate by a quarter.
func (l *rateLimiter) succeeded(generation int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if generation != l.generation || l.current >= l.configured {
		return
	}
	next := min(l.current*recoveryFactor, l.configured)
	if l.configured == rate.Inf && next >= unlimitedMax {
		next = rate.Inf
	}
	l.set(next)
}

// set changes the rate. Below the configured rate there is no burst: what
// accumulates during a pause would be sent at once.
func (l *rateLimiter) set(next rate.Limit) {
	l.current = next
	l.bucket.SetLimit(next)
	if next < l.configured {
		l.bucket.SetBurst(1)
		return
	}
	l.bucket.SetBurst(l.burst)
}
