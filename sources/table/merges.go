package table

// A sheet lists its merged ranges after its rows. So a sheet is searched for them
// before its rows are read, without parsing it where it has none.

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
)

const (
	maxMerges       = 1 << 17
	maxMergesOfARow = 1000
)

// merged is a merged range of cells: rows from 1, columns from 0.
type merged struct{ top, left, bottom, right int }

// merges are the merged ranges of a sheet.
type merges struct {
	all    []merged // those that begin after the current row, ordered by it
	active []merged // those that cover it
}

// mark sets the kind of the cells of a row that are merged with another cell. Rows
// come in order.
func (m *merges) mark(row int, cells []string, kinds []Kind) error {
	if len(m.all)+len(m.active) == 0 {
		return nil
	}
	m.active = slices.DeleteFunc(m.active, func(r merged) bool { return r.bottom < row })
	for len(m.all) > 0 && m.all[0].top <= row {
		if m.all[0].bottom >= row {
			m.active = append(m.active, m.all[0])
		}
		m.all = m.all[1:]
	}
	if len(m.active) > maxMergesOfARow {
		return errors.New("row " + strconv.Itoa(row) + " has more than a thousand merged ranges: unmerge the cells of the sheet")
	}
	for _, r := range m.active {
		for column := r.left; column <= r.right && column < len(cells); column++ {
			if Blank(cells[column]) && (row > r.top || column > r.left) {
				kinds[column] = Merged
			}
		}
	}
	return nil
}

// readMerges returns the merged ranges of a sheet.
func (w *workbook) readMerges(sheet *sheetPart) (merges, error) {
	found, err := mentions(sheet, "mergeCell")
	if err != nil || !found {
		return merges{}, err
	}
	p, err := openPart(sheet.file)
	if err != nil {
		return merges{}, err
	}
	var m merges
	err = p.eachElement(func(_ *part, e *xml.StartElement) (bool, error) {
		if e.Name.Local != "mergeCell" {
			return false, nil
		}
		from, to, ok := strings.Cut(attribute(e, "ref"), ":")
		if !ok {
			return false, nil // a single cell
		}
		r := merged{}
		var valid [4]bool
		r.top, r.left, valid[0] = cellPosition(from)
		r.bottom, r.right, valid[1] = cellPosition(to)
		if !valid[0] || !valid[1] || len(m.all) == maxMerges {
			return false, errors.New("the sheet has a damaged merged range, or too many: unmerge its cells")
		}
		m.all = append(m.all, r)
		return false, nil
	})
	slices.SortStableFunc(m.all, func(a, b merged) int { return cmp.Compare(a.top, b.top) })
	return m, err
}

// cellPosition returns the row, from 1, and the column, from 0, of a cell.
func cellPosition(name string) (row, column int, ok bool) {
	column, ok = columnIndex(name)
	row, err := strconv.Atoi(strings.TrimLeft(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
	return row, column, ok && err == nil && 0 < row && row <= maxRows
}

// mentions reports whether a part contains a text.
func mentions(sheet *sheetPart, text string) (found bool, err error) {
	p, err := openPart(sheet.file)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, p.file.Close()) }()
	window := make([]byte, 256<<10)
	kept := 0
	for {
		n, err := p.in.Read(window[kept:])
		p.in.token = 0
		if bytes.Contains(window[:kept+n], []byte(text)) {
			return true, nil
		}
		switch {
		case errors.Is(err, io.EOF):
			return false, nil
		case err != nil:
			return false, partError(p.name, err)
		}
		tail := window[max(0, kept+n-len(text)) : kept+n]
		kept = copy(window, tail)
	}
}
