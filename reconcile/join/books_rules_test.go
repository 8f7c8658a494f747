package join_test

import (
	"fmt"
	"strings"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Prices and exceptions of random books.

// printPrices gives prices with gaps, in several currencies, of amounts that a
// month does not divide; sometimes none at all.
func (p *press) printPrices() *reconcile.Prices {
	if p.once(20) {
		return nil
	}
	codes := pick(p, []string{"EUR"}, []string{"EUR", "USD"}, []string{"JPY", "KWD", "EUR"})
	var list []reconcile.UnitCost
	for n := range p.products {
		for _, spellings := range [][]reconcile.Cycle{{"12 MONTH", "1 YEAR"}, {"7 DAY", "1 WEEK"}, {"1 MONTH"}, {reconcile.OneTime}} {
			cost := decimal.MustNew(p.Int64N(2_000_000), 4)
			if p.once(30) {
				cost = pick(p, decimal.MustParse("0"), decimal.MustParse("0.06"), decimal.MustParse("0.1800"), decimal.MustParse("9.99"), decimal.MustParse("120"))
			}
			if p.once(85) {
				list = append(list, reconcile.UnitCost{ProductID: strings.ToUpper(idOf('d', n)), Cycle: pick(p, spellings...),
					Cost: reconcile.Price{Amount: cost, Known: true}, Currency: pick(p, codes...), Record: 2 + len(list)})
			}
		}
	}
	prices, _ := reconcile.NewPrices(list)
	return prices
}

// printExceptions gives a few exceptions that may fit, and some that expired.
func (p *press) printExceptions() *reconcile.Exceptions {
	if p.once(70) {
		return nil
	}
	var list []reconcile.Exception
	for n := range 1 + p.IntN(5) {
		e := reconcile.Exception{Kind: pick(p, "*", "", pick(p, reconcile.Kinds()...).String()), Reason: fmt.Sprint("agreed ", n),
			ExternalID: pick(p, "", "*", p.id()), PackageID: pick(p, "", "*", p.packageID()), AccountID: pick(p, "", "*"), Record: 2 + n}
		if blank(e.ExternalID) && blank(e.PackageID) || p.once(30) {
			e.AccountID = p.account()
		}
		e.Expires = p.asOf.Add(pick(p, -1, 0, 1, bookWindow))
		list = append(list, e)
	}
	return reconcile.NewExceptions(list, p.asOf)
}

func blank(cell string) bool { return cell == "" || cell == "*" }

// rulesText shows the prices and the exceptions of an inventory for a person.
func rulesText(r *reconcile.Rules) string {
	var s strings.Builder
	for _, c := range r.Prices.List() {
		s.WriteString("price" + filledFields(c) + "\n")
	}
	if r.Exceptions != nil {
		for _, e := range r.Exceptions.List {
			s.WriteString("exception" + filledFields(e) + "\n")
		}
	}
	return s.String()
}
