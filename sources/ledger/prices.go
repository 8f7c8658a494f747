package ledger

// Prices are what Wix bills for one instance, by product and billing cycle. A
// price is never guessed: a cost that is blank, below zero or in doubt is a
// fault, and so are two rows for one product and cycle that do not say the same.

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/wixrecon/wixrecon/reconcile"
)

func priceColumns() []listColumn {
	return []listColumn{
		{"catalog_product_id", true, true},
		{"billing_cycle", true, false},
		{"unit_cost", true, false},
		{"currency", true, false},
		{"product_name", false, false},
	}
}

// ReadPrices reads the prices. Errors begin with the name; one of content is a
// *ListFault, which tells every row that can't be read.
func ReadPrices(ctx context.Context, in io.Reader, name string) (*reconcile.Prices, error) {
	l, err := openList(in, name, nil, priceColumns())
	if err != nil {
		return nil, err
	}
	var costs []reconcile.UnitCost
	at := make(map[int]string) // of each row by its record, for people
	err = l.rows(ctx, func(r *listRow) {
		if cost := r.cost(); r.good() {
			costs = append(costs, cost)
			at[cost.Record] = r.at
		}
	})
	if err != nil {
		return nil, err
	}
	prices, clashes := reconcile.NewPrices(costs)
	for _, c := range clashes {
		one, other := &c.Kept, &c.Ignored
		if one.Record > other.Record {
			one, other = other, one
		}
		l.fault(fmt.Errorf("%s: %q for %s is %s, and %s on %s",
			at[other.Record], other.ProductID, other.Cycle, priceText(other), priceText(one), at[one.Record]))
	}
	if err := l.verdict(); err != nil {
		return nil, err
	}
	return prices, nil
}

// cost reads a row, cell by cell as the ledger's are.
func (r *listRow) cost() reconcile.UnitCost {
	var line reconcile.Line
	currency := letters(3, func(l *reconcile.Line) *string { return &l.Currency })
	r.need("catalog_product_id", &line, (*parser).product)
	r.need("billing_cycle", &line, (*parser).cycle)
	r.need("unit_cost", &line, unitCost)
	r.need("currency", &line, currency)
	cost := reconcile.UnitCost{
		ProductID: line.ProductID, Cycle: line.Cycle, Cost: line.UnitPrice, Currency: line.Currency, Record: r.record.Record,
	}
	r.may("product_name", &line, note(&cost.ProductName))
	return cost
}

func priceText(c *reconcile.UnitCost) string {
	text := c.Cost.Amount.String() + " " + c.Currency
	if c.ProductName != "" {
		text += fmt.Sprintf(" (%s)", clipped(c.ProductName, 60))
	}
	return text
}

// unitCost reads a number that can be read in one way only.
func unitCost(p *parser, l *reconcile.Line, cell string) error {
	err := p.price(l, cell)
	if doubt := (*misfit)(nil); errors.As(err, &doubt) {
		example := map[byte]string{'.': "1234.56", ',': "1234,56"}[p.numbers.mark]
		return fmt.Errorf("in doubt, for numbers have a decimal %s here: write them like %s, without thousands", word(p.numbers.mark), example)
	}
	return err
}
