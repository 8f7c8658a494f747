package fix

import (
	"cmp"
	"maps"
	"slices"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A load is what the limits are held against: what is to be sent now and what
// was sent of late, by sub-account.

type load struct {
	accounts map[string]*portion
	costs    costs // of all removals
}

// A portion is what one sub-account has of a load, in instances.
type portion struct {
	fixes, cancels           int // of the plan
	spentFixes, spentCancels int
}

func newFixes(p *portion) int   { return p.fixes }
func newCancels(p *portion) int { return p.cancels }
func allFixes(p *portion) int   { return p.fixes + p.spentFixes }
func allCancels(p *portion) int { return p.cancels + p.spentCancels }

func newLoad(actions []Action, reviewed bool, spent []Usage) *load {
	w := &load{accounts: make(map[string]*portion)}
	for i := range actions {
		a := &actions[i]
		if !a.Due(reviewed) {
			continue
		}
		p := w.portion(a.AccountID)
		p.fixes += a.Instances
		if a.Removal {
			p.cancels += a.Instances
			w.cost(a.Costs, a.Unpriced)
		}
	}
	for i := range spent {
		p := w.portion(spent[i].AccountID)
		p.spentFixes += spent[i].Fixes
		p.spentCancels += spent[i].Cancels
		w.cost(spent[i].Costs, spent[i].Unpriced)
	}
	return w
}

func (w *load) portion(account string) *portion {
	if w.accounts[account] == nil {
		w.accounts[account] = &portion{}
	}
	return w.accounts[account]
}

func (w *load) cost(sums []Cost, unpriced int) {
	for _, c := range sums {
		w.costs.add(c.Currency, c.Monthly)
	}
	w.costs.unpriced += unpriced
}

func (w *load) total(of func(*portion) int) int {
	n := 0
	for _, p := range w.accounts {
		n += of(p)
	}
	return n
}

// contributors is how many of the largest are told.
const contributors = 5

// largest gives the sub-accounts that have most, those with nothing left out.
func (w *load) largest(of func(*portion) int) []reconcile.AccountShare {
	var all []reconcile.AccountShare
	for _, account := range slices.Sorted(maps.Keys(w.accounts)) {
		if n := of(w.accounts[account]); n > 0 {
			all = append(all, reconcile.AccountShare{AccountID: account, Instances: n})
		}
	}
	slices.SortStableFunc(all, func(a, b reconcile.AccountShare) int { return cmp.Compare(b.Instances, a.Instances) })
	return all[:min(len(all), contributors)]
}
