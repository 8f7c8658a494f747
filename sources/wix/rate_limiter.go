package wix

import (
	"context"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// All requests of a client share one rate.
//
// A twentieth of the requests per minute may be sent in a burst, the others are
// spread evenly, so that no minute has more than the rate: with 180, 9 at once
// and then one every 0.35 s. With no configured rate it begins at 100 a second and
// doubles every half second, until there is no limit above 1,000 a second.
//
// A 429 sets the rate to what the server is estimated to accept, as estimate
// describes. All 429s of requests that were in flight together count once. A 429
// soon after another one shows that this is too much, and takes a tenth off; one
// without a success in between takes half. If it has a Retry-After, every request
// waits that long.
//
// Each success then adds a little, up to the configured rate: 0.2 % until the next
// 429, later 0.04 %, after 300 requests without a change, so that few requests are
// used to find a limit that has been found. It adds more if the rate is far below
// what the server has accepted on average, or if one 429 follows soon after the
// other although the rate was lowered twice: these have another cause. What
// was found is kept for the next run.

const (
	burstShare     = 20
	slowStart      = rate.Limit(100) // where nothing is configured or learned
	slowStartStep  = 500 * time.Millisecond
	unlimited      = rate.Limit(1000)
	minRate        = rate.Limit(0.5)
	belowLimit     = 0.98  // of what the server accepts
	firstGrowth    = 0.002 // with each success, until the second 429
	laterGrowth    = 0.0004
	recovery       = 1.05
	repeatedMost   = 2
	steadyRequests = 300
	soonRequests   = 50                     // a 429 after fewer successes is a repeated one
	refill         = 250 * time.Millisecond // nothing is sent after a 429
)

// A rateLimiter spaces requests.
type rateLimiter struct {
	bucket     *rate.Limiter
	configured rate.Limit // requests a second; rate.Inf if there is no limit
	burst      int

	mu          sync.Mutex
	current     rate.Limit
	generation  int       // how often a 429 changed the rate
	learned     bool      // current was found out, by this run or an earlier one
	pausedUntil time.Time // nothing is sent earlier
	doubled     time.Time // when the rate was last doubled
	repeated    int       // 429s in a row of which each was soon after the one before
	accepted    int       // successes so far
	steady      int       // successes since the last 429
	began       time.Time // of the first request
	last        time.Time // when the last 429 came, or the first request was sent
}

func newRateLimiter(perMinute int) *rateLimiter {
	l := &rateLimiter{configured: rate.Inf, burst: 1, current: slowStart}
	if perMinute > 0 {
		l.burst = max(1, perMinute/burstShare)
		l.configured = rate.Limit(perMinute-l.burst+1) / 60 // the first of a burst starts the minute
		l.current = l.configured
	}
	l.bucket = rate.NewLimiter(l.current, l.burst)
	return l
}

// start begins with the rate that an earlier run learned, in requests a minute.
func (l *rateLimiter) start(perMinute float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if next := rate.Limit(perMinute / 60); perMinute > 0 && next < l.configured && l.generation == 0 {
		l.learned = true
		l.set(max(next, min(minRate, l.configured)))
	}
}

// perMinute returns the rate that was learned, in requests a minute; 0 if no limit
// of the server was found.
func (l *rateLimiter) perMinute() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.learned || l.current >= l.configured {
		return 0
	}
	return float64(l.current) * 60
}

// wait returns when a request may be sent, or with the context's error. The
// outcome of the request is reported with the generation.
func (l *rateLimiter) wait(ctx context.Context) (generation int, err error) {
	for {
		_, before := l.pause(time.Now())
		reservation := l.bucket.Reserve()
		if err := sleep(ctx, reservation.Delay()); err != nil {
			reservation.Cancel()
			return 0, err
		}
		pause, generation := l.pause(time.Now())
		for ; pause > 0; pause, generation = l.pause(time.Now()) {
			if err := sleep(ctx, pause); err != nil {
				return 0, err
			}
		}
		if generation == before {
			return generation, nil
		} // else the place in the queue was given at a rate that is too high
	}
}

func (l *rateLimiter) pause(now time.Time) (time.Duration, int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last.IsZero() {
		l.began, l.doubled, l.last = now, now, now
	}
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
		return // sent before the rate was changed
	}
	now := time.Now()
	if until = now.Add(refill); until.After(l.pausedUntil) {
		l.pausedUntil = until
	}
	l.set(max(l.lowered(now), min(minRate, l.configured)))
	l.generation, l.learned, l.steady, l.last = l.generation+1, true, 0, now
}

// lowered returns the rate after a 429.
func (l *rateLimiter) lowered(now time.Time) rate.Limit {
	switch {
	case l.generation > 0 && l.steady == 0:
		return l.current / 2
	case l.generation > 0 && l.steady < soonRequests:
		if l.repeated++; l.repeated > repeatedMost {
			return l.current * 0.95
		}
		return l.current * 0.9
	}
	l.repeated = 0
	return min(l.current, l.estimate(now)*belowLimit)
}

// estimate returns how many requests a second the server accepts, after a 429. A
// server counts in a bucket, which holds about the requests of a second and was
// full at first. It is empty now. So what was accepted since the start, or since
// it was empty the last time, came in at the server's rate: n requests in t+1 or
// in t seconds. If the bucket was full in the meantime, that is too low. But the
// rate grew by a known share with each request, so that a full bucket is empty
// when the rate is too high by the root of twice that share of the bucket.
func (l *rateLimiter) estimate(now time.Time) rate.Limit {
	seconds := now.Sub(l.last).Seconds()
	if l.generation == 0 {
		return rate.Limit(float64(l.steady) / (seconds + 1))
	}
	mean := rate.Limit(float64(l.steady) / max(seconds, 0.001))
	return max(mean, l.current/rate.Limit(1+math.Sqrt(2*l.growth()*float64(l.current))))
}

// growth returns the share by which each success raises the rate that an estimate
// is based on.
func (l *rateLimiter) growth() float64 {
	if l.generation == 1 {
		return firstGrowth
	}
	return laterGrowth
}

// succeeded may raise the rate.
func (l *rateLimiter) succeeded(generation int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.accepted++
	l.steady++
	if generation != l.generation || l.current >= l.configured {
		return
	}
	now := time.Now()
	next := l.current
	switch {
	case !l.learned && now.Sub(l.doubled) >= slowStartStep:
		next, l.doubled = 2*next, now
	case !l.learned:
		return
	case l.repeated > repeatedMost, float64(next) < 0.8*float64(l.accepted)/(now.Sub(l.began).Seconds()+1):
		next *= recovery
	case l.generation == 1 || l.steady > steadyRequests:
		next *= rate.Limit(1 + l.growth())
	}
	if l.set(min(next, l.configured)); l.configured == rate.Inf && l.current >= unlimited {
		l.set(rate.Inf)
	}
}

// set changes the rate. Below the configured rate there is no burst: what
// accumulates during a pause would be sent at once.
func (l *rateLimiter) set(next rate.Limit) {
	if next == l.current {
		return
	}
	l.current = next
	l.bucket.SetLimit(next)
	if next < l.configured {
		l.bucket.SetBurst(1)
		return
	}
	l.bucket.SetBurst(l.burst)
}
