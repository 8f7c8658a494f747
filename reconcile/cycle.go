package reconcile

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Cycle is a billing cycle: ONE_TIME, or a count and a unit such as "1 MONTH"
// or "1 YEAR". The empty Cycle is unknown. 12 MONTH equals 1 YEAR and 7 DAY
// equals 1 WEEK; no other two cycles are equal.
type Cycle string

// OneTime is the cycle of a single payment.
const OneTime Cycle = "ONE_TIME"

// MaxCycleCount is the largest count of a cycle.
const MaxCycleCount = 1000

// NewCycle returns the recurring cycle of count units. The unit is not checked: a
// unit that Wix adds later is kept and compared as text.
func NewCycle(count int, unit string) Cycle {
	if count == 1 { // nearly all: they need not be put together
		switch unit {
		case "MONTH":
			return "1 MONTH"
		case "YEAR":
			return "1 YEAR"
		}
	}
	return Cycle(strconv.Itoa(count) + " " + strings.ToUpper(unit))
}

// cycleWords are the cycles that have a name. "Biannual" and "bimonthly" are not
// among them: people use each for two different cycles.
func cycleWords() map[string]Cycle {
	return map[string]Cycle{
		"ONETIME": OneTime,
		"DAILY":   "1 DAY", "WEEKLY": "1 WEEK", "MONTHLY": "1 MONTH", "QUARTERLY": "3 MONTH",
		"SEMIANNUALLY": "6 MONTH", "SEMIANNUAL": "6 MONTH", "HALFYEARLY": "6 MONTH",
		"YEARLY": "1 YEAR", "ANNUALLY": "1 YEAR", "ANNUAL": "1 YEAR",
		"BIENNIALLY": "2 YEAR", "BIENNIAL": "2 YEAR", "TRIENNIALLY": "3 YEAR", "TRIENNIAL": "3 YEAR",
	}
}

// ParseCycle reads a cycle as people write it: ONE_TIME, MONTH, 1 MONTH,
// 3 months, P1M, P1Y, or a word such as monthly or semi-annually.
func ParseCycle(text string) (Cycle, error) {
	switch text {
	case "ONE_TIME", "1 MONTH", "3 MONTH", "6 MONTH", "1 YEAR": // nearly all: they are not taken apart
		return Cycle(text), nil
	case "MONTH", "monthly":
		return "1 MONTH", nil
	case "YEAR", "yearly":
		return "1 YEAR", nil
	}
	s := strings.ToUpper(strings.TrimSpace(text))
	word := strings.NewReplacer(" ", "", "_", "", "-", "").Replace(s)
	if cycle, ok := cycleWords()[word]; ok {
		return cycle, nil
	}
	count, unit := 1, s
	digits := strings.TrimPrefix(s, "P")
	if n := len(digits) - len(strings.TrimLeft(digits, "0123456789")); n > 0 {
		var err error
		if count, err = strconv.Atoi(digits[:n]); err != nil || count < 1 || count > MaxCycleCount {
			return "", fmt.Errorf("the count of a billing cycle must be 1 to %d", MaxCycleCount)
		}
		unit = strings.TrimSpace(digits[n:])
	}
	unit, ok := cycleUnit(unit, strings.HasPrefix(s, "P"))
	if !ok {
		return "", errors.New("not a billing cycle (ONE_TIME, a count of DAY, WEEK, MONTH or YEAR, or a word such as monthly)")
	}
	return NewCycle(count, unit), nil
}

func cycleUnit(word string, iso bool) (string, bool) {
	if iso {
		unit, ok := map[string]string{"D": "DAY", "W": "WEEK", "M": "MONTH", "Y": "YEAR"}[word]
		return unit, ok
	}
	unit := strings.TrimSuffix(word, "S")
	return unit, slices.Contains([]string{"DAY", "WEEK", "MONTH", "YEAR"}, unit)
}

// Equal reports whether two cycles are equal.
func (c Cycle) Equal(d Cycle) bool { return c.canonical() == d.canonical() }

func (c Cycle) canonical() Cycle {
	switch c {
	case "12 MONTH":
		return "1 YEAR"
	case "7 DAY":
		return "1 WEEK"
	}
	return c
}

// split returns the count and the unit of a recurring cycle.
func (c Cycle) split() (count int, unit string, ok bool) {
	digits, unit, found := strings.Cut(string(c), " ")
	count, err := strconv.Atoi(digits)
	return count, unit, found && err == nil && count > 0
}
