package reconcile

import (
	"math/big"

	"github.com/govalues/decimal"
)

// Money is a monthly amount in one currency. The amount is zero where it is not
// known.
type Money struct {
	Amount   decimal.Decimal
	Currency string
	Known    bool
	OneTime  bool // a price that is paid once: 0 a month
}

// charges adds up monthly prices before they are rounded: what lines earn, or
// what instances cost. A month is YEAR ÷ 12, WEEK × 52 ÷ 12 and DAY × 365 ÷ 12;
// equal cycles have equal months, so 7 DAY counts as a WEEK. A one-time price is
// 0 a month. The sum is an exact fraction, rounded once. A sum with an unknown
// part is unknown.
type charges struct {
	sum      big.Rat
	currency string // of all parts; empty where they differ
	parts    int
	oneTime  int // parts that are paid once
	unknown  bool
}

// add adds a price per cycle, count times. A negative count subtracts.
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
	months, per, ok := monthFraction(cycle)
	amount, valid := new(big.Rat).SetString(price.Amount.String())
	if !ok || !valid {
		c.unknown = true
		return
	}
	amount.Mul(amount, big.NewRat(int64(months)*int64(count), int64(per)))
	c.sum.Add(&c.sum, amount)
}

// money returns the sum, rounded half to even to the minor unit of the currency.
func (c *charges) money() Money {
	if c.unknown || c.parts == 0 {
		return Money{Currency: c.currency}
	}
	amount, err := roundHalfEven(&c.sum, MinorUnits(c.currency))
	return Money{Currency: c.currency, Amount: amount, Known: err == nil, OneTime: c.oneTime == c.parts}
}

// roundHalfEven returns a fraction with that many decimals.
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

// monthFraction returns the fraction that turns a price per cycle into a monthly
// one.
func monthFraction(cycle Cycle) (months, per int, ok bool) {
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
