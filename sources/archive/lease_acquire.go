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

// One writer at a time: a run that changes anything holds the lease of --out.
// Stores have neither compare-and-swap nor a conditional delete, so the lease is
// made of objects in lock/ that are created once:
//
//	epoch-<n>     its creator holds the lease; n is the fence, and only grows
//	beat-<n>      the heartbeat, overwritten by holder n three times per TTL
//	released-<n>  holder n is done
//	probe-<x>     shows the store's time; removed at once
//
// The highest epoch is the current lease. It is free if it was released, or if
// its epoch and heartbeat are older than the TTL that the holder declared. Both
// times are the store's: a probe is written *before* lock/ is listed, and its
// modification time is the present. Clocks of machines are never compared.
//
// Why there are never two holders: a holder counts the TTL, by its own clock,
// from *before* a heartbeat was written, and a heartbeat counts only if its
// response came before the lease expired; after that the lease is lost for good.
// So if the store shows a heartbeat older than the TTL, either the holder has
// stopped, or it wrote a later heartbeat before the probe, which the listing
// shows. Against clocks that jump, a contender waits for half of the TTL before
// it replaces a holder that seems dead, and a holder checks for a higher epoch
// after each heartbeat.
//
// Old epochs may be removed; the last hundred stay. A contender that was paused
// for that long might create a removed epoch again, so the creator of an epoch
// lists once more, and has the lease only if its own epoch is the highest.

var (
	// ErrHeld means that another run holds the lease.
	ErrHeld = errors.New("another run holds the lease")
	// ErrLost means that a lease must not be relied on any more.
	ErrLost = errors.New("the lease is lost")
)

// The TTLs that a lease may have. An object must be written within a third of
// it, and it is how long others wait for a dead holder.
const (
	DefaultTTL = 30 * time.Second
	minTTL     = 100 * time.Millisecond
	maxTTL     = 5 * time.Minute
)

// LeaseOptions describe the run that acquires the lease.
type LeaseOptions struct {
	Holder  string        // id of the run
	Command string        // shown to other runs, without secrets
	TTL     time.Duration // 0: DefaultTTL
}

// A HeldError names the holder of the lease. It is an ErrHeld.
type HeldError struct {
	Out     string // redacted
	Fence   int64
	Holder  string // id of the run
	Command string
	Since   time.Time // by the store's clock
	Until   time.Time // when it expires if the holder crashed, by the store's clock
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("acquire the lease of %s: %v: run %s (%s), since %s; if that run crashed, its lease expires at %s",
		e.Out, ErrHeld, e.Holder, e.Command, e.Since.UTC().Format(time.RFC3339), e.Until.UTC().Format(time.RFC3339))
}

// Unwrap returns ErrHeld.
func (e *HeldError) Unwrap() error { return ErrHeld }

// Lease acquires the lease, which the caller must release. If another run holds
// it, the error is a HeldError; if the store is not fit for a lease,
// ErrNotExclusive; if the lease expired while it was acquired, ErrLost. Lease
// does not wait for a live holder, but watches a dead one for half of its TTL.
func (a *Archive) Lease(ctx context.Context, o LeaseOptions) (*Lease, error) {
	if o.TTL == 0 {
		o.TTL = DefaultTTL
	}
	if o.TTL < minTTL || o.TTL > maxTTL {
		return nil, fmt.Errorf("acquire the lease of %s: a TTL of %v: must be %v to %v", a.Name(), o.TTL, minTTL, maxTTL)
	}
	last, err := a.lastFreeEpoch(ctx)
	var l *Lease
	if err == nil {
		l, err = a.acquire(ctx, last+1, o)
	}
	if err != nil && !errors.Is(err, ErrHeld) {
		err = fmt.Errorf("acquire the lease of %s: %w", a.Name(), err)
	}
	return l, err
}

// lastFreeEpoch returns the number of the last epoch, if the lease is free.
func (a *Archive) lastFreeEpoch(ctx context.Context) (int64, error) {
	lock, err := a.probeLock(ctx)
	if err != nil || lock.free() {
		return lock.epoch, err
	}
	e, err := a.readEpoch(ctx, lock.epoch)
	if err != nil {
		return 0, err
	}
	if lock.now.Before(lock.expires(e.ttl())) {
		return 0, a.newHeldError(lock, e)
	}
	if err := sleep(ctx, e.ttl()/2); err != nil {
		return 0, err
	}
	later, err := a.readLock(ctx)
	switch {
	case err != nil:
		return 0, err
	case later.free() && later.epoch == lock.epoch || later.unchangedSince(lock):
		return lock.epoch, nil
	}
	return 0, a.heldError(ctx, later)
}

// acquire creates an epoch and confirms that it is the highest.
func (a *Archive) acquire(ctx context.Context, n int64, o LeaseOptions) (*Lease, error) {
	began := time.Now()
	e := epochRecord{
		SchemaVersion: reconcile.SchemaVersion, Epoch: n, Nonce: rand.Text(),
		Holder: o.Holder, Command: o.Command, TTLMS: o.TTL.Milliseconds(), AcquiredAt: began.UTC(),
	}
	if err := a.createEpoch(ctx, &e); err != nil {
		return nil, err
	}
	l := newLease(a, &e, began)
	err := a.confirmHighest(ctx, l)
	switch {
	case errors.Is(err, ErrHeld):
		return nil, err
	case err != nil: // the epoch is ours, but will not be used
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
		defer cancel()
		return nil, errors.Join(err, a.writeReleased(release, &e))
	}
	l.start(ctx)
	return l, nil
}

// confirmHighest returns an error unless the epoch of a new lease is the highest.
func (a *Archive) confirmHighest(ctx context.Context, l *Lease) error {
	lock, err := a.readLock(ctx)
	switch {
	case err != nil:
		return err
	case lock.epoch > l.Fence():
		return a.heldError(ctx, lock)
	case lock.epoch < l.Fence():
		return fmt.Errorf("list %s: epoch %d is missing: %w", a.Folder(lockFolder), l.Fence(), errHolderUnknown)
	}
	l.obsolete = lock.obsolete
	return l.Check(0)
}

// createEpoch creates our epoch. A response may have been lost, so after any
// error it reads back whose epoch the store has.
func (a *Archive) createEpoch(ctx context.Context, e *epochRecord) error {
	err := a.dir.Create(ctx, epochKey(e.Epoch), func(w io.Writer) error { return indented(w, e) })
	if err == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	stored, readErr := a.readEpoch(ctx, e.Epoch)
	switch {
	case readErr == nil && stored.Nonce == e.Nonce:
		return nil
	case readErr == nil:
		lock, lockErr := a.readLock(ctx)
		if lockErr != nil {
			return errors.Join(err, lockErr)
		}
		return a.heldError(ctx, lock)
	case storage.NotExist(readErr):
		return err
	}
	return errors.Join(err, readErr)
}

// heldError returns the HeldError for the state of the lock.
func (a *Archive) heldError(ctx context.Context, lock *lockState) error {
	e, err := a.readEpoch(ctx, lock.epoch)
	if err != nil {
		return err
	}
	return a.newHeldError(lock, e)
}

func (a *Archive) newHeldError(lock *lockState, e *epochRecord) error {
	return &HeldError{
		Out: a.Name(), Fence: e.Epoch, Holder: e.Holder, Command: e.Command,
		Since: lock.acquired, Until: lock.expires(e.ttl()),
	}
}

// sleep waits, and returns the context's error if that ends first.
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
