package ledger

// A ledger without rows, or with more bad rows than the limit, is not to be
// believed: the run stops. So is one whose rows are all bad, whatever the
// limit.

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/table"
)

// examples keeps the first few bad rows for the message.
type examples []string

const maxExamples = 5

func (e *examples) see(record *table.Row, bad *reconcile.BadRow) {
	if len(*e) == maxExamples {
		return
	}
	*e = append(*e, exampleOf(record, bad))
}

func exampleOf(record *table.Row, bad *reconcile.BadRow) string {
	if bad.Column == "" {
		return record.At() + ": " + bad.Problem
	}
	return fmt.Sprintf("%s: column %q: %q: %s", record.At(), bad.Column, clipped(bad.Value, 60),
		strings.TrimPrefix(bad.Problem, bad.Column+": "))
}

func (l *Ledger) verdict() error {
	n := l.counts
	if n.Rows == 0 {
		return errors.New("holds a header and no rows")
	}
	over, err := above(n.Bad, n.Rows, l.max)
	if err != nil {
		return err
	}
	if !over && n.Bad < n.Rows {
		return nil
	}
	text := fmt.Sprintf("%d of %d rows are bad, no more than %s %% may be", n.Bad, n.Rows, l.max)
	if !over {
		text = fmt.Sprintf("every row is bad, of %d", n.Rows)
	}
	lines := append([]string{text}, l.bad...)
	if n.Bad > len(l.bad) {
		lines = append(lines, fmt.Sprintf("and %d more", n.Bad-len(l.bad)))
	}
	if words := l.unmappedText(); words != "" {
		lines = append(lines, words)
	}
	return errors.New(strings.Join(lines, "\n  "))
}

// above reports whether part is more than percent of whole, exactly.
func above(part, whole int, percent decimal.Decimal) (bool, error) {
	share, err := decimal.New(int64(part), 0)
	if err != nil {
		return false, err
	}
	if share, err = share.MulExact(decimal.Hundred, 0); err != nil {
		return false, err
	}
	all, err := decimal.New(int64(whole), 0)
	if err != nil {
		return false, err
	}
	limit, err := all.MulExact(percent, percent.Scale())
	if err != nil {
		return false, err
	}
	return share.Cmp(limit) > 0, nil
}

// fixed counts the cells that were read as Windows-1252.
type fixed struct {
	cells int
	first string
}

// see1252 counts the cells of a record that are not UTF-8. Ids are not among
// them: their row is a bad one.
func (l *Ledger) see1252(record *table.Row) {
	for _, at := range record.Invalid {
		if l.refuses(at) {
			continue
		}
		if l.legible.cells == 0 {
			l.legible.first = record.At()
		}
		l.legible.cells++
	}
}

// refuses reports whether a cell at an index that is not UTF-8 makes its row a
// bad one.
func (l *Ledger) refuses(at int) bool {
	column := slices.IndexFunc(l.at, func(indices []int) bool { return slices.Contains(indices, at) })
	return column >= 0 && (l.columns[column].id || l.strict)
}

func (m *fixed) warnings(name string) []string {
	if m.cells == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s: %d cells are not UTF-8 and were read as Windows-1252, the first on %s", name, m.cells, m.first)}
}
