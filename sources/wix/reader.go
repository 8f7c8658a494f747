package wix

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A reader reads an inventory: chains concurrently, copies of packages one at a
// time. It resolves conflicts between copies.
type reader struct {
	client   *Client
	sink     Sink
	narrowed bool
	scope    []string // accounts with a chain of their own

	mu             sync.Mutex // guards the following while chains run
	index          *packageIndex
	chainErrors    map[string]error // account → why its chain failed
	conflictErrors map[string]error // account → why a conflict in it is not resolved
	progress       Progress
	onProgress     func(Progress)
	pages          int

	counted  bool // total is known
	total    int
	totalErr error // of the last request for the total
	sweeps   uint8
	swept    bool // a sweep showed the whole inventory
	extent   reconcile.InventoryExtent
	problems []string
}

func newReader(c *Client, o InventoryOptions, sink Sink) *reader {
	r := &reader{
		client: c, sink: sink, narrowed: o.Only != nil, scope: o.scope(c.parent), index: newPackageIndex(),
		chainErrors: make(map[string]error), conflictErrors: make(map[string]error), onProgress: o.Progress,
	}
	r.progress.Accounts = len(r.scope)
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

// readChains reads every account in scope. Chains that failed in a way that may
// pass are read once more, from their start.
func (r *reader) readChains(ctx context.Context) error {
	if err := r.readAccounts(ctx, r.scope); err != nil {
		return err
	}
	var again []string
	for _, account := range r.scope {
		if retryable(r.chainErrors[account]) {
			again = append(again, account)
		}
	}
	r.updateProgress(func(p *Progress) { p.Done -= len(again) })
	if err := r.readAccounts(ctx, again); err != nil {
		return err
	}
	for account, err := range r.chainErrors {
		r.client.log.Warn("account not read", "account", account, "error", err.Error())
	}
	return nil
}

func (r *reader) readAccounts(ctx context.Context, accounts []string) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(cap(r.client.slots))
	for _, account := range accounts {
		if groupCtx.Err() != nil {
			break
		}
		group.Go(func() error { return r.readAccount(groupCtx, account) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

func (r *reader) readAccount(ctx context.Context, account string) error {
	failure, err := r.readSlice(ctx, Slice{Account: account}, 0)
	if err != nil {
		return err
	}
	r.updateProgress(func(p *Progress) {
		p.Done++
		delete(r.chainErrors, account)
		if failure != nil {
			r.chainErrors[account] = failure
		}
	})
	return nil
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
	r.updateProgress(func(p *Progress) { p.Packages = len(r.index.entries) })
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
		case first, newer:
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
