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
	rows    map[int]map[int]placed
	heights map[int]float64
	merged  [][2]string
	last    int
}

func newGrid(tab string, widths ...float64) *grid {
	return &grid{tab: tab, widths: widths, rows: map[int]map[int]placed{}, heights: map[int]float64{}}
}

func (g *grid) put(row, col int, t tone, cells ...cell) {
	for i, c := range cells {
		g.place(row, col+i, placed{cell: c, tone: t})
	}
}

func (g *grid) place(row, col int, p placed) {
	if g.rows[row] == nil {
		g.rows[row] = map[int]placed{}
	}
	g.rows[row][col] = p
	g.last = max(g.last, row)
}

// words puts a row of texts.
func (g *grid) words(row, col int, t tone, all ...string) {
	for i, s := range all {
		g.put(row, col+i, t, textCell(s))
	}
}

// numberHeads puts headers of columns of numbers.
func (g *grid) numberHeads(row, col int, names ...string) {
	for i, name := range names {
		g.place(row, col+i, placed{cell: textCell(name), tone: toneHeader, right: true})
	}
}

// band colours a row from one column to another and joins its cells into one.
func (g *grid) band(row, from, to int, t tone, s string) {
	for col := from; col <= to; col++ {
		g.put(row, col, t, cell{})
	}
	g.put(row, from, t, textCell(s))
	g.merged = append(g.merged, [2]string{ref(from, row), ref(to, row)})
}

// sum puts a total of the cells above it, with its value.
func (g *grid) sum(row, col, from, value int) {
	g.place(row, col, placed{
		cell: wholeCell(value), tone: toneTotal, formula: fmt.Sprintf("SUM(%s:%s)", ref(col, from), ref(col, row-1)),
	})
}

// ref names a cell. The grids are small: a column out of range can't happen.
func ref(col, row int) string {
	name, _ := excelize.CoordinatesToCellName(col, row)
	return name
}

func (w *workbook) writeGrid(name string, g *grid) error {
	s, err := w.open(name, g.tab)
	if err != nil {
		return err
	}
	lines := false
	if err := w.file.SetSheetView(name, 0, &excelize.ViewOptions{ShowGridLines: &lines}); err != nil {
		return err
	}
	if err := s.widths(g.widths...); err != nil {
		return err
	}
	for row := 1; row <= g.last; row++ {
		if err := s.add(g.heights[row], g.line(row)...); err != nil {
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

func (g *grid) line(row int) []placed {
	last := 0
	for col := range g.rows[row] {
		last = max(last, col)
	}
	cells := make([]placed, last)
	for col, p := range g.rows[row] {
		cells[col-1] = p
	}
	return cells
}
