package ledger

// All numbers of a file have the same format: the decimal sign is a point or a
// comma; the other sign, a blank or an apostrophe may separate thousands. A
// number that is valid in the other format only shows that the wrong one was
// detected, and one with a different value in each ("1.234") is ambiguous. Both
// stop the run until the user sets the format.

import (
	"errors"
	"fmt"
	"strings"

	"github.com/govalues/decimal"
)

// The decimal signs that a user may set.
const (
	Point = "point"
	Comma = "comma"
)

// numberFormat is how a file writes numbers.
type numberFormat struct {
	sign byte // the decimal sign: '.' or ','
	set  bool // by the user; else it was detected
}

func numberFormatOf(setting string, delimiter rune) (numberFormat, error) {
	switch {
	case setting == Point:
		return numberFormat{'.', true}, nil
	case setting == Comma:
		return numberFormat{',', true}, nil
	case setting != "":
		return numberFormat{}, fmt.Errorf("decimal: %q is neither %s nor %s", setting, Point, Comma)
	case delimiter == ';':
		return numberFormat{',', false}, nil
	}
	return numberFormat{'.', false}, nil
}

// numberFormatError is a number that does not fit the detected format.
type numberFormatError struct{ text string }

func (e *numberFormatError) Error() string { return e.text }

var errNumber = errors.New("not a number")

// parse reads a number exactly. The error is a *numberFormatError where the
// detected format may be wrong.
func (f numberFormat) parse(cell string) (decimal.Decimal, error) {
	digits, negative := strings.CutPrefix(cell, "-")
	number, valid := normalized(digits, f.sign)
	_, validOther := normalized(digits, f.otherSign())
	switch {
	case !valid && (f.set || !validOther):
		return decimal.Decimal{}, errNumber
	case !valid:
		return decimal.Decimal{}, &numberFormatError{fmt.Sprintf("not a number with a decimal %s. Correct it, or set in the settings file: decimal: %s",
			signName(f.sign), signName(f.otherSign()))}
	case !f.set && validOther && strings.IndexByte(digits, f.otherSign()) >= 0:
		return decimal.Decimal{}, &numberFormatError{"ambiguous: a whole number or a fraction" + setIn("decimal: "+Point+" or decimal: "+Comma)}
	}
	if negative {
		number = "-" + number
	}
	return exact(number)
}

func (f numberFormat) otherSign() byte {
	if f.sign == '.' {
		return ','
	}
	return '.'
}

func signName(sign byte) string {
	if sign == '.' {
		return Point
	}
	return Comma
}

// exact returns an error for a number that would have to be rounded.
func exact(number string) (decimal.Decimal, error) {
	significant := strings.TrimLeft(strings.Replace(number, ".", "", 1), "-0")
	_, fraction, _ := strings.Cut(number, ".")
	if len(significant) > decimal.MaxPrec || len(fraction) > decimal.MaxScale {
		return decimal.Decimal{}, fmt.Errorf("more than %d digits", decimal.MaxPrec)
	}
	d, err := decimal.Parse(number)
	if err != nil {
		return decimal.Decimal{}, errNumber
	}
	return d, nil
}

// normalized returns the number without separators of thousands and with a
// decimal point, if it is valid with the decimal sign.
func normalized(digits string, sign byte) (string, bool) {
	whole, fraction, hasFraction := strings.Cut(digits, string(sign))
	if hasFraction && (fraction == "" || !allDigits(fraction)) {
		return "", false
	}
	whole, ok := withoutSeparators(whole, sign)
	if !ok || whole == "" && !hasFraction {
		return "", false
	}
	if whole == "" {
		whole = "0"
	}
	if hasFraction {
		whole += "." + fraction
	}
	return whole, true
}

// withoutSeparators removes the separators of thousands. They must all be equal
// and three digits apart, and the first group must not begin with 0.
func withoutSeparators(whole string, sign byte) (string, bool) {
	if allDigits(whole) {
		return whole, true
	}
	for _, separator := range []string{".", ",", " ", "\u00a0", "\u202f", "'", "’"} {
		groups := strings.Split(whole, separator)
		if separator == string(sign) || len(groups) == 1 {
			continue
		}
		for i, group := range groups {
			if !allDigits(group) || i > 0 && len(group) != 3 {
				return "", false
			}
		}
		if first := groups[0]; first == "" || len(first) > 3 || first[0] == '0' {
			return "", false
		}
		return strings.Join(groups, ""), true
	}
	return "", false
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
