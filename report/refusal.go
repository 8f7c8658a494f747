package report

import (
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// A refusal is told with the one flag that lifts it, and with the least that the
// flag must say, where that follows from what is needed. There is no flag that
// lifts everything, so none is ever told for two refusals at once.

// refusalHead says which limit it is, and what the plan has of it.
func refusalHead(r *fix.Refusal) string {
	head := oneLine(r.Limit)
	if r.Value != "" {
		head += " " + oneLine(r.Value)
	}
	if r.Need != "" {
		head += ", needed " + oneLine(r.Need)
	}
	return head
}

// summedRefusal gives a refusal as a summary has it.
func summedRefusal(r *reconcile.FixRefusal) *fix.Refusal {
	return &fix.Refusal{Limit: r.Limit, Value: r.Value, Need: r.Need, Flag: r.Flag, Text: r.Text}
}

// raising says how a refusal is lifted; empty where no flag does. Live is the
// number of live instances that a percentage is of.
func raising(r *fix.Refusal, live int) string {
	if r.Flag == "" {
		return ""
	}
	name := oneLine(r.Flag)
	value := enough(r, live)
	switch {
	case r.Limit == fix.GuardCanary:
		return "leave it out of " + name + " if it is gone for good"
	case value == "":
		return "raise it with " + name
	case value == "off":
		return "lift it with " + name + " off"
	}
	return "raise it with " + name + " " + value
}

// enough gives the least value of the flag that lifts a refusal, "off" where
// only that does, and none where it is not known.
func enough(r *fix.Refusal, live int) string {
	switch r.Limit {
	case fix.LimitFixes, fix.LimitCancels, fix.LimitCancelsPerAccount:
		return oneLine(r.Need)
	case fix.LimitCancelPercent:
		return enoughPercent(r.Need, live)
	case fix.LimitCancelCost:
		return enoughCost(r.Need)
	case fix.GuardLedgerAge:
		return enoughAge(r.Need)
	}
	return ""
}

// enoughPercent gives the smallest percentage, in hundredths, of which so many
// instances are no more.
func enoughPercent(need string, live int) string {
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

// enoughCost gives the cost where it is one amount of one currency. Several
// currencies, and what has no known price, are over every amount.
func enoughCost(need string) string {
	amount, currency, _ := strings.Cut(need, " ")
	if strings.Trim(amount, "0123456789.") != "" || len(currency) != 3 {
		return "off"
	}
	return strconv.Quote(amount + " " + currency)
}

// enoughAge gives the age in whole hours, no less than it is.
func enoughAge(need string) string {
	age, err := time.ParseDuration(need)
	if err != nil {
		return "off" // not known
	}
	return strconv.FormatInt(int64(age/time.Hour)+1, 10) + "h"
}
