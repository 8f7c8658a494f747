package report

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
)

// A sheet in stream mode takes its settings at three moments, and loses
// without an error those that come at another: page fit and tab before the
// stream is opened, widths, panes and grid lines before the first row; filter,
// layout, header and footer after the last row and before the flush.

type sheet struct {
	book   *workbook
	name   string
	stream *excelize.StreamWriter
	row    int
	values []any
}

// open starts the stream of a sheet that has its place.
func (w *workbook) open(name, tab string) (*sheet, error) {
	fit := true
	props := &excelize.SheetPropsOptions{FitToPage: &fit, TabColorRGB: &tab}
	if err := w.file.SetSheetProps(name, props); err != nil {
		return nil, err
	}
	stream, err := w.file.NewStreamWriter(name)
	return &sheet{book: w, name: name, stream: stream}, err
}

// widths sets the widths of the first columns, in characters.
func (s *sheet) widths(all ...float64) error {
	for i, width := range all {
		if err := s.stream.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
	}
	return nil
}

// freeze keeps the header, and the first columns, in sight.
func (s *sheet) freeze(columns int) error {
	corner, err := excelize.CoordinatesToCellName(columns+1, 2)
	if err != nil {
		return err
	}
	pane := "bottomLeft"
	if columns > 0 {
		pane = "bottomRight"
	}
	return s.stream.SetPanes(&excelize.Panes{
		Freeze: true, XSplit: columns, YSplit: 1, TopLeftCell: corner, ActivePane: pane,
		Selection: []excelize.Selection{{SQRef: corner, ActiveCell: corner, Pane: pane}},
	})
}

// A placed cell is a cell with its looks; cell is the cached value of formula.
type placed struct {
	cell    cell
	tone    tone
	formula string
	right   bool // text that stands in a column of numbers
}

// add writes the next row. Cells that hold nothing and look plain are left
// out. height 0 is the usual one.
func (s *sheet) add(height float64, cells ...placed) error {
	s.row++
	s.values = s.values[:0]
	for i := range cells {
		value, err := s.value(&cells[i])
		if err != nil {
			return err
		}
		s.values = append(s.values, value)
	}
	return s.stream.SetRow(fmt.Sprintf("A%d", s.row), s.values, excelize.RowOpts{Height: height})
}

func (s *sheet) value(p *placed) (any, error) {
	if p.cell.form == asNothing && p.tone == tonePlain {
		return nil, nil
	}
	l := look{form: p.cell.form, tone: p.tone, right: p.right}
	var value any
	switch p.cell.form {
	case asText:
		value = cut(p.cell.text)
	case asWhole:
		value = p.cell.whole
	case asAmount:
		l.scale = p.cell.amount.Scale()
		value, _ = p.cell.amount.Float64() // a decimal is never out of range
	case asMoment:
		value = p.cell.moment
	}
	id, err := s.book.styles.of(l)
	return excelize.Cell{StyleID: id, Formula: p.formula, Value: value}, err
}

// finish sets what belongs behind the rows, and ends the stream. In print the
// sheet is as many pages wide as told.
func (s *sheet) finish(wide int) error {
	landscape, a4, tall := "landscape", 9, 0
	err := errors.Join(
		s.book.file.SetPageLayout(s.name, &excelize.PageLayoutOptions{
			Orientation: &landscape, Size: &a4, FitToWidth: &wide, FitToHeight: &tall,
		}),
		s.book.file.SetPageMargins(s.name, margins()),
		s.book.file.SetHeaderFooter(s.name, &excelize.HeaderFooterOptions{
			OddFooter: "&L&8wixrecon " + footerText(s.book.runID) + "&C&8&A&R&8&P / &N",
		}),
	)
	return errors.Join(err, s.stream.Flush())
}

// filter makes the first row a header of so many columns, to filter by. In
// print it stands on every page, and so do the frozen columns.
func (s *sheet) filter(columns, frozen int) error {
	end, err := excelize.CoordinatesToCellName(columns, s.row)
	if err != nil {
		return err
	}
	titles := fmt.Sprintf("'%s'!$1:$1", s.name)
	if frozen > 0 {
		letters, _ := excelize.ColumnNumberToName(frozen)
		titles = fmt.Sprintf("'%s'!$A:$%s,%s", s.name, letters, titles)
	}
	return errors.Join(
		s.book.file.AutoFilter(s.name, "A1:"+end, nil),
		s.book.file.AddIgnoredErrors(s.name, "A1:"+end, excelize.IgnoredErrorsNumberStoredAsText),
		s.book.file.SetDefinedName(&excelize.DefinedName{
			Name: "_xlnm.Print_Titles", RefersTo: titles, Scope: s.name,
		}),
	)
}

func margins() *excelize.PageLayoutMarginsOptions {
	side, top, foot := 0.4, 0.5, 0.25
	return &excelize.PageLayoutMarginsOptions{Left: &side, Right: &side, Top: &top, Bottom: &top, Header: &foot, Footer: &foot}
}

// footerText keeps an ampersand from being read as a code of the footer.
func footerText(s string) string { return strings.ReplaceAll(oneLine(s), "&", "&&") }

// cutMark stands where a cell would be longer than the format holds.
const cutMark = " … [cut]"

// cut shortens what does not fit into a cell, visibly. The format counts in
// UTF-16 units.
func cut(s string) string {
	if len(s) <= excelize.TotalCellChars {
		return s
	}
	room, kept := excelize.TotalCellChars-len(utf16.Encode([]rune(cutMark))), 0
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
	return s[:kept] + cutMark
}
