package reconcile

import (
	"cmp"
	"maps"
	"slices"
)

// A UnitCost is one row of the prices: what Wix bills for one instance per cycle.
type UnitCost struct {
	ProductID   string
	Cycle       Cycle
	Cost        Price
	Currency    string // upper case
	ProductName string // for people; may be empty
	Record      int    // its row in the file; the header is 1
}

// Prices finds the cost of a product and cycle. GUIDs are equal without regard to
// case, cycles if Cycle.Equal holds. A price is never derived from that of
// another cycle. A nil *Prices knows none.
type Prices struct {
	costs map[priceKey]UnitCost
}

type priceKey struct {
	product string
	cycle   Cycle
}

func newPriceKey(productID string, cycle Cycle) priceKey {
	return priceKey{FoldGUID(productID), cycle.canonical()}
}

func (c *UnitCost) key() priceKey { return newPriceKey(c.ProductID, c.Cycle) }

// A PriceConflict is two different prices for one product and cycle.
type PriceConflict struct{ Kept, Ignored UnitCost }

// NewPrices indexes prices. Of conflicting ones the first in the order of compare
// is kept, so that the order of the rows does not matter.
func NewPrices(list []UnitCost) (*Prices, []PriceConflict) {
	p := &Prices{costs: make(map[priceKey]UnitCost, len(list))}
	var conflicts []PriceConflict
	ordered := slices.SortedFunc(slices.Values(list), func(a, b UnitCost) int { return a.compare(&b) })
	for _, c := range ordered {
		key := c.key()
		if first, exists := p.costs[key]; !exists {
			p.costs[key] = c
		} else if !first.agrees(&c) {
			conflicts = append(conflicts, PriceConflict{first, c})
		}
	}
	return p, conflicts
}

// agrees reports whether two rows for one product and cycle state the same. A
// missing name is not a contradiction.
func (c *UnitCost) agrees(d *UnitCost) bool {
	bothNamed := c.ProductName != "" && d.ProductName != ""
	return c.Cost.Known == d.Cost.Known && c.Cost.Amount.Cmp(d.Cost.Amount) == 0 &&
		c.Currency == d.Currency && (!bothNamed || c.ProductName == d.ProductName)
}

// compare orders by product and cycle, then by the other cells. Rows without a
// name come last.
func (c *UnitCost) compare(d *UnitCost) int {
	k, l := c.key(), d.key()
	unnamed := func(x *UnitCost) int {
		if x.ProductName == "" {
			return 1
		}
		return 0
	}
	return cmp.Or(
		cmp.Compare(k.product, l.product), cmp.Compare(k.cycle, l.cycle),
		c.Cost.compare(d.Cost), cmp.Compare(c.Currency, d.Currency),
		cmp.Compare(unnamed(c), unnamed(d)), cmp.Compare(c.ProductName, d.ProductName),
		cmp.Compare(c.Cycle, d.Cycle), cmp.Compare(c.Record, d.Record),
	)
}

// Lookup returns the cost of one instance of the product per cycle.
func (p *Prices) Lookup(productID string, cycle Cycle) (UnitCost, bool) {
	if p == nil {
		return UnitCost{}, false
	}
	c, ok := p.costs[newPriceKey(productID, cycle)]
	return c, ok
}

// List returns the prices, one for each product and cycle, in that order.
func (p *Prices) List() []UnitCost {
	if p == nil {
		return nil
	}
	return slices.SortedFunc(maps.Values(p.costs), func(a, b UnitCost) int { return a.compare(&b) })
}

// Monthly returns what Wix bills a month for one instance, rounded to the minor
// unit of the currency, and whether that is known.
func (p *Prices) Monthly(productID string, cycle Cycle) (Money, bool) {
	var c charges
	c.addCost(p, productID, cycle, 1)
	m := c.money()
	return m, m.Known
}
