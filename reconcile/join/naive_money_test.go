package join_test

import (
	"fmt"
	"strings"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The second opinion on money. Random books know six cycles, and 84 is a
// multiple of all that a month of them is divided by: amounts are whole numbers
// of 84ths of a ten-thousandth, and rounded at the end.

// monthsBy84 gives how many 84ths of its price a month of a cycle costs.
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

// An article is a product in a cycle, and how often it counts.
type article struct {
	product string
	cycle   reconcile.Cycle
	times   int64
}

// bill adds up articles, and gives what they cost a month as text: an amount and
// a currency, or nothing where it is not known.
func (n *opinion) bill(articles ...article) string {
	var sum int64
	code, once := "", len(articles) > 0
	for _, a := range articles {
		ten, currency := n.price(a)
		if currency == "" || code != "" && code != currency {
			return ""
		}
		code, once = currency, once && a.cycle == reconcile.OneTime
		sum += a.times * ten * monthsBy84(a.cycle)
	}
	if code == "" {
		return ""
	}
	return strings.TrimSpace(rounded(sum, places(code)) + " " + code + map[bool]string{true: " once"}[once])
}

// price gives a price in ten-thousandths, and its currency; none where there is
// no price.
func (n *opinion) price(a article) (tenThousandths int64, currency string) {
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

// rounded gives 84ths of a ten-thousandth with so many places, half to even.
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

// leaks gives what a finding leaks: all that is live in its package, or its
// instance.
func (n *opinion) leaks(f *reconcile.Finding, p *pack) string {
	var articles []article
	for _, i := range p.Instances {
		if i.Status.Live() && (f.InstanceID == "" || f.InstanceID == i.ID) {
			articles = append(articles, article{i.ProductID, i.Cycle, 1})
		}
	}
	return n.bill(articles...)
}

// leak gives the money of a finding that Wix bills in vain; a duplicate has it
// already.
func (n *opinion) leak(f *reconcile.Finding, p *pack) {
	switch f.Kind {
	case reconcile.OrphanPackage, reconcile.UnidentifiedPackage, reconcile.CanceledInLedger, reconcile.ExtraInstance:
		f.Direction, f.Monthly = reconcile.Leak, counted(n.leaks(f, p))
	}
}

// overpays gives what Wix bills for a unit's instance above what the line says.
func (n *opinion) overpays(u *unit) string {
	wanted := article{u.line.ProductID, u.line.Cycle, -1}
	if wanted.product == "" {
		wanted.product = u.got.ProductID
	}
	if wanted.cycle == "" {
		wanted.cycle = u.got.Cycle
	}
	return n.bill(article{u.got.ProductID, u.got.Cycle, 1}, wanted)
}

// difference gives the money of a mismatch. Where the product is wrong as well,
// that of the cycle stands with the product.
func (n *opinion) difference(column string, u *unit) (reconcile.Direction, reconcile.Money) {
	amount := n.overpays(u)
	switch {
	case column != product && column != cycle:
		return reconcile.NoDirection, reconcile.Money{}
	case column == cycle && u.line.ProductID != "" && u.line.ProductID != u.got.ProductID:
		amount = zeroed(amount)
	}
	return reconcile.Difference, counted(amount)
}

// zeroed gives an amount with none of it left.
func zeroed(amount string) string {
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

// best gives the duplicate that is paid for: of most lines, the newest, the
// lowest id.
func (n *opinion) best(s *subscription, live []*pack) *pack {
	served := func(p *pack) int {
		lines := map[*reconcile.Line]bool{}
		for _, u := range n.choose(s, p) {
			if u.got != nil && u.got.Status.Live() && u.phase != reconcile.PhaseEnded {
				lines[u.line] = true
			}
		}
		return len(lines)
	}
	beats := func(p, q *pack) bool {
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
		if beats(p, first) {
			first = p
		}
	}
	return first
}

// counted gives the money of an opinion as the program would hold it.
func counted(amount string) reconcile.Money {
	parts := strings.Fields(amount)
	if len(parts) < 2 {
		return reconcile.Money{}
	}
	return reconcile.Money{Amount: decimal.MustParse(parts[0]), Currency: parts[1], Known: true, OneTime: len(parts) == 3}
}
