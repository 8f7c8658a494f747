package ledger

// Prices are what Wix bills for one instance, by product and billing cycle. They
// are never guessed: a missing, negative or ambiguous cost is an error, and so
// are two rows that differ for the same product and cycle.

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

// ReadPrices reads the prices. Errors name the list; an error in its content is
// a *ListError with all problems.
func ReadPrices(ctx context.Context, in io.Reader, name string) (*reconcile.Prices, error) {
	l, err := openList(in, name, nil, &listOptions{columnsOf: func([]string) []listColumn { return priceColumns() },
		header: func(cells []string) int { return rankOf(hasRequired(cells, priceColumns())) }})
	if err != nil {
		return nil, err
	}
	var costs []reconcile.UnitCost
	positions := make(map[int]string) // by record
	err = l.eachRow(ctx, func(r *listRow) {
		if cost := r.cost(); r.valid() {
			costs = append(costs, cost)
			positions[cost.Record] = r.position
		}
	})
	if err != nil {
		return nil, err
	}
	prices, conflicts := reconcile.NewPrices(costs)
	for _, c := range conflicts {
		one, other := &c.Kept, &c.Ignored
		if one.Record > other.Record {
			one, other = other, one
		}
		l.addError(fmt.Errorf("%s: %q for %s is %s, and %s on %s",
			positions[other.Record], other.ProductID, other.Cycle, priceText(other), priceText(one), positions[one.Record]))
	}
	if err := l.err(); err != nil {
		return nil, err
	}
	return prices, nil
}

// cost reads a row, cell by cell as in the ledger.
func (r *listRow) cost() reconcile.UnitCost {
	var line reconcile.Line
	r.required("catalog_product_id", &line, (*cellParser).product)
	r.required("billing_cycle", &line, priceCycle)
	r.required("unit_cost", &line, unitCost)
	r.required("currency", &line, (*cellParser).currency)
	if err := r.list.parser.checkSigns(&line); err != nil && line.Currency != "" {
		r.addCellError("unit_cost", "", err)
	}
	cost := reconcile.UnitCost{
		ProductID: line.ProductID, Cycle: line.Cycle, Cost: line.UnitPrice, Currency: line.Currency, Record: r.record.Record,
	}
	r.optional("product_name", &line, note(&cost.ProductName))
	return cost
}

func priceText(c *reconcile.UnitCost) string {
	text := c.Cost.Amount.String() + " " + c.Currency
	if c.ProductName != "" {
		text += fmt.Sprintf(" (%s)", clipped(c.ProductName, 60))
	}
	return text
}

// priceCycle reads a cycle. A price list has no words of its own.
func priceCycle(_ *cellParser, l *reconcile.Line, cell string) (err error) {
	l.Cycle, err = reconcile.ParseCycle(cell)
	return err
}

// unitCost reads a price. A price list has no setting for the decimal sign, so
// the error shows how to write an ambiguous number.
func unitCost(p *cellParser, l *reconcile.Line, cell string) error {
	err := p.price(l, cell)
	if formatErr := (*numberFormatError)(nil); errors.As(err, &formatErr) {
		example := map[byte]string{'.': "1234.56", ',': "1234,56"}[p.numbers.sign]
		return fmt.Errorf("ambiguous: numbers have a decimal %s here. Write them like %s, without separators of thousands", signName(p.numbers.sign), example)
	}
	return err
}
