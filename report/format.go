package report

import (
	"cmp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
)

// formatCount groups the digits of a count: 1,234.
func formatCount(n int) string { return groupDigits(strconv.Itoa(n)) }

// plural returns a count with its noun: "1 row", "1,234 rows".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return formatCount(n) + " " + many
}

// formatAmount writes an amount in the minor units of its currency, with
// grouped digits and without the currency.
func formatAmount(d decimal.Decimal, currency string) string {
	return groupDigits(d.Rescale(reconcile.MinorUnits(currency)).String())
}

// groupDigits puts a comma between groups of three digits of a plain number.
func groupDigits(number string) string {
	sign := ""
	if strings.HasPrefix(number, "-") {
		sign, number = "-", number[1:]
	}
	whole, fraction, _ := strings.Cut(number, ".")
	var b strings.Builder
	b.WriteString(sign)
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(whole[i])
	}
	if fraction != "" {
		b.WriteString("." + fraction)
	}
	return b.String()
}

// formatTime writes a time in UTC, without the zone.
func formatTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// hashLength is how much of a hash is shown to people.
const hashLength = 12

// truncate returns the first n bytes of s.
func truncate(s string, n int) string { return s[:min(len(s), n)] }

func orDash(s string) string { return cmp.Or(oneLine(s), "-") }

// outcomeText writes an outcome code such as "not_started" in words.
func outcomeText(code string) string { return strings.ReplaceAll(oneLine(code), "_", " ") }

// oneLine makes untrusted text safe for a terminal and a list: a single
// line without control characters.
func oneLine(s string) string {
	printable := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Join(strings.Fields(printable), " ")
}
