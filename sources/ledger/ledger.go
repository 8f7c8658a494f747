package ledger

// A ledger is read in one pass, in constant memory. All problems of the header
// are reported together, before the first row. Problems of the ledger as a whole
// are known only after the last row, so nothing may be decided before then.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/sources/table"
)

// Options may be nil.
type Options struct {
	Name       string              // for errors and warnings, without secrets; "ledger" if empty
	Location   *time.Location      // the zone of dates without one; nil is UTC
	Decimal    string              // Point, Comma, or empty: comma where the delimiter is a semicolon, else point
	MaxBadRows decimal.NullDecimal // percent of the rows; 1 where it is not set

	Columns   []ColumnMap   // headers that are not the contract's
	Statuses  []StatusWord  // words of status that are not the contract's
	Cycles    []CycleWord   // words of billing_cycle that are not the contract's
	Empty     []EmptyWords  // words that mean nothing
	Ignored   []IgnoredRows // rows that are no subscriptions
	Dates     []DateFormat  // besides ISO 8601
	HeaderRow int           // see table.Options
	Encoding  string        // of a text without a byte order mark; see table.Options
	Sheet     string        // of a workbook; see table.Options

	AllowNoRows bool // a ledger without rows is valid: it is one of several parts
}

// A Ledger is an open ledger whose header has been read.
type Ledger struct {
	ctx          context.Context
	name         string
	table        *table.Reader
	columns      []column
	indices      [][]int  // of each column, in a record; the first filled cell counts
	others       []int    // the indices of the carried columns
	carriedNames []string // of the carried columns
	strict       bool     // an encoding is set, so that no other is tried
	empty        emptyWords
	ignored      []ignoredRows
	parser       cellParser
	maxBad       decimal.Decimal
	allowNoRows  bool

	carried []string
	*notes
}

// Counts is how many rows were read so far.
type Counts struct {
	Rows int // not blank, good or bad
	Bad  int
}

// Read reads the header of a ledger. Its rows end with an error when the context
// is canceled.
func Read(ctx context.Context, in io.Reader, o *Options) (*Ledger, error) {
	l, err := open(ctx, in, o)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// open returns a ledger with an error too, as far as it could be read.
func open(ctx context.Context, in io.Reader, o *Options) (*Ledger, error) {
	if o == nil {
		o = new(Options)
	}
	l := &Ledger{ctx: ctx, name: o.Name, columns: columns(), maxBad: decimal.One, strict: o.Encoding != "", parser: newCellParser(o), allowNoRows: o.AllowNoRows}
	l.notes = l.parser.notes
	if l.name == "" {
		l.name = "ledger"
	}
	if o.MaxBadRows.Valid {
		l.maxBad = o.MaxBadRows.Decimal
	}
	return l, l.wrap(l.readHeader(in, o))
}

func (l *Ledger) readHeader(in io.Reader, o *Options) error {
	headers, mapErr := headersOf(o.Columns)
	known := make(map[string]bool)
	for _, name := range slices.Concat(headers...) {
		known[table.Fold(name)] = true
	}
	var emptyErr, err error
	l.empty, emptyErr = emptyWordsOf(o.Empty)
	l.table, err = table.Open(in, &table.Options{
		Encoding: o.Encoding, Sheet: o.Sheet, HeaderRow: o.HeaderRow,
		Known:  func(folded string) bool { return known[folded] },
		Header: func(cells []string) int { return l.isFullHeader(cells, headers) },
	})
	if err != nil {
		return errors.Join(mapErr, emptyErr, err)
	}
	if len(l.table.Sheets) == 1 {
		l.name += fmt.Sprintf(", sheet %q", l.table.Sheets[0])
	}
	l.parser.numbers, err = numberFormatOf(o.Decimal, l.table.Delimiter)
	err = errors.Join(mapErr, emptyErr, err, l.findColumns(headers, o.Columns))
	if err == nil {
		err = l.findIgnored(o.Ignored)
	}
	if err != nil {
		_ = l.table.Close() // it is not used
	}
	return err
}

// Close releases a ledger whose rows were not read to the end.
func (l *Ledger) Close() error { return l.table.Close() }

// CarriedHeader returns the names of the carried columns: distinct, and different
// from the columns of findings.csv.
func (l *Ledger) CarriedHeader() []string { return l.carriedNames }

// Counts returns how many rows were read so far.
func (l *Ledger) Counts() Counts { return l.counts }

// Sheets returns the sheets of a workbook that are read, and those that are not.
func (l *Ledger) Sheets() (read, others []string) { return l.table.Sheets, l.table.Others }

// Warnings returns, after the last row, what the user should know.
func (l *Ledger) Warnings() []string {
	var warnings []string
	for _, text := range l.warnings() {
		warnings = append(warnings, l.name+": "+text)
	}
	return warnings
}

// Rows returns the rows; it can be ranged over once. It ends with the first
// error. The last error may be that there were no rows or too many bad ones, so
// rows must not be used before Rows has ended without an error.
func (l *Ledger) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for record, err := range l.table.Rows() {
			var row Row
			if err == nil {
				row, err = l.next(&record)
			}
			if err != nil {
				yield(Row{}, l.wrap(err))
				return
			}
			if row.isRow() && !yield(row, nil) {
				return
			}
		}
		if err := l.checkCounts(); err != nil {
			yield(Row{}, l.wrap(err))
		}
	}
}

// contextEvery is the number of rows between two checks of the context.
const contextEvery = 256

// next returns the row of a record; it is empty where the record is not a row.
func (l *Ledger) next(record *table.Row) (Row, error) {
	if l.counts.Rows%contextEvery == 0 {
		if err := l.ctx.Err(); err != nil {
			return Row{}, err
		}
	}
	if l.isIgnored(record, l.notes) {
		return Row{}, nil
	}
	row, err := l.row(record)
	if err != nil {
		return Row{}, err
	}
	l.counts.Rows++
	l.countNotUTF8(record)
	if row.Bad != nil {
		l.counts.Bad++
		l.bad.add(record, row.Bad)
	}
	l.noteBelow(record, &row)
	return row, nil
}

// noteBelow notes whether a row may be below the table.
func (l *Ledger) noteBelow(record *table.Row, row *Row) {
	if row.Bad != nil && l.isBelow(record) {
		l.below.add(record, l.example(record))
	} else {
		l.good, l.below = true, rowExamples{}
	}
}

// countNotUTF8 counts the cells of a record that were read as Windows-1252.
func (l *Ledger) countNotUTF8(record *table.Row) {
	for _, at := range record.Invalid {
		if l.mustBeUTF8(at) {
			continue // it makes its row a bad row
		}
		if l.notUTF8 == 0 {
			l.firstNotUTF8 = record.Position()
		}
		l.notUTF8++
	}
}

// mustBeUTF8 reports whether the cell at an index must be UTF-8.
func (l *Ledger) mustBeUTF8(at int) bool {
	i := slices.IndexFunc(l.indices, func(indices []int) bool { return slices.Contains(indices, at) })
	return i >= 0 && (l.columns[i].id || l.strict)
}

func (l *Ledger) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("read %s: %w", l.name, err)
}
