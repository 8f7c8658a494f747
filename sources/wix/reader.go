package wix

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A reader reads an inventory: parts concurrently, copies of packages one at a
// time. It resolves conflicts between copies.
type reader struct {
	client   *Client
	sink     Sink
	narrowed bool
	scope    []string // accounts that are in scope whatever Wix shows
	learned  Learned  // by earlier runs
	pageSize int
	started  time.Time

	mu             sync.Mutex // guards the following while parts are read
	changed        *sync.Cond // the planner may have another part
	plan           *planner
	index          *packageIndex
	conflictErrors map[string]error // account → why a conflict in it is not resolved
	progress       Progress
	onProgress     func(Progress)
	pages          int
	unshown        int // packages that a sweep showed, and the batch of their account did not

	counted    bool // total is known
	total      int
	firstTotal int   // before anything was read
	totalErr   error // of the last request for the total
	sweeps     uint8
	extent     reconcile.InventoryExtent
	problems   []string
}

func newReader(c *Client, o InventoryOptions, sink Sink) *reader {
	r := &reader{
		client: c, sink: sink, narrowed: o.Only != nil, scope: o.scope(c.parent), learned: o.Learned.at(time.Now()), pageSize: orDefault(o.pageSize, pageLimit),
		index: newPackageIndex(), conflictErrors: make(map[string]error), onProgress: o.Progress,
	}
	r.changed = sync.NewCond(&r.mu)
	return r
}

// updateProgress changes the progress and reports it.
func (r *reader) updateProgress(change func(*Progress)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.progress)
	if r.onProgress != nil {
		r.onProgress(r.progress)
	}
}

// newPlan returns the planner of the accounts in scope, and of those that earlier
// runs found beside them. Only a total proves more than chains of their own: a
// narrowed inventory has none.
func (r *reader) newPlan() *planner {
	accounts, total := r.scope, -1
	if r.counted {
		total = r.total
	}
	if !r.narrowed {
		accounts = slices.Concat(accounts, r.learned.Accounts)
		slices.Sort(accounts)
		accounts = slices.Compact(accounts)
	}
	p := newPlanner(accounts, r.learned, cap(r.client.slots), total, !r.narrowed)
	p.perSplit, p.minLeft = splitEvery*r.pageSize, splitFrom*r.pageSize
	return p
}

