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
		206: 1, 204: 1, 408: 6, 500: 6, 502: 6, 503: 6, 504: 6,
	} {
		synctest.Test(t, func(t *testing.T) {
			f := &fakeServer{before: refuse(status, isAny)}
			c := newTestClient(t, f)
			_, err := c.Query(context.Background(), Query{})
			got := c.Requests()
			if len(f.received) != attempts || statusOf(err) != status || got.Query != 1 || got.Retries != int64(attempts-1) || got.Failed != 1 {
				t.Errorf("status %d: %d attempts, want %d; %+v", status, len(f.received), attempts, got)
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

// TestThrottledIsWaitedOut: a 429 is no failed attempt, however often it comes
// within two minutes.
func TestThrottledIsWaitedOut(t *testing.T) {
	for lasts, fails := range map[time.Duration]bool{45 * time.Second: false, 2 * time.Minute: false, time.Hour: true} {
		for _, retryAfter := range []string{"", "60", "3600"} {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				f := &fakeServer{before: func(_ receivedRequest, w http.ResponseWriter) bool {
					if time.Since(start) >= lasts {
						return false
					}
					w.Header().Set("Retry-After", retryAfter)
					w.WriteHeader(429)
					return true
				}}
				_, err := newTestClient(t, f, func(o *Options) { o.Attempts = 1 }).Query(context.Background(), Query{})
				if took := time.Since(start); (err != nil) != fails || fails && (took < 2*time.Minute || took > 4*time.Minute || retryable(err)) {
					t.Errorf("429 for %s, Retry-After %q: error %v after %s", lasts, retryAfter, err, took)
				}
			})
		}
	}
}

// TestThrottledForOneRequest: a request that alone gets 429 is given up too, and
// a request after a long 429 for all is given up at once.
func TestThrottledForOneRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeServer{before: refuse(429, ofAccount(1))}
		c := newTestClient(t, f)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range 300 {
				if _, err := c.Query(context.Background(), Query{}); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Second)
			}
		}()
		start := time.Now()
		_, err := c.Query(context.Background(), Query{Slice: Slice{Accounts: accountIDs(1, 1)}})
		if took := time.Since(start); statusOf(err) != 429 || took < 2*time.Minute || took > 4*time.Minute {
			t.Errorf("error %v after %s", err, took)
		}
		<-done
		_, err = c.Query(context.Background(), Query{Slice: Slice{Accounts: accountIDs(1, 1)}})
		before := len(f.received)
		if _, again := c.Query(context.Background(), Query{Slice: Slice{Accounts: accountIDs(1, 1)}}); err == nil || again == nil || len(f.received) > before+1 {
			t.Errorf("errors %v, %v after %d requests", err, again, len(f.received)-before)
		}
	})
}
