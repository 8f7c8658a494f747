package reconcile

import (
	"slices"
	"strings"
	"testing"

	"github.com/govalues/decimal"
)

func unitCost(product string, cycle Cycle, amount, currency string) UnitCost {
	return UnitCost{ProductID: product, Cycle: cycle, Currency: currency, Cost: Price{Amount: decimal.MustParse(amount), Known: true}}
}

func mustPrices(t *testing.T, list ...UnitCost) *Prices {
	t.Helper()
	p, conflicts := NewPrices(list)
	if len(conflicts) > 0 {
		t.Fatalf("conflicts: %+v", conflicts)
	}
	return p
}

func moneyText(m Money) string {
	switch {
	case !m.Known:
		return strings.TrimSpace("unknown " + m.Currency)
	case m.OneTime:
		return m.Amount.String() + " " + m.Currency + " once"
	}
	return m.Amount.String() + " " + m.Currency
}

func TestMonthlyPrice(t *testing.T) {
	guid := "aaaaaaaa-0000-4000-8000-00000000000a"
	p := mustPrices(t,
		unitCost(strings.ToUpper(guid), "12 MONTH", "100", "EUR"), unitCost(guid, "7 DAY", "1", "EUR"), unitCost(guid, OneTime, "500", "EUR"),
		unitCost("x", "24 MONTH", "1000", "JPY"), unitCost("x", "1 DAY", "0.0004", "KWD"), unitCost("x", "1 MONTH", "0", "USD"),
		unitCost("x", "5 FORTNIGHT", "1", "USD"))
	for _, c := range []struct {
		product string
		cycle   Cycle
		want    string
	}{
		{guid, "1 YEAR", "8.33 EUR"},
		{strings.ToUpper(guid), "12 MONTH", "8.33 EUR"},
		{guid, "1 WEEK", "4.33 EUR"}, // equal cycles have equal prices
		{guid, "7 DAY", "4.33 EUR"},
		{guid, OneTime, "0.00 EUR once"},
		{guid, "1 MONTH", "unknown"}, // not derived from the price of a year
		{guid, "2 YEAR", "unknown"},
		{"x", "24 MONTH", "42 JPY"},
		{"x", "2 YEAR", "unknown"}, // 24 MONTH is not 2 YEAR
		{"X", "24 MONTH", "unknown"},
		{"x", "1 DAY", "0.012 KWD"},
		{"x", "1 MONTH", "0.00 USD"},
		{"x", "5 FORTNIGHT", "unknown USD"},
		{"", "", "unknown"},
	} {
		got, known := p.Monthly(c.product, c.cycle)
		if moneyText(got) != c.want || known != got.Known {
			t.Errorf("%s for %s: %v, %v, want %s", c.product, c.cycle, got, known, c.want)
		}
	}
	if m, known := (*Prices)(nil).Monthly(guid, "1 YEAR"); known || m.Known || (*Prices)(nil).List() != nil {
		t.Errorf("a nil *Prices returned %v", m)
	}
}

// The order of the rows changes neither the prices nor the conflicts.
func TestPricesIgnoreOrder(t *testing.T) {
	named := func(c UnitCost, name string) UnitCost { c.ProductName = name; return c }
	list := []UnitCost{
		unitCost("x", "1 YEAR", "2", "EUR"), named(unitCost("x", "12 MONTH", "1", "EUR"), "Small"), unitCost("x", "1 YEAR", "1.00", "EUR"),
		named(unitCost("x", "1 MONTH", "1", "USD"), "Large"), named(unitCost("y", "1 MONTH", "1", "USD"), "Y"),
	}
	for range len(list) {
		list = append(list[1:], list[0])
		p, conflicts := NewPrices(slices.Clone(list))
		x, _ := p.Lookup("x", "1 MONTH")
		if len(conflicts) != 1 || conflicts[0].Ignored.Cost.Amount.String() != "2" || len(p.List()) != 3 || x.ProductName != "Large" {
			t.Errorf("%+v: prices %+v, conflicts %+v, x is %q", list, p.List(), conflicts, x.ProductName)
		}
	}
}

func TestExceptionUses(t *testing.T) {
	list := []Exception{{Kind: "*", ExternalID: "a", Expires: now, Record: 2}, {Kind: "*", ExternalID: "b", Expires: now.Add(1), Record: 3}, {Kind: "*", ExternalID: "c", Expires: now.Add(1), Record: 5}}
	var got []string
	for _, u := range ExceptionUses(list, now, map[int]int{2: 7}) {
		got = append(got, u.ExternalID+" "+u.State)
	}
	if want := []string{"a expired", "b in_use", "c unused"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
