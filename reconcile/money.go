package reconcile

import (
	"math/big"

	"github.com/govalues/decimal"
)

// A month is a YEAR ÷ 12, a WEEK × 52 ÷ 12 and a DAY × 365 ÷ 12. Cycles that are
// equal have equal months, so 7 DAY counts as the WEEK that it is. A payment
// made once is 0 a month. Amounts are added as exact fractions and rounded
// once a finding, half to even, to the minor unit of the currency. What is not
// known stays unknown, and so does a sum with an unknown part.

// charges are what units are paid for a month, before they are rounded: what
// lines bring the reseller, or what instances cost it. A count below zero takes
// away.
type charges struct {
	sum      big.Rat
	currency string // that all parts have; empty where they differ
	parts    int
	oneTime  int // parts that are paid once
	unknown  bool
}

// add adds count units at a price a cycle.
func (c *charges) add(price Price, cycle Cycle, count int, currency string) {
	if c.parts > 0 && currency != c.currency {
		c.unknown, currency = true, ""
	}
	c.currency = currency
	c.parts++
	switch {
	case !price.Known || currency == "":
		c.unknown = true
		return
	case cycle == OneTime:
		c.oneTime++
		return
	}
	times, by, ok := monthsOf(cycle)
	amount, whole := new(big.Rat).SetString(price.Amount.String())
	if !ok || !whole {
		c.unknown = true
		return
	}
	amount.Mul(amount, big.NewRat(int64(times)*int64(count), int64(by)))
	c.sum.Add(&c.sum, amount)
}

// money rounds the sum.
func (c *charges) money() Money {
	m := Money{Currency: c.currency, OneTime: c.parts > 0 && c.oneTime == c.parts}
	if c.unknown || c.parts == 0 {
		return Money{Currency: c.currency}
	}
	amount, err := roundHalfEven(&c.sum, MinorUnits(c.currency))
	m.Amount, m.Known = amount, err == nil
	return m
}

// roundHalfEven gives a fraction with so many decimals.
func roundHalfEven(x *big.Rat, scale int) (decimal.Decimal, error) {
	shift := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)
	num := new(big.Int).Mul(x.Num(), shift)
	whole, rest := new(big.Int).DivMod(num, x.Denom(), new(big.Int))
	switch rest.Lsh(rest, 1).Cmp(x.Denom()) {
	case 1:
		whole.Add(whole, big.NewInt(1))
	case 0:
		whole.Add(whole, big.NewInt(int64(whole.Bit(0))))
	}
	return decimal.Parse(new(big.Rat).SetFrac(whole, shift).FloatString(scale))
}

// monthsOf gives the fraction that turns the price of a cycle into a month's.
func monthsOf(cycle Cycle) (times, by int, ok bool) {
	count, unit, ok := cycle.canonical().split()
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
