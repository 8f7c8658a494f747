package reconcile

import (
	"fmt"
	"slices"
	"testing"
)

// testPrices returns the prices of these tests. A month of "small" is 12 EUR, or
// 8.333… by the year; of "large" 30 EUR, 4.333… by the week, or 700 once; of
// "yen" 1000 JPY. Nothing else has a price.
func testPrices(t *testing.T) *Prices {
	t.Helper()
	return mustPrices(t,
		unitCost("small", "1 MONTH", "12", "EUR"), unitCost("small", "1 YEAR", "100", "EUR"), unitCost("large", "1 MONTH", "30", "EUR"),
		unitCost("large", "1 WEEK", "1", "EUR"), unitCost("large", OneTime, "700", "EUR"), unitCost("yen", "1 MONTH", "1000", "JPY"))
}

// billed returns a live instance of a product with a cycle.
func billed(product string, cycle Cycle) Instance {
	return edited(live(product, ""), func(i *Instance) { i.Cycle = cycle })
}

func dead(i Instance) Instance { i.Status = StatusCanceled; return i }

func sold(product string, cycle Cycle) func(*Line) {
	return func(l *Line) { l.ProductID, l.Cycle = product, cycle }
}

func TestMonthlyAmountOfFindings(t *testing.T) {
	newer := newPackage("Q", "s", billed("large", "1 MONTH"))
	newer.Created = old.AddDate(0, 1, 0)
	for _, c := range []struct {
		name     string
		lines    []Line
		packages []Package
		want     []string
	}{
		{"an orphan costs all live instances, rounded once", nil,
			[]Package{newPackage("P", "x", billed("small", "1 YEAR"), billed("small", "12 MONTH"), dead(billed("large", "1 MONTH")), billed("small", "1 YEAR"))},
			[]string{"orphan_package leak 25.00 EUR"}},
		{"an orphan with one unknown price", nil, []Package{newPackage("P", "x", billed("small", "1 MONTH"), billed("other", "1 MONTH"))}, []string{"orphan_package leak unknown"}},
		{"an orphan in two currencies", nil, []Package{newPackage("P", "x", billed("small", "1 MONTH"), billed("yen", "1 MONTH"))}, []string{"orphan_package leak unknown"}},
		{"an orphan paid for once", nil, []Package{newPackage("P", "x", billed("large", OneTime))}, []string{"orphan_package leak 0.00 EUR once"}},
		{"an orphan paid for once and monthly", nil, []Package{newPackage("P", "x", billed("large", OneTime), billed("small", "1 MONTH"))}, []string{"orphan_package leak 12.00 EUR"}},
		{"an unidentified package", nil, []Package{newPackage("P", "", billed("yen", "1 MONTH"))}, []string{"unidentified_package leak 1000 JPY"}},
		{"all but the best duplicate", []Line{line("s", sold("small", ""))},
			[]Package{newPackage("P", "s", billed("small", "1 MONTH"), billed("small", "1 MONTH")), newer},
			[]string{"duplicate_package leak 24.00 EUR", "duplicate_package none unknown"}},
		{"an ended subscription costs all live instances, chosen or not", []Line{line("s", ended, sold("small", ""))},
			[]Package{newPackage("P", "s", billed("small", "1 MONTH"), billed("large", "1 WEEK"))}, []string{"canceled_in_ledger leak 16.33 EUR"}},
		{"an ended line costs its instance", []Line{line("s", sold("small", "")), line("s", ended, sold("large", ""))},
			[]Package{newPackage("P", "s", billed("small", "1 MONTH"), billed("large", "1 WEEK"))}, []string{"canceled_in_ledger leak 4.33 EUR"}},
		{"an extra instance", []Line{line("s", sold("small", ""))},
			[]Package{newPackage("P", "s", billed("small", "1 MONTH"), billed("large", "1 MONTH"))}, []string{"extra_instance leak 30.00 EUR"}},
		{"a product that costs too much", []Line{line("s", sold("small", ""))}, []Package{newPackage("P", "s", billed("large", "1 MONTH"))},
			[]string{"product_mismatch difference 18.00 EUR"}},
		{"a product that costs too little", []Line{line("s", sold("large", ""))}, []Package{newPackage("P", "s", billed("small", "1 MONTH"))},
			[]string{"product_mismatch difference -18.00 EUR"}},
		{"a product of another currency", []Line{line("s", sold("yen", ""))}, []Package{newPackage("P", "s", billed("small", "1 MONTH"))},
			[]string{"product_mismatch difference unknown"}},
		{"a cycle that costs too much", []Line{line("s", sold("", "1 YEAR"))}, []Package{newPackage("P", "s", billed("small", "1 MONTH"))},
			[]string{"billing_cycle_mismatch difference 3.67 EUR"}}, // 12 − 8.333…
		{"a cycle that should be one-time", []Line{line("s", sold("large", OneTime))}, []Package{newPackage("P", "s", billed("large", "1 MONTH"))},
			[]string{"billing_cycle_mismatch difference 30.00 EUR"}},
		{"product and cycle are one difference", []Line{line("s", sold("large", "7 DAY"))}, []Package{newPackage("P", "s", billed("small", "1 YEAR"))},
			[]string{"product_mismatch difference 4.00 EUR", "billing_cycle_mismatch difference 0.00 EUR"}}, // 8.333… − 4.333…
		{"product and cycle without a price", []Line{line("s", sold("other", "7 DAY"))}, []Package{newPackage("P", "s", billed("small", "1 YEAR"))},
			[]string{"product_mismatch difference unknown", "billing_cycle_mismatch difference unknown"}},
	} {
		findings, _ := Diff(c.lines, nil, c.packages, Rules{AsOf: now, Coverage: &Coverage{Inventory: InventoryWhole}, Prices: testPrices(t)})
		var got []string
		for _, f := range findings {
			got = append(got, fmt.Sprint(f.Kind, " ", f.Direction, " ", moneyText(f.Monthly)))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// Totals add rounded rows, by currency. Rows without a price and one-time rows are
// counted.
func TestTallyMoney(t *testing.T) {
	var packages []Package
	for i, inst := range []Instance{
		billed("small", "1 YEAR"), billed("small", "1 YEAR"), billed("small", "1 YEAR"), billed("large", OneTime), billed("yen", "1 MONTH"), billed("other", "1 YEAR"),
	} {
		packages = append(packages, newPackage(fmt.Sprint("P", i), fmt.Sprint("x", i), inst))
	}
	findings, _ := Diff(nil, nil, packages, Rules{AsOf: now, Coverage: &Coverage{Inventory: InventoryWhole}, Prices: testPrices(t)})
	tally := NewTally()
	for i := range findings {
		tally.Add(&findings[i])
	}
	tally.Round()
	var got []string
	for _, m := range tally.Money {
		got = append(got, fmt.Sprintf("%s %s %s findings=%d once=%d unpriced=%d", m.Direction, m.Monthly, m.Currency, m.Findings, m.OneTime, m.Unpriced))
	}
	want := []string{
		"leak 0.00  findings=1 once=0 unpriced=1",
		"leak 24.99 EUR findings=4 once=1 unpriced=0",
		"leak 1000 JPY findings=1 once=0 unpriced=0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestExceptedFindingShowsReason(t *testing.T) {
	x := NewExceptions([]Exception{
		{Kind: "orphan_package", ExternalID: "x", Reason: "too old", Expires: now, Record: 2},
		{Kind: AnyValue, PackageID: "P", Reason: "a pilot, until spring", Expires: now.AddDate(0, 3, 0), Record: 3},
	}, now)
	findings, _ := Diff(nil, nil, []Package{newPackage("P", "x", billed("small", "1 MONTH"))},
		Rules{AsOf: now, Coverage: &Coverage{Inventory: InventoryWhole}, Prices: testPrices(t), Exceptions: x})
	if len(findings) != 1 || findings[0].State != Excepted || findings[0].Reason != "a pilot, until spring" || findings[0].Exception != 2 {
		t.Errorf("got %+v", findings)
	}
}
