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

// A holder believes in its lease no longer than its own clock lets it: from
// before the last beat that the store confirmed, for the lease's life. A beat
// whose answer comes later does not bring it back. The clock is the monotonic
// one or the wall's, whichever saw more time go by: the first stands still while
// a machine sleeps, the second may be set.
//
// A beat is written every third of the life, and then a higher epoch is looked
// for; without an answer to both it was none, and is tried again soon. The
// beating does not end with the context that the lease was taken under: what is
// under way when a run is told to stop still needs the lease.

// A Lease is the right to change things, for a while. It is used by many
// goroutines.
type Lease struct {
	archive *Archive
	epoch   *epochRecord
	old     []string // keys that nobody needs any more

	stop    context.CancelFunc
	stopped chan struct{}

	mu     sync.Mutex
	good   time.Time // right before the last good beat
	missed error     // of the beats since then
	lost   error     // why it is, for good
}

// newLease makes a lease that was taken at a time, and does not beat yet.
func newLease(a *Archive, e *epochRecord, began time.Time) *Lease {
	return &Lease{archive: a, epoch: e, good: began, stopped: make(chan struct{})}
}

// Fence gives the number of the lease, which is higher than that of any holder
// before.
func (l *Lease) Fence() int64 { return l.epoch.Epoch }

// Life gives how long a lease lasts without a beat: a request must need less.
func (l *Lease) Life() time.Duration { return l.epoch.life() }

// Left gives how much of the lease is left for sure; 0 when it is lost.
func (l *Lease) Remaining() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.left()
}

// left is Left under the lock. It loses a lease that has run out.
func (l *Lease) left() time.Duration {
	if l.lost != nil {
		return 0
	}
	left := l.Life() - elapsed(l.good, time.Now())
	if left > 0 {
		return left
	}
	l.lost = errors.New("no beat reached the store in time")
	if l.missed != nil {
		l.lost = fmt.Errorf("%w: %w", l.lost, l.missed)
	}
	return 0
}

// elapsed gives the time between two moments by the clock that saw more of it.
func elapsed(from, to time.Time) time.Duration {
	return max(to.Sub(from), to.Round(0).Sub(from.Round(0)))
}

// Good gives no error if more of the lease is left than what comes next needs.
// Otherwise its error is ErrLost, be it that the lease is lost for good or that
// too little is left of it now; Left tells which.
func (l *Lease) Check(need time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	left := l.left()
	switch {
	case l.lost != nil:
		return l.fault(l.lost)
	case left <= need:
		return l.fault(fmt.Errorf("%v of it are left where %v are needed", left.Round(time.Millisecond), need))
	}
	return nil
}

func (l *Lease) fault(why error) error {
	return fmt.Errorf("hold lease %d of %s: %w: %w", l.Fence(), l.archive.Name(), ErrLost, why)
}

// start starts the beating.
func (l *Lease) start(ctx context.Context) {
	ctx, l.stop = context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer close(l.stopped)
		l.beats(ctx)
	}()
}

// beats beats until the lease is lost or the context ends.
func (l *Lease) beats(ctx context.Context) {
	for sleep(ctx, l.rest()) == nil && l.Remaining() > 0 {
		began := time.Now()
		l.note(began, l.beat(ctx))
	}
}

// rest gives how long to wait for the next beat.
func (l *Lease) rest() time.Duration {
	return max(l.Remaining()-l.Life()*2/3, l.Life()/12)
}

// beat writes a beat and looks whether the lease is another's.
func (l *Lease) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, l.Life()/3)
	defer cancel()
	err := l.archive.dir.Replace(ctx, beatKey(l.Fence()), func(w io.Writer) error {
		return indented(w, beatRecord{reconcile.SchemaVersion, l.Fence(), l.epoch.Nonce, time.Now().UTC()})
	})
	if err != nil {
		return err
	}
	overtaken, err := l.archive.dir.Exists(ctx, epochKey(l.Fence()+1))
	if overtaken {
		err = errOvertaken
	}
	return err
}

// A beatRecord is a beat as it is stored. Nobody reads it but people: what
// counts is when it was written.
type beatRecord struct {
	SchemaVersion int       `json:"schema_version"`
	Epoch         int64     `json:"epoch"`
	Nonce         string    `json:"nonce"`
	At            time.Time `json:"at"`
}

var (
	errOvertaken = errors.New("another run took it")
	errReleased  = errors.New("it is released")
)

// note takes the outcome of a beat that began at a time.
func (l *Lease) note(began time.Time, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case errors.Is(err, errOvertaken):
		l.lost = err
	case err != nil:
		l.missed = err
	case l.left() > 0:
		l.good, l.missed = began, nil
	}
}

// releaseTime is how long a release may take, because a run that is told to stop
// has no more.
const releaseTime = 5 * time.Second

// Release ends the lease, so that another run may take it at once. It works
// under a context that has ended, too, and may be called again. After an error
// the lease is free when its life is over.
func (l *Lease) Release(ctx context.Context) error {
	overtaken := l.end()
	l.stop()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		var err error
		if !overtaken {
			err = l.archive.release(ctx, l.epoch)
		}
		l.archive.removeAll(ctx, l.old)
		<-l.stopped
		done <- err
	}()
	var err error
	select {
	case err = <-done:
	case <-ctx.Done(): // a store that does not answer is not waited for
		err = fmt.Errorf("no answer in %v", releaseTime)
	}
	if err != nil {
		err = fmt.Errorf("release lease %d of %s: %w", l.Fence(), l.archive.Name(), err)
	}
	return err
}

// end makes the lease a lost one. It reports whether another run has it.
func (l *Lease) end() (overtaken bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	overtaken = errors.Is(l.lost, errOvertaken)
	if !overtaken {
		l.lost = errReleased
	}
	return overtaken
}

// release notes that the holder of an epoch is done.
func (a *Archive) release(ctx context.Context, e *epochRecord) error {
	err := a.dir.Create(ctx, releasedKey(e.Epoch), func(w io.Writer) error {
		return indented(w, beatRecord{reconcile.SchemaVersion, e.Epoch, e.Nonce, time.Now().UTC()})
	})
	if storage.Exist(err) { // by an earlier call, or by hand
		return nil
	}
	return err
}
