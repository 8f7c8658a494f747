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

// The journal only grows, so queries use one listing and read few objects: all
// attempts that are not settled, and of the others those that may be recent by
// the store's clock. That clock may differ from the one of the entries, so the
// listing only decides what to read; the times in the entries decide the result.
//
// Unlike a report, an entry that can't be read is never ignored: a request that is
// not known to have been sent would be sent again. All faults are reported at
// once.

// maxClockSkew is how far the clocks of the store and of machines may differ, with
// some reserve.
const maxClockSkew = 2 * time.Hour

// maxFaultsShown is how many invalid entries are reported one by one.
const maxFaultsShown = 10

// Entries returns the attempts of an action, in order.
func (j *Journal) Entries(ctx context.Context, key string) ([]fix.Entry, error) {
	if _, err := attemptName(key, 1); err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	return j.readWhere(ctx, journalRoot+"/"+key, func(*listedAttempt) bool { return true })
}

// Open returns all attempts that are not settled, by action and number.
func (j *Journal) Open(ctx context.Context) ([]fix.Entry, error) {
	return j.readWhere(ctx, journalRoot, (*listedAttempt).open)
}

// Since returns all attempts of which a request may have been sent at the time or
// later, and those that are not settled, however old, by action and number. It
// uses one listing.
func (j *Journal) Since(ctx context.Context, from time.Time) ([]fix.Entry, error) {
	entries, err := j.readWhere(ctx, journalRoot, func(t *listedAttempt) bool { return t.open() || t.maybeSince(from) })
	return slices.DeleteFunc(entries, func(e fix.Entry) bool { return !e.Open() && !e.SentSince(from) }), err
}

// Of returns the attempts of actions, by action and number, as far as they can be
// read.
func (j *Journal) Of(ctx context.Context, keys map[string]bool) ([]fix.Entry, error) {
	l, err := j.list(ctx, journalRoot)
	if err != nil {
		return nil, err
	}
	entries, _, err := j.readAttempts(ctx, l.attempts, func(t *listedAttempt) bool { return keys[t.key] })
	return entries, err
}

// Readable returns what Since does, as far as it can be read. Fault is what could
// not be; the error is the store's.
func (j *Journal) Readable(ctx context.Context, from time.Time) (entries []fix.Entry, fault, err error) {
	l, err := j.list(ctx, journalRoot)
	if err != nil {
		return nil, nil, err
	}
	recent := func(t *listedAttempt) bool { return t.open() || t.maybeSince(from) }
	entries, faults, err := j.readAttempts(ctx, l.attempts, recent)
	if err != nil {
		return nil, nil, err
	}
	entries = slices.DeleteFunc(entries, func(e fix.Entry) bool { return !e.Open() && !e.SentSince(from) })
	return entries, joinFaults(append(l.faults, faults...)), nil
}

// readWhere reads the attempts in a folder that match. With an error it returns
// nothing.
func (j *Journal) readWhere(ctx context.Context, folder string, match func(*listedAttempt) bool) ([]fix.Entry, error) {
	l, err := j.list(ctx, folder)
	if err != nil {
		return nil, err
	}
	entries, faults, err := j.readAttempts(ctx, l.attempts, match)
	if err = errors.Join(err, joinFaults(append(l.faults, faults...))); err != nil {
		return nil, err
	}
	return entries, nil
}

// readAttempts reads the attempts that match, in order, and returns those that
// could be read. Its error is the store's.
func (j *Journal) readAttempts(ctx context.Context, attempts []listedAttempt, match func(*listedAttempt) bool) (entries []fix.Entry, faults []error, err error) {
	attempts = slices.DeleteFunc(slices.Clone(attempts), func(t listedAttempt) bool { return !match(&t) })
	read, corrupt := make([]*fix.Entry, len(attempts)), make([]error, len(attempts))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(maxParallel)
	for i := range attempts {
		group.Go(func() (err error) {
			if read[i], err = j.entry(groupCtx, attempts[i]); errors.As(err, new(corruptError)) {
				corrupt[i], err = withRemedy(err, attempts[i].key), nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	for i := range attempts {
		if corrupt[i] != nil {
			faults = append(faults, corrupt[i])
			continue
		}
		entries = append(entries, *read[i])
	}
	return entries, faults, nil
}

// joinFaults joins some faults, and the number of the others.
func joinFaults(faults []error) error {
	if more := len(faults) - maxFaultsShown; more > 0 {
		newer := slices.ContainsFunc(faults, func(err error) bool { return errors.Is(err, ErrNewer) })
		faults = append(slices.Clone(faults[:maxFaultsShown]), fmt.Errorf("read the journal: %d more entries are invalid", more))
		if newer && !slices.ContainsFunc(faults, func(err error) bool { return errors.Is(err, ErrNewer) }) {
			faults = append(faults, fmt.Errorf("read the journal: one of the others: %w", ErrNewer))
		}
	}
	return errors.Join(faults...)
}
