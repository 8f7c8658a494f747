package report

import (
	"fmt"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The Summary sheet fits on one screen: the verdict, what was compared, findings
// by kind and state on the left, money and both sides on the right. Totals are
// formulas with their values, and each total is checked against the count that
// it must equal.

const (
	leftCol  = 1
	leftEnd  = 7
	rightCol = 9
	rightEnd = 15
)

func summaryGrid(s *reconcile.Summary, findings []listPart) *grid {
	g, top := summaryHead(s)
	putKinds(g, top, &s.Findings, findings)
	next := putMoney(g, top, &s.Findings)
	putClasses(g, next+1, s)
	return g
}

// summaryHead returns the sheet with its head only, and the row below it.
func summaryHead(s *reconcile.Summary) (g *grid, top int) {
	g = newGrid(tabSummary, 24, 10, 9, 9, 10, 10, 9, 2, 16, 13, 15, 10, 10, 10, 34)
	g.band(1, leftCol, rightEnd, toneTitle, "Subscription reconciliation")
	g.heights[1] = 28
	verdictTone := toneGood
	if isIncomplete(s) {
		verdictTone = toneBad
	}
	g.band(2, leftCol, rightEnd, verdictTone, Verdict(s))
	g.heights[2] = 24
	top = putGaps(g, 3, s)
	return g, putFixes(g, putFacts(g, top+1, s), s) + 1
}

// maxGapRows keeps the summary on one screen; the Accounts sheet has all gaps.
const maxGapRows = 6

func putGaps(g *grid, row int, s *reconcile.Summary) int {
	if s.Complete {
		return row
	}
	for _, gap := range gaps(&s.Coverage, maxGapRows) {
		g.texts(row, leftCol, toneAlarm, gap.account)
		g.texts(row, leftCol+3, toneAlarm, oneLine(gap.err))
		row++
	}
	return row
}

func putFacts(g *grid, row int, s *reconcile.Summary) int {
	run := s.RunID
	if s.Replay {
		run += " (replay of a snapshot)"
	}
	left := []pair{
		{"As of (UTC)", timeCell(s.AsOf)},
		{"Parent account", textCell(s.Scope.AccountID)},
		{"Scope", textCell(scopeText(&s.Scope))},
		{"Run", textCell(run)},
	}
	right := []pair{
		{"Ledger", textCell(oneLine(s.Scope.Ledger))},
		{"Ledger contents", textCell(ledgerText(&s.Ledger))},
		{"Wix contents", textCell(wixText(&s.Wix))},
		{"Requests", textCell(requestText(&s.Requests))},
	}
	for i := range left {
		g.texts(row, leftCol, toneMuted, left[i].label)
		g.cells(row, leftCol+1, tonePlain, left[i].value)
		g.merge(row, leftCol+1, leftEnd)
		g.texts(row, rightCol, toneMuted, right[i].label)
		g.cells(row, rightCol+1, tonePlain, right[i].value)
		row++
	}
	return row
}

func putFixes(g *grid, row int, s *reconcile.Summary) int {
	for _, f := range fixFacts(s) {
		t := tonePlain
		if f.alarm {
			t = toneAlarm
		}
		g.texts(row, leftCol, toneMuted, f.name)
		g.band(row, leftCol+1, rightEnd, t, f.value)
		row++
	}
	return row
}

func putKinds(g *grid, row int, t *reconcile.Tally, findings []listPart) {
	g.texts(row, leftCol, toneHeading, openFindingsText(t))
	g.texts(row+1, leftCol, toneHeader, "kind", "severity")
	g.numberHeaders(row+1, leftCol+2, "open", "in flight", "excepted", "unknown", "total")
	rows, sum := kindRows(t)
	first := row + 2
	for i := range rows {
		putKind(g, first+i, &rows[i])
	}
	end := first + len(rows)
	g.texts(end, leftCol, toneTotal, "total", "")
	for i, n := range []int{sum.open, sum.inFlight, sum.excepted, sum.unknown, sum.total()} {
		g.sum(end, leftCol+2+i, first, n)
	}
	g.texts(end+1, leftCol, toneMuted, "rows in Findings")
	listed, ranges := 0, make([]string, len(findings))
	for i, part := range findings {
		listed += part.rows
		ranges[i] = fmt.Sprintf("COUNTA('%s'!A2:A%d)", part.sheet, max(2, part.rows+1))
	}
	g.set(end+1, leftEnd, styledCell{cell: wholeCell(listed), tone: toneMuted, formula: strings.Join(ranges, "+")})
	g.texts(end+2, leftCol, toneMuted, "check")
	g.check(end+2, leftEnd, end, sum.total() == listed)
}

func putKind(g *grid, row int, r *kindRow) {
	name, severity, numbers := tonePlain, severityTone(r.kind.Severity()), tonePlain
	if r.total() == 0 {
		name, severity, numbers = toneMuted, toneMuted, toneMuted
	}
	g.texts(row, leftCol, name, r.kind.String())
	g.texts(row, leftCol+1, severity, r.kind.Severity().String())
	g.cells(row, leftCol+2, numbers, wholeCell(r.open), wholeCell(r.inFlight), wholeCell(r.excepted), wholeCell(r.unknown))
	if r.open > 0 {
		g.cells(row, leftCol+2, toneStrong, wholeCell(r.open))
	}
	sum := fmt.Sprintf("SUM(%s:%s)", cellName(leftCol+2, row), cellName(leftEnd-1, row))
	g.set(row, leftEnd, styledCell{cell: wholeCell(r.total()), tone: numbers, formula: sum})
}

// putMoney returns the row below the table.
func putMoney(g *grid, row int, t *reconcile.Tally) int {
	g.texts(row, rightCol, toneHeading, moneyTitle)
	g.texts(row+1, rightCol, toneHeader, "direction", "currency")
	g.numberHeaders(row+1, rightCol+2, "per month", "findings", "one-time", "unpriced")
	g.texts(row+1, rightEnd, toneHeader, "meaning")
	row += 2
	rows := moneyRows(t)
	if len(rows) == 0 {
		g.texts(row, rightCol, toneMuted, "none")
		return row + 1
	}
	for i := range rows {
		m := &rows[i]
		g.texts(row, rightCol, toneStrong, m.Direction)
		g.texts(row, rightCol+1, tonePlain, orDash(m.Currency))
		amount := styledCell{cell: textCell("unknown"), tone: toneMuted, right: true}
		if priced(m) {
			amount = styledCell{cell: amountCell(m.Monthly, m.Currency), tone: toneStrong}
		}
		g.set(row, rightCol+2, amount)
		g.cells(row, rightCol+3, tonePlain, wholeCell(m.Findings), wholeCell(m.OneTime), wholeCell(m.Unpriced))
		g.texts(row, rightEnd, toneMuted, directionMeaning(m.Direction))
		row++
	}
	return row
}

func putClasses(g *grid, row int, s *reconcile.Summary) {
	g.texts(row, rightCol, toneHeading, classTitle)
	g.texts(row+1, rightCol, toneHeader, "class")
	g.numberHeaders(row+1, rightCol+1, "ledger rows", "Wix packages")
	rows, sum := classRows(s)
	first := row + 2
	for i, r := range rows {
		t := tonePlain
		if r.rows+r.packages == 0 {
			t = toneMuted
		}
		g.cells(first+i, rightCol, t, textCell(r.class), wholeCell(r.rows), wholeCell(r.packages))
	}
	end := first + len(rows)
	g.texts(end, rightCol, toneTotal, "total")
	g.sum(end, rightCol+1, first, sum.rows)
	g.sum(end, rightCol+2, first, sum.packages)
	g.cells(end+1, rightCol, toneMuted, textCell("read"), wholeCell(s.Ledger.Rows), wholeCell(s.Wix.Packages))
	g.texts(end+2, rightCol, toneMuted, "check")
	g.check(end+2, rightCol+1, end, sum.rows == s.Ledger.Rows)
	g.check(end+2, rightCol+2, end, sum.packages == s.Wix.Packages)
}
