package wix

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// What is retried, when, and how often.
//
// Retried: no response (network error, timeout), 408, 429, 500, 502, 503, 504,
// and a success whose body is truncated or not JSON. Not retried: other 4xx,
// redirects, 501, and valid JSON with invalid content, because the next
// response would be the same.
//
// A 429 is a wait and not a failed attempt: it is waited out for two of the
// documented windows of a minute. It is given up if a request still gets one two
// minutes after its first, or if no request had another answer for so long.
//
// The wait before retry n is random between zero and base × 2ⁿ, at most 30 s,
// so that workers that failed together do not retry together. Retry-After is
// obeyed up to a minute. The end of the context ends every wait.
//
// All requests of a client share one budget: there are at most as many retries
// as requests, or 100 if that is more, so that a server that is down does not
// get six times the load.

const (
	retryBase      = 500 * time.Millisecond
	retryCap       = 30 * time.Second
	retryAfterCap  = time.Minute
	minRetryBudget = 100
	throttlePeriod = 2 * time.Minute
)

func retryableStatus(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// backoff returns the wait before the next attempt, after a number of failed
// ones. The server asked to wait for after; random is in [0, 1).
func backoff(base time.Duration, failed int, after time.Duration, random float64) time.Duration {
	ceiling := retryCap
	if shifted := base << min(failed-1, 16); shifted > 0 {
		ceiling = min(ceiling, shifted)
	}
	return max(min(after, retryAfterCap), time.Duration(random*float64(ceiling)))
}

// retryAfter reads a Retry-After header, which has seconds or a date. It
// returns 0 if the header is invalid or its date is past.
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

// withRetries calls attempt until it succeeds or another one makes no sense.
func (c *Client) withRetries(ctx context.Context, attempt func() *Error) error {
	var t tries
	for sent := 1; ; sent++ {
		e := attempt()
		if e == nil {
			return nil
		}
		e.Attempts = sent
		if ctx.Err() != nil || !c.tryAgain(e, &t) {
			return e
		}
		wait := backoff(c.backoff, max(t.failed, t.throttled), e.retryAfter, rand.Float64())
		c.log.Debug("retrying request", "error", e.Error(), "wait", wait)
		if err := sleep(ctx, wait); err != nil {
			return e
		}
		c.counts.retries.Add(1)
	}
}

// tries are the attempts of one request.
type tries struct {
	failed    int
	throttled int
	since     time.Time // of the first 429
}

// tryAgain counts an attempt, and reports whether there may be another one.
func (c *Client) tryAgain(e *Error, t *tries) bool {
	if e.Status != http.StatusTooManyRequests {
		t.failed++
		return e.Retryable && t.failed < c.attempts && c.addRetry()
	}
	now := time.Now()
	if t.throttled++; t.throttled == 1 {
		t.since = now
	}
	first := t.since
	if all := c.throttledSince.Load(); all != nil && all.Before(first) {
		first = *all
	}
	e.Retryable = now.Sub(first) < throttlePeriod
	return e.Retryable
}

// addRetry reports whether the budget allows one more retry, and counts it.
func (c *Client) addRetry() bool {
	if c.budgeted.Add(1) <= max(minRetryBudget, c.counts.query.Load()+c.counts.get.Load()) {
		return true
	}
	c.budgeted.Add(-1)
	return false
}

// sleep waits, or returns the context's error.
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
