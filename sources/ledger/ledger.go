package ledger

// A ledger is read in one pass, in memory that does not grow with its rows.
// What is wrong with the header is told at once and all together; what is wrong
// with the whole only after the last row, so that nothing may be concluded from
// rows before then.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/sources/table"
)

// Options may be nil.
type Options struct {
	Name       string              // begins errors and warnings, fit to be shown; "ledger" if empty
	Location   *time.Location      // in which a date begins; nil is UTC
	Decimal    string              // Point, Comma, or empty: comma where the delimiter is a semicolon, else point
	MaxBadRows decimal.NullDecimal // percent of the rows; 1 where it is not set
	Limit      int                 // longest record in bytes; table.DefaultLimit if 0

	Columns  []ColumnMap  // headers that are not the contract's
	Statuses []StatusWord // words that are not the contract's
	Dates    []DateFormat // besides ISO 8601
	Encoding string       // of a text without a byte order mark; see table.Options
	Sheet    string       // of a workbook; empty is the first that is shown
}

// A Ledger is an open ledger: its header is read, its rows are not.
type Ledger struct {
	ctx     context.Context
	name    string
	table   *table.Reader
	columns []column
	at      [][]int // of each column, its indices in a record; the first filled cell counts
	rest    []int   // the indices of the carried cells
	names   []string
	strict  bool // an encoding is set: what is not in it is not guessed at
	parser  parser
	max     decimal.Decimal

	carried []string
	counts  Counts
	legible fixed
	bad     examples
}

// Counts says how many rows were read so far.
type Counts struct {
	Rows int // not blank, good or bad
	Bad  int
}

// Read reads the header of a ledger. Rows streams what follows, and ends with
// the context.
func Read(ctx context.Context, in io.Reader, o *Options) (*Ledger, error) {
	l, err := begin(ctx, in, o)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// begin gives the ledger with an error too, as far as it was read.
func begin(ctx context.Context, in io.Reader, o *Options) (*Ledger, error) {
	if o == nil {
		o = new(Options)
	}
	l := &Ledger{ctx: ctx, name: o.Name, columns: columns(), max: decimal.One, strict: o.Encoding != "", parser: newParser(o)}
	if l.name == "" {
		l.name = "ledger"
	}
	if o.MaxBadRows.Valid {
		l.max = o.MaxBadRows.Decimal
	}
	return l, l.named(l.open(in, o))
}

func (l *Ledger) open(in io.Reader, o *Options) error {
	headers, fault := headersOf(o.Columns)
	wanted := make(map[string]bool)
	for _, group := range headers {
		for _, name := range group {
			wanted[table.Fold(name)] = true
		}
	}
	var err error
	l.table, err = table.Open(in, &table.Options{
		Limit: o.Limit, Encoding: o.Encoding, Sheet: o.Sheet,
		Wanted: func(folded string) bool { return wanted[folded] },
	})
	if err != nil {
		return errors.Join(fault, err)
	}
	numbers, err := conventionOf(o.Decimal, l.table.Delimiter)
	l.parser.numbers = numbers
	if err = errors.Join(fault, err, l.locate(headers, o.Columns)); err != nil {
		_ = l.table.Close() // nothing of it is used
	}
	return err
}

// Close ends the use of a ledger whose rows were not read to their end.
func (l *Ledger) Close() error { return l.table.Close() }

// listed quotes headers for a message of bearable length.
func listed(header []string) string {
	const most, longest = 40, 60
	var quoted []string
	for i, name := range header {
		if i == most {
			quoted = append(quoted, fmt.Sprintf("and %d more", len(header)-most))
			break
		}
		quoted = append(quoted, fmt.Sprintf("%q", clipped(name, longest)))
	}
	return strings.Join(quoted, ", ")
}

func clipped(s string, longest int) string {
	runes := 0
	for i := range s {
		if runes == longest {
			return s[:i] + "…"
		}
		runes++
	}
	return s
}

// CarriedHeader gives the names of the carried columns, distinct, and none of
// them that of a column of findings.csv.
func (l *Ledger) CarriedHeader() []string { return l.names }

// Counts counts the rows that were streamed so far.
func (l *Ledger) Counts() Counts { return l.counts }

// Warnings says after the last row what the user should know.
func (l *Ledger) Warnings() []string {
	warnings := l.legible.warnings(l.name)
	if text := l.unmappedText(); text != "" {
		warnings = append(warnings, l.name+": "+text)
	}
	return warnings
}

// Rows streams the rows; it can be ranged over once. It ends with the first
// error, and the last may be that there were no rows or too many bad ones:
// nothing may be said of a ledger before Rows has ended without an error.
func (l *Ledger) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for record, err := range l.table.Rows() {
			var row Row
			if err == nil {
				row, err = l.next(&record)
			}
			if err != nil {
				yield(Row{}, l.named(err))
				return
			}
			if !yield(row, nil) {
				return
			}
		}
		if err := l.verdict(); err != nil {
			yield(Row{}, l.named(err))
		}
	}
}

// contextEvery is the number of rows between two looks at the context.
const contextEvery = 256

func (l *Ledger) next(record *table.Row) (Row, error) {
	if l.counts.Rows%contextEvery == 0 {
		if err := l.ctx.Err(); err != nil {
			return Row{}, err
		}
	}
	row, err := l.row(record)
	if err != nil {
		return Row{}, err
	}
	l.counts.Rows++
	l.see1252(record)
	if row.Bad != nil {
		l.counts.Bad++
		l.bad.see(record, row.Bad)
	}
	return row, nil
}

func (l *Ledger) named(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", l.name, err)
}
