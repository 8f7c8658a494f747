package reconcile

import (
	"testing"

	"github.com/govalues/decimal"
)

func TestMonthly(t *testing.T) {
	for _, c := range []struct {
		price string
		cycle Cycle
		count int
		code  string
		want  string
	}{
		{"120", "1 YEAR", 1, "EUR", "10.00"},
		{"120", "12 MONTH", 1, "EUR", "10.00"},
		{"10", "1 YEAR", 1, "EUR", "0.83"},
		{"10", "2 YEAR", 3, "USD", "1.25"},
		{"3", "1 WEEK", 1, "USD", "13.00"},
		{"1", "1 DAY", 1, "USD", "30.42"},
		{"9.99", "1 MONTH", 2, "EUR", "19.98"},
		{"0.125", "1 MONTH", 1, "EUR", "0.12"}, // half to even
		{"0.135", "1 MONTH", 1, "EUR", "0.14"},
		{"1000", "1 YEAR", 1, "JPY", "83"},
		{"1", "1 MONTH", 1, "KWD", "1.000"},
		{"500", OneTime, 1, "EUR", "0.00"},
	} {
		got := monthly(Price{Amount: decimal.MustParse(c.price), Known: true}, c.cycle, c.count, c.code).rounded()
		if !got.Known || got.Amount.String() != c.want || got.OneTime != (c.cycle == OneTime) {
			t.Errorf("%d × %s %s for %s is %v a month, want %s", c.count, c.price, c.code, c.cycle, got, c.want)
		}
	}
}

func TestUnknownMoneyStaysUnknown(t *testing.T) {
	known := Price{Amount: decimal.MustParse("1"), Known: true}
	for name, got := range map[string]Money{
		"no price":                   monthly(Price{}, "1 MONTH", 1, "EUR"),
		"no currency":                monthly(known, "1 MONTH", 1, ""),
		"no cycle":                   monthly(known, "", 1, "EUR"),
		"strange unit":               monthly(known, "1 FORTNIGHT", 1, "EUR"),
		"a sum with an unknown part": monthly(known, "1 MONTH", 1, "EUR").plus(Money{Currency: "EUR"}),
		"a sum over two currencies":  monthly(known, "1 MONTH", 1, "EUR").plus(monthly(known, "1 MONTH", 1, "USD")),
	} {
		if got.Known {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
