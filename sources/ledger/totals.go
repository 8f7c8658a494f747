package ledger

// Exports for people end in a row of totals. It is a bad row like any other;
// this only tells why.

import (
	"strings"

	"github.com/wixrecon/wixrecon/sources/table"
)

// isTotals reports whether a cell of the row says total, in one of a few
// languages.
func isTotals(cells []string) bool {
	for _, cell := range cells {
		if len(cell) > 40 || table.Blank(cell) {
			continue
		}
		first, _, _ := strings.Cut(strings.TrimLeft(strings.ToLower(table.Legible(cell)), " \t\u00a0*#"), ":")
		words := strings.Fields(first)
		if len(words) == 0 {
			continue
		}
		switch words[0] {
		case "total", "totals", "subtotal", "sum", "summe", "gesamt", "gesamtsumme", "insgesamt", "totale", "totaal", "totalt", "suma", "somme":
			return true
		case "grand", "sub", "overall":
			return len(words) > 1 && strings.HasPrefix(words[1], "total")
		}
	}
	return false
}
