package wix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Reading an inventory, and what may be said of it afterwards.
//
// First a count, which is also what shows whether the key is good: 401, 403 or
// no answer at all to it says that nothing can be read. Then a chain for each
// sub-account that the ledger names and for the parent. Then, unless only some
// accounts were asked for:
//
//	the server counts as many as were read, all chains are whole → whole
//	it counts fewer → it does not count the inventory → not discoverable
//	it counts more, or not at all, or a chain failed → sweep
//	the sweep fails → partial
//	still fewer read than counted → count and sweep once more, then partial
//	the sweep lacks what a chain showed → it is not the inventory → not discoverable
//
// The total that counts is the one taken after the chains. Where no page at all
// could be read, nothing can be said, and the reading is an error.
//
// An account whose own chain failed is not read, even if a sweep shows all of
// its packages, and the inventory is then partial. The key being refused, an error
// of the sink, and the end of the context end the reading in an error.

const maxSweepRounds = 2

// BookOptions says what is to be read.
type InventoryOptions struct {
	LedgerAccounts []string       // the sub-accounts that the ledger names
	Only           []string       // read just these; nil: the whole inventory
	Progress       func(Progress) // told after each page, one at a time; may be nil
}

// Progress says how far the reading has come.
type Progress struct {
	Accounts int  // sub-accounts to be read, each by a chain
	Done     int  // of them
	Packages int  // distinct, so far
	Total    int  // what the server counts; 0 where it does not
	Sweeping bool // the chains are done, the inventory is swept
}

// A Sink takes packages in, one call at a time: each package once, and again
// with each copy that supersedes the one before. Settled says that the copy
// has the date of the one before and other content, and that Wix, asked for
// the package itself, gave this one. The raw JSON is not the sink's to keep.
type Sink func(p reconcile.Package, raw []byte, settled bool) error

// ReadBook reads the inventory, or a part of it, into the sink. The coverage says
// what was read; the error, that nothing can be said.
func ReadInventory(ctx context.Context, c *Client, o InventoryOptions, sink Sink) (*reconcile.Coverage, error) {
	r := newReader(c, o, sink)
	if err := r.read(ctx); err != nil {
		return nil, fmt.Errorf("read the inventory of account %s: %w", c.parent, err)
	}
	return r.coverage(), nil
}

func (r *reader) read(ctx context.Context) error {
	if err := r.firstCount(ctx); err != nil {
		return err
	}
	if err := r.readChains(ctx); err != nil {
		return err
	}
	if r.narrowed {
		r.book = reconcile.InventoryNarrowed
		return nil
	}
	if r.counted {
		r.counted = false // an earlier total proves nothing
		if err := r.recount(ctx); err != nil {
			return err
		}
	}
	r.book = judgeChains(r.evidence())
	for round := 1; r.book == "" && round <= maxSweepRounds; round++ {
		if err := r.sweepRound(ctx, round); err != nil {
			return err
		}
	}
	return r.saidNothing()
}

// saidNothing gives an error where no count, chain or sweep had a single good
// answer: the fault of the first account stands for all.
func (r *reader) saidNothing() error {
	if r.pages > 0 || r.countFault == nil {
		return nil
	}
	for _, account := range r.scope {
		if fault := r.faults[account]; fault != nil {
			return fmt.Errorf("nothing could be read: %w", fault)
		}
	}
	return nil
}

// evidence is what the verdict on the inventory rests on.
type evidence struct {
	counted bool // the server gives a total
	total   int
	read    int  // distinct packages read
	failed  bool // a chain failed
	lacking int  // packages that chains showed and the sweep did not
}

// judgeChains says what the inventory is after the chains; nothing, where it must
// be swept.
func judgeChains(e evidence) reconcile.InventoryExtent {
	switch {
	case e.counted && e.total < e.read:
		return reconcile.InventoryNotDiscoverable
	case e.counted && e.total == e.read && !e.failed:
		return reconcile.InventoryWhole
	}
	return ""
}

