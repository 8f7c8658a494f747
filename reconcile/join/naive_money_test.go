package join_test

import (
	"fmt"
	"strings"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The oracle's money. Random data sets have six cycles, and 84 is a multiple of
// all their divisors: amounts are whole numbers of 84ths of a ten-thousandth,
// rounded at the end.

// monthsBy84 returns how many 84ths of its price a cycle costs per month.
func monthsBy84(cycle reconcile.Cycle) int64 {
	switch cycle {
	case "1 YEAR", "12 MONTH":
		return 84 / 12
	case "1 MONTH":
		return 84
	case "1 WEEK", "7 DAY":
		return 84 * 52 / 12
	}
	return 0
}

// An item is a product with a cycle, and how often it is billed.
type item struct {
	product string
	cycle   reconcile.Cycle
	count   int64
}

// monthlyCost returns what items cost a month as text: an amount and a currency,
// or nothing where the cost is not known.
func (n *oracle) monthlyCost(items ...item) string {
	var sum int64
	code, once := "", len(items) > 0
	for _, a := range items {
		ten, currency := n.price(a)
		if currency == "" || code != "" && code != currency {
			return ""
		}
		code, once = currency, once && a.cycle == reconcile.OneTime
		sum += a.count * ten * monthsBy84(a.cycle)
	}
	if code == "" {
		return ""
	}
	return strings.TrimSpace(rounded(sum, places(code)) + " " + code + map[bool]string{true: " once"}[once])
}

// price returns a price in ten-thousandths and its currency, which is empty where
// there is no price.
func (n *oracle) price(a item) (tenThousandths int64, currency string) {
	same := func(c, d reconcile.Cycle) bool {
		return c == d || monthsBy84(c) > 0 && monthsBy84(c) == monthsBy84(d)
	}
	for _, c := range n.costs {
		if strings.EqualFold(c.ProductID, a.product) && same(c.Cycle, a.cycle) {
			whole, fraction, _ := c.Cost.Amount.Int64(4)
			return whole*10_000 + fraction, c.Currency
		}
	}
	return 0, ""
}

func places(currency string) int {
	switch currency {
	case "JPY":
		return 0
	case "KWD":
		return 3
	}
	return 2
}

// rounded returns 84ths of a ten-thousandth with that many places, half to even.
func rounded(sum int64, places int) string {
	by := int64(84)
	for range 4 - places {
		by *= 10
	}
	sign := ""
	if sum < 0 {
		sign, sum = "-", -sum
	}
	units, rest := sum/by, sum%by
	if 2*rest > by || 2*rest == by && units%2 == 1 {
		units++
	}
	if units == 0 {
		sign = ""
	}
	digits := fmt.Sprintf("%0*d", places+1, units)
	if places == 0 {
		return sign + digits
	}
	return sign + digits[:len(digits)-places] + "." + digits[len(digits)-places:]
}

// leakCost returns the cost of a leak: of its instance, or of all live instances of
// its package.
func (n *oracle) leakCost(f *reconcile.Finding, p *pkg) string {
	var items []item
	for _, i := range p.Instances {
		if i.Status.Live() && (f.InstanceID == "" || f.InstanceID == i.ID) {
			items = append(items, item{i.ProductID, i.Cycle, 1})
		}
	}
	return n.monthlyCost(items...)
}

// setLeak sets the money of a leak. A duplicate has it already.
func (n *oracle) setLeak(f *reconcile.Finding, p *pkg) {
	switch f.Kind {
	case reconcile.OrphanPackage, reconcile.UnidentifiedPackage, reconcile.CanceledInLedger, reconcile.ExtraInstance:
		f.Direction, f.Monthly = reconcile.Leak, parseMoney(n.leakCost(f, p))
	}
}

// costDifference returns what Wix bills for a unit's instance above what it would
// bill for it as the line states it.
func (n *oracle) costDifference(u *unit) string {
	expected := item{u.line.ProductID, u.line.Cycle, -1}
	if expected.product == "" {
		expected.product = u.got.ProductID
	}
	if expected.cycle == "" {
		expected.cycle = u.got.Cycle
	}
	return n.monthlyCost(item{u.got.ProductID, u.got.Cycle, 1}, expected)
}

// mismatchMoney returns the money of a mismatch. Where product and cycle differ, the
// product's finding has all of it.
func (n *oracle) mismatchMoney(column string, u *unit) (reconcile.Direction, reconcile.Money) {
	amount := n.costDifference(u)
	switch {
	case column != product && column != cycle:
		return reconcile.NoDirection, reconcile.Money{}
	case column == cycle && u.line.ProductID != "" && u.line.ProductID != u.got.ProductID:
		amount = zeroAmount(amount)
	}
	return reconcile.Difference, parseMoney(amount)
}

// zeroAmount returns an amount with all digits zero.
func zeroAmount(amount string) string {
	digits, code, known := strings.Cut(amount, " ")
	if !known {
		return amount
	}
	clear := func(r rune) rune {
		switch r {
		case '-':
			return -1
		case '.':
			return r
		}
		return '0'
	}
	digits = strings.Map(clear, digits)
	if at := strings.IndexByte(digits, '.'); at > 0 {
		return "0" + digits[at:] + " " + code
	}
	return "0 " + code
}

// best returns the duplicate that is paid for: the one that serves the most lines,
// then the newest, then the lowest id.
func (n *oracle) best(s *subscription, live []*pkg) *pkg {
	served := func(p *pkg) int {
		lines := map[*reconcile.Line]bool{}
		for _, u := range n.choose(s, p) {
			if u.got != nil && u.got.Status.Live() && u.phase != reconcile.PhaseEnded {
				lines[u.line] = true
			}
		}
		return len(lines)
	}
	better := func(p, q *pkg) bool {
		switch a, b := served(p), served(q); {
		case a != b:
			return a > b
		case !p.Created.Equal(q.Created):
			return p.Created.After(q.Created)
		}
		return p.ID < q.ID
	}
	first := live[0]
	for _, p := range live {
		if better(p, first) {
			first = p
		}
	}
	return first
}

// parseMoney converts the oracle's text to Money.
func parseMoney(amount string) reconcile.Money {
	parts := strings.Fields(amount)
	if len(parts) < 2 {
		return reconcile.Money{}
	}
	return reconcile.Money{Amount: decimal.MustParse(parts[0]), Currency: parts[1], Known: true, OneTime: len(parts) == 3}
}
