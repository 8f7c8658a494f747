package guard

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// A bound of 0 allows nothing; only Off lifts one. So the zero value of each of
// these types allows nothing.

// Flag returns the flag of a limit or a guard.
func Flag(name string) string { return "--" + strings.ReplaceAll(name, "_", "-") }

// A Limit is the maximum number of instances.
type Limit struct {
	Max int
	Off bool
}

func (l Limit) allows(n int) bool { return l.Off || n <= max(0, l.Max) }

// times returns a multiple of the limit.
func (l Limit) times(n int) Limit { return Limit{Max: max(0, l.Max) * n, Off: l.Off} }

// A Percent is the maximum share, in hundredths of a whole.
type Percent struct {
	Max decimal.Decimal
	Off bool
}

// of returns the percentage of a number, rounded down to whole units. A whole
// number is greater than the exact share exactly where it is greater than this.
func (p Percent) of(n int) int {
	if !p.Max.IsPos() || n <= 0 {
		return 0
	}
	part := new(big.Int).SetUint64(p.Max.Coef())
	part.Mul(part, big.NewInt(int64(n)))
	whole := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(p.Max.Scale())+2), nil)
	part.Quo(part, whole)
	if !part.IsInt64() {
		return n // far more than all of them
	}
	return int(part.Int64())
}

func (p Percent) String() string { return p.Max.Trim(0).String() + " %" }

// An Age is the maximum age.
type Age struct {
	Max time.Duration
	Off bool
}

func (a Age) String() string { return period(a.Max) }

// period writes a duration without the units that are 0.
func period(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// A CostLimit is the maximum cost a month, in one currency.
type CostLimit struct {
	Max      decimal.Decimal
	Currency string
	Off      bool
}

func (l CostLimit) String() string { return fmt.Sprintf("%s %s", l.Max, l.Currency) }

// times returns a multiple of the limit; one that can't be computed is none.
func (l CostLimit) times(n int) CostLimit {
	max, err := decimal.New(int64(n), 0)
	if err == nil {
		max, err = l.Max.Mul(max)
	}
	return CostLimit{Max: max, Currency: l.Currency, Off: l.Off || err != nil}
}

// comparable returns the part of a cost that is known, in the limit's currency.
func (l CostLimit) comparable(s *fix.CostSum) fix.CostSum {
	var sum fix.CostSum
	for _, c := range s.Costs {
		if c.Currency == l.Currency {
			sum.Add(c.Currency, c.Monthly)
		}
	}
	return sum
}

// allows reports whether a cost is within the limit: all of it in the limit's
// currency, and none of it unknown.
func (l CostLimit) allows(s *fix.CostSum) bool {
	if l.Off {
		return true
	}
	if s.Unpriced > 0 || !l.Max.IsPos() {
		return false
	}
	for _, c := range s.Costs {
		if c.Currency != l.Currency || c.Monthly.Cmp(l.Max) > 0 {
			return false
		}
	}
	return true
}
