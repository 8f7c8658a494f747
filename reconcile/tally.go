package reconcile

import (
	"cmp"
	"slices"
)

// Add counts a finding. The money of open findings adds up by direction and
// currency; findings whose price is not known are counted apart.
func (t *Tally) Add(f *Finding) {
	t.Total++
	t.Kinds[f.Kind.String()][f.State.String()]++
	if f.State != Open || f.Direction == NoDirection {
		return
	}
	total := t.money(f.Direction.String(), f.Monthly.Currency)
	total.Findings++
	switch {
	case !f.Monthly.Known:
		total.Unpriced++
		return
	case f.Monthly.OneTime:
		total.OneTime++
	}
	sum, err := total.Monthly.Add(f.Monthly.Amount)
	if err != nil { // more digits than a decimal has: it can't be said
		total.Unpriced++
		return
	}
	total.Monthly = sum
}

func (t *Tally) money(direction, currency string) *MoneyTotal {
	i := slices.IndexFunc(t.Money, func(m MoneyTotal) bool {
		return m.Direction == direction && m.Currency == currency
	})
	if i < 0 {
		t.Money = append(t.Money, MoneyTotal{Direction: direction, Currency: currency})
		i = len(t.Money) - 1
	}
	return &t.Money[i]
}

// Round orders the money totals and gives each the decimals of its currency.
func (t *Tally) Round() {
	slices.SortFunc(t.Money, func(a, b MoneyTotal) int {
		return cmp.Or(cmp.Compare(a.Direction, b.Direction), cmp.Compare(a.Currency, b.Currency))
	})
	for i := range t.Money {
		t.Money[i].Monthly = t.Money[i].Monthly.Pad(MinorUnits(t.Money[i].Currency))
	}
}
