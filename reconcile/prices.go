package reconcile

import (
	"cmp"
	"maps"
	"slices"
)

// Prices are what Wix bills for one instance, by product and billing cycle.
// Product ids that are GUIDs are equal without regard to case, and cycles as
// Cycle.Same has it: a price for 12 MONTH is one for 1 YEAR. Nothing is derived
// from another cycle's price: what is not listed is not known.

// A UnitCost is one row of the prices.
type UnitCost struct {
	ProductID   string
	Cycle       Cycle
	Cost        Price  // of one instance a cycle
	Currency    string // upper case
	ProductName string // for people; may be empty
	Record      int    // its row in the file, the header being 1
}

// Prices are looked up by product and cycle. A nil *Prices knows none.
type Prices struct {
	costs map[priced]UnitCost
	names map[string]string // by product
}

// priced is what a price is of.
type priced struct {
	product string
	cycle   Cycle
}

func (c *UnitCost) key() priced { return keyOf(c.ProductID, c.Cycle) }

func keyOf(productID string, cycle Cycle) priced {
	return priced{FoldGUID(productID), cycle.canonical()}
}

// A Clash is two prices of one product and cycle that do not say the same.
type PriceConflict struct{ One, Other UnitCost }

// NewPrices makes prices ready to be looked up. Of those that clash the first
// by its own cells is taken, whatever their order.
func NewPrices(list []UnitCost) (*Prices, []PriceConflict) {
	p := &Prices{costs: make(map[priced]UnitCost, len(list)), names: make(map[string]string)}
	var clashes []PriceConflict
	ordered := slices.SortedFunc(slices.Values(list), func(a, b UnitCost) int { return a.compare(&b) })
	for _, c := range ordered {
		key := c.key()
		if first, there := p.costs[key]; !there {
			p.costs[key] = c
		} else if !first.agrees(&c) {
			clashes = append(clashes, PriceConflict{first, c})
		}
		if p.names[key.product] == "" {
			p.names[key.product] = c.ProductName
		}
	}
	return p, clashes
}

// agrees reports whether two rows for one product and cycle say the same. A
// name that only one of them has is no contradiction.
func (c *UnitCost) agrees(d *UnitCost) bool {
	named := c.ProductName != "" && d.ProductName != ""
	return c.Cost.Known == d.Cost.Known && c.Cost.Amount.Cmp(d.Cost.Amount) == 0 &&
		c.Currency == d.Currency && (!named || c.ProductName == d.ProductName)
}

// compare orders by product and cycle, and then by what the row says of them;
// rows without a name come last.
func (c *UnitCost) compare(d *UnitCost) int {
	k, l := c.key(), d.key()
	unnamed := func(u *UnitCost) int {
		if u.ProductName == "" {
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

// Of gives the price of one instance of the product a cycle.
func (p *Prices) Of(productID string, cycle Cycle) (UnitCost, bool) {
	if p == nil {
		return UnitCost{}, false
	}
	c, ok := p.costs[keyOf(productID, cycle)]
	return c, ok
}

// Name gives the name of a product: of its prices the first, by cycle, that has
// one. It is empty where none has.
func (p *Prices) Name(productID string) string {
	if p == nil {
		return ""
	}
	return p.names[FoldGUID(productID)]
}

// List gives the prices, one a product and cycle, in the order of both.
func (p *Prices) List() []UnitCost {
	if p == nil {
		return nil
	}
	return slices.SortedFunc(maps.Values(p.costs), func(a, b UnitCost) int { return a.compare(&b) })
}

// Monthly gives what Wix bills a month for one instance, rounded to the minor
// unit of the currency, and whether that is known.
func (p *Prices) Monthly(productID string, cycle Cycle) (Money, bool) {
	var c charges
	c.addCost(p, productID, cycle, 1)
	m := c.money()
	return m, m.Known
}

// addCost adds what Wix bills for count instances of a product.
func (c *charges) addCost(p *Prices, productID string, cycle Cycle, count int) {
	cost, _ := p.Of(productID, cycle) // none is an unknown price
	c.add(cost.Cost, cycle, count, cost.Currency)
}
