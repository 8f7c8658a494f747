package report

import (
	"fmt"

	"github.com/xuri/excelize/v2"
)

// A grid is a small sheet laid out freely, by row and column from 1, before it
// is streamed.
type grid struct {
	tab     string
	widths  []float64
	rows    map[int]map[int]styledCell
	heights map[int]float64
	merged  [][2]string
	last    int // row
}

func newGrid(tab string, widths ...float64) *grid {
	return &grid{tab: tab, widths: widths, rows: map[int]map[int]styledCell{}, heights: map[int]float64{}}
}

func (g *grid) set(row, col int, c styledCell) {
	if g.rows[row] == nil {
		g.rows[row] = map[int]styledCell{}
	}
	g.rows[row][col] = c
	g.last = max(g.last, row)
}

// cells sets cells from col on.
func (g *grid) cells(row, col int, t tone, cells ...cell) {
	for i, c := range cells {
		g.set(row, col+i, styledCell{cell: c, tone: t})
	}
}

// texts sets cells of text from col on.
func (g *grid) texts(row, col int, t tone, texts ...string) {
	for i, s := range texts {
		g.cells(row, col+i, t, textCell(s))
	}
}

// numberHeaders sets headers of columns of numbers from col on.
func (g *grid) numberHeaders(row, col int, names ...string) {
	for i, name := range names {
		g.set(row, col+i, styledCell{cell: textCell(name), tone: toneHeader, right: true})
	}
}

// merge joins the cells of a row from one column to another.
func (g *grid) merge(row, from, to int) {
	g.merged = append(g.merged, [2]string{cellName(from, row), cellName(to, row)})
}

// band sets a text in joined cells of one tone.
func (g *grid) band(row, from, to int, t tone, s string) {
	for col := from; col <= to; col++ {
		g.cells(row, col, t, cell{})
	}
	g.texts(row, from, t, s)
	g.merge(row, from, to)
}

// sum sets a total of the cells above it, from row first on.
func (g *grid) sum(row, col, first, value int) {
	g.set(row, col, styledCell{
		cell: wholeCell(value), tone: toneTotal, formula: fmt.Sprintf("SUM(%s:%s)", cellName(col, first), cellName(col, row-1)),
	})
}

// check compares a total with the cell below it.
func (g *grid) check(row, col, totalRow int, ties bool) {
	c := styledCell{
		cell: textCell("ties"), tone: toneMuted, right: true,
		formula: fmt.Sprintf(`IF(%s=%s,"ties","DOES NOT TIE")`, cellName(col, totalRow), cellName(col, totalRow+1)),
	}
	if !ties {
		c.cell, c.tone = textCell("DOES NOT TIE"), toneBad
	}
	g.set(row, col, c)
}

func (w *workbook) writeGrid(name string, g *grid) error {
	s, err := w.openSheet(name, g.tab)
	if err != nil {
		return err
	}
	lines := false
	if err := w.file.SetSheetView(name, 0, &excelize.ViewOptions{ShowGridLines: &lines}); err != nil {
		return err
	}
	s.widths = g.widths
	for row := 1; row <= g.last; row++ {
		if err := s.add(g.heights[row], g.rowCells(row)...); err != nil {
			return fmt.Errorf("sheet %s: %w", name, err)
		}
	}
	for _, m := range g.merged {
		if err := s.stream.MergeCell(m[0], m[1]); err != nil {
			return err
		}
	}
	return s.finish(1)
}

func (g *grid) rowCells(row int) []styledCell {
	last := 0
	for col := range g.rows[row] {
		last = max(last, col)
	}
	cells := make([]styledCell, last)
	for col, c := range g.rows[row] {
		cells[col-1] = c
	}
	return cells
}
