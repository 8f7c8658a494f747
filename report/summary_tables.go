package report

import (
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The tables of the summary as Text and Markdown draw them. Rows of zeros are
// left out; the totals below them still hold everything.

// A titled is a table of the summary.
type titled struct {
	title string
	table table.Writer
}

// summaryTables gives the tables of a summary; none where no book was read.
func summaryTables(s *reconcile.Summary) []titled {
	if s.Command == reconcile.CommandApply {
		return nil
	}
	tables := []titled{{openLine(&s.Findings), kindTable(&s.Findings)}}
	if money := moneyRows(&s.Findings); len(money) > 0 {
		tables = append(tables, titled{"Open findings, money a month", moneyTable(money)})
	}
	return append(tables, titled{"Where every row and package ended", classTable(s)})
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
	return numbers(r.open, r.inFlight, r.excepted, r.unknown, r.total())
}

func moneyTable(rows []reconcile.MoneyTotal) table.Writer {
	w := newTable(2, "direction", "currency", "a month", "findings", "one-time", "unpriced", "meaning")
	w.SetColumnConfigs(append(right(3, 6), table.ColumnConfig{Number: 7, Align: text.AlignLeft}))
	for i := range rows {
		m := &rows[i]
		amount := "unknown"
		if priced(m) {
			amount = spell(m.Monthly, m.Currency)
		}
		row := table.Row{m.Direction, orDash(m.Currency), amount}
		row = append(row, numbers(m.Findings, m.OneTime, m.Unpriced)...)
		w.AppendRow(append(row, meaning(m.Direction)))
	}
	return w
}

func classTable(s *reconcile.Summary) table.Writer {
	w := newTable(1, "class", "ledger rows", "Wix packages")
	rows, sum := classRows(s)
	for _, r := range rows {
		if r.rows+r.packages > 0 {
			w.AppendRow(append(table.Row{r.class}, numbers(r.rows, r.packages)...))
		}
	}
	w.AppendFooter(append(table.Row{"total"}, numbers(sum.rows, sum.packages)...))
	return w
}

// newTable makes a table of which the columns behind the first few are
// numbers.
func newTable(words int, names ...string) table.Writer {
	w := table.NewWriter()
	header := make(table.Row, len(names))
	for i, name := range names {
		header[i] = name
	}
	w.AppendHeader(header)
	w.SetColumnConfigs(right(words+1, len(names)))
	return w
}

func right(from, to int) []table.ColumnConfig {
	var configs []table.ColumnConfig
	for n := from; n <= to; n++ {
		configs = append(configs, table.ColumnConfig{
			Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight, AlignFooter: text.AlignRight,
		})
	}
	return configs
}

func numbers(counts ...int) table.Row {
	row := make(table.Row, len(counts))
	for i, n := range counts {
		row[i] = grouped(fmt.Sprint(n))
	}
	return row
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return oneLine(s)
}
