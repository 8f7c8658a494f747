package ledger

// A file has one convention for its numbers: the decimal sign is a point or a
// comma, the other one may group by thousands, and so may a blank or an
// apostrophe. A number that only the other convention can read says that the
// convention is wrong. One that both can read, each to a value of its own
// ("1.234" under comma), says that nobody can tell. Both stop the run, unless
// the user has set the convention: then the first is a bad number and the
// second means what was set. What no convention can read is a bad number.

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

// convention is how a file writes numbers.
type convention struct {
	mark byte // '.' or ','
	set  bool // by the user
}

func conventionOf(setting string, delimiter rune) (convention, error) {
	switch {
	case setting == Point:
		return convention{'.', true}, nil
	case setting == Comma:
		return convention{',', true}, nil
	case setting != "":
		return convention{}, fmt.Errorf("decimal: %q is neither %s nor %s", setting, Point, Comma)
	case delimiter == ';':
		return convention{',', false}, nil
	}
	return convention{'.', false}, nil
}

// misfit is a number that puts the convention of the file into doubt.
type misfit struct{ text string }

func (m *misfit) Error() string { return m.text }

var errNumber = errors.New("not a number")

// parse reads a number exactly. The error is a *misfit where the convention is
// in doubt.
func (c convention) parse(cell string) (decimal.Decimal, error) {
	digits, negative := strings.CutPrefix(cell, "-")
	plain, fits := normal(digits, c.mark)
	_, fitsOther := normal(digits, c.other())
	switch {
	case !fits && (c.set || !fitsOther):
		return decimal.Decimal{}, errNumber
	case !fits:
		return decimal.Decimal{}, &misfit{fmt.Sprintf("is no number with a decimal %s: set decimal to %s, or fix the value", word(c.mark), word(c.other()))}
	case !c.set && fitsOther && strings.IndexByte(digits, c.other()) >= 0:
		return decimal.Decimal{}, &misfit{fmt.Sprintf("may be a whole number or a fraction: set decimal to %s or to %s", Point, Comma)}
	}
	if negative {
		plain = "-" + plain
	}
	return exact(plain)
}

func (c convention) other() byte {
	if c.mark == '.' {
		return ','
	}
	return '.'
}

func word(mark byte) string {
	if mark == '.' {
		return Point
	}
	return Comma
}

// exact refuses a number that would have to be rounded.
func exact(plain string) (decimal.Decimal, error) {
	significant := strings.TrimLeft(strings.Replace(plain, ".", "", 1), "-0")
	_, fraction, _ := strings.Cut(plain, ".")
	if len(significant) > decimal.MaxPrec || len(fraction) > decimal.MaxScale {
		return decimal.Decimal{}, fmt.Errorf("has more than %d digits", decimal.MaxPrec)
	}
	d, err := decimal.Parse(plain)
	if err != nil {
		return decimal.Decimal{}, errNumber
	}
	return d, nil
}

// normal gives the number without grouping and with a point, if it is one
// under the decimal mark.
func normal(digits string, mark byte) (string, bool) {
	whole, fraction, hasFraction := strings.Cut(digits, string(mark))
	if hasFraction && (fraction == "" || !allDigits(fraction)) {
		return "", false
	}
	whole, ok := ungrouped(whole, mark)
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

// ungrouped drops the separators of thousands: all the same, before each three
// digits but the first one to three, which do not begin with 0.
func ungrouped(whole string, mark byte) (string, bool) {
	if allDigits(whole) {
		return whole, true
	}
	for _, separator := range []string{".", ",", " ", "\u00a0", "\u202f", "'", "’"} {
		groups := strings.Split(whole, separator)
		if separator == string(mark) || len(groups) == 1 {
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
