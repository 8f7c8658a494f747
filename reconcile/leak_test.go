package reconcile

import (
	"fmt"
	"slices"
	"testing"
)

// Worked by hand: "small" is 12 EUR a month or 100 a year (8.333…), "large" 30
// EUR a month, 1 a week (4.333…) or 700 once, "yen" 1000 JPY a month; nothing
// else has a price.

func tariff(t *testing.T) *Prices {
	t.Helper()
	return mustPrices(t,
		unitCost("small", "1 MONTH", "12", "EUR"), unitCost("small", "1 YEAR", "100", "EUR"), unitCost("large", "1 MONTH", "30", "EUR"),
		unitCost("large", "1 WEEK", "1", "EUR"), unitCost("large", OneTime, "700", "EUR"), unitCost("yen", "1 MONTH", "1000", "JPY"))
}

// billed is a live instance of a product in a cycle.
func billed(product string, cycle Cycle) Instance {
	return with(live(product, ""), func(i *Instance) { i.Cycle = cycle })
}

func dead(i Instance) Instance { i.Status = StatusCanceled; return i }

func wants(product string, cycle Cycle) func(*Line) {
	return func(l *Line) { l.ProductID, l.Cycle = product, cycle }
}

func TestWhatFindingsCost(t *testing.T) {
	newer := pack("Q", "s", billed("large", "1 MONTH"))
	newer.Created = old.AddDate(0, 1, 0)
	for _, c := range []struct {
		name     string
		lines    []Line
		packages []Package
		want     []string
	}{
		{"an orphan costs all that is live in it, rounded once", nil,
			[]Package{pack("P", "x", billed("small", "1 YEAR"), billed("small", "12 MONTH"), dead(billed("large", "1 MONTH")), billed("small", "1 YEAR"))},
			[]string{"orphan_package leak 25.00 EUR"}},
		{"an orphan of one unknown price", nil, []Package{pack("P", "x", billed("small", "1 MONTH"), billed("other", "1 MONTH"))}, []string{"orphan_package leak unknown"}},
		{"an orphan of two currencies", nil, []Package{pack("P", "x", billed("small", "1 MONTH"), billed("yen", "1 MONTH"))}, []string{"orphan_package leak unknown"}},
		{"an orphan paid for once", nil, []Package{pack("P", "x", billed("large", OneTime))}, []string{"orphan_package leak 0.00 EUR once"}},
		{"an orphan paid for once and monthly", nil, []Package{pack("P", "x", billed("large", OneTime), billed("small", "1 MONTH"))}, []string{"orphan_package leak 12.00 EUR"}},
		{"an unidentified one", nil, []Package{pack("P", "", billed("yen", "1 MONTH"))}, []string{"unidentified_package leak 1000 JPY"}},
		{"all but the best duplicate", []Line{line("s", wants("small", ""))},
			[]Package{pack("P", "s", billed("small", "1 MONTH"), billed("small", "1 MONTH")), newer},
			[]string{"duplicate_package leak 24.00 EUR", "duplicate_package none unknown"}},
		{"an ended subscription costs what lives in its package, chosen or not", []Line{line("s", ended, wants("small", ""))},
			[]Package{pack("P", "s", billed("small", "1 MONTH"), billed("large", "1 WEEK"))}, []string{"canceled_in_ledger leak 16.33 EUR"}},
		{"an ended line costs its instance", []Line{line("s", wants("small", "")), line("s", ended, wants("large", ""))},
			[]Package{pack("P", "s", billed("small", "1 MONTH"), billed("large", "1 WEEK"))}, []string{"canceled_in_ledger leak 4.33 EUR"}},
		{"an extra instance", []Line{line("s", wants("small", ""))},
			[]Package{pack("P", "s", billed("small", "1 MONTH"), billed("large", "1 MONTH"))}, []string{"extra_instance leak 30.00 EUR"}},
		{"a product that costs too much", []Line{line("s", wants("small", ""))}, []Package{pack("P", "s", billed("large", "1 MONTH"))},
			[]string{"product_mismatch difference 18.00 EUR"}},
		{"a product that costs too little", []Line{line("s", wants("large", ""))}, []Package{pack("P", "s", billed("small", "1 MONTH"))},
			[]string{"product_mismatch difference -18.00 EUR"}},
		{"a product of another currency", []Line{line("s", wants("yen", ""))}, []Package{pack("P", "s", billed("small", "1 MONTH"))},
			[]string{"product_mismatch difference unknown"}},
		{"a cycle that costs too much", []Line{line("s", wants("", "1 YEAR"))}, []Package{pack("P", "s", billed("small", "1 MONTH"))},
			[]string{"billing_cycle_mismatch difference 3.67 EUR"}}, // 12 − 8.333…
		{"a cycle that should be once", []Line{line("s", wants("large", OneTime))}, []Package{pack("P", "s", billed("large", "1 MONTH"))},
			[]string{"billing_cycle_mismatch difference 30.00 EUR"}},
		{"product and cycle are one difference", []Line{line("s", wants("large", "7 DAY"))}, []Package{pack("P", "s", billed("small", "1 YEAR"))},
			[]string{"product_mismatch difference 4.00 EUR", "billing_cycle_mismatch difference 0.00 EUR"}}, // 8.333… − 4.333…
		{"product and cycle of no price", []Line{line("s", wants("other", "7 DAY"))}, []Package{pack("P", "s", billed("small", "1 YEAR"))},
			[]string{"product_mismatch difference unknown", "billing_cycle_mismatch difference unknown"}},
	} {
		findings, _ := Diff(c.lines, nil, c.packages, Rules{AsOf: now, Coverage: &Coverage{Inventory: InventoryWhole}, Prices: tariff(t)})
		var got []string
		for _, f := range findings {
			got = append(got, fmt.Sprint(f.Kind, " ", f.Direction, " ", spoken(f.Monthly)))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestLeaksAddUp: totals add rounded rows, a currency each; what has no price
// and what is paid once is counted.
func TestLeaksAddUp(t *testing.T) {
	var packages []Package
	for i, inst := range []Instance{
		billed("small", "1 YEAR"), billed("small", "1 YEAR"), billed("small", "1 YEAR"), billed("large", OneTime), billed("yen", "1 MONTH"), billed("other", "1 YEAR"),
	} {
		packages = append(packages, pack(fmt.Sprint("P", i), fmt.Sprint("x", i), inst))
	}
	findings, _ := Diff(nil, nil, packages, Rules{AsOf: now, Coverage: &Coverage{Inventory: InventoryWhole}, Prices: tariff(t)})
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

// TestAnExceptionShowsItsReason: an excepted finding is not counted, and says
// why.
func TestAnExceptionShowsItsReason(t *testing.T) {
	x := NewExceptions([]Exception{
		{Kind: "orphan_package", ExternalID: "x", Reason: "too old", Expires: now, Record: 2},
		{Kind: AnyValue, PackageID: "P", Reason: "a pilot, until spring", Expires: now.AddDate(0, 3, 0), Record: 3},
	}, now)
	findings, _ := Diff(nil, nil, []Package{pack("P", "x", billed("small", "1 MONTH"))},
		Rules{AsOf: now, Coverage: &Coverage{Inventory: InventoryWhole}, Prices: tariff(t), Exceptions: x})
	if len(findings) != 1 || findings[0].State != Excepted || findings[0].Reason != "a pilot, until spring" || findings[0].Exception != 2 {
		t.Errorf("got %+v", findings)
	}
}
