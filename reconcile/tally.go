package reconcile

import (
	"cmp"
	"slices"

	"github.com/govalues/decimal"
)

// A Tally counts findings by kind and state and adds up their money.
type Tally struct {
	Total int                       `json:"total"`
	Kinds map[string]map[string]int `json:"kinds"` // kind → state → findings, every kind and state named
	Money []MoneyTotal              `json:"money"` // of open findings, by direction and currency

	HighBadRows int `json:"high_bad_rows,omitempty"` // open ones that shield more than their own ids
}

// MoneyTotal is the sum of the open findings of one direction and currency.
type MoneyTotal struct {
	Direction string          `json:"direction"`
	Currency  string          `json:"currency"` // empty where the price is unknown
	Monthly   decimal.Decimal `json:"monthly"`
	Findings  int             `json:"findings"`
	OneTime   int             `json:"one_time"` // of these, paid once: 0 a month
	Unpriced  int             `json:"unpriced"` // of these, without a known price
}

// NewTally returns a tally in which every kind and state is 0.
func NewTally() Tally {
	t := Tally{Kinds: make(map[string]map[string]int, kinds)}
	for _, k := range Kinds() {
		t.Kinds[k.String()] = make(map[string]int, states)
		for _, s := range States() {
			t.Kinds[k.String()][s.String()] = 0
		}
	}
	return t
}

// State returns the number of findings in a state, over all kinds.
func (t *Tally) State(s State) int {
	n := 0
	for _, byState := range t.Kinds {
		n += byState[s.String()]
	}
	return n
}

// Add counts a finding. The money of open findings is added up by direction and
// currency; findings without a known price are counted separately.
func (t *Tally) Add(f *Finding) {
	t.Total++
	t.Kinds[f.Kind.String()][f.State.String()]++
	if f.State == Open && f.Kind == InvalidLedgerRow && f.Severity() == High {
		t.HighBadRows++
	}
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
	if err != nil { // more digits than a decimal can hold
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

// Round sorts the money totals and pads each to the decimals of its currency.
func (t *Tally) Round() {
	slices.SortFunc(t.Money, func(a, b MoneyTotal) int {
		return cmp.Or(cmp.Compare(a.Direction, b.Direction), cmp.Compare(a.Currency, b.Currency))
	})
	for i := range t.Money {
		t.Money[i].Monthly = t.Money[i].Monthly.Pad(MinorUnits(t.Money[i].Currency))
	}
}
