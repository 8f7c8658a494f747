package report

import (
	"fmt"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The Summary sheet is one screen: the verdict, what was looked at, findings by
// kind and state on the left, money and both sides on the right. Totals are
// formulas with their values, and every total is held against the count that
// it must equal.

const (
	leftCol  = 1
	leftEnd  = 7
	rightCol = 9
	rightEnd = 15
)

func summaryGrid(s *reconcile.Summary, listed []span) *grid {
	g, top := summaryHead(s)
	putKinds(g, top, &s.Findings, listed)
	next := putMoney(g, top, &s.Findings)
	putClasses(g, next+1, s)
	return g
}

// summaryHead gives the sheet with its head, and the row below that.
func summaryHead(s *reconcile.Summary) (g *grid, top int) {
	g = newGrid(tabSummary, 24, 10, 9, 9, 10, 10, 9, 2, 16, 13, 15, 10, 10, 10, 26)
	g.band(1, leftCol, rightEnd, toneTitle, "Subscription reconciliation")
	g.heights[1] = 28
	verdictTone := toneGood
	if lacking(s) {
		verdictTone = toneBad
	}
	g.band(2, leftCol, rightEnd, verdictTone, verdict(s))
	g.heights[2] = 24
	top = putGaps(g, 3, s)
	return g, putFixes(g, putFacts(g, top+1, s), s) + 1
}

// mostGapRows keeps the summary on its screen; the Accounts sheet has them all.
const mostGapRows = 6

func putGaps(g *grid, row int, s *reconcile.Summary) int {
	if s.Complete {
		return row
	}
	for _, gap := range gapLines(&s.Coverage, mostGapRows) {
		g.put(row, leftCol, toneAlarm, textCell(gap.account))
		g.put(row, leftCol+3, toneAlarm, textCell(oneLine(gap.err)))
		row++
	}
	return row
}

func putFacts(g *grid, row int, s *reconcile.Summary) int {
	run := s.RunID
	if s.Replay {
		run += " (replay of a snapshot)"
	}
	left := []struct {
		name  string
		value cell
	}{
		{"As of (UTC)", momentCell(s.AsOf)},
		{"Parent account", textCell(s.Scope.AccountID)},
		{"Scope", textCell(scopeLine(&s.Scope))},
		{"Run", textCell(run)},
	}
	right := [][2]string{
		{"Ledger", oneLine(s.Scope.Ledger)}, {"In the ledger", ledgerLine(&s.Ledger)},
		{"At Wix", wixLine(&s.Wix)}, {"Requests", requestLine(&s.Requests)},
	}
	for i := range left {
		g.words(row+i, leftCol, toneMuted, left[i].name)
		g.put(row+i, leftCol+1, tonePlain, left[i].value)
		g.merged = append(g.merged, [2]string{ref(leftCol+1, row+i), ref(leftEnd, row+i)})
		g.words(row+i, rightCol, toneMuted, right[i][0])
		g.words(row+i, rightCol+1, tonePlain, right[i][1])
	}
	return row + len(left)
}

func putFixes(g *grid, row int, s *reconcile.Summary) int {
	for _, f := range fixLines(s) {
		shade := tonePlain
		if f.refuses {
			shade = toneAlarm
		}
		g.words(row, leftCol, toneMuted, f.name)
		g.band(row, leftCol+1, rightEnd, shade, f.words)
		row++
	}
	return row
}

func putKinds(g *grid, row int, t *reconcile.Tally, listed []span) {
	g.words(row, leftCol, toneHeading, openLine(t))
	g.words(row+1, leftCol, toneHeader, "kind", "severity")
	g.numberHeads(row+1, leftCol+2, "open", "in flight", "excepted", "unknown", "total")
	rows, sum := kindRows(t)
	from := row + 2
	for i := range rows {
		putKind(g, from+i, &rows[i])
	}
	end := from + len(rows)
	g.words(end, leftCol, toneTotal, "total", "")
	for i, n := range []int{sum.open, sum.inFlight, sum.excepted, sum.unknown, sum.total()} {
		g.sum(end, leftCol+2+i, from, n)
	}
	g.words(end+1, leftCol, toneMuted, "rows listed")
	rowsListed, ranges := 0, make([]string, len(listed))
	for i, l := range listed {
		rowsListed += l.rows
		ranges[i] = fmt.Sprintf("COUNTA('%s'!A2:A%d)", l.sheet, max(2, l.rows+1))
	}
	g.place(end+1, leftEnd, placed{cell: wholeCell(rowsListed), tone: toneMuted, formula: strings.Join(ranges, "+")})
	g.words(end+2, leftCol, toneMuted, "check")
	g.check(end+2, leftEnd, end, sum.total() == rowsListed)
}

func putKind(g *grid, row int, r *kindRow) {
	name, severity, numbers := tonePlain, severityTones(r.kind.Severity()), tonePlain
	if r.total() == 0 {
		name, severity, numbers = toneMuted, toneMuted, toneMuted
	}
	g.words(row, leftCol, name, r.kind.String())
	g.words(row, leftCol+1, severity, r.kind.Severity().String())
	g.put(row, leftCol+2, numbers, wholeCell(r.open), wholeCell(r.inFlight), wholeCell(r.excepted), wholeCell(r.unknown))
	if r.open > 0 {
		g.put(row, leftCol+2, toneStrong, wholeCell(r.open))
	}
	sum := fmt.Sprintf("SUM(%s:%s)", ref(leftCol+2, row), ref(leftEnd-1, row))
	g.place(row, leftEnd, placed{cell: wholeCell(r.total()), tone: numbers, formula: sum})
}

func putMoney(g *grid, row int, t *reconcile.Tally) int {
	g.words(row, rightCol, toneHeading, "Money a month, open findings")
	g.words(row+1, rightCol, toneHeader, "direction", "currency")
	g.numberHeads(row+1, rightCol+2, "a month", "findings", "one-time", "unpriced")
	g.words(row+1, rightEnd, toneHeader, "meaning")
	row += 2
	rows := moneyRows(t)
	if len(rows) == 0 {
		g.words(row, rightCol, toneMuted, "none")
		return row + 1
	}
	for i := range rows {
		m := &rows[i]
		g.words(row, rightCol, toneStrong, m.Direction)
		g.words(row, rightCol+1, tonePlain, orDash(m.Currency))
		value := placed{cell: textCell("unknown"), tone: toneMuted, right: true}
		if priced(m) {
			value = placed{cell: amountCell(m.Monthly, m.Currency), tone: toneStrong}
		}
		g.place(row, rightCol+2, value)
		g.put(row, rightCol+3, tonePlain, wholeCell(m.Findings), wholeCell(m.OneTime), wholeCell(m.Unpriced))
		g.words(row, rightEnd, toneMuted, meaning(m.Direction))
		row++
	}
	return row
}

func putClasses(g *grid, row int, s *reconcile.Summary) {
	g.words(row, rightCol, toneHeading, "Where every row and package ended")
	g.words(row+1, rightCol, toneHeader, "class")
	g.numberHeads(row+1, rightCol+1, "ledger rows", "Wix packages")
	rows, sum := classRows(s)
	from := row + 2
	for i, r := range rows {
		shade := tonePlain
		if r.rows+r.packages == 0 {
			shade = toneMuted
		}
		g.put(from+i, rightCol, shade, textCell(r.class), wholeCell(r.rows), wholeCell(r.packages))
	}
	end := from + len(rows)
	g.words(end, rightCol, toneTotal, "total")
	g.sum(end, rightCol+1, from, sum.rows)
	g.sum(end, rightCol+2, from, sum.packages)
	g.put(end+1, rightCol, toneMuted, textCell("read"), wholeCell(s.Ledger.Rows), wholeCell(s.Wix.Packages))
	g.words(end+2, rightCol, toneMuted, "check")
	g.check(end+2, rightCol+1, end, sum.rows == s.Ledger.Rows)
	g.check(end+2, rightCol+2, end, sum.packages == s.Wix.Packages)
}

// check holds a total against the cell below it.
func (g *grid) check(row, col, totalRow int, ties bool) {
	formula := fmt.Sprintf(`IF(%s=%s,"ties","DOES NOT TIE")`, ref(col, totalRow), ref(col, totalRow+1))
	p := placed{textCell("ties"), toneMuted, formula, true}
	if !ties {
		p = placed{textCell("DOES NOT TIE"), toneBad, formula, true}
	}
	g.place(row, col, p)
}
