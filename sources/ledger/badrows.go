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

// minLimited is the number of rows of which a percentage is allowed at least, so
// that one bad row does not stop a small ledger.
const minLimited = 100

// CheckLimit returns an error if more than a percentage of the rows are bad.
func (c Counts) CheckLimit(percent decimal.Decimal) error {
	limit, valid := new(big.Rat).SetString(percent.String())
	if valid && big.NewRat(int64(c.Bad)*100, 1).Cmp(limit.Mul(limit, big.NewRat(int64(max(c.Rows, minLimited)), 1))) <= 0 {
		return nil
	}
	text := fmt.Sprintf("%d of %d rows are bad; the limit is %s %%", c.Bad, c.Rows, percent)
	if c.Rows < minLimited {
		text += fmt.Sprintf(" of at least %d rows", minLimited)
	}
	return errors.New(text)
}

// ErrNoRows is a ledger that has a header and nothing else.
var ErrNoRows = errors.New("the ledger has a header and no rows")

// checkCounts returns an error if there are no rows, too many bad ones, or rows
// that are no subscriptions.
func (l *Ledger) checkCounts() error {
	n := l.total.counts
	switch {
	case n.Rows == 0 && l.allowNoRows:
		return nil
	case n.Rows == 0:
		return ErrNoRows
	case l.total.footers == 1 && l.total.footer != n.Rows+l.total.ignored:
		return fmt.Errorf("the last line counts %d rows, but %d were read: the export is not complete", l.total.footer, n.Rows)
	}
	err := n.CheckLimit(l.maxBad)
	if err == nil && n.Bad == n.Rows {
		err = fmt.Errorf("every row is bad (%d)", n.Rows)
	}
	below := ""
	if l.total.below.n > 0 && l.total.good {
		below = l.belowText(&l.total.below)
	}
	switch {
	case err == nil && below == "":
		return nil
	case err == nil:
		return errors.New(below)
	}
	lines := append([]string{err.Error()}, l.total.bad...)
	if n.Bad > len(l.total.bad) {
		lines = append(lines, fmt.Sprintf("and %d more", n.Bad-len(l.total.bad)))
	}
	if below != "" {
		lines = append(lines, below)
	}
	if text := l.total.unknownText(); text != "" {
		lines = append(lines, text)
	} else if n.Bad < n.Rows && below == "" {
		of := max(n.Rows, minLimited)
		lines = append(lines, fmt.Sprintf("Correct these rows, or accept them in the settings file: max_bad_rows: %d %%", (n.Bad*100+of-1)/of))
	}
	return errors.New(strings.Join(lines, "\n  "))
}
