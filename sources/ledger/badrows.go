package ledger

// A ledger without rows, with more bad rows than the limit, or with bad rows
// only can't be trusted: the run stops.

import (
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/table"
)

// badExamples are the first bad rows, for the error message.
type badExamples []string

const maxBadExamples = 5

func (e *badExamples) add(record *table.Row, bad *reconcile.BadRow) {
	if len(*e) < maxBadExamples {
		*e = append(*e, badRowText(record, bad))
	}
}

// badRowText returns the position, the column, the cell and the problem of a bad
// row.
func badRowText(record *table.Row, bad *reconcile.BadRow) string {
	if bad.Column == "" {
		return record.Position() + ": " + bad.Problem
	}
	return fmt.Sprintf("%s: column %q: %q: %s", record.Position(), bad.Column, clipped(bad.Value, 60),
		strings.TrimPrefix(bad.Problem, bad.Column+": "))
}

// CheckLimit returns an error if more than a percentage of the rows are bad.
func (c Counts) CheckLimit(percent decimal.Decimal) error {
	limit, valid := new(big.Rat).SetString(percent.String())
	if valid && big.NewRat(int64(c.Bad)*100, 1).Cmp(limit.Mul(limit, big.NewRat(int64(c.Rows), 1))) <= 0 {
		return nil
	}
	return fmt.Errorf("%d of %d rows are bad; the limit is %s %%", c.Bad, c.Rows, percent)
}

// checkCounts returns an error if there are no rows or too many bad ones.
func (l *Ledger) checkCounts() error {
	n := l.counts
	if n.Rows == 0 {
		return errors.New("the ledger has a header and no rows")
	}
	err := n.CheckLimit(l.maxBad)
	if err == nil && n.Bad == n.Rows {
		err = fmt.Errorf("every row is bad (%d)", n.Rows)
	}
	if err == nil {
		return nil
	}
	lines := append([]string{err.Error()}, l.bad...)
	if n.Bad > len(l.bad) {
		lines = append(lines, fmt.Sprintf("and %d more", n.Bad-len(l.bad)))
	}
	if text := l.parser.unknown.String(); text != "" {
		lines = append(lines, text)
	} else if n.Bad < n.Rows {
		percent := (n.Bad*100 + n.Rows - 1) / n.Rows
		lines = append(lines, fmt.Sprintf("Correct these rows, or accept them in the settings file: max_bad_rows: %d %%", percent))
	}
	return errors.New(strings.Join(lines, "\n  "))
}
