package join_test

import (
	"fmt"
	"strings"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Prices and exceptions of random data sets.

// newPrices returns prices with gaps, in several currencies, with amounts that
// must be rounded; sometimes none at all.
func (g *generator) newPrices() *reconcile.Prices {
	if g.chance(20) {
		return nil
	}
	codes := pick(g, []string{"EUR"}, []string{"EUR", "USD"}, []string{"JPY", "KWD", "EUR"})
	var list []reconcile.UnitCost
	for n := range g.products {
		for _, spellings := range [][]reconcile.Cycle{{"12 MONTH", "1 YEAR"}, {"7 DAY", "1 WEEK"}, {"1 MONTH"}, {reconcile.OneTime}} {
			cost := decimal.MustNew(g.Int64N(2_000_000), 4)
			if g.chance(30) {
				cost = pick(g, decimal.MustParse("0"), decimal.MustParse("0.06"), decimal.MustParse("0.1800"), decimal.MustParse("9.99"), decimal.MustParse("120"))
			}
			if g.chance(85) {
				list = append(list, reconcile.UnitCost{ProductID: strings.ToUpper(idOf('d', n)), Cycle: pick(g, spellings...),
					Cost: reconcile.Price{Amount: cost, Known: true}, Currency: pick(g, codes...), Record: 2 + len(list)})
			}
		}
	}
	prices, _ := reconcile.NewPrices(list)
	return prices
}

// newExceptions returns a few exceptions that may fit, and some expired ones.
func (g *generator) newExceptions() *reconcile.Exceptions {
	if g.chance(70) {
		return nil
	}
	var list []reconcile.Exception
	for n := range 1 + g.IntN(5) {
		e := reconcile.Exception{Kind: pick(g, "*", "", pick(g, reconcile.Kinds()...).String()), Reason: fmt.Sprint("agreed ", n),
			ExternalID: pick(g, "", "*", g.id()), PackageID: pick(g, "", "*", g.packageID()), AccountID: pick(g, "", "*"), Record: 2 + n}
		if fitsAll(e.ExternalID) && fitsAll(e.PackageID) || g.chance(30) {
			e.AccountID = g.account()
		}
		e.Expires = g.asOf.Add(pick(g, -1, 0, 1, inFlightWindow))
		list = append(list, e)
	}
	return reconcile.NewExceptions(list, g.asOf)
}

func fitsAll(cell string) bool { return cell == "" || cell == "*" }

// rulesText formats the prices and the exceptions for a person.
func rulesText(r *reconcile.Rules) string {
	var s strings.Builder
	for _, c := range r.Prices.List() {
		s.WriteString("price" + fieldsText(c) + "\n")
	}
	if r.Exceptions != nil {
		for _, e := range r.Exceptions.List {
			s.WriteString("exception" + fieldsText(e) + "\n")
		}
	}
	return s.String()
}
