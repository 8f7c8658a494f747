package report

import (
	"cmp"
	"slices"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The three tables of a summary, as rows: findings by kind and state, money by
// direction and currency, both sides by class. Text, Markdown and the workbook
// show the same rows, so that they can't disagree.

// A kindRow counts one kind by state.
type kindRow struct {
	kind                              reconcile.Kind
	open, inFlight, excepted, unknown int
}

func (r *kindRow) total() int { return r.open + r.inFlight + r.excepted + r.unknown }

func (r *kindRow) add(o kindRow) {
	r.open += o.open
	r.inFlight += o.inFlight
	r.excepted += o.excepted
	r.unknown += o.unknown
}

// kindRows gives every kind, most severe first, and their sum.
func kindRows(t *reconcile.Tally) (rows []kindRow, sum kindRow) {
	for _, k := range reconcile.Kinds() {
		n := t.Kinds[k.String()]
		row := kindRow{
			kind: k, open: n[reconcile.Open.String()], inFlight: n[reconcile.InFlight.String()],
			excepted: n[reconcile.Excepted.String()], unknown: n[reconcile.Unknown.String()],
		}
		rows = append(rows, row)
		sum.add(row)
	}
	slices.SortStableFunc(rows, func(a, b kindRow) int { return cmp.Compare(a.kind.Severity(), b.kind.Severity()) })
	return rows, sum
}

// moneyRows gives the totals by direction in the order of reconcile, then by
// currency. They are never added up: currencies differ, and a leak and revenue
// at risk are not the same money.
func moneyRows(t *reconcile.Tally) []reconcile.MoneyTotal {
	order := make(map[string]int)
	for d := reconcile.Leak; d <= reconcile.Difference; d++ {
		order[d.String()] = int(d)
	}
	var rows []reconcile.MoneyTotal
	for _, m := range t.Money {
		if order[m.Direction] > 0 {
			rows = append(rows, m)
		}
	}
	slices.SortStableFunc(rows, func(a, b reconcile.MoneyTotal) int {
		return cmp.Or(cmp.Compare(order[a.Direction], order[b.Direction]), cmp.Compare(a.Currency, b.Currency))
	})
	return rows
}

// priced reports whether the total holds any known price: where it holds none
// it is unknown, and not 0.
func priced(m *reconcile.MoneyTotal) bool { return m.Findings > m.Unpriced }

// meaning says for people whose money a direction is.
func meaning(direction string) string {
	switch direction {
	case reconcile.Leak.String():
		return "Wix bills, nobody pays"
	case reconcile.AtRisk.String():
		return "paid for, not delivered"
	case reconcile.Difference.String():
		return "Wix bills another amount"
	default:
		return ""
	}
}

// A classRow counts both sides in one class.
type classRow struct {
	class          string
	rows, packages int
}

// classRows gives every class, and their sum.
func classRows(s *reconcile.Summary) (rows []classRow, sum classRow) {
	for _, c := range reconcile.Classes() {
		row := classRow{c.String(), s.Ledger.Classes[c.String()], s.Wix.Classes[c.String()]}
		rows = append(rows, row)
		sum.rows += row.rows
		sum.packages += row.packages
	}
	return rows, sum
}
