package report

import (
	"fmt"
	"iter"
	"strconv"
)

// A listSheet is a sheet of many rows under one header. When it is full, it
// continues in another sheet, "Findings 2" after "Findings".
type listSheet[T any] struct {
	name      string
	tab       string // colour of the tab
	columns   []column[T]
	frozen    int // columns that stay in view
	pagesWide int // in print
}

// A listPart is one sheet of a list.
type listPart struct {
	sheet string
	rows  int // without the header
}

// writeList writes all rows and calls seen, which may be nil, for each.
func writeList[T any](w *workbook, l listSheet[T], rows iter.Seq2[T, error], seen func(*T)) ([]listPart, error) {
	list := &listWriter[T]{listSheet: l, workbook: w, cells: make([]styledCell, len(l.columns))}
	if err := list.nextSheet(); err != nil {
		return nil, err
	}
	for row, err := range rows {
		if err != nil {
			return nil, err
		}
		if seen != nil {
			seen(&row)
		}
		if err := list.add(&row); err != nil {
			return nil, fmt.Errorf("sheet %s: %w", list.sheet.name, err)
		}
	}
	return list.parts, list.finishSheet()
}

// writeRows writes a list that is in memory.
func writeRows[T any](w *workbook, l listSheet[T], rows []T) error {
	_, err := writeList(w, l, func(yield func(T, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}, nil)
	return err
}

type listWriter[T any] struct {
	listSheet[T]
	workbook *workbook
	sheet    *sheet
	cells    []styledCell
	parts    []listPart
}

func (l *listWriter[T]) add(row *T) error {
	if l.sheet.row == l.workbook.maxRows {
		if err := l.finishSheet(); err != nil {
			return err
		}
		if err := l.nextSheet(); err != nil {
			return err
		}
	}
	for i := range l.columns {
		c := styledCell{cell: l.columns[i].cell(row)}
		if c.cell.kind != emptyCell {
			c.tone = l.columns[i].toneOf(row)
		}
		l.cells[i] = c
	}
	l.parts[len(l.parts)-1].rows++
	return l.sheet.add(0, l.cells...)
}

func (l *listWriter[T]) nextSheet() error {
	name := l.name
	if n := len(l.parts); n > 0 {
		name += " " + strconv.Itoa(n+1)
	}
	if i, err := l.workbook.file.GetSheetIndex(name); err != nil || i < 0 { // some names are reserved in advance
		if err := l.workbook.reserve(name); err != nil {
			return err
		}
	}
	l.parts = append(l.parts, listPart{sheet: name})
	var err error
	if l.sheet, err = l.workbook.openSheet(name, l.tab); err != nil {
		return err
	}
	return l.writeHeader()
}

func (l *listWriter[T]) writeHeader() error {
	l.sheet.widths = make([]float64, len(l.columns))
	header := make([]styledCell, len(l.columns))
	for i := range l.columns {
		c := &l.columns[i]
		l.sheet.widths[i] = c.width
		header[i] = styledCell{cell: textCell(c.name), tone: toneHeader, right: c.number}
	}
	if err := l.sheet.freeze(l.frozen); err != nil {
		return err
	}
	return l.sheet.add(20, header...)
}

func (l *listWriter[T]) finishSheet() error {
	if err := l.sheet.setFilter(len(l.columns), l.frozen); err != nil {
		return err
	}
	return l.sheet.finish(l.pagesWide)
}
