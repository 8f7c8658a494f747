package report

import (
	"strings"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
)

// spell writes an amount for people: minor units, digits in groups of three.
func spell(d decimal.Decimal, currency string) string {
	return grouped(d.Rescale(reconcile.MinorUnits(currency)).String())
}

// grouped puts a comma between groups of three digits of a plain number.
func grouped(number string) string {
	sign := ""
	if strings.HasPrefix(number, "-") {
		sign, number = "-", number[1:]
	}
	head, fraction, _ := strings.Cut(number, ".")
	var b strings.Builder
	b.WriteString(sign)
	for i := range len(head) {
		if i > 0 && (len(head)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(head[i])
	}
	if fraction != "" {
		b.WriteString("." + fraction)
	}
	return b.String()
}
