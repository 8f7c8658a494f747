package ledger

// A ledger is read in one pass, in constant memory. All problems of the header
// are reported together, before the first row. Problems of the ledger as a whole
// are known only after the last row, so nothing may be decided before then.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/sources/table"
)

// Options may be nil.
type Options struct {
	Name       string              // for errors and warnings, without secrets; "ledger" if empty
	TempDir    string              // for a workbook while it is read; empty is the system's folder
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

	total *notes // of the rows that were read
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
	l.total = newNotes()
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
		Encoding: o.Encoding, Sheet: o.Sheet, HeaderRow: o.HeaderRow, TempDir: o.TempDir,
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
func (l *Ledger) Counts() Counts { return l.total.counts }

// Sheets returns the sheets of a workbook that are read, and those that are not.
func (l *Ledger) Sheets() (read, others []string) { return l.table.Sheets, l.table.Others }

// Warnings returns, after the last row, what the user should know.
func (l *Ledger) Warnings() []string {
	var warnings []string
	for _, text := range l.total.warnings() {
		warnings = append(warnings, l.name+": "+text)
	}
	return warnings
}

func (l *Ledger) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("read %s: %w", l.name, err)
}
