package wix

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// How an inventory is read.
//
// First the server is asked for its total, which also shows whether the key is
// valid: 401, 403 or no response means that nothing can be read. Then the parent
// and the sub-accounts that the ledger names are read, in batches or by a chain
// each, as planner.go describes. Then, unless only some accounts were requested:
//
//	the total equals what was read, no account failed → whole
//	the total is less: it does not cover the inventory → not discoverable
//	the total is more: what was created meanwhile is read, and counted again
//	still more, or missing, or an account failed → sweep
//	the sweep fails → partial
//	still less read than the total → new total, second sweep, then partial
//	the sweep misses what a chain showed: it does not cover the inventory → not discoverable
//	the server states a total that can't be believed → partial, whatever was read
//
// The total is the one taken after the reading. If not a single page could be
// read, there is no coverage but an error. Other errors that end the reading
// are a 401, an error of the sink, and the end of the context. If its cause is
// ErrOutOfTime, what was read until then is returned, and the rest is not read.
//
// An account whose own chain failed is not read, even if a sweep shows its
// packages, and the inventory is then partial. A batch proves nothing by itself:
// if the inventory is not whole, the accounts that only batches showed are read
// once more, by a chain each.

const (
	maxSweepRounds = 2
	maxCatchUps    = 2
	clockMargin    = 2 * time.Minute // between clocks that are set
)

// InventoryOptions selects what is read.
type InventoryOptions struct {
	LedgerAccounts []string       // the sub-accounts that the ledger names
	Only           []string       // read only these; nil: the whole inventory
	Learned        Learned        // by earlier runs of the scope
	Progress       func(Progress) // called after each page, never concurrently; may be nil

	pageSize int // packages on a page, in tests of small inventories; 0: 100
}

// Progress is how much of an inventory is read.
type Progress struct {
	Accounts int  // to be read
	Done     int  // of these
	Packages int  // distinct, so far
	Total    int  // the server's total; 0 if it has none
	Sweeping bool // the accounts are done, a sweep is running
}

// A Sink receives packages, one call at a time: each package once, and again
// with each copy that replaces the one before. Resolved means that the copy has
// the date of the one before and other content, and is what Wix returned when
// asked for the package. The sink must not keep raw.
type Sink func(p reconcile.Package, raw []byte, resolved bool) error

// A Reading is what was read of an inventory, apart from the packages.
type Reading struct {
	Coverage reconcile.Coverage
	Learned  Learned // for the next run of the scope
}

// ReadInventory reads the inventory, or a part of it, into the sink, and returns
// what was read.
func ReadInventory(ctx context.Context, c *Client, o InventoryOptions, sink Sink) (*Reading, error) {
	c.limiter.start(o.Learned.PerMinute)
	r := newReader(c, o, sink)
	if err := r.read(ctx); err != nil {
		return nil, fmt.Errorf("read the inventory of account %s: %w", c.parent, err)
	}
	return &Reading{Coverage: *r.coverage(), Learned: r.nowLearned()}, nil
}

func (r *reader) read(ctx context.Context) error {
	r.started = time.Now()
	if err := r.checkKey(ctx); err != nil {
		return err
	}
	r.firstTotal = r.total
	r.plan = r.newPlan()
	if err := r.readParts(ctx); err != nil {
		return err
	}
	if r.narrowed {
		r.extent = reconcile.InventoryNarrowed
		return nil
	}
	if err := r.compare(ctx); err != nil {
		return err
	}
	if r.extent != reconcile.InventoryWhole && r.plan.replan() {
		if err := r.readParts(ctx); err != nil {
			return err
		}
	}
	for account, err := range r.failures() {
		r.client.log.Warn("account not read", "account", account, "error", err.Error())
	}
	return r.checkAnyRead(ctx)
}

// compare finds out how much of the inventory was read.
func (r *reader) compare(ctx context.Context) error {
	if r.counted {
		if err := r.recount(ctx); err != nil {
			return err
		}
	}
	r.extent = extentAfterChains(r.evidence())
	for range maxCatchUps {
		if r.extent != "" || !r.mayCatchUp() {
			break
		}
		if err := r.catchUp(ctx); err != nil {
			return err
		}
		r.extent = extentAfterChains(r.evidence())
	}
	for round := 1; r.extent == "" && round <= maxSweepRounds; round++ {
		if err := r.sweepRound(ctx, round); err != nil {
			return err
		}
	}
	if r.extent == reconcile.InventoryWhole && unbelievable(r.totalErr) {
		r.markPartial(fmt.Sprintf("the server's total can't be believed: %s", r.totalErr))
	}
	return nil
}

// recount asks for the total once more. An earlier one proves nothing.
func (r *reader) recount(ctx context.Context) error {
	r.counted = false
	return r.readTotal(ctx)
}

// mayCatchUp reports whether what is missing may have been created since the
// reading began.
func (r *reader) mayCatchUp() bool {
	return r.counted && r.plan.windowed && r.index.len() >= r.firstTotal
}

