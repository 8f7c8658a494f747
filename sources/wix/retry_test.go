package wix

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func TestRetryByStatus(t *testing.T) {
	for status, attempts := range map[int]int{
		400: 1, 401: 1, 403: 1, 404: 1, 409: 1, 428: 1, 501: 1, 505: 1, 302: 1,
		408: 6, 429: 6, 500: 6, 502: 6, 503: 6, 504: 6,
	} {
		synctest.Test(t, func(t *testing.T) {
			f := &fakeServer{before: refuse(status, isAny)}
			c := newTestClient(t, f)
			_, err := c.Query(context.Background(), Query{})
			got := c.Requests()
			if len(f.received) != attempts || statusOf(err) != status || got.Query != 1 || got.Retries != int64(attempts-1) || got.Failed != 1 {
				t.Errorf("status %d: %d attempts, want %d; %+v", status, len(f.received), attempts, got)
			}
			if status == 429 && got.Throttled != 6 {
				t.Errorf("throttled %d times, want 6", got.Throttled)
			}
		})
	}
}

func TestBackoffIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		failed := rapid.IntRange(1, 100).Draw(t, "failed")
		random := rapid.Float64Range(0, 0.999999).Draw(t, "random")
		after := time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "after"))
		wait := backoff(retryBase, failed, after, random)
		ceiling := min(retryCap, retryBase<<min(failed-1, 10))
		if wait < min(after, retryAfterCap) || wait > max(ceiling, min(after, retryAfterCap)) {
			t.Fatalf("waits %s", wait)
		}
		if after == 0 && wait != time.Duration(random*float64(ceiling)) {
			t.Fatalf("waits %s of at most %s at %f", wait, ceiling, random)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "0": 0, "7": 7 * time.Second, " 7 ": 7 * time.Second, "-7": 0, "61": time.Minute, "soon": 0, "1.5": 0,
		"99999999999999999999999": time.Minute, "Sat, 21 Nov 2026 02:00:09 GMT": 9 * time.Second,
		"Sat, 21 Nov 2026 01:00:00 GMT": 0, "Sat, 21 Nov 2099 01:00:00 GMT": time.Minute,
	} {
		if got := retryAfter(header, now); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}

// TestRetryAfterIsObeyed checks the exact wait, in fake time.
func TestRetryAfterIsObeyed(t *testing.T) {
	for _, status := range []int{429, 503} {
		synctest.Test(t, func(t *testing.T) {
			var sent []time.Time
			f := &fakeServer{before: func(_ receivedRequest, w http.ResponseWriter) bool {
				if sent = append(sent, time.Now()); len(sent) > 1 {
					return false
				}
				w.Header().Set("Retry-After", "17")
				w.WriteHeader(status)
				return true
			}}
			if _, err := newTestClient(t, f).Query(context.Background(), Query{}); err != nil {
				t.Fatal(err)
			}
			if wait := sent[1].Sub(sent[0]); wait != 17*time.Second {
				t.Errorf("status %d: waited %s, want 17s", status, wait)
			}
		})
	}
}

func TestRetryBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeServer{before: refuse(503, isAny)}
		c := newTestClient(t, f)
		for range 30 {
			_, _ = c.Query(context.Background(), Query{})
		}
		if got := c.Requests(); got.Retries != minRetryBudget || got.Query != 30 {
			t.Errorf("%+v, want %d retries", got, minRetryBudget)
		}
		for range 170 {
			_, _ = c.Query(context.Background(), Query{})
		}
		if got := c.Requests(); got.Retries != 200 || got.Query != 200 {
			t.Errorf("%+v, want as many retries as requests", got)
		}
	})
}

func TestRetryStopsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		f := &fakeServer{before: func(_ receivedRequest, w http.ResponseWriter) bool {
			w.Header().Set("Retry-After", "60")
			w.WriteHeader(503)
			return true
		}}
		start := time.Now()
		_, err := newTestClient(t, f).Query(ctx, Query{})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 3*time.Second {
			t.Errorf("error %v after %s", err, time.Since(start))
		}
	})
}
