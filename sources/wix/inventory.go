package wix

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/wixrecon/wixrecon/reconcile"
)

// How an inventory is read.
//
// First the server is asked for its total, which also shows whether the key is
// valid: 401, 403 or no response means that nothing can be read. Then one chain
// is read for the parent and for each sub-account that the ledger names. Then,
// unless only some accounts were requested:
//
//	the total equals what was read, no chain failed → whole
//	the total is less: it does not cover the inventory → not discoverable
//	the total is more, or missing, or a chain failed → sweep
//	the sweep fails → partial
//	still less read than the total → new total, second sweep, then partial
//	the sweep misses what a chain showed: it does not cover the inventory → not discoverable
//	the server states a total that can't be believed → partial, whatever was read
//
// The total is the one taken after the chains. If not a single page could be
// read, there is no coverage but an error. Other errors that end the reading
// are a 401, an error of the sink, and the end of the context.
//
// An account whose own chain failed is not read, even if a sweep shows its
// packages, and the inventory is then partial.

const maxSweepRounds = 2

// InventoryOptions selects what is read.
type InventoryOptions struct {
	LedgerAccounts []string       // the sub-accounts that the ledger names
	Only           []string       // read only these; nil: the whole inventory
	Progress       func(Progress) // called after each page, never concurrently; may be nil
}

// Progress is how much of an inventory is read.
type Progress struct {
	Accounts int  // to be read, by a chain each
	Done     int  // of these
	Packages int  // distinct, so far
	Total    int  // the server's total; 0 if it has none
	Sweeping bool // the chains are done, a sweep is running
}

// A Sink receives packages, one call at a time: each package once, and again
// with each copy that replaces the one before. Resolved means that the copy has
// the date of the one before and other content, and is what Wix returned when
// asked for the package. The sink must not keep raw.
type Sink func(p reconcile.Package, raw []byte, resolved bool) error

// ReadInventory reads the inventory, or a part of it, into the sink, and returns
// what was read.
func ReadInventory(ctx context.Context, c *Client, o InventoryOptions, sink Sink) (*reconcile.Coverage, error) {
	r := newReader(c, o, sink)
	if err := r.read(ctx); err != nil {
		return nil, fmt.Errorf("read the inventory of account %s: %w", c.parent, err)
	}
	return r.coverage(), nil
}

func (r *reader) read(ctx context.Context) error {
	if err := r.firstTotal(ctx); err != nil {
		return err
	}
	if err := r.readChains(ctx); err != nil {
		return err
	}
	if r.narrowed {
		r.extent = reconcile.InventoryNarrowed
		return nil
	}
	if r.counted {
		r.counted = false // the earlier total proves nothing
		if err := r.readTotal(ctx); err != nil {
			return err
		}
	}
	r.extent = extentAfterChains(r.evidence())
	for round := 1; r.extent == "" && round <= maxSweepRounds; round++ {
		if err := r.sweepRound(ctx, round); err != nil {
			return err
		}
	}
	if r.extent == reconcile.InventoryWhole && unbelievable(r.totalErr) {
		r.markPartial(fmt.Sprintf("the server's total can't be believed: %s", r.totalErr))
	}
	return r.checkAnyRead()
}

// firstTotal asks for the total, and fails if the key is not valid.
func (r *reader) firstTotal(ctx context.Context) error {
	if err := r.readTotal(ctx); err != nil {
		return err
	}
	if r.totalErr != nil && (Forbidden(r.totalErr) || statusOf(r.totalErr) == 0) {
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
	if r.counted && r.total < len(r.index.entries) { // the inventory may have grown since
		if err := r.readTotal(ctx); err != nil {
			return err
		}
	}
	e := r.evidence()
	r.extent = extentAfterSweep(e)
	r.swept = r.extent == reconcile.InventoryWhole
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
func (r *reader) checkAnyRead() error {
	if r.pages > 0 || r.totalErr == nil {
		return nil
	}
	for _, account := range r.scope {
		if err := r.chainErrors[account]; err != nil {
			return fmt.Errorf("nothing could be read: %w", err)
		}
	}
	return nil
}

// isFatal reports whether an error of a request ends the reading.
func isFatal(ctx context.Context, err error) bool {
	return err != nil && (ctx.Err() != nil || statusOf(err) == http.StatusUnauthorized)
}

// scope returns the accounts that are read by a chain each, sorted.
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
