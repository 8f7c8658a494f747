package archive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// The journal only grows, so what is asked of it is answered from one listing,
// and few objects are read: of what is not settled all, of the rest what may be
// recent by the store's clock. That clock may differ from the one that the
// entries were written by, and the listing decides only what is read; whether it
// counts is decided by its own times.
//
// Unlike reports, an entry that can't be read is never left out: what is not
// known to have been sent would be sent again. All faults are told at once.

// clocksApart is how far the clocks of the store and of machines may differ, with
// room to spare.
const clocksApart = 2 * time.Hour

// faultsTold is how many entries that can't be believed are told one by one.
const faultsTold = 10

// Entries gives the attempts of an action, in their order.
func (j *Journal) Entries(ctx context.Context, key string) ([]fix.Entry, error) {
	if _, err := attemptName(key, 1); err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	return j.of(ctx, journalRoot+"/"+key, func(*tried) bool { return true })
}

// Open gives all attempts that are not settled, by action and number.
func (j *Journal) Open(ctx context.Context) ([]fix.Entry, error) {
	return j.of(ctx, journalRoot, (*tried).open)
}

// Since gives all attempts of which a request may have left at a moment or
// after it, and those that are not settled, however old, by action and number:
// what fix.SpentOf and fix.UnsettledOf want to know, from one listing.
func (j *Journal) Since(ctx context.Context, from time.Time) ([]fix.Entry, error) {
	entries, err := j.of(ctx, journalRoot, func(t *tried) bool { return t.open() || t.since(from) })
	return slices.DeleteFunc(entries, func(e fix.Entry) bool { return !e.Open() && !e.SentSince(from) }), err
}

// of reads the attempts in a folder that are wanted. Beside an error there is
// nothing.
func (j *Journal) of(ctx context.Context, folder string, wanted func(*tried) bool) ([]fix.Entry, error) {
	l, err := j.list(ctx, folder)
	if err != nil {
		return nil, err
	}
	entries, faults, err := j.readAll(ctx, l.attempts, wanted)
	if err = errors.Join(err, joined(append(l.faults, faults...))); err != nil {
		return nil, err
	}
	return entries, nil
}

// readAll reads the attempts that are wanted, in their order, and gives those
// that could be read. Its error is the store's.
func (j *Journal) readAll(ctx context.Context, attempts []tried, wanted func(*tried) bool) (entries []fix.Entry, faults []error, err error) {
	attempts = slices.DeleteFunc(slices.Clone(attempts), func(t tried) bool { return !wanted(&t) })
	read, told := make([]*fix.Entry, len(attempts)), make([]error, len(attempts))
	group, reading := errgroup.WithContext(ctx)
	group.SetLimit(readsAtOnce)
	for i := range attempts {
		group.Go(func() (err error) {
			if read[i], err = j.entry(reading, attempts[i]); errors.As(err, new(damage)) {
				told[i], err = err, nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	for i := range attempts {
		if told[i] != nil {
			faults = append(faults, told[i])
			continue
		}
		entries = append(entries, *read[i])
	}
	return entries, faults, nil
}

// joined tells some faults, and how many there are more.
func joined(faults []error) error {
	if more := len(faults) - faultsTold; more > 0 {
		newer := slices.ContainsFunc(faults, func(err error) bool { return errors.Is(err, ErrNewer) })
		faults = append(slices.Clone(faults[:faultsTold]), fmt.Errorf("read the journal: %d more entries can't be believed", more))
		if newer && !slices.ContainsFunc(faults, func(err error) bool { return errors.Is(err, ErrNewer) }) {
			faults = append(faults, fmt.Errorf("read the journal: of some, %w", ErrNewer))
		}
	}
	return errors.Join(faults...)
}
