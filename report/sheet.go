package report

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
)

// A sheet is written row by row. Its rows go to the spool; excelize writes the
// rest as a stream without rows. It accepts each setting at one moment only, and
// drops it without an error at another: page fit and tab colour before the stream
// is opened; panes and grid lines, and filter, layout, header and footer, before
// the flush. Its own rows take three times the time, and are on disk as plain XML
// before they are compressed; its column widths take the square of their number.
type sheet struct {
	workbook *workbook
	name     string
	stream   *excelize.StreamWriter
	widths   []float64 // of the first columns, in characters
	rows     *zipPart  // nil before the first row
	row      int
	text     []byte
}

// openSheet begins a sheet that was reserved.
func (w *workbook) openSheet(name, tab string) (*sheet, error) {
	fit := true
	if err := w.file.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &fit, TabColorRGB: &tab}); err != nil {
		return nil, err
	}
	stream, err := w.file.NewStreamWriter(name)
	return &sheet{workbook: w, name: name, stream: stream}, err
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
	s.begin()
	s.text = appendRowStart(s.text, s.row, height)
	letters := s.workbook.letters(len(cells))
	for i := range cells {
		c := &cells[i]
		if c.cell.kind == emptyCell && c.tone == tonePlain {
			continue
		}
		style, err := s.workbook.styles.id(c.key())
		if err != nil {
			return err
		}
		s.text = appendCell(s.text, letters[i], s.row, style, c)
	}
	s.text = append(s.text, "</row>"...)
	return s.write()
}

// begin opens the rows before the first one.
func (s *sheet) begin() {
	if s.rows == nil {
		s.rows = s.workbook.spool.newRows(s.workbook.parts[s.name])
		s.text = append(appendColumns(s.text, s.widths), "<sheetData>"...)
	}
}

func (s *sheet) write() error {
	_, err := s.rows.Write(s.text)
	s.text = s.text[:0]
	return err
}

func (c *styledCell) key() styleKey {
	key := styleKey{kind: c.cell.kind, tone: c.tone, right: c.right}
	if key.kind == cellAmount {
		key.scale = c.cell.amount.Scale()
	}
	return key
}

// finish sets what is printed, and ends the rows. pagesWide is the width of the
// sheet in print.
func (s *sheet) finish(pagesWide int) error {
	landscape, a4, anyHeight := "landscape", 9, 0
	side, top, foot := 0.4, 0.5, 0.25
	s.begin()
	s.text = append(s.text, "</sheetData>"...)
	file := s.workbook.file
	return errors.Join(
		s.write(),
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
