package ledger

// The exceptions and the prices are lists: short, kept by hand, and read whole.
// They are read like a ledger, but without the ledger's settings. A list is valid
// only as a whole, and all its problems are reported, the first fifty in full.
// Unknown columns are ignored, except for a misspelled id column: without it
// every row would apply to more than was meant.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/table"
)

// A ListError is an error in the content of a list, which its owner can fix. Any
// other error comes from reading.
type ListError struct{ err error }

// Error returns all problems, one a line.
func (e *ListError) Error() string { return e.err.Error() }

// Unwrap returns the joined problems.
func (e *ListError) Unwrap() error { return e.err }

// maxListErrors limits the problems that are reported in full, for when the
// wrong file is named.
const maxListErrors = 50

// A listColumn is a column of a list.
type listColumn struct {
	name     string
	required bool // in the header
	id       bool // must be UTF-8
}

// A list is an open list whose header has been read.
type list struct {
	name    string
	columns []listColumn
	indices [][]int // of each column, its index in a record, if it exists
	table   *table.Reader
	parser  cellParser
	errs    []error
	more    int // problems that are only counted
}

// listOptions are what kind of list is read.
type listOptions struct {
	columnsOf func(header []string) []listColumn
	header    func(cells []string) int // see table.Options
}

func rankOf(fits bool) int {
	if fits {
		return 1
	}
	return 0
}

// openList reads the header of a list.
func openList(in io.Reader, name string, zone *time.Location, o *listOptions) (*list, error) {
	l := &list{name: name, columns: o.columnsOf(nil), parser: newCellParser(&Options{Location: zone})}
	var err error
	l.table, err = table.Open(in, &table.Options{Known: l.hasColumn, Header: o.header, Sheet: table.AllSheets})
	switch {
	case errors.Is(err, table.ErrEmpty):
		return nil, &ListError{l.wrap(err)}
	case err != nil:
		return nil, l.wrap(err)
	}
	l.columns = o.columnsOf(l.table.Header)
	if l.parser.numbers, err = numberFormatOf("", l.table.Delimiter); err == nil {
		err = l.findColumns()
	}
	if err != nil {
		_ = l.table.Close() // it is not used
		return nil, &ListError{l.wrap(err)}
	}
	return l, nil
}

func (l *list) wrap(err error) error { return fmt.Errorf("read %s: %w", l.name, err) }

func (l *list) hasColumn(folded string) bool {
	return slices.ContainsFunc(l.columns, func(c listColumn) bool { return table.Fold(c.name) == folded })
}

// findColumns finds the columns in the header.
func (l *list) findColumns() error {
	names := make([]string, len(l.columns))
	for i, c := range l.columns {
		names[i] = c.name
	}
	found, err := table.MapColumns(l.table.Header, names, nil)
	l.indices = make([][]int, len(names))
	var missing []string
	for i, at := range found.Index {
		switch {
		case at >= 0:
			l.indices[i] = []int{at}
		case l.columns[i].required:
			missing = append(missing, names[i])
		case l.columns[i].id:
			err = errors.Join(err, l.misspelled(names[i], found.Others))
		}
	}
	if len(missing) > 0 {
		err = errors.Join(err, errors.New(missingText(missing, l.table.Header)))
	}
	return err
}

// misspelled returns an error for a header that is nearly the name of a column.
func (l *list) misspelled(column string, others []int) error {
	const maxEdits = 2
	for _, at := range others {
		header := l.table.Header[at]
		if table.Distance(table.Fold(header), table.Fold(column)) <= maxEdits {
			return fmt.Errorf("the header has %q and no %s: did you mean %q?", clipped(header, 60), column, column)
		}
	}
	return nil
}

func (l *list) index(column string) int {
	return slices.IndexFunc(l.columns, func(c listColumn) bool { return c.name == column })
}

// eachRow calls read with every row that can be read. The error is one of
// reading.
func (l *list) eachRow(ctx context.Context, read func(*listRow)) error {
	n := 0
	for record, err := range l.table.Rows() {
		if err == nil && n%contextEvery == 0 {
			err = ctx.Err()
		}
		if err != nil {
			return l.wrap(err)
		}
		n++
		row := &listRow{list: l, record: &record, position: record.Position()}
		if record.Problem != "" {
			row.addError(errors.New(record.Problem))
			continue
		}
		read(row)
	}
	return nil
}

func (l *list) addError(err error) {
	if len(l.errs) == maxListErrors {
		l.more++
		return
	}
	l.errs = append(l.errs, l.wrap(err))
}

// err returns all problems of the rows.
func (l *list) err() error {
	switch {
	case len(l.errs) == 0:
		return nil
	case l.more > 0:
		l.errs = append(l.errs, l.wrap(fmt.Errorf("and %d more like these", l.more)))
	}
	return &ListError{errors.Join(l.errs...)}
}

// A listRow is one row of a list.
type listRow struct {
	list     *list
	record   *table.Row
	position string
	problems int
}

// cell returns the cell of a column without outer white space; it is empty where
// the list lacks the column. It reports false for an invalid cell, which is
// recorded as a problem.
func (r *listRow) cell(column string) (cell string, valid bool) {
	i := r.list.index(column)
	cell, kind, _ := firstFilled(r.record, r.list.indices[i], nil)
	r.list.parser.kind = kind
	if cell == "" {
		return "", true
	}
	if err := checkCell(cell, kind, r.list.columns[i].id, false); err != nil {
		r.addCellError(column, cell, err)
		return "", false
	}
	return cell, true
}

// optional reads a cell, and reports whether it is filled.
func (r *listRow) optional(column string, line *reconcile.Line, read readFunc) bool {
	cell, valid := r.cell(column)
	if !valid || cell == "" {
		return !valid
	}
	if err := read(&r.list.parser, line, cell); err != nil {
		r.addCellError(column, cell, err)
	}
	return true
}

// required reads a cell that must be filled.
func (r *listRow) required(column string, line *reconcile.Line, read readFunc) {
	if !r.optional(column, line, read) {
		r.addCellError(column, "", errMissing)
	}
}

// note reads a text for people.
func note(field *string) readFunc {
	const longest = 1000
	return func(_ *cellParser, _ *reconcile.Line, cell string) error {
		if *field = table.ToUTF8(cell); clipped(*field, longest) != *field {
			return fmt.Errorf("longer than %d characters", longest)
		}
		return nil
	}
}

// valid reports whether the row has no problem so far.
func (r *listRow) valid() bool { return r.problems == 0 }

func (r *listRow) addCellError(column, cell string, err error) {
	where := fmt.Sprintf("column %q", column)
	if cell != "" {
		where += fmt.Sprintf(": %q", clipped(table.ToUTF8(cell), 60))
	}
	r.addError(fmt.Errorf("%s: %w", where, err))
}

func (r *listRow) addError(err error) {
	r.problems++
	r.list.addError(fmt.Errorf("%s: %w", r.position, err))
}
