package wix

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// What is tried again, when, and how often.
//
// Tried again: no answer (network, time-out), 408, 429, 500, 502, 503, 504,
// and a success whose body is cut short or is not JSON. Never: another 4xx, a
// redirect, 501, and a JSON answer that breaks the protocol, because it would
// be the same the next time.
//
// The wait before retry n is random between nothing and base × 2ⁿ, at most 30
// s, so that workers which failed together do not come back together. A
// Retry-After is honoured up to a minute. Every wait ends with the context.
//
// The budget is one for the client: retries are at most as many as first
// tries, or 100 where that is more, so that a server that is down is not sent
// six times the load.

const (
	retryBase     = 500 * time.Millisecond
	retryCap      = 30 * time.Second
	retryAfterCap = time.Minute
	freeRetries   = 100
)

func retryableStatus(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// backoff gives the wait before the next try, after so many failed ones, where
// the server asks for after, and random is from [0, 1).
func backoff(base time.Duration, failed int, after time.Duration, random float64) time.Duration {
	ceiling := retryCap
	if shifted := base << min(failed-1, 16); shifted > 0 {
		ceiling = min(ceiling, shifted)
	}
	return max(min(after, retryAfterCap), time.Duration(random*float64(ceiling)))
}

// retryAfter reads the header of that name, in seconds or a date. What can't
// be read, or has passed, asks for no wait.
func retryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	seconds, err := strconv.ParseUint(header, 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange), err == nil && seconds > uint64(retryAfterCap/time.Second):
		return retryAfterCap
	case err == nil:
		return time.Duration(seconds) * time.Second
	}
	at, err := http.ParseTime(header)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), retryAfterCap)
}

// retried runs try until it succeeds, or its error is not worth another try.
func (c *Client) retried(ctx context.Context, try func() *Error) error {
	c.budget.first()
	for sent := 1; ; sent++ {
		fault := try()
		if fault == nil {
			return nil
		}
		fault.Attempts = sent
		if ctx.Err() != nil || !fault.Retryable || sent >= c.attempts || !c.budget.retry() {
			return fault
		}
		wait := backoff(c.backoff, sent, fault.after, rand.Float64())
		c.log.Debug("request is tried again", "error", fault.Error(), "wait", wait)
		if err := sleep(ctx, wait); err != nil {
			return err
		}
		c.count.retries.Add(1)
	}
}

// A budget bounds the retries of a client by its first tries.
type budget struct {
	mu            sync.Mutex
	firsts, spent int
}

func (b *budget) first() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.firsts++
}

// retry spends one retry, and reports whether there was one to spend.
func (b *budget) retry() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.spent >= max(freeRetries, b.firsts) {
		return false
	}
	b.spent++
	return true
}

// sleep waits, or ends with the context.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
