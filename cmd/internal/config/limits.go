package config

import (
	"errors"
	"slices"
	"strings"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/reconcile/fix/guard"
)

// Guards and limits. Only the word off lifts a limit: 0 means that none is
// allowed, and an empty value is an error.

// off is the word that lifts a limit.
const off = "off"

// maxLimit is more instances than any inventory has.
const maxLimit = 1_000_000_000

func setLimit(field func(*Config) *guard.Limit) setter {
	return func(l *loader, v value) error {
		if v.text == off {
			*field(&l.config) = guard.Limit{Off: true}
			return nil
		}
		n, ok := parseInt(v.text, 0, maxLimit)
		if !ok {
			return v.expected("a number of instances, 0 for none, or off for no limit")
		}
		*field(&l.config) = guard.Limit{Max: n}
		return nil
	}
}

// maxSurge keeps multiples of limits within an int.
const maxSurge = 1_000_000

func setSurge(l *loader, v value) error {
	if v.text == off {
		l.config.Limits.Surge = guard.Limit{Off: true}
		return nil
	}
	n, ok := parseInt(v.text, 1, maxSurge)
	if !ok {
		return v.expected("a whole multiple of the limits, at least 1, or off for no maximum")
	}
	l.config.Limits.Surge = guard.Limit{Max: n}
	return nil
}

func setPercent(field func(*Config) *guard.Percent) setter {
	return func(l *loader, v value) error {
		if v.text == off {
			*field(&l.config) = guard.Percent{Off: true}
			return nil
		}
		percent, ok := parsePercent(v.text)
		if !ok {
			return v.expected("a percentage from 0 to 100, such as 1 % or 0.5 %, or off for no limit")
		}
		*field(&l.config) = guard.Percent{Max: percent}
		return nil
	}
}

func setMaxBadRows(l *loader, v value) error {
	percent, ok := parsePercent(v.text)
	if !ok {
		return v.expected("a percentage from 0 to 100, such as 1 % or 0.5 %")
	}
	l.config.MaxBadRows = percent
	return nil
}

func parsePercent(text string) (decimal.Decimal, bool) {
	percent, ok := parseDecimal(strings.TrimRight(strings.TrimSuffix(text, "%"), " \u00a0\u202f"))
	return percent, ok && percent.Cmp(decimal.Hundred) <= 0
}

// parseDecimal reads digits with a decimal point, without sign and exponent.
func parseDecimal(text string) (decimal.Decimal, bool) {
	d, err := decimal.Parse(text)
	return d, err == nil && strings.Trim(text, "0123456789.") == ""
}

func setMaxCancelCost(l *loader, v value) error {
	if v.text == off {
		l.config.Limits.CancelCost = guard.CostLimit{Off: true}
		return nil
	}
	number, currency, _ := strings.Cut(v.text, " ")
	amount, ok := parseDecimal(number)
	currency = strings.ToUpper(strings.TrimSpace(currency))
	if !ok || !reconcile.IsCurrency(currency) && (currency != "" || !amount.IsZero()) {
		return v.expected("an amount a month with its currency, such as 500 EUR, 0 for none, or off for no limit")
	}
	l.config.Limits.CancelCost = guard.CostLimit{Max: amount, Currency: currency}
	return nil
}

func setMaxLedgerAge(l *loader, v value) error {
	if v.text == off {
		l.config.Guards.MaxLedgerAge = guard.Age{Off: true}
		return nil
	}
	age, err := ParseDuration(v.text)
	if err != nil || age < 0 {
		return v.expected("a time such as 36h or 2d, or off for no limit")
	}
	l.config.Guards.MaxLedgerAge = guard.Age{Max: age}
	return nil
}

// setCanaries splits at commas in a variable or a single value of the file only:
// an external id may contain a comma, and each flag has one id.
func setCanaries(l *loader, v value) error {
	for _, id := range v.items() {
		if id == "" {
			return v.expected("external or package ids, none of them empty")
		}
		l.config.Canaries = append(l.config.Canaries, id)
	}
	slices.Sort(l.config.Canaries)
	l.config.Canaries = slices.Compact(l.config.Canaries)
	return nil
}

// items returns the items of a setting that may be repeated. A variable and a
// single value of the file are split at commas; a flag and an item of a list are
// one item each.
func (v value) items() []string {
	if v.from == SourceDefault {
		return nil
	}
	separator := ","
	if v.from == SourceFlag || strings.Contains(v.text, itemSeparator) {
		separator = itemSeparator
	}
	items := strings.Split(v.text, separator)
	for i := range items {
		items[i] = strings.TrimSpace(items[i])
	}
	return items
}

// ParseFixes reads the value of --fix. There is no default and no word for all:
// every kind of fix must be named.
func ParseFixes(text string) ([]string, error) {
	var fixes []string
	var errs []error
	for item := range strings.SplitSeq(text, ",") {
		item = strings.TrimSpace(item)
		if !slices.Contains(fix.Fixes(), item) {
			errs = append(errs, value{text: item, from: SourceFlag}.expected("some of "+strings.Join(fix.Fixes(), ", ")))
			continue
		}
		fixes = append(fixes, item)
	}
	slices.Sort(fixes)
	return slices.Compact(fixes), errors.Join(errs...)
}