// judgeSweep says what the inventory is after a whole sweep; nothing, where fewer
// were read than the server counts.
func judgeSweep(e evidence) reconcile.InventoryExtent {
	switch {
	case e.counted && e.read < e.total:
		return ""
	case e.lacking > 0, e.counted && e.total < e.read:
		return reconcile.InventoryNotDiscoverable
	}
	return reconcile.InventoryWhole
}

// sweepRound sweeps the inventory once and judges it.
func (r *reader) sweepRound(ctx context.Context, round int) error {
	if round > 1 {
		if err := r.recount(ctx); err != nil {
			return err
		}
	}
	fault, err := r.sweep(ctx)
	if err != nil {
		return err
	}
	if fault != nil {
		r.giveUp(fmt.Sprintf("the sweep of the inventory failed: %s", fault))
		return nil
	}
	if r.counted && r.total < len(r.index.entries) { // the inventory may have grown since it was counted
		if err := r.recount(ctx); err != nil {
			return err
		}
	}
	e := r.evidence()
	r.book = judgeSweep(e)
	r.swept = r.book == reconcile.InventoryWhole
	if r.book == "" && round == maxSweepRounds {
		r.giveUp(fmt.Sprintf("the server counts %d packages, %d were read", e.total, e.read))
	}
	return nil
}

func (r *reader) giveUp(problem string) {
	r.book = reconcile.InventoryPartial
	r.problems = append(r.problems, problem)
	r.client.log.Warn("the inventory is not read whole", "problem", problem)
}

// sweep reads the whole inventory by one chain, with one more try where that is
// worth it. The fault is the sweep's, the error ends the reading.
func (r *reader) sweep(ctx context.Context) (fault, err error) {
	r.report(func(p *Progress) { p.Sweeping = true })
	for range 2 {
		r.sweeps++
		fault = r.follow(ctx, Slice{}, r.sweeps)
		if ends(ctx, fault) {
			return nil, fault
		}
		if !Retryable(fault) {
			break
		}
	}
	return fault, nil
}

// firstCount asks for the total, and finds out whether the key is good.
func (r *reader) firstCount(ctx context.Context) error {
	err := r.recount(ctx)
	if err != nil {
		return err
	}
	if refused := r.countFault; refused != nil && (Forbidden(refused) || statusOf(refused) == 0) {
		return refused
	}
	return nil
}

// recount asks for the total again. Where the server does not tell it this
// time, an earlier total stands.
func (r *reader) recount(ctx context.Context) error {
	page, err := r.client.Query(ctx, Query{Count: true})
	if ends(ctx, err) {
		return err
	}
	r.countFault = err
	if err == nil && page.Counted {
		r.counted, r.total = true, page.Total
		r.report(func(p *Progress) { p.Total = page.Total })
	}
	return nil
}

func (r *reader) evidence() evidence {
	return evidence{
		counted: r.counted, total: r.total, read: len(r.index.entries),
		failed: len(r.faults)+len(r.unsettled) > 0, lacking: r.index.lacks(r.sweeps),
	}
}

// ends reports whether an error ends the reading.
func ends(ctx context.Context, err error) bool {
	var last *fatalError
	return err != nil && (ctx.Err() != nil || statusOf(err) == http.StatusUnauthorized || errors.As(err, &last))
}

// A fatalError ends the reading, whatever it wraps.
type fatalError struct{ error }

func (e *fatalError) Unwrap() error { return e.error }

// scope gives the accounts to be read by a chain each, in order.
func (o *InventoryOptions) scope(parent string) []string {
	wanted := o.Only
	if wanted == nil {
		wanted = append(slices.Clone(o.LedgerAccounts), parent)
	}
	folded := make([]string, 0, len(wanted))
	for _, account := range wanted {
		if account != "" {
			folded = append(folded, reconcile.FoldGUID(account))
		}
	}
	slices.Sort(folded)
	return slices.Compact(folded)
}
