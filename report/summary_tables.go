package report

import (
	"cmp"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The three tables of a summary: findings by kind and state, money by direction
// and currency, both sides by class. Text, Markdown and the workbook draw the
// same rows. Text and Markdown leave out rows of zeros.

const (
	moneyTitle = "Open findings: money per month"
	classTitle = "Ledger rows and Wix packages by class"
)

func (p *page) summaryTables(s *reconcile.Summary) {
	p.section(openFindingsText(&s.Findings), kindTable(&s.Findings))
	if money := moneyRows(&s.Findings); len(money) > 0 {
		p.section(moneyTitle, moneyTable(money))
	}
	p.section(classTitle, classTable(s))
}

// A kindRow counts the findings of one kind by state.
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

// kindRows returns every kind, the most severe first, and their sum.
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

func kindTable(t *reconcile.Tally) table.Writer {
	w := newTable(2, "finding", "severity", "open", "in flight", "excepted", "unknown", "total")
	rows, sum := kindRows(t)
	for i := range rows {
		if r := &rows[i]; r.total() > 0 {
			w.AppendRow(append(table.Row{r.kind.String(), r.kind.Severity().String()}, r.counts()...))
		}
	}
	w.AppendFooter(append(table.Row{"total", ""}, sum.counts()...))
	return w
}

func (r *kindRow) counts() table.Row {
	return countCells(r.open, r.inFlight, r.excepted, r.unknown, r.total())
}

// moneyRows returns the totals by direction, then by currency. They are never
// added up: currencies differ, and a leak and revenue at risk are not the same
// money.
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

// priced reports whether the total has any known price. A total without one
// is unknown, not 0.
func priced(m *reconcile.MoneyTotal) bool { return m.Findings > m.Unpriced }

// directionMeaning explains a direction to people.
func directionMeaning(direction string) string {
	switch direction {
	case reconcile.Leak.String():
		return "Wix bills, customer does not pay"
	case reconcile.AtRisk.String():
		return "customer pays, Wix does not deliver"
	case reconcile.Difference.String():
		return "Wix bills a different amount"
	default:
		return ""
	}
}

func moneyTable(rows []reconcile.MoneyTotal) table.Writer {
	w := newTable(2, "direction", "currency", "per month", "findings", "one-time", "unpriced", "meaning")
	w.SetColumnConfigs(append(alignRight(3, 6), table.ColumnConfig{Number: 7, Align: text.AlignLeft}))
	for i := range rows {
		m := &rows[i]
		amount := "unknown"
		if priced(m) {
			amount = formatAmount(m.Monthly, m.Currency)
		}
		row := table.Row{m.Direction, orDash(m.Currency), amount}
		row = append(row, countCells(m.Findings, m.OneTime, m.Unpriced)...)
		w.AppendRow(append(row, directionMeaning(m.Direction)))
	}
	return w
}

// A classRow counts ledger rows and packages of one class.
type classRow struct {
	class          string
	rows, packages int
}

// classRows returns every class, and their sum.
func classRows(s *reconcile.Summary) (rows []classRow, sum classRow) {
	for _, c := range reconcile.Classes() {
		row := classRow{c.String(), s.Ledger.Classes[c.String()], s.Wix.Classes[c.String()]}
		rows = append(rows, row)
		sum.rows += row.rows
		sum.packages += row.packages
	}
	return rows, sum
}

func classTable(s *reconcile.Summary) table.Writer {
	w := newTable(1, "class", "ledger rows", "Wix packages")
	rows, sum := classRows(s)
	for _, r := range rows {
		if r.rows+r.packages > 0 {
			w.AppendRow(append(table.Row{r.class}, countCells(r.rows, r.packages)...))
		}
	}
	w.AppendFooter(append(table.Row{"total"}, countCells(sum.rows, sum.packages)...))
	return w
}
