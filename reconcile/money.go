package reconcile

import "github.com/govalues/decimal"

// A month is a YEAR ÷ 12, a WEEK × 52 ÷ 12 and a DAY × 365 ÷ 12. A payment
// made once is 0 a month. An amount is rounded half to even, to the minor unit
// of its currency, once a finding. What is not known stays unknown.

// monthly gives what count units at a price a cycle are a month.
func monthly(price Price, cycle Cycle, count int, code string) Money {
	unknown := Money{Currency: code}
	if !price.Known || code == "" || cycle == "" {
		return unknown
	}
	if cycle == OneTime {
		return Money{Currency: code, Known: true, OneTime: true}
	}
	times, by, ok := monthsOf(cycle)
	if !ok {
		return unknown
	}
	amount, err := price.Amount.Mul(decimal.MustNew(int64(times*count), 0))
	if err != nil {
		return unknown
	}
	if amount, err = amount.Quo(decimal.MustNew(int64(by), 0)); err != nil {
		return unknown
	}
	return Money{Amount: amount, Currency: code, Known: true}
}

// monthsOf gives the fraction that turns the price of a cycle into a month's.
func monthsOf(cycle Cycle) (times, by int, ok bool) {
	count, unit, ok := cycle.split()
	if !ok {
		return 0, 0, false
	}
	switch unit {
	case "YEAR":
		return 1, 12 * count, true
	case "MONTH":
		return 1, count, true
	case "WEEK":
		return 52, 12 * count, true
	case "DAY":
		return 365, 12 * count, true
	}
	return 0, 0, false
}

// plus adds two amounts of one currency; a sum with an unknown part is unknown.
func (m Money) plus(n Money) Money {
	sum, err := m.Amount.Add(n.Amount)
	if err != nil || !m.Known || !n.Known || m.Currency != n.Currency {
		return Money{Currency: m.Currency}
	}
	return Money{Amount: sum, Currency: m.Currency, Known: true, OneTime: m.OneTime && n.OneTime}
}

// rounded rounds to the minor unit of the currency, half to even.
func (m Money) rounded() Money {
	if m.Known {
		m.Amount = m.Amount.Round(MinorUnits(m.Currency)).Pad(MinorUnits(m.Currency))
	}
	return m
}
