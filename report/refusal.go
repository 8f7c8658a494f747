package report

import (
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// A refusal is shown with the one flag that lifts it, and with the smallest value
// of the flag that is sufficient, where it can be computed. No flag lifts several
// refusals at once.

// refusalText names the limit, its value, and what the plan needs.
func refusalText(r *fix.Refusal) string {
	text := oneLine(r.Limit)
	if r.Value != "" {
		text += " " + oneLine(r.Value)
	}
	if r.Need != "" {
		text += ", needed " + oneLine(r.Need)
	}
	return text
}

// remedyOf returns how to lift the refusal by a limit; empty where no flag does.
// live is the number of live instances that a percentage refers to.
func remedyOf(limit, flag, need string, live int) string {
	flag = oneLine(flag)
	switch value := sufficientValue(limit, need, live); {
	case flag == "":
		return ""
	case limit == fix.GuardCanary:
		return "remove it from " + flag + " if it is gone for good"
	case value == "":
		return "raise the limit with " + flag
	case value == "off":
		return "lift the limit with " + flag + " off"
	default:
		return "raise the limit with " + flag + " " + value
	}
}

// sufficientValue returns the smallest value of the flag that lifts a refusal,
// "off" where only that does, and "" where it is not known.
func sufficientValue(limit, need string, live int) string {
	switch limit {
	case fix.LimitFixes, fix.LimitCancels, fix.LimitCancelsPerAccount:
		return oneLine(need)
	case fix.LimitCancelPercent:
		return sufficientPercent(need, live)
	case fix.LimitCancelCost:
		return sufficientCost(need)
	case fix.GuardLedgerAge:
		return sufficientAge(need)
	}
	return ""
}

// sufficientPercent returns the smallest percentage, in hundredths, that allows
// so many instances.
func sufficientPercent(need string, live int) string {
	n, err := strconv.ParseInt(need, 10, 64)
	if err != nil || n < 0 || live <= 0 {
		return ""
	}
	if n > int64(live) {
		return "off"
	}
	part := new(big.Int).Mul(big.NewInt(n), big.NewInt(10_000))
	part.Add(part, big.NewInt(int64(live)-1)).Quo(part, big.NewInt(int64(live)))
	percent := new(big.Rat).SetFrac(part, big.NewInt(100)).FloatString(2)
	return strings.TrimSuffix(strings.TrimRight(percent, "0"), ".")
}

// sufficientCost returns the cost where it is one amount in one currency. Several
// currencies, and unknown prices, exceed every amount.
func sufficientCost(need string) string {
	amount, currency, _ := strings.Cut(need, " ")
	if strings.Trim(amount, "0123456789.") != "" || len(currency) != 3 {
		return "off"
	}
	return strconv.Quote(amount + " " + currency)
}

// sufficientAge returns the age, rounded up to whole hours.
func sufficientAge(need string) string {
	age, err := time.ParseDuration(need)
	if err != nil {
		return "off" // not known
	}
	return strconv.FormatInt(int64(age/time.Hour)+1, 10) + "h"
}
