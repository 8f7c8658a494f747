package table

// The rows of a sheet are streamed. Hidden rows count, empty ones are skipped.
// Of a merged range the sheet stores the first cell; the others are marked. Rows
// or cells out of order are damage: one would overwrite another.

import (
	"encoding/xml"
	"fmt"
	"strconv"
)

// The maximum size of a sheet.
const (
	maxRows    = 1 << 20
	maxColumns = 1 << 14
)

// sheetRows reads the rows of a sheet.
type sheetRows struct {
	workbook *workbook
	part     *part
	limit    int

	inData  bool   // inside sheetData
	number  int    // of the current row, from 1
	header  int    // row number of the header
	width   int    // cells of the header
	name    string // of the sheet, where several are read
	merges  merges
	cells   []string
	kinds   []Kind
	text    []byte
	formula []byte
	closed  bool
}

// openRows opens a sheet before its first row.
func (w *workbook) openRows(sheet *sheetPart, limit int) (*sheetRows, error) {
	p, err := openPart(sheet.file)
	if err != nil {
		return nil, err
	}
	return &sheetRows{workbook: w, part: p, limit: limit}, nil
}

// next returns the next row that is not blank.
func (s *sheetRows) next() (Row, error) {
	if s.closed {
		return Row{}, errEnd
	}
	for {
		more, err := s.nextRow()
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
			return s.row()
		}
	}
}

// nextRow reads to the start of the next row. It returns false after the last
// row, at the end of the part.
func (s *sheetRows) nextRow() (bool, error) {
	for {
		token, err := s.part.token()
		if err != nil {
			return false, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if t.Name.Local == "row" && s.inData {
				return true, s.setNumber(attribute(&t, "r"))
			}
			s.inData = s.inData || t.Name.Local == "sheetData"
		case xml.EndElement:
			switch t.Name.Local {
			case "sheetData":
				s.inData = false
			case "worksheet":
				s.closed = true
				return false, s.part.finish()
			}
		}
	}
}

func (s *sheetRows) setNumber(given string) error {
	number := s.number + 1
	if given != "" {
		var err error
		if number, err = strconv.Atoi(given); err != nil || number <= s.number || number > maxRows {
			return fmt.Errorf("row %q comes after row %d: the sheet is damaged", clip(given), s.number)
		}
	}
	s.number = number
	return nil
}

// readRow reads the cells of the current row.
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
			return fmt.Errorf("row %d: the record is longer than %d bytes", s.number, s.limit)
		}
	}
}

// readCell reads the current cell and appends it at its column.
func (s *sheetRows) readCell(e *xml.StartElement) error {
	column := len(s.cells)
	if name := attribute(e, "r"); name != "" {
		named, ok := columnIndex(name)
		if !ok || named < column {
			return fmt.Errorf("row %d: the cell %q is out of order: the sheet is damaged", s.number, clip(name))
		}
		column = named
	}
	if column >= maxColumns {
		return fmt.Errorf("row %d: more than %d columns: the sheet is damaged", s.number, maxColumns)
	}
	s.pad(column)
	text, kind, err := s.value(attribute(e, "t"), attribute(e, "s"))
	if err != nil {
		return fmt.Errorf("row %d, column %s: %w", s.number, columnName(column), err)
	}
	s.cells, s.kinds = append(s.cells, text), append(s.kinds, kind)
	return nil
}

// pad appends empty cells up to a width.
func (s *sheetRows) pad(width int) {
	for len(s.cells) < width {
		s.cells, s.kinds = append(s.cells, ""), append(s.kinds, Text)
	}
}

// row returns the current row with as many cells as the header has.
func (s *sheetRows) row() (Row, error) {
	for n := len(s.cells); n > s.width && Blank(s.cells[n-1]); n = len(s.cells) {
		s.cells, s.kinds = s.cells[:n-1], s.kinds[:n-1]
	}
	s.pad(s.width)
	row := Row{Record: s.number, Line: s.number, Cells: s.cells, Kinds: s.kinds, ofSheet: true, sheet: s.name}
	if s.header == 0 {
		return row, nil
	}
	row.Record = s.number - s.header + 1
	if len(s.cells) > s.width {
		row.Problem = fmt.Sprintf("cell in column %s, which has no header", columnName(len(s.cells)-1))
	}
	return row, s.merges.mark(s.number, s.cells, s.kinds)
}

func (s *sheetRows) close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	return s.part.file.Close()
}

// columnIndex returns the column of a cell by its name: 27 for AB12.
func columnIndex(cell string) (int, bool) {
	column, i := 0, 0
	for ; i < len(cell) && i < 4 && 'A' <= cell[i] && cell[i] <= 'Z'; i++ {
		column = column*26 + int(cell[i]-'A') + 1
	}
	return column - 1, 0 < i && i < 4 && column <= maxColumns
}

// columnName returns the letters of a column.
func columnName(index int) string {
	name := ""
	for n := index + 1; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name
}

// clip shortens a text for an error message.
func clip(text string) string { return text[:min(len(text), 20)] }
