package reconcile

import (
	"fmt"
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
	return Cycle(strconv.Itoa(count) + " " + strings.ToUpper(unit))
}

// ParseCycle reads a cycle as people write it: ONE_TIME, MONTH, 1 MONTH,
// 3 months, monthly, P1M, P1Y.
func ParseCycle(text string) (Cycle, error) {
	s := strings.ToUpper(strings.TrimSpace(text))
	switch s {
	case "ONE_TIME", "ONE TIME", "ONE-TIME", "ONETIME":
		return OneTime, nil
	}
	count, word := 1, s
	digits := strings.TrimPrefix(s, "P")
	if n := len(digits) - len(strings.TrimLeft(digits, "0123456789")); n > 0 {
		var err error
		if count, err = strconv.Atoi(digits[:n]); err != nil || count < 1 || count > MaxCycleCount {
			return "", fmt.Errorf("the count of a billing cycle must be 1 to %d", MaxCycleCount)
		}
		word = strings.TrimSpace(digits[n:])
	}
	unit, ok := cycleUnit(word, strings.HasPrefix(s, "P"))
	if !ok {
		return "", fmt.Errorf("not a billing cycle (ONE_TIME, or a count of DAY, WEEK, MONTH or YEAR)")
	}
	return NewCycle(count, unit), nil
}

func cycleUnit(word string, iso bool) (string, bool) {
	if iso {
		unit, ok := map[string]string{"D": "DAY", "W": "WEEK", "M": "MONTH", "Y": "YEAR"}[word]
		return unit, ok
	}
	switch word {
	case "DAY", "DAYS", "DAILY":
		return "DAY", true
	case "WEEK", "WEEKS", "WEEKLY":
		return "WEEK", true
	case "MONTH", "MONTHS", "MONTHLY":
		return "MONTH", true
	case "YEAR", "YEARS", "YEARLY", "ANNUAL", "ANNUALLY":
		return "YEAR", true
	}
	return "", false
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
