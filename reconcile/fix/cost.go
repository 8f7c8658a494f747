package fix

import (
	"cmp"
	"slices"

	"github.com/govalues/decimal"
)

// A removal says what it takes away costs a month, by currency. What has no
// known price is counted, never taken for nothing; currencies are never added
// together.

// A Cost is an amount a month in one currency.
type Cost struct {
	Currency string          `json:"currency"`
	Monthly  decimal.Decimal `json:"monthly_amount"`
}

// costs add up by currency.
type costs struct {
	sums     []Cost // by currency
	unpriced int    // instances
}

// add adds what one instance costs.
func (c *costs) add(currency string, amount decimal.Decimal) {
	if currency == "" {
		c.unpriced++
		return
	}
	i, there := slices.BinarySearchFunc(c.sums, currency, func(s Cost, currency string) int {
		return cmp.Compare(s.Currency, currency)
	})
	if !there {
		c.sums = slices.Insert(c.sums, i, Cost{Currency: currency})
	}
	sum, err := c.sums[i].Monthly.Add(amount)
	if err != nil { // more digits than a decimal has: it can't be said
		c.unpriced++
		return
	}
	c.sums[i].Monthly = sum
}

// price notes what a removal takes away.
func (a *Action) price(cost PriceLookup) {
	var c costs
	for _, id := range a.takes() {
		inst := a.Seen.instance(id)
		if cost == nil {
			c.unpriced++
			continue
		}
		money, known := cost(inst.ProductID, inst.Cycle)
		if !known || !money.Known {
			c.unpriced++
			continue
		}
		c.add(money.Currency, money.Amount)
	}
	a.Costs, a.Unpriced = c.sums, c.unpriced
}
