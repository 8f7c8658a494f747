package archive

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// Of a concluded run its index.json is read; where that is missing or damaged,
// its summary.json. A damaged run is told, and left out.

// readsAtOnce is how many objects are read at a time.
const readsAtOnce = 16

// A reading is what came of reading some runs, in the order of their folders.
type reading struct {
	runs   []*reconcile.Summary // nil where the run has a fault
	faults []error
}

// digests reads the digests of concluded runs. Its error is the store's.
func (a *Archive) digests(ctx context.Context, folders []folder) (*reading, error) {
	r := &reading{runs: make([]*reconcile.Summary, len(folders)), faults: make([]error, len(folders))}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readsAtOnce)
	for i := range folders {
		group.Go(func() error {
			s, err := a.digest(ctx, &folders[i])
			switch {
			case err == nil:
				r.runs[i] = s
			case damaged(err) || errors.Is(err, ErrNewer):
				r.faults[i] = fmt.Errorf("run %s is left out: %w", folders[i].id, err)
			default:
				return err
			}
			return nil
		})
	}
	return r, group.Wait()
}

// digest reads one run.
func (a *Archive) digest(ctx context.Context, f *folder) (*reconcile.Summary, error) {
	if f.has(indexFile) {
		if s, err := a.summary(ctx, f.id, indexFile); err == nil || !damaged(err) {
			return s, err
		}
	}
	s, err := a.summary(ctx, f.id, SummaryFile)
	if err != nil {
		return nil, err
	}
	digest := s.Digest()
	return &digest, nil
}

// damage is the fault of an object, not of the store that holds it.
type damage struct{ error }

func (d damage) Unwrap() error { return d.error }

// damaged reports whether reading another object may go on.
func damaged(err error) bool {
	return storage.NotExist(err) || errors.As(err, new(damage)) && !errors.Is(err, ErrNewer)
}

// summary reads a summary, or the digest of one.
func (a *Archive) summary(ctx context.Context, id, file string) (*reconcile.Summary, error) {
	key := id + "/" + file
	in, err := a.dir.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	held := &fallible{in: in}
	s, err := ReadSummary(held)
	if err == nil && s.RunID != id {
		err = fmt.Errorf("it is of run %q", s.RunID)
	}
	switch {
	case held.err != nil:
		err = held.err
	case err != nil:
		err = damage{fmt.Errorf("read %s: %w", in.Name, err)}
	}
	return s, errors.Join(err, in.Close())
}
