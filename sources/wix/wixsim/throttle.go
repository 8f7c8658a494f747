package wixsim

import (
	"context"
	"sync"
	"time"
)

// A throttle is the limit of a server: a bucket of one second's requests, which
// is filled evenly.
type throttle struct {
	mu     sync.Mutex
	tokens float64
	at     time.Time // of the last request
}

// allows reports whether a request of now is within the limit.
func (t *throttle) allows(perSecond int, now time.Time) bool {
	if perSecond == 0 {
		return true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	size := float64(perSecond)
	if t.at.IsZero() {
		t.tokens = size
	} else {
		t.tokens = min(size, t.tokens+now.Sub(t.at).Seconds()*size)
	}
	t.at = now
	if t.tokens < 1 {
		return false
	}
	t.tokens--
	return true
}

// pause waits, or until the context ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
