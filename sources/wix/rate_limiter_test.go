package wix

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"
)

// TestRatePerMinute sends for ten minutes with all workers, and counts the
// requests in every window of a minute.
func TestRatePerMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newRateLimiter(180)
		var mu sync.Mutex
		var sent []time.Time
		var group sync.WaitGroup
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
		defer cancel()
		for range 8 {
			group.Go(func() {
				for {
					if _, err := l.wait(ctx); err != nil {
						return
					}
					mu.Lock()
					sent = append(sent, time.Now())
					mu.Unlock()
				}
			})
		}
		group.Wait()
		from := 0
		for to := range sent {
			for sent[to].Sub(sent[from]) >= time.Minute {
				from++
			}
			if n := to - from + 1; n > 180 {
				t.Fatalf("%d requests in the minute up to %s", n, sent[to])
			}
		}
		if len(sent) < 1700 || len(sent) > 1800 {
			t.Errorf("%d requests in ten minutes", len(sent))
		}
	})
}

func TestThrottled(t *testing.T) {
	for _, test := range []struct {
		perMinute         int
		first, after, max rate.Limit
	}{
		{180, 172. / 60, 172. / 120, 172. / 60},
		{200, 191. / 60, 191. / 120, 191. / 60},
		{0, rate.Inf, 20, rate.Inf},
		{3, 0.05, 0.05, 0.05},
	} {
		l := newRateLimiter(test.perMinute)
		if l.current != test.first {
			t.Errorf("%d: starts at %v", test.perMinute, l.current)
		}
		for range 8 { // those that were in flight together
			l.throttled(0, time.Time{})
		}
		if l.current != test.after {
			t.Errorf("%d: %v after a 429, want %v", test.perMinute, l.current, test.after)
		}
		if l.bucket.Burst() != 1 && test.after < test.first {
			t.Errorf("%d: a burst of %d after a 429", test.perMinute, l.bucket.Burst())
		}
		l.succeeded(0) // sent before the 429
		if l.current != test.after {
			t.Errorf("%d: an old success raised the rate to %v", test.perMinute, l.current)
		}
		if l.succeeded(1); l.current != min(test.after*recoveryFactor, test.max) {
			t.Errorf("%d: a success raised the rate to %v", test.perMinute, l.current)
		}
		for range 100 {
			l.succeeded(1)
		}
		if l.current != test.max || l.bucket.Burst() != l.burst {
			t.Errorf("%d: recovered to %v, burst %d", test.perMinute, l.current, l.bucket.Burst())
		}
		for generation := range 100 {
			l.throttled(generation, time.Time{})
		}
		if l.current < min(minRate, l.configured) {
			t.Errorf("%d: slowed down to %v", test.perMinute, l.current)
		}
	}
}

// TestRateLimiterPause: a Retry-After for one request pauses all.
func TestRateLimiterPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, start := newRateLimiter(0), time.Now()
		l.throttled(0, start.Add(30*time.Second))
		l.throttled(1, start.Add(5*time.Second)) // a shorter pause does not end it
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				if _, err := l.wait(context.Background()); err != nil || time.Since(start) < 30*time.Second {
					t.Errorf("continued after %s, error %v", time.Since(start), err)
				}
			})
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if _, err := l.wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		group.Wait()
	})
}

// TestThrottledRequestPausesAll is the same with a client: after a 429 no other
// request is sent before its Retry-After.
func TestThrottledRequestPausesAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var sent []time.Time
		f := &fakeServer{before: func(_ receivedRequest, w http.ResponseWriter) bool {
			mu.Lock()
			defer mu.Unlock()
			if sent = append(sent, time.Now()); len(sent) > 1 {
				return false
			}
			w.Header().Set("Retry-After", "30")
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		}}
		c := newTestClient(t, f)
		go func() { _, _ = c.Query(t.Context(), Query{}) }()
		time.Sleep(time.Second)
		if _, err := c.Query(t.Context(), Query{Count: true}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		for _, at := range sent[1:] {
			if at.Sub(sent[0]) < 30*time.Second {
				t.Errorf("sent after %s", at.Sub(sent[0]))
			}
		}
	})
}
