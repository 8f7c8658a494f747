package wix

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
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

// A limitedServer is a server with a bucket of one second's requests.
type limitedServer struct {
	perSecond, tokens float64
	at                time.Time
}

func (s *limitedServer) accepts(now time.Time) bool {
	s.tokens = min(s.perSecond, s.tokens+now.Sub(s.at).Seconds()*s.perSecond)
	if s.at = now; s.tokens < 1 {
		return false
	}
	s.tokens--
	return true
}

// requestsAt sends requests to a limited server.
func requestsAt(l *rateLimiter, perSecond float64, requests int, latency time.Duration) (refused int, took time.Duration) {
	server := &limitedServer{perSecond: perSecond, tokens: perSecond, at: time.Now()}
	return sendTo(l, server.accepts, requests, latency)
}

// sendTo sends requests with eight workers until so many were accepted, and
// returns how many were refused and how long it took. It runs in fake time.
func sendTo(l *rateLimiter, accepts func(time.Time) bool, requests int, latency time.Duration) (refused int, took time.Duration) {
	start := time.Now()
	var mu sync.Mutex
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for {
				generation, _ := l.wait(context.Background())
				mu.Lock()
				if requests == 0 {
					mu.Unlock()
					return
				}
				accepted := accepts(time.Now())
				if refused++; accepted {
					requests, refused = requests-1, refused-1
				}
				mu.Unlock()
				if time.Sleep(latency); accepted {
					l.succeeded(generation)
				} else {
					l.throttled(generation, time.Time{})
				}
			}
		})
	}
	group.Wait()
	return refused, time.Since(start)
}

// TestLimitIsFound: with no configured rate, the limit of a server is found out by
// itself, at the cost of few refused requests and little time; the next run, which
// knows the limit, needs less.
func TestLimitIsFound(t *testing.T) {
	fail := ""
	for _, perSecond := range []float64{3, 10, 50, 100} {
		for _, latency := range []time.Duration{time.Millisecond, 20 * time.Millisecond} {
			synctest.Test(t, func(t *testing.T) {
				const requests = 2000
				ideal := time.Duration(float64(requests) / perSecond * float64(time.Second))
				learned := 0.0
				for night := range 2 {
					l := newRateLimiter(0)
					l.start(learned)
					refused, took := requestsAt(l, perSecond, requests, latency)
					learned = l.perMinute()
					t.Logf("%v a second, latency %s, night %d: %d of %d refused, %.3f of the ideal time, learned %.1f",
						perSecond, latency, night+1, refused, requests, took.Seconds()/ideal.Seconds(), learned/60)
					if refused*200 > requests || took > ideal*105/100 {
						fail = fmt.Sprint(perSecond, refused, took, ideal)
					}
				}
			})
		}
	}
	if fail != "" {
		t.Error(fail)
	}
}

// TestRefusalsByChance: a server that refuses one request in twenty, however slowly
// they come, is still read fast.
func TestRefusalsByChance(t *testing.T) {
	for _, perMinute := range []int{0, 180} {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			_, took := sendTo(newRateLimiter(perMinute), func(time.Time) bool { return rng.IntN(20) > 0 }, 1000, 20*time.Millisecond)
			if most := map[int]time.Duration{0: time.Minute, 180: 12 * time.Minute}[perMinute]; took > most {
				t.Errorf("%d a minute: %s, at most %s expected", perMinute, took, most)
			}
		})
	}
}

// TestRefusalsByMinute: a server that accepts 200 requests in each minute, all at
// once if they come.
func TestRefusalsByMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, minute, n := time.Now(), 0, 0
		refused, took := sendTo(newRateLimiter(0), func(now time.Time) bool {
			if m := int(now.Sub(start).Minutes()); m != minute {
				minute, n = m, 0
			}
			n++
			return n <= 200
		}, 2000, 20*time.Millisecond)
		if took > 15*time.Minute || refused > 200 {
			t.Errorf("%d refused, 2000 requests in %s", refused, took)
		}
	})
}

// TestLearnedRateKeepsConfiguredRate: a rate that was learned is never above the
// configured one, neither at the start nor later.
func TestLearnedRateKeepsConfiguredRate(t *testing.T) {
	for _, learned := range []float64{0, 60, 170, 6000} {
		synctest.Test(t, func(t *testing.T) {
			l := newRateLimiter(180)
			l.start(learned)
			refused, took := requestsAt(l, 1e6, 1800, 20*time.Millisecond)
			if refused > 0 || took < 9*time.Minute+50*time.Second {
				t.Errorf("learned %v: %d refused, 1800 requests in %s", learned, refused, took)
			}
		})
	}
}

// TestThrottled: all 429s of requests that were in flight together count once, a
// repeated one slows down further, and the configured rate is reached again.
func TestThrottled(t *testing.T) {
	for _, perMinute := range []int{180, 200, 3, 0} {
		synctest.Test(t, func(t *testing.T) {
			l := newRateLimiter(perMinute)
			first := l.current
			_, _ = l.wait(t.Context())
			for range 8 {
				l.throttled(0, time.Time{})
			}
			after := l.current
			if l.generation != 1 || after > first || after < min(minRate, l.configured) || l.bucket.Burst() != 1 && after < l.configured {
				t.Errorf("%d: %v after a 429, burst %d", perMinute, after, l.bucket.Burst())
			}
			if l.throttled(1, time.Time{}); l.current > after {
				t.Errorf("%d: %v after the next 429", perMinute, l.current)
			}
			for range 100_000 {
				l.succeeded(2)
			}
			if perMinute > 0 && (l.current != l.configured || l.bucket.Burst() != l.burst) {
				t.Errorf("%d: recovered to %v, burst %d", perMinute, l.current, l.bucket.Burst())
			}
		})
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
