package table

// A text is read record by record. Blank records, such as those that a
// spreadsheet leaves at the end of an export, are skipped.

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// csvRows reads the rows of a text.
type csvRows struct {
	lines     *lineReader
	csv       *csv.Reader
	delimiter byte
	record    int // number of the current record
	width     int // cells of the header; 0 before it is read
}

func openCSV(raw *bufio.Reader, o *Options, limit int) (*Reader, error) {
	decoded, head, name, err := decode(raw, o.Encoding)
	if err != nil {
		return nil, err
	}
	delimiter := detectDelimiter(head, o.Known)
	rows := &csvRows{lines: &lineReader{in: decoded, limit: limit}, delimiter: byte(delimiter)}
	rows.csv = csv.NewReader(rows.lines)
	rows.csv.Comma, rows.csv.FieldsPerRecord, rows.csv.ReuseRecord = delimiter, -1, true
	header, err := rows.readHeader()
	return &Reader{Header: header, Delimiter: delimiter, Encoding: name, rows: rows}, err
}

func (c *csvRows) readHeader() (header []string, err error) {
	c.lines.begin()
	cells, err := c.csv.Read()
	switch {
	case errors.Is(err, io.EOF):
		return nil, ErrEmpty
	case err != nil:
		row, err := c.badRow(Row{}, err)
		if err == nil {
			err = fmt.Errorf("line %d: header: %s", c.lines.number, row.Problem)
		}
		return nil, err
	}
	for _, cell := range cells {
		header = append(header, ToUTF8(cell))
	}
	c.record, c.width = 1, len(header)
	return header, nil
}

// next returns the next record that is not blank.
func (c *csvRows) next() (Row, error) {
	for {
		c.lines.begin()
		cells, err := c.csv.Read()
		c.record += 1 + c.lines.blank
		row := Row{Record: c.record, Line: c.lines.start, Cells: cells}
		if err != nil {
			return c.badRow(row, err)
		}
		if allBlank(cells) {
			continue
		}
		if c.lines.invalid {
			row.Invalid = invalidCells(cells)
		}
		if len(cells) != c.width {
			row.Problem = fmt.Sprintf("%d cells, the header has %d", len(cells), c.width)
		}
		return row, nil
	}
}

func (c *csvRows) close() error { return nil }

// invalidCells returns the indices of the cells that are not UTF-8.
func invalidCells(cells []string) []int {
	var indices []int
	for i, cell := range cells {
		if !utf8.ValidString(cell) {
			indices = append(indices, i)
		}
	}
	return indices
}

// detectDelimiter returns the delimiter with which the header has the most known
// columns, or else the most columns; of equal ones the first in the list.
func detectDelimiter(head []byte, known func(folded string) bool) rune {
	best, bestKnown, bestColumns := ',', -1, 0
	for _, delimiter := range []rune{',', ';', '\t', '|'} {
		r := csv.NewReader(bytes.NewReader(head))
		r.Comma, r.FieldsPerRecord = delimiter, -1
		header, err := r.Read()
		if err != nil {
			continue
		}
		if n := countKnown(header, known); n > bestKnown || n == bestKnown && len(header) > bestColumns {
			best, bestKnown, bestColumns = delimiter, n, len(header)
		}
	}
	return best
}

// countKnown counts the known names in a header, each once.
func countKnown(header []string, known func(folded string) bool) int {
	seen := make(map[string]bool)
	for _, name := range header {
		if folded := Fold(name); known != nil && known(folded) {
			seen[folded] = true
		}
	}
	return len(seen)
}
