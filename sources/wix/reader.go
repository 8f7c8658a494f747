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

// The effects of reading an inventory: chains side by side, copies weighed one at a
// time, conflicts settled, and what becomes of each account.

type reader struct {
	client   *Client
	sink     Sink
	narrowed bool
	scope    []string // accounts that have a chain of their own

	mu        sync.Mutex // guards what follows while chains run
	index     *index
	faults    map[string]error // account → why its chain failed
	unsettled map[string]error // account → why a conflict in it was not settled
	progress  Progress
	tell      func(Progress)

	pages      int // that were read
	counted    bool
	total      int
	countFault error
	sweeps     uint8
	swept      bool // a sweep showed the whole inventory
	book       reconcile.InventoryExtent
	problems   []string
}

func newReader(c *Client, o InventoryOptions, sink Sink) *reader {
	r := &reader{
		client: c, sink: sink, narrowed: o.Only != nil, scope: o.scope(c.parent),
		index: newIndex(), faults: make(map[string]error), unsettled: make(map[string]error), tell: o.Progress,
	}
	r.progress.Accounts = len(r.scope)
	return r
}

// report changes the progress and tells it.
func (r *reader) report(change func(*Progress)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.progress)
	if r.tell != nil {
		r.tell(r.progress)
	}
}

// readChains reads every account in scope, and those whose chain failed in a
// way that may pass once more, from their start.
func (r *reader) readChains(ctx context.Context) error {
	if err := r.readAccounts(ctx, r.scope); err != nil {
		return err
	}
	var again []string
	for _, account := range r.scope {
		if Retryable(r.faults[account]) {
			again = append(again, account)
		}
	}
	r.report(func(p *Progress) { p.Done -= len(again) })
	if err := r.readAccounts(ctx, again); err != nil {
		return err
	}
	for account, fault := range r.faults {
		r.client.log.Warn("account is not read", "account", account, "error", fault.Error())
	}
	return nil
}

func (r *reader) readAccounts(ctx context.Context, accounts []string) error {
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(cap(r.client.slots))
	for _, account := range accounts {
		if inner.Err() != nil {
			break
		}
		group.Go(func() error { return r.readAccount(inner, account) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

func (r *reader) readAccount(ctx context.Context, account string) error {
	fault := r.follow(ctx, Slice{Account: account}, 0)
	if ends(ctx, fault) {
		return fault
	}
	r.report(func(p *Progress) {
		p.Done++
		delete(r.faults, account)
		if fault != nil {
			r.faults[account] = fault
		}
	})
	return nil
}

// follow takes in all pages of a slice; sweep is the sweep's number, 0 for the
// chain of an account.
func (r *reader) follow(ctx context.Context, s Slice, sweep uint8) error {
	for page, err := range r.client.Pages(ctx, s) {
		if page != nil {
			if err := r.takePage(ctx, page, sweep); err != nil {
				return &fatalError{err}
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// takePage takes in the packages of a page. An error ends the reading.
func (r *reader) takePage(ctx context.Context, page *Page, sweep uint8) error {
	conflicts, err := r.weighPage(page, sweep)
	if err != nil {
		return err
	}
	for _, c := range conflicts {
		if err := r.settle(ctx, c); err != nil {
			return err
		}
	}
	r.report(func(p *Progress) { p.Packages = len(r.index.entries) })
	return nil
}

// weighPage sinks what is new of a page, and gives the copies whose conflict
// is to be settled.
func (r *reader) weighPage(page *Page, sweep uint8) (conflicts []*Copy, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pages++
	for i := range page.Packages {
		c := &page.Packages[i]
		if c.Package.AccountID == "" {
			continue // the page is an error, and nobody can say whose this is
		}
		switch r.index.weigh(&c.Package) {
		case fresh, newer:
			if err := r.sink(c.Package, c.Raw, false); err != nil {
				return nil, err
			}
		case conflicted:
			if r.index.ask(c.Package.ID) {
				conflicts = append(conflicts, c)
			}
		}
		r.index.mark(c.Package.ID, sweep)
	}
	return conflicts, nil
}

// settle asks Wix which of two copies holds. Where there is no good answer,
// the account of either copy is not read. An error ends the reading.
func (r *reader) settle(ctx context.Context, c *Copy) error {
	p := &c.Package
	found, err := r.client.Get(ctx, p.AccountID, p.ID)
	if ends(ctx, err) {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		err = settles(p, &found.Package)
	}
	if err != nil {
		err = r.client.shown(fmt.Errorf("settle two copies of package %s: %w", named(p.ID), err))
		r.unsettled[p.AccountID], r.unsettled[r.index.account(p.ID)] = err, err
		return nil
	}
	switch r.index.weigh(&found.Package) {
	case older:
		return nil // superseded while Wix was asked
	case conflicted:
		r.index.settle(&found.Package)
	}
	return r.sink(found.Package, found.Raw, true)
}

// settles checks that the package which Wix gave can hold in place of a copy.
func settles(conflicted, found *reconcile.Package) error {
	if !strings.EqualFold(found.AccountID, conflicted.AccountID) {
		return fmt.Errorf("by itself it is of account %s", named(orDefault(found.AccountID, "(none)")))
	}
	if found.Updated.Before(conflicted.Updated) {
		return errors.New("by itself it is older than both")
	}
	return nil
}

// coverage says what was read.
func (r *reader) coverage() *reconcile.Coverage {
	c := &reconcile.Coverage{
		Inventory: r.book, Narrowed: r.narrowed, Problems: r.problems,
		Accounts: make(map[string]*reconcile.AccountCoverage),
	}
	packages := r.index.accounts()
	for _, account := range r.scope {
		c.Accounts[account] = &reconcile.AccountCoverage{Read: true, By: "chain", Packages: packages[account]}
	}
	if !r.narrowed { // in a narrowed run an account that is listed is one that is shown
		for account, n := range packages {
			if c.Accounts[account] == nil && n > 0 {
				c.Accounts[account] = r.seen(n)
			}
		}
	}
	r.fail(c, r.faults)
	r.fail(c, r.unsettled)
	return c
}

// seen is the coverage of an account that has no chain of its own.
func (r *reader) seen(packages int) *reconcile.AccountCoverage {
	if r.swept {
		return &reconcile.AccountCoverage{Read: true, By: "sweep", Packages: packages}
	}
	return &reconcile.AccountCoverage{Packages: packages, Error: "seen, but the inventory was not swept whole"}
}

// fail takes accounts that were not read out of the coverage.
func (r *reader) fail(c *reconcile.Coverage, faults map[string]error) {
	for account, fault := range faults {
		a := c.Accounts[account]
		if a == nil && r.narrowed {
			continue
		}
		if a == nil {
			a = &reconcile.AccountCoverage{}
			c.Accounts[account] = a
		}
		a.Read, a.By, a.Error = false, "", fault.Error()
		c.Inventory = reconcile.InventoryPartial
	}
}