// catchUp reads what was created since the reading began, and counts again.
func (r *reader) catchUp(ctx context.Context) error {
	ahead, _ := r.client.Skew()
	failure, err := r.readSlice(ctx, Slice{From: r.started.Add(ahead - clockMargin)}, 0)
	if err != nil || failure != nil {
		return err
	}
	return r.recount(ctx)
}

// nowLearned returns what the next run should start with. If the server's total
// is not that of the inventory, batches prove nothing, and are not used again.
// Nor is the filter that has hidden packages from a batch.
func (r *reader) nowLearned() Learned {
	l := r.plan.learned
	l.PerMinute, l.Accounts = r.client.limiter.perMinute(), nil
	for account, n := range r.index.perAccount() {
		if n > 0 && !contains(r.scope, account) {
			l.Accounts = append(l.Accounts, account)
		}
	}
	slices.Sort(l.Accounts)
	switch {
	case r.narrowed:
		l.Accounts = r.learned.Accounts
	case r.extent == reconcile.InventoryNotDiscoverable:
		l.AccountIn, l.CreatedDate = Unsupported, Unsupported
	case r.unshown > 0 && r.plan.windowed:
		l.CreatedDate = Unsupported
	case r.unshown > 0:
		l.AccountIn = Unsupported
	}
	return l
}

// checkKey asks for the total, and fails if the key is not valid.
func (r *reader) checkKey(ctx context.Context) error {
	if err := r.readTotal(ctx); err != nil {
		return err
	}
	if r.totalErr != nil && !outOfTime(ctx) && (Forbidden(r.totalErr) || statusOf(r.totalErr) == 0) {
		return r.totalErr
	}
	return nil
}

// readTotal asks for the total. If the server has none now, an earlier one
// remains. An error ends the reading.
func (r *reader) readTotal(ctx context.Context) error {
	page, err := r.client.Query(ctx, Query{Count: true})
	if isFatal(ctx, err) {
		return err
	}
	r.totalErr = err
	if err == nil && page.Counted {
		r.counted, r.total = true, page.Total
		r.updateProgress(func(p *Progress) { p.Total = page.Total })
	}
	return nil
}

// sweepRound sweeps the inventory once and updates the extent.
func (r *reader) sweepRound(ctx context.Context, round int) error {
	if round > 1 {
		if err := r.readTotal(ctx); err != nil {
			return err
		}
	}
	failure, err := r.sweep(ctx)
	if err != nil {
		return err
	}
	if failure != nil {
		r.markPartial(fmt.Sprintf("the sweep of the inventory failed: %s", failure))
		return nil
	}
	if r.counted && r.total < r.index.len() { // the inventory may have grown since
		if err := r.readTotal(ctx); err != nil {
			return err
		}
	}
	e := r.evidence()
	r.extent = extentAfterSweep(e)
	if r.extent == "" && round == maxSweepRounds {
		r.markPartial(fmt.Sprintf("the server counts %d packages, %d were read", e.total, e.read))
	}
	return nil
}

// sweep reads the whole inventory by one chain, a second time if that may help.
// The failure is the sweep's; err ends the reading.
func (r *reader) sweep(ctx context.Context) (failure, err error) {
	r.updateProgress(func(p *Progress) { p.Sweeping = true })
	for range 2 {
		r.sweeps++
		if failure, err = r.readSlice(ctx, Slice{}, r.sweeps); err != nil || !retryable(failure) {
			break
		}
	}
	return failure, err
}

func (r *reader) markPartial(problem string) {
	r.extent = reconcile.InventoryPartial
	r.problems = append(r.problems, problem)
	r.client.log.Warn("inventory not fully read", "problem", problem)
}

// checkAnyRead returns an error, the first account's, if no total, chain or
// sweep had a single valid response.
func (r *reader) checkAnyRead(ctx context.Context) error {
	if r.pages > 0 || r.totalErr == nil || outOfTime(ctx) {
		return nil
	}
	for _, account := range r.scope {
		if err := r.plan.failures[account]; err != nil {
			return fmt.Errorf("nothing could be read: %w", err)
		}
	}
	return nil
}

// isFatal reports whether an error of a request ends the reading.
func isFatal(ctx context.Context, err error) bool {
	return err != nil && (aborted(ctx) != nil || statusOf(err) == http.StatusUnauthorized)
}

// scope returns the accounts that are read in any case, sorted.
func (o *InventoryOptions) scope(parent string) []string {
	accounts := o.Only
	if accounts == nil {
		accounts = append(slices.Clone(o.LedgerAccounts), parent)
	}
	folded := make([]string, 0, len(accounts))
	for _, account := range accounts {
		if account != "" {
			folded = append(folded, reconcile.FoldGUID(account))
		}
	}
	slices.Sort(folded)
	return slices.Compact(folded)
}
