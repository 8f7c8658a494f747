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
		var r charges
		r.add(Price{Amount: decimal.MustParse(c.price), Known: true}, c.cycle, c.count, c.code)
		got := r.money()
		if !got.Known || got.Amount.String() != c.want || got.OneTime != (c.cycle == OneTime) {
			t.Errorf("%d × %s %s per %s is %v a month, want %s", c.count, c.price, c.code, c.cycle, got, c.want)
		}
	}
}

func TestMoneyIsRoundedOnce(t *testing.T) {
	var r charges
	for range 3 {
		r.add(Price{Amount: decimal.MustParse("0.22"), Known: true}, "1 YEAR", 1, "EUR")
	}
	if got := r.money(); got.Amount.String() != "0.06" { // 0.055, not three times 0.018
		t.Errorf("three lines of 0.22 a year are %v a month", got)
	}
}

func TestUnknownMoneyStaysUnknown(t *testing.T) {
	known := Price{Amount: decimal.MustParse("1"), Known: true}
	for name, fill := range map[string]func(*charges){
		"no price":     func(r *charges) { r.add(Price{}, "1 MONTH", 1, "EUR") },
		"no currency":  func(r *charges) { r.add(known, "1 MONTH", 1, "") },
		"no cycle":     func(r *charges) { r.add(known, "", 1, "EUR") },
		"unknown unit": func(r *charges) { r.add(known, "1 FORTNIGHT", 1, "EUR") },
		"an unknown part": func(r *charges) {
			r.add(known, "1 MONTH", 1, "EUR")
			r.add(Price{}, "1 MONTH", 1, "EUR")
		},
		"two currencies": func(r *charges) {
			r.add(known, "1 MONTH", 1, "EUR")
			r.add(known, "1 MONTH", 1, "USD")
		},
		"no parts": func(*charges) {},
	} {
		var r charges
		fill(&r)
		if got := r.money(); got.Known {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
