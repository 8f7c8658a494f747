package config

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// Guards and limits. A limit is lifted by the word off alone: 0 means that none
// is allowed, and nothing that is left out or empty lifts one.

// off is the word that lifts a limit.
const off = "off"

// maxLimit is more instances than any book holds.
const maxLimit = 1_000_000_000

func setLimit(field func(*Config) *fix.Limit) func(*loader, value) error {
	return func(l *loader, v value) error {
		if v.text == off {
			*field(&l.config) = fix.Limit{Off: true}
			return nil
		}
		n, err := strconv.Atoi(v.text)
		if err != nil || n < 0 || n > maxLimit {
			return v.fault("want a number of instances, 0 for none, or off for no limit")
		}
		*field(&l.config) = fix.Limit{Max: n}
		return nil
	}
}

func setPercent(field func(*Config) *fix.Percent) func(*loader, value) error {
	return func(l *loader, v value) error {
		if v.text == off {
			*field(&l.config) = fix.Percent{Off: true}
			return nil
		}
		percent, ok := parsePercent(v.text)
		if !ok {
			return v.fault("want a percentage from 0 to 100, such as 1 % or 0.5 %, or off for no limit")
		}
		*field(&l.config) = fix.Percent{Max: percent}
		return nil
	}
}

func parsePercent(text string) (decimal.Decimal, bool) {
	number := strings.TrimRight(strings.TrimSuffix(text, "%"), " \u00a0\u202f")
	percent, err := decimal.Parse(number)
	return percent, err == nil && strings.Trim(number, "0123456789.") == "" && percent.Cmp(decimal.Hundred) <= 0
}

func setMaxCancelCost(l *loader, v value) error {
	want := v.fault("want an amount a month with its currency, such as 500 EUR, 0 for none, or off for no limit")
	if v.text == off {
		l.config.Limits.CancelCost = fix.CostLimit{Off: true}
		return nil
	}
	number, currency, _ := strings.Cut(v.text, " ")
	amount, err := decimal.Parse(number)
	if err != nil || strings.Trim(number, "0123456789.") != "" {
		return want
	}
	currency = strings.ToUpper(strings.TrimSpace(currency))
	if !isCurrency(currency) && (currency != "" || !amount.IsZero()) {
		return want
	}
	l.config.Limits.CancelCost = fix.CostLimit{Max: amount, Currency: currency}
	return nil
}

func isCurrency(code string) bool {
	return len(code) == 3 && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// maxSightings is a run a night for a year.
const maxSightings = 366

func setMinSightings(l *loader, v value) error {
	n, err := strconv.Atoi(v.text)
	if err != nil || n < 1 || n > maxSightings {
		return v.fault("want a number of runs, 1 to " + strconv.Itoa(maxSightings))
	}
	l.config.MinSightings = n
	return nil
}

func setMaxLedgerAge(l *loader, v value) error {
	if v.text == off {
		l.config.Guards.MaxLedgerAge = fix.Age{Off: true}
		return nil
	}
	age, err := ParseDuration(v.text)
	if err != nil || age < 0 {
		return v.fault("want a time such as 36h or 2d, or off for no limit")
	}
	l.config.Guards.MaxLedgerAge = fix.Age{Max: age}
	return nil
}

func setDuration(field func(*Config) *time.Duration, least, most time.Duration) func(*loader, value) error {
	return func(l *loader, v value) error {
		d, err := ParseDuration(v.text)
		if err != nil || d < least || d > most {
			return v.fault("want a time from " + least.String() + " to " + most.String() + ", such as 20h, 2d or 5m")
		}
		*field(&l.config) = d
		return nil
	}
}

// setCanaries takes ids as they are where each came by itself, because an
// external id may hold a comma, and a comma list of them elsewhere.
func setCanaries(l *loader, v value) error {
	if v.from == fromDefault {
		return nil
	}
	separator := ","
	if v.from == fromFlags || strings.Contains(v.text, itemSeparator) {
		separator = itemSeparator
	}
	for id := range strings.SplitSeq(v.text, separator) {
		if id = strings.TrimSpace(id); id == "" {
			return v.fault("want external or package ids, none of them empty")
		}
		l.config.Canaries = append(l.config.Canaries, id)
	}
	slices.Sort(l.config.Canaries)
	l.config.Canaries = slices.Compact(l.config.Canaries)
	return nil
}

// ParseFixes reads what --fix names. There is no default, and no word for all:
// who wants something changed says what.
func ParseFixes(text string) ([]string, error) {
	var fixes []string
	var errs []error
	for item := range strings.SplitSeq(text, ",") {
		item = strings.TrimSpace(item)
		if !slices.Contains(fix.Fixes(), item) {
			errs = append(errs, value{text: item, from: fromFlags}.fault("want some of "+strings.Join(fix.Fixes(), ", ")))
			continue
		}
		fixes = append(fixes, item)
	}
	slices.Sort(fixes)
	return slices.Compact(fixes), errors.Join(errs...)
}
