package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// A holder relies on its lease only as long as its own clock allows: for the TTL,
// counted from before the last heartbeat that the store confirmed. A heartbeat
// whose response comes later does not bring the lease back. The clock is the
// monotonic or the wall clock, whichever measured more time: the first stops
// while a machine sleeps, the second may be set.
//
// A heartbeat is written every third of the TTL, followed by a check for a higher
// epoch; unless both succeed it does not count, and is soon tried again. The
// heartbeat does not end with the context that the lease was acquired with: a run
// that is stopped still needs the lease for the requests in progress.

// A Lease is the temporary right to change things. It is safe for use by several
// goroutines.
type Lease struct {
	archive  *Archive
	epoch    *epochRecord
	obsolete []string // keys that can be removed

	stop    context.CancelFunc
	stopped chan struct{}

	mu      sync.Mutex
	renewed time.Time // just before the last successful heartbeat
	failure error     // of the last heartbeat since then
	lost    error     // why the lease is lost for good
}

// newLease returns a lease that was acquired at a time, without heartbeat yet.
func newLease(a *Archive, e *epochRecord, began time.Time) *Lease {
	return &Lease{archive: a, epoch: e, renewed: began, stopped: make(chan struct{})}
}

// Fence returns the number of the lease, which is higher than that of any earlier
// holder.
func (l *Lease) Fence() int64 { return l.epoch.Epoch }

// TTL returns how long the lease lasts without a heartbeat: a request must take
// less.
func (l *Lease) TTL() time.Duration { return l.epoch.ttl() }

// Remaining returns how long the lease certainly lasts; 0 if it is lost.
func (l *Lease) Remaining() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.remaining()
}

// remaining needs the lock. It marks an expired lease as lost.
func (l *Lease) remaining() time.Duration {
	if l.lost != nil {
		return 0
	}
	remaining := l.TTL() - elapsed(l.renewed, time.Now())
	if remaining > 0 {
		return remaining
	}
	l.lost = errors.New("no heartbeat reached the store in time")
	if l.failure != nil {
		l.lost = fmt.Errorf("%w: %w", l.lost, l.failure)
	}
	return 0
}

// elapsed returns the time between two moments by the clock that measured more.
func elapsed(from, to time.Time) time.Duration {
	return max(to.Sub(from), to.Round(0).Sub(from.Round(0)))
}

// Check returns ErrLost unless the lease lasts longer than need. The lease may be
// lost for good, or only too short now; Remaining distinguishes the two.
func (l *Lease) Check(need time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	remaining := l.remaining()
	switch {
	case l.lost != nil:
		return l.lostError(l.lost)
	case remaining <= need:
		return l.lostError(fmt.Errorf("%v remain, and %v are needed", remaining.Round(time.Millisecond), need))
	}
	return nil
}

func (l *Lease) lostError(why error) error {
	return fmt.Errorf("hold lease %d of %s: %w: %w", l.Fence(), l.archive.Name(), ErrLost, why)
}

// start starts the heartbeat.
func (l *Lease) start(ctx context.Context) {
	ctx, l.stop = context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer close(l.stopped)
		l.renewLoop(ctx)
	}()
}

// renewLoop renews the lease until it is lost or the context ends.
func (l *Lease) renewLoop(ctx context.Context) {
	for sleep(ctx, l.renewDelay()) == nil && l.Remaining() > 0 {
		began := time.Now()
		l.recordRenewal(began, l.renew(ctx))
	}
}

// renewDelay returns how long to wait before the next heartbeat.
func (l *Lease) renewDelay() time.Duration {
	return max(l.Remaining()-l.TTL()*2/3, l.TTL()/12)
}

// renew writes a heartbeat and checks for a higher epoch.
func (l *Lease) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, l.TTL()/3)
	defer cancel()
	err := l.archive.dir.Replace(ctx, heartbeatKey(l.Fence()), l.epoch.writeHeartbeat)
	if err != nil {
		return err
	}
	superseded, err := l.archive.dir.Exists(ctx, epochKey(l.Fence()+1))
	if superseded {
		err = errSuperseded
	}
	return err
}

// A heartbeatRecord is a stored heartbeat or release. The program uses only the
// time when it was written; the content is for people.
type heartbeatRecord struct {
	SchemaVersion int       `json:"schema_version"`
	Epoch         int64     `json:"epoch"`
	Nonce         string    `json:"nonce"`
	At            time.Time `json:"at"`
}

func (e *epochRecord) writeHeartbeat(w io.Writer) error {
	return indented(w, heartbeatRecord{reconcile.SchemaVersion, e.Epoch, e.Nonce, time.Now().UTC()})
}

var (
	errSuperseded = errors.New("another run acquired it")
	errReleased   = errors.New("it was released")
)

// recordRenewal records the result of a heartbeat that began at a time.
func (l *Lease) recordRenewal(began time.Time, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case errors.Is(err, errSuperseded):
		l.lost = err
	case err != nil:
		l.failure = err
	case l.remaining() > 0:
		l.renewed, l.failure = began, nil
	}
}

// Release releases the lease, so that another run can acquire it at once. It
// works after the end of the context too, within five seconds, and may be called
// again. After an error the lease is free when it expires.
func (l *Lease) Release(ctx context.Context) error {
	superseded := l.markReleased()
	l.stop()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		var err error
		if !superseded {
			err = l.archive.writeReleased(ctx, l.epoch)
		}
		l.archive.tryRemove(ctx, l.obsolete)
		<-l.stopped
		done <- err
	}()
	var err error
	select {
	case err = <-done:
	case <-ctx.Done(): // don't wait for a store that does not respond
		err = fmt.Errorf("no response in %v", cleanupTimeout)
	}
	if err != nil {
		err = fmt.Errorf("release lease %d of %s: %w", l.Fence(), l.archive.Name(), err)
	}
	return err
}

// markReleased marks the lease as lost. It reports whether another run has it.
func (l *Lease) markReleased() (superseded bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	superseded = errors.Is(l.lost, errSuperseded)
	if !superseded {
		l.lost = errReleased
	}
	return superseded
}

// writeReleased stores that the holder of an epoch is done.
func (a *Archive) writeReleased(ctx context.Context, e *epochRecord) error {
	err := a.dir.Create(ctx, releasedKey(e.Epoch), e.writeHeartbeat)
	if storage.Exist(err) { // from an earlier call, or created by a person
		return nil
	}
	return err
}
