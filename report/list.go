package report

import (
	"fmt"
	"iter"
	"strconv"
)

// A list is a sheet of many rows under one header. When a sheet is full the
// next one takes over, "Findings 2" after "Findings", each with the header.

type listSheet[T any] struct {
	name    string
	tab     string // colour of the tab
	columns []column[T]
	frozen  int // columns that stay in sight
	wide    int // pages in print
}

// A span is what one sheet of a list holds.
type span struct {
	sheet string
	rows  int // without the header
}

// writeList writes all rows and tells see of each.
func writeList[T any](w *workbook, l listSheet[T], rows iter.Seq2[T, error], see func(*T)) ([]span, error) {
	roll := &roll[T]{book: w, list: l, cells: make([]placed, len(l.columns))}
	if err := roll.next(); err != nil {
		return nil, err
	}
	for row, err := range rows {
		if err != nil {
			return nil, err
		}
		if see != nil {
			see(&row)
		}
		if err := roll.add(&row); err != nil {
			return nil, fmt.Errorf("sheet %s: %w", roll.sheet.name, err)
		}
	}
	return roll.spans, roll.end()
}

// A roll is the list while it is written.
type roll[T any] struct {
	book  *workbook
	list  listSheet[T]
	sheet *sheet
	cells []placed
	spans []span
}

func (r *roll[T]) add(row *T) error {
	if r.sheet.row == r.book.limit {
		if err := r.end(); err != nil {
			return err
		}
		if err := r.next(); err != nil {
			return err
		}
	}
	for i := range r.list.columns {
		c := &r.list.columns[i]
		r.cells[i] = placed{cell: c.cell(row), tone: c.toneOf(row)}
		if r.cells[i].cell.form == asNothing {
			r.cells[i].tone = tonePlain
		}
	}
	r.spans[len(r.spans)-1].rows++
	return r.sheet.add(0, r.cells...)
}

// next starts another sheet.
func (r *roll[T]) next() error {
	name := r.list.name
	if n := len(r.spans); n > 0 {
		name += " " + strconv.Itoa(n+1)
	}
	if i, err := r.book.file.GetSheetIndex(name); err != nil || i < 0 {
		if err := r.book.reserve(name); err != nil {
			return err
		}
	}
	r.spans = append(r.spans, span{sheet: name})
	var err error
	if r.sheet, err = r.book.open(name, r.list.tab); err != nil {
		return err
	}
	return r.header()
}

func (r *roll[T]) header() error {
	widths := make([]float64, len(r.list.columns))
	head := make([]placed, len(r.list.columns))
	for i := range r.list.columns {
		widths[i] = r.list.columns[i].width
		head[i] = placed{cell: textCell(r.list.columns[i].name), tone: toneHeader, right: r.list.columns[i].number}
	}
	if err := r.sheet.widths(widths...); err != nil {
		return err
	}
	if err := r.sheet.freeze(r.list.frozen); err != nil {
		return err
	}
	return r.sheet.add(20, head...)
}

func (r *roll[T]) end() error {
	if err := r.sheet.filter(len(r.list.columns), r.list.frozen); err != nil {
		return err
	}
	return r.sheet.finish(r.list.wide)
}
