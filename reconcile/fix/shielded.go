package fix

import (
	"cmp"
	"maps"
	"slices"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A plan lists what bad rows keep it from fixing, by their lines, so that a
// person knows which row to correct first.

// Shielded is what one bad row of the ledger shields.
type Shielded struct {
	Line      int    `json:"ledger_line"` // its record; the header is 1. 0: a package whose external id can't be read shields it
	Findings  int    `json:"findings"`
	Instances int    `json:"instances"` // that would be canceled or changed
	Costs     []Cost `json:"monthly_costs,omitempty"`
	Unpriced  int    `json:"unpriced_findings,omitempty"` // of cancels, findings without a known price
}

// shields counts what is shielded, by line.
type shields map[int]*Shielded

// add counts a finding that a fix was asked for.
func (s shields) add(f *reconcile.Reported) {
	line := f.Basis.ShieldedBy
	if s[line] == nil {
		s[line] = &Shielded{Line: line}
	}
	of := s[line]
	of.Findings++
	of.Instances += max(1, len(f.Basis.Targets))
	if f.Fix != reconcile.FixCancel {
		return
	}
	currency := f.Monthly.Currency
	if !f.Monthly.Known {
		currency = ""
	}
	sum := CostSum{Costs: of.Costs, Unpriced: of.Unpriced}
	sum.Add(currency, f.Monthly.Amount)
	of.Costs, of.Unpriced = sum.Costs, sum.Unpriced
}

// list returns what is shielded in order of lines.
func (s shields) list() []Shielded {
	var all []Shielded
	for _, of := range slices.SortedFunc(maps.Values(s), func(a, b *Shielded) int { return cmp.Compare(a.Line, b.Line) }) {
		all = append(all, *of)
	}
	return all
}
