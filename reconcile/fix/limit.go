package fix

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/govalues/decimal"
)

// A limit of 0 means that none is allowed; only Off lifts one. So the zero value
// of each of these allows nothing.

// A Limit is a greatest number of instances.
type Limit struct {
	Max int
	Off bool
}

func (l Limit) allows(n int) bool { return l.Off || n <= max(0, l.Max) }

// A Percent is a greatest share, in hundredths of a whole.
type Percent struct {
	Max decimal.Decimal
	Off bool
}

// of gives the whole units that the percentage of a number has, rounded down.
// A whole number is greater than the exact share just where it is greater than
// this.
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

// An Age is a greatest age.
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

// A CostLimit is a greatest cost a month, in one currency.
type CostLimit struct {
	Max      decimal.Decimal
	Currency string
	Off      bool
}

func (l CostLimit) String() string { return fmt.Sprintf("%s %s", l.Max, l.Currency) }

// allows reports whether a cost is within the limit: all of it in the limit's
// currency, and none of it unknown.
func (l CostLimit) allows(c *costs) bool {
	if l.Off {
		return true
	}
	if c.unpriced > 0 || !l.Max.IsPos() {
		return false
	}
	for _, sum := range c.sums {
		if sum.Currency != l.Currency || sum.Monthly.Cmp(l.Max) > 0 {
			return false
		}
	}
	return true
}
