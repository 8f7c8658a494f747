package ledger

// The exceptions and the prices are lists of their own beside the ledger: short,
// kept by hand, and read whole. Their text is read as a ledger's is, but none of
// the ledger's settings holds for them. A list is good as a whole or not at all:
// all that is wrong is told, the first fifty in full. Other columns are passed
// over, but not one that is nearly called as an id which the list lacks: without
// it every row would be about more than was meant.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/table"
)

// A ListFault is what is wrong with the content of a list: whoever keeps it can
// fix it. An error that is none was met in reading.
type ListFault struct{ err error }

// Error tells all faults, one a line.
func (f *ListFault) Error() string { return f.err.Error() }

// Unwrap gives the faults.
func (f *ListFault) Unwrap() error { return f.err }

// maxFaults bounds the faults that are told in full, for when the wrong file is
// named.
const maxFaults = 50

// A listColumn is a column of a list.
type listColumn struct {
	name     string
	required bool // in the header
	id       bool // must be UTF-8
}

// A list is open: its header is read, its rows are not.
type list struct {
	name    string
	columns []listColumn
	at      [][]int // of each column, its index in a record, if it has one
	table   *table.Reader
	parser  parser
	faults  []error
	more    int // faults that are only counted
}

// openList reads the header of a list.
func openList(in io.Reader, name string, zone *time.Location, columns []listColumn) (*list, error) {
	l := &list{name: name, columns: columns, parser: newParser(&Options{Location: zone})}
	var err error
	l.table, err = table.Open(in, &table.Options{Wanted: l.wants})
	switch {
	case errors.Is(err, table.ErrEmpty):
		return nil, &ListFault{l.named(err)}
	case err != nil:
		return nil, l.named(err)
	}
	if l.parser.numbers, err = conventionOf("", l.table.Delimiter); err == nil {
		err = l.locate()
	}
	if err != nil {
		_ = l.table.Close() // nothing of it is used
		return nil, &ListFault{l.named(err)}
	}
	return l, nil
}

func (l *list) named(err error) error { return fmt.Errorf("%s: %w", l.name, err) }

func (l *list) wants(folded string) bool {
	return slices.ContainsFunc(l.columns, func(c listColumn) bool { return table.Fold(c.name) == folded })
}

// locate finds the columns in the header.
func (l *list) locate() error {
	names := make([]string, len(l.columns))
	for i, c := range l.columns {
		names[i] = c.name
	}
	found, err := table.Map(l.table.Header, names, nil)
	l.at = make([][]int, len(names))
	var lacking []string
	for i, at := range found.At {
		switch {
		case at >= 0:
			l.at[i] = []int{at}
		case l.columns[i].required:
			lacking = append(lacking, names[i])
		case l.columns[i].id:
			err = errors.Join(err, l.mistyped(names[i], found.Rest))
		}
	}
	if len(lacking) > 0 {
		err = errors.Join(err, fmt.Errorf("the header lacks the required %s; it has %s", strings.Join(lacking, ", "), listed(l.table.Header)))
	}
	return err
}

// mistyped tells of a header that is nearly the name of a column.
func (l *list) mistyped(column string, rest []int) error {
	const edits = 2
	for _, at := range rest {
		header := l.table.Header[at]
		if table.Distance(table.Fold(header), table.Fold(column)) <= edits {
			return fmt.Errorf("the header has %q and no %s: did you mean %q?", clipped(header, 60), column, column)
		}
	}
	return nil
}

func (l *list) index(column string) int {
	return slices.IndexFunc(l.columns, func(c listColumn) bool { return c.name == column })
}

// rows shows every row that is one. The error is one of reading.
func (l *list) rows(ctx context.Context, see func(*listRow)) error {
	n := 0
	for record, err := range l.table.Rows() {
		if err == nil && n%contextEvery == 0 {
			err = ctx.Err()
		}
		if err != nil {
			return l.named(err)
		}
		n++
		row := &listRow{list: l, record: &record, at: record.At()}
		if record.Problem != "" {
			row.fault(errors.New(record.Problem))
			continue
		}
		see(row)
	}
	return nil
}

func (l *list) fault(err error) {
	if len(l.faults) == maxFaults {
		l.more++
		return
	}
	l.faults = append(l.faults, l.named(err))
}

// verdict gives all that is wrong with the rows.
func (l *list) verdict() error {
	switch {
	case len(l.faults) == 0:
		return nil
	case l.more > 0:
		l.faults = append(l.faults, l.named(fmt.Errorf("and %d more like these", l.more)))
	}
	return &ListFault{errors.Join(l.faults...)}
}

// A listRow is one row of a list.
type listRow struct {
	list   *list
	record *table.Row
	at     string
	wrongs int
}

// cell gives what stands in a column, without outer white space: nothing where
// the list lacks the column. It is not good where it can't be believed, which is
// told.
func (r *listRow) cell(column string) (cell string, good bool) {
	i := r.list.index(column)
	cell, kind, _ := filled(r.record, r.list.at[i])
	r.list.parser.kind = kind
	if cell == "" {
		return "", true
	}
	if err := believe(cell, kind, r.list.columns[i].id, false); err != nil {
		r.wrong(column, cell, err)
		return "", false
	}
	return cell, true
}

// reading reads a cell into a line, as one of the ledger is.
type reading func(p *parser, l *reconcile.Line, cell string) error

// may reads a cell, and reports whether it is filled.
func (r *listRow) may(column string, line *reconcile.Line, read reading) bool {
	cell, good := r.cell(column)
	if !good || cell == "" {
		return !good
	}
	if err := read(&r.list.parser, line, cell); err != nil {
		r.wrong(column, cell, err)
	}
	return true
}

// need reads a cell that must be filled.
func (r *listRow) need(column string, line *reconcile.Line, read reading) {
	if !r.may(column, line, read) {
		r.wrong(column, "", errMissing)
	}
}

// note reads a cell for people.
func note(field *string) reading {
	const longest = 1000
	return func(_ *parser, _ *reconcile.Line, cell string) error {
		if *field = table.Legible(cell); clipped(*field, longest) != *field {
			return fmt.Errorf("longer than %d characters", longest)
		}
		return nil
	}
}

// good reports whether nothing is wrong with the row so far.
func (r *listRow) good() bool { return r.wrongs == 0 }

// wrong notes what is wrong with a cell.
func (r *listRow) wrong(column, cell string, err error) {
	where := fmt.Sprintf("column %q", column)
	if cell != "" {
		where += fmt.Sprintf(": %q", clipped(table.Legible(cell), 60))
	}
	r.fault(fmt.Errorf("%s: %w", where, err))
}

// fault notes what is wrong with the row.
func (r *listRow) fault(err error) {
	r.wrongs++
	r.list.fault(fmt.Errorf("%s: %w", r.at, err))
}
