package report

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
)

// A sheet is written as a stream. excelize accepts each setting at one moment
// only, and drops it without an error at another: page fit and tab colour before
// the stream is opened; widths, panes and grid lines before the first row;
// filter, layout, header and footer after the last row and before the flush.
type sheet struct {
	workbook *workbook
	name     string
	stream   *excelize.StreamWriter
	row      int
	values   []any
}

// openSheet starts the stream of a sheet that was reserved.
func (w *workbook) openSheet(name, tab string) (*sheet, error) {
	fit := true
	if err := w.file.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &fit, TabColorRGB: &tab}); err != nil {
		return nil, err
	}
	stream, err := w.file.NewStreamWriter(name)
	return &sheet{workbook: w, name: name, stream: stream}, err
}

// setWidths sets the widths of the first columns, in characters.
func (s *sheet) setWidths(widths ...float64) error {
	for i, width := range widths {
		if err := s.stream.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
	}
	return nil
}

// freeze keeps the header and the first columns in view.
func (s *sheet) freeze(columns int) error {
	corner := cellName(columns+1, 2)
	pane := "bottomLeft"
	if columns > 0 {
		pane = "bottomRight"
	}
	return s.stream.SetPanes(&excelize.Panes{
		Freeze: true, XSplit: columns, YSplit: 1, TopLeftCell: corner, ActivePane: pane,
		Selection: []excelize.Selection{{SQRef: corner, ActiveCell: corner, Pane: pane}},
	})
}

// cellName names a cell by column and row from 1. No sheet has more columns or
// rows than the format, so there is no error.
func cellName(col, row int) string {
	name, _ := excelize.CoordinatesToCellName(col, row)
	return name
}

// A styledCell is a cell with its style. Where it has a formula, cell is the
// cached value of it.
type styledCell struct {
	cell    cell
	tone    tone
	formula string
	right   bool // text in a column of numbers
}

// add writes the next row. Plain empty cells are left out. height 0 is the
// default one.
func (s *sheet) add(height float64, cells ...styledCell) error {
	s.row++
	s.values = s.values[:0]
	for i := range cells {
		value, err := s.value(&cells[i])
		if err != nil {
			return err
		}
		s.values = append(s.values, value)
	}
	return s.stream.SetRow(cellName(1, s.row), s.values, excelize.RowOpts{Height: height})
}

func (s *sheet) value(c *styledCell) (any, error) {
	if c.cell.kind == emptyCell && c.tone == tonePlain {
		return nil, nil
	}
	key := styleKey{kind: c.cell.kind, tone: c.tone, right: c.right}
	var value any
	switch c.cell.kind {
	case cellText:
		value = truncateCell(c.cell.text)
	case cellWhole:
		value = c.cell.whole
	case cellAmount:
		key.scale = c.cell.amount.Scale()
		value, _ = c.cell.amount.Float64() // a decimal is never out of range
	case cellTime:
		value = c.cell.time
	}
	id, err := s.workbook.styles.id(key)
	return excelize.Cell{StyleID: id, Formula: c.formula, Value: value}, err
}

// finish sets what belongs after the rows and ends the stream. pagesWide is the
// width of the sheet in print.
func (s *sheet) finish(pagesWide int) error {
	landscape, a4, anyHeight := "landscape", 9, 0
	side, top, foot := 0.4, 0.5, 0.25
	file := s.workbook.file
	return errors.Join(
		file.SetPageLayout(s.name, &excelize.PageLayoutOptions{
			Orientation: &landscape, Size: &a4, FitToWidth: &pagesWide, FitToHeight: &anyHeight,
		}),
		file.SetPageMargins(s.name, &excelize.PageLayoutMarginsOptions{
			Left: &side, Right: &side, Top: &top, Bottom: &top, Header: &foot, Footer: &foot,
		}),
		file.SetHeaderFooter(s.name, &excelize.HeaderFooterOptions{
			OddFooter: "&L&8wixrecon " + escapeFooter(s.workbook.runID) + "&C&8&A&R&8&P / &N",
		}),
		s.stream.Flush(),
	)
}

// setFilter makes the first row the header of a filter over columns. In print the
// header and the frozen columns are repeated on every page.
func (s *sheet) setFilter(columns, frozen int) error {
	cells := "A1:" + cellName(columns, s.row)
	titles := fmt.Sprintf("'%s'!$1:$1", s.name)
	if frozen > 0 {
		letters, _ := excelize.ColumnNumberToName(frozen)
		titles = fmt.Sprintf("'%s'!$A:$%s,%s", s.name, letters, titles)
	}
	file := s.workbook.file
	return errors.Join(
		file.AutoFilter(s.name, cells, nil),
		file.AddIgnoredErrors(s.name, cells, excelize.IgnoredErrorsNumberStoredAsText),
		file.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: titles, Scope: s.name}),
	)
}

// escapeFooter keeps an ampersand from being read as a code of the footer.
func escapeFooter(s string) string { return strings.ReplaceAll(oneLine(s), "&", "&&") }

// truncatedMark ends a cell that is longer than the format allows.
const truncatedMark = " … [truncated]"

// truncateCell shortens what does not fit into a cell. The format counts UTF-16
// units.
func truncateCell(s string) string {
	if len(s) <= excelize.TotalCellChars {
		return s
	}
	room, kept := excelize.TotalCellChars-len(utf16.Encode([]rune(truncatedMark))), 0
	units := 0
	for i, r := range s {
		if units <= room {
			kept = i
		}
		units += max(1, utf16.RuneLen(r))
	}
	if units <= excelize.TotalCellChars {
		return s
	}
	return s[:kept] + truncatedMark
}