// readParts reads all parts of the plan.
func (r *reader) readParts(ctx context.Context) error {
	group, groupCtx := errgroup.WithContext(ctx)
	defer context.AfterFunc(groupCtx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.changed.Broadcast()
	})()
	for range cap(r.client.slots) {
		group.Go(func() error { return r.work(groupCtx) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return aborted(ctx)
}

// work reads parts until there are no more.
func (r *reader) work(ctx context.Context) error {
	for {
		t, slice := r.nextPart(ctx)
		if t == nil {
			return nil
		}
		if err := r.readPart(ctx, t, slice); err != nil {
			return err
		}
	}
}

// nextPart waits for the next part of the plan, and returns the slice that it is
// now: the planner may shorten it while it is read. It returns nil if there is
// none, or the reading was aborted.
func (r *reader) nextPart(ctx context.Context) (*part, Slice) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for aborted(ctx) == nil {
		if t := r.plan.next(); t != nil {
			return t, t.slice()
		}
		if r.plan.idle() {
			r.changed.Broadcast()
			break
		}
		r.changed.Wait()
	}
	return nil, Slice{}
}

// readPart reads a part, and reports to the planner what it showed. An error ends
// the reading.
func (r *reader) readPart(ctx context.Context, t *part, s Slice) error {
	for page, pageErr := range r.client.Pages(ctx, s) {
		if page != nil && !disobeys(pageErr) {
			if err := r.addPage(ctx, page, 0); err != nil {
				return err
			}
		}
		switch {
		case isFatal(ctx, pageErr):
			return pageErr
		case pageErr != nil:
			r.updatePlan(func() { r.plan.failed(t, pageErr) })
			return nil
		}
		ended := false
		r.updatePlan(func() {
			ended = r.plan.showed(t, page)
			r.checkTotal()
		})
		if ended {
			return nil
		}
	}
	r.updatePlan(func() { r.plan.finished(t) })
	return aborted(ctx)
}

// disobeys reports whether the page of a batch shows what its filter excludes. It
// is not used: what it should have shown is read in another way.
func disobeys(err error) bool {
	var mismatch *filterError
	return errors.As(err, &mismatch) && mismatch.filter != accountEq
}

// updatePlan reports something to the planner.
func (r *reader) updatePlan(report func()) {
	r.updateProgress(func(p *Progress) {
		report()
		p.Accounts, p.Done = max(p.Accounts, len(r.scope)), len(r.plan.done)+len(r.plan.failures)
	})
	r.changed.Broadcast()
}

// checkTotal stops reading in batches when there are clearly more packages than
// the total: it is not that of the inventory, and proves nothing.
func (r *reader) checkTotal() {
	if r.counted && !r.plan.plain && r.index.len() > r.total+r.total/100+r.pageSize {
		r.plan.replan()
	}
}

// readSlice reads all pages of a slice. Sweep is the number of the sweep, 0 for
// the chain of an account. The failure is the slice's; err ends the reading.
func (r *reader) readSlice(ctx context.Context, s Slice, sweep uint8) (failure, err error) {
	for page, pageErr := range r.client.Pages(ctx, s) {
		if page != nil {
			if err := r.addPage(ctx, page, sweep); err != nil {
				return nil, err
			}
		}
		if isFatal(ctx, pageErr) {
			return nil, pageErr
		}
		if pageErr != nil {
			return pageErr, nil
		}
	}
	return nil, nil
}

// addPage adds the packages of a page. An error ends the reading.
func (r *reader) addPage(ctx context.Context, page *Page, sweep uint8) error {
	conflicts, err := r.addCopies(page, sweep)
	if err != nil {
		return err
	}
	for _, c := range conflicts {
		if err := r.resolve(ctx, c); err != nil {
			return err
		}
	}
	r.updateProgress(func(p *Progress) { p.Packages = r.index.len() })
	return nil
}

// addCopies passes what is new on a page to the sink, and returns the copies
// whose conflict is to be resolved.
func (r *reader) addCopies(page *Page, sweep uint8) (conflicts []*Copy, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pages++
	for i := range page.Packages {
		c := &page.Packages[i]
		if c.Package.AccountID == "" {
			continue // the page is an error, and the package belongs to no account
		}
		switch r.index.add(&c.Package) {
		case first:
			r.noteUnshown(&c.Package, sweep)
			fallthrough
		case newer:
			if err := r.sink(c.Package, c.Raw, false); err != nil {
				return nil, err
			}
		case conflicting:
			if r.index.claimConflict(c.Package.ID) {
				conflicts = append(conflicts, c)
			}
		}
		r.index.markSeen(c.Package.ID, sweep)
	}
	return conflicts, nil
}

// noteUnshown counts a package that the batch of its account should have shown.
func (r *reader) noteUnshown(p *reconcile.Package, sweep uint8) {
	if sweep > 0 && r.plan.done[p.AccountID] == byBatch && p.Created.Before(r.started) {
		r.unshown++
	}
}

// resolve asks Wix which of two copies is right. Without a valid response the
// accounts of both copies are not read. An error ends the reading.
func (r *reader) resolve(ctx context.Context, c *Copy) error {
	p := &c.Package
	found, err := r.client.Get(ctx, p.AccountID, p.ID)
	if isFatal(ctx, err) {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		err = checkResolution(p, &found.Package)
	}
	if err != nil {
		err = r.client.printable(fmt.Errorf("resolve two copies of package %s: %w", showID(p.ID), err))
		r.conflictErrors[p.AccountID], r.conflictErrors[r.index.accountOf(p.ID)] = err, err
		return nil
	}
	switch r.index.add(&found.Package) {
	case older:
		return nil // replaced in the meantime
	case conflicting:
		r.index.resolve(&found.Package)
	}
	return r.sink(found.Package, found.Raw, true)
}

// checkResolution checks that the package that Wix returned can replace a copy.
func checkResolution(conflict, found *reconcile.Package) error {
	if !strings.EqualFold(found.AccountID, conflict.AccountID) {
		return fmt.Errorf("the package itself is of account %s", showID(orDefault(found.AccountID, "(none)")))
	}
	if found.Updated.Before(conflict.Updated) {
		return errors.New("the package itself is older than both")
	}
	return nil
}
