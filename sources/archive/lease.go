package archive

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// One writer at a time: who changes anything holds the lease of --out. Stores
// have neither compare-and-swap nor a conditional delete, so it is made of
// objects that are created once, below lock/:
//
//	epoch-<n>     who created it holds the lease; n is the fence, and only grows
//	beat-<n>      written over by holder n, three times in the lease's life
//	released-<n>  holder n is done
//	probe-<x>     tells the store's time; gone at once
//
// The highest epoch says whose the lease is. It is free when it is released, or
// when its holder gave no sign of life – epoch or beat – for longer than the
// life that the holder declared. Both moments are the store's: a probe is
// written *before* lock/ is listed, and its time of modification is now. Clocks
// of machines are compared with no other's.
//
// Why there are never two. A holder counts its lease, by its own clock, from
// *before* a beat was written, and a beat counts only if its answer came before
// the lease had run out; once that happens the lease is lost for good. So when
// the store's clock says that a beat is older than the life, the holder has
// either stopped, or a later beat of its stands there before the probe was
// written, and the listing shows it. Against clocks that leap, a contender
// watches a holder that seems dead for half of its life; and a holder looks for
// a higher epoch after each beat.
//
// Epochs below the highest may be removed; the last hundred stay. A contender
// that slept since then might create one of the removed again, so who created an
// epoch lists once more, and has the lease only if its own is the highest.

var (
	// ErrHeld says that another run holds the lease.
	ErrHeld = errors.New("another run holds the lease")
	// ErrLost says that a lease may not be relied upon any more.
	ErrLost = errors.New("the lease is lost")
)

// The lives that a lease may have. A third of it must be enough to write an
// object, and a dead holder is waited for as long.
const (
	DefaultLife = 30 * time.Second
	minLife     = 100 * time.Millisecond
	maxLife     = 5 * time.Minute
)

// LeaseOptions say who wants the lease.
type LeaseOptions struct {
	Holder  string        // id of the run
	Command string        // for people who wait for it, without secrets
	Life    time.Duration // 0: DefaultLife
}

// A HeldError says who holds the lease. It is an ErrHeld.
type HeldError struct {
	Out     string // fit to be shown
	Fence   int64
	Holder  string // id of the run
	Command string
	Since   time.Time // by the store's clock
	Until   time.Time // when it is free if the holder died, by the store's clock
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("take the lease of %s: %v: run %s (%s), since %s; if that one died, it is free after %s",
		e.Out, ErrHeld, e.Holder, e.Command, e.Since.UTC().Format(time.RFC3339), e.Until.UTC().Format(time.RFC3339))
}

// Unwrap gives ErrHeld.
func (e *HeldError) Unwrap() error { return ErrHeld }

// Lease takes the lease, which whoever calls must release. Where another run
// holds it, the error is a HeldError; where the store is not fit for a lease,
// ErrNotExclusive; where the lease ran out while it was taken, ErrLost. It waits
// for nobody, but looks at a dead holder for half of that one's life.
func (a *Archive) Lease(ctx context.Context, o LeaseOptions) (*Lease, error) {
	if o.Life == 0 {
		o.Life = DefaultLife
	}
	if o.Life < minLife || o.Life > maxLife {
		return nil, fmt.Errorf("take the lease of %s: a life of %v: want %v to %v", a.Name(), o.Life, minLife, maxLife)
	}
	last, err := a.free(ctx)
	var l *Lease
	if err == nil {
		l, err = a.take(ctx, last+1, o)
	}
	if err != nil && !errors.Is(err, ErrHeld) {
		err = fmt.Errorf("take the lease of %s: %w", a.Name(), err)
	}
	return l, err
}

// free gives the number of the last epoch, if the lease is free.
func (a *Archive) free(ctx context.Context) (int64, error) {
	seen, err := a.lockNow(ctx)
	if err != nil || seen.vacant() {
		return seen.epoch, err
	}
	e, err := a.readEpoch(ctx, seen.epoch)
	if err != nil {
		return 0, err
	}
	if seen.now.Before(seen.until(e.life())) {
		return 0, a.heldBy(seen, e)
	}
	if err := sleep(ctx, e.life()/2); err != nil {
		return 0, err
	}
	later, err := a.lockThen(ctx)
	switch {
	case err != nil:
		return 0, err
	case later.vacant() && later.epoch == seen.epoch || later.same(seen):
		return seen.epoch, nil
	}
	return 0, a.held(ctx, later)
}

// take creates an epoch and makes sure that it is the highest.
func (a *Archive) take(ctx context.Context, n int64, o LeaseOptions) (*Lease, error) {
	began := time.Now()
	e := epochRecord{
		SchemaVersion: reconcile.SchemaVersion, Epoch: n, Nonce: rand.Text(),
		Holder: o.Holder, Command: o.Command, LifeMS: o.Life.Milliseconds(), TakenAt: began.UTC(),
	}
	if err := a.createEpoch(ctx, &e); err != nil {
		return nil, err
	}
	l := newLease(a, &e, began)
	err := a.confirm(ctx, l)
	switch {
	case errors.Is(err, ErrHeld):
		return nil, err
	case err != nil: // the epoch is ours, and nobody works under it
		again, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
		defer cancel()
		return nil, errors.Join(err, a.release(again, &e))
	}
	l.start(ctx)
	return l, nil
}

// confirm makes sure that the epoch of a new lease is the highest.
func (a *Archive) confirm(ctx context.Context, l *Lease) error {
	seen, err := a.lockThen(ctx)
	switch {
	case err != nil:
		return err
	case seen.epoch > l.Fence():
		return a.held(ctx, seen)
	case seen.epoch < l.Fence():
		return fmt.Errorf("list %s: epoch %d is not shown: %w", a.Folder(lockFolder), l.Fence(), errUnsure)
	}
	l.old = seen.old
	return l.Check(0)
}

// createEpoch creates an epoch of ours. Whatever the error, the store is asked
// whose it is: an answer may have been lost.
func (a *Archive) createEpoch(ctx context.Context, e *epochRecord) error {
	err := a.dir.Create(ctx, epochKey(e.Epoch), func(w io.Writer) error { return indented(w, e) })
	if err == nil {
		return nil
	}
	ask, cancel := context.WithTimeout(context.WithoutCancel(ctx), discardTime)
	defer cancel()
	there, asked := a.readEpoch(ask, e.Epoch)
	switch {
	case asked == nil && there.Nonce == e.Nonce:
		return nil
	case asked == nil:
		seen, unseen := a.lockThen(ask)
		if unseen != nil {
			return errors.Join(err, unseen)
		}
		return a.held(ask, seen)
	case storage.NotExist(asked):
		return err
	}
	return errors.Join(err, asked)
}

// held says who holds what was seen.
func (a *Archive) held(ctx context.Context, seen *lockView) error {
	e, err := a.readEpoch(ctx, seen.epoch)
	if err != nil {
		return err
	}
	return a.heldBy(seen, e)
}

func (a *Archive) heldBy(seen *lockView, e *epochRecord) error {
	return &HeldError{
		Out: a.Name(), Fence: e.Epoch, Holder: e.Holder, Command: e.Command,
		Since: seen.taken, Until: seen.until(e.life()),
	}
}

// sleep waits, and gives the context's error where that ends first.
func sleep(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
