package table

// The rows of a sheet are streamed. A hidden row is a row, an empty one is
// none; the cells of a merged range but its first are empty, as the sheet
// stores them. Rows and cells that do not go forward are damage, because one
// would stand over another.

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// The size of a sheet.
const (
	maxRows    = 1 << 20
	maxColumns = 1 << 14
)

// sheetRows is a sheet on its way.
type sheetRows struct {
	book  *workbook
	part  *part
	limit int

	inData bool // within sheetData
	number int  // of the row read last, from 1
	header int  // number of its row
	width  int  // of the header
	cells  []string
	kinds  []Kind
	text   []byte
	closed bool
}

func openSheet(in io.Reader, name string, limit int) (*Reader, error) {
	book, err := openWorkbook(in)
	if err != nil {
		return nil, err
	}
	s := &sheetRows{book: book, limit: limit}
	r := &Reader{sheet: s}
	if err := r.openNamed(name); err != nil {
		_ = s.close() // the error is what matters
		return nil, err
	}
	return r, nil
}

// openNamed finds the sheet and reads its header.
func (r *Reader) openNamed(name string) error {
	s := r.sheet
	ref, file, err := s.book.find(name)
	if err != nil {
		return err
	}
	if err := s.book.readStrings(); err != nil {
		return err
	}
	if s.part, err = openPart(file); err != nil {
		return err
	}
	row, err := s.next()
	if errors.Is(err, errEnd) {
		return fmt.Errorf("the sheet %q %w%s", ref.name, ErrEmpty, s.book.listed())
	}
	r.Sheet, r.Header, s.header, s.width = ref.name, append([]string(nil), row.Cells...), row.Line, len(row.Cells)
	return err
}

// next reads a row that is not blank.
func (s *sheetRows) next() (Row, error) {
	if s.closed {
		return Row{}, errEnd
	}
	for {
		more, err := s.begin()
		if err != nil {
			return Row{}, err
		}
		if !more {
			return Row{}, errEnd
		}
		if err := s.readRow(); err != nil {
			return Row{}, err
		}
		if !allBlank(s.cells) {
			return s.shaped(), nil
		}
	}
}

// begin reads up to the start of the next row, if there is one, else to the
// end of the part.
func (s *sheetRows) begin() (bool, error) {
	for {
		token, err := s.part.token()
		if err != nil {
			return false, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if t.Name.Local == "row" && s.inData {
				return true, s.count(attribute(&t, "r"))
			}
			s.inData = s.inData || t.Name.Local == "sheetData"
		case xml.EndElement:
			switch t.Name.Local {
			case "sheetData":
				s.inData = false
			case "worksheet":
				return false, s.part.finish()
			}
		}
	}
}

func (s *sheetRows) count(given string) error {
	number := s.number + 1
	if given != "" {
		var err error
		if number, err = strconv.Atoi(given); err != nil || number <= s.number || number > maxRows {
			return fmt.Errorf("row %q stands after row %d: the sheet is damaged", clip(given), s.number)
		}
	}
	s.number = number
	return nil
}

// readRow reads the cells of the row that was begun.
func (s *sheetRows) readRow() error {
	s.cells, s.kinds = s.cells[:0], s.kinds[:0]
	size := 0
	for {
		token, err := s.part.token()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if t.Name.Local != "c" {
				err = s.part.skip()
				break
			}
			if err = s.readCell(&t); err == nil {
				size += len(s.cells[len(s.cells)-1])
			}
		case xml.EndElement:
			return nil
		}
		if err != nil {
			return err
		}
		if size > s.limit {
			return fmt.Errorf("row %d: record is longer than %d bytes", s.number, s.limit)
		}
	}
}

// readCell reads the cell that was begun, and appends it at its column.
func (s *sheetRows) readCell(e *xml.StartElement) error {
	at := len(s.cells)
	if name := attribute(e, "r"); name != "" {
		column, ok := columnOf(name)
		if !ok || column < at {
			return fmt.Errorf("row %d: the cell %q stands out of order: the sheet is damaged", s.number, clip(name))
		}
		at = column
	}
	if at >= maxColumns {
		return fmt.Errorf("row %d: more than %d columns: the sheet is damaged", s.number, maxColumns)
	}
	for len(s.cells) < at {
		s.cells, s.kinds = append(s.cells, ""), append(s.kinds, Text)
	}
	text, kind, err := s.value(attribute(e, "t"), attribute(e, "s"))
	if err != nil {
		return fmt.Errorf("row %d, column %s: %w", s.number, columnName(at), err)
	}
	s.cells, s.kinds = append(s.cells, text), append(s.kinds, kind)
	return nil
}

// shaped gives the row with as many cells as the header has.
func (s *sheetRows) shaped() Row {
	for n := len(s.cells); n > s.width && Blank(s.cells[n-1]); n = len(s.cells) {
		s.cells, s.kinds = s.cells[:n-1], s.kinds[:n-1]
	}
	for len(s.cells) < s.width {
		s.cells, s.kinds = append(s.cells, ""), append(s.kinds, Text)
	}
	row := Row{Record: s.number, Line: s.number, Cells: s.cells, Kinds: s.kinds, ofSheet: true}
	if s.header > 0 {
		row.Record = s.number - s.header + 1
	}
	if s.header > 0 && len(s.cells) > s.width {
		row.Problem = fmt.Sprintf("a cell stands in column %s, where the header has none", columnName(len(s.cells)-1))
	}
	return row
}

func (s *sheetRows) close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	return s.book.close()
}

// columnOf gives the index of the column in the name of a cell: 27 of AB12.
func columnOf(cell string) (int, bool) {
	column, i := 0, 0
	for ; i < len(cell) && i < 4 && 'A' <= cell[i] && cell[i] <= 'Z'; i++ {
		column = column*26 + int(cell[i]-'A') + 1
	}
	return column - 1, 0 < i && i < 4 && column <= maxColumns
}

// columnName gives the letters of a column.
func columnName(index int) string {
	name := ""
	for n := index + 1; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name
}

func clip(text string) string { return text[:min(len(text), 20)] }
