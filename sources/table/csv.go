package table

// A text is read record by record. Blank records, such as those that a
// spreadsheet leaves at the end of an export, are skipped.

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// csvRows reads the rows of a text.
type csvRows struct {
	lines     *lineReader
	csv       *csv.Reader
	delimiter byte
	record    int      // number of the current record
	width     int      // cells of the header; 0 before it is read
	short     bool     // a row had fewer cells
	cells     []string // of the current record, as many as the header has
}

func openCSV(raw *bufio.Reader, o *Options, limit int) (*Reader, error) {
	decoded, name, err := decode(raw, o.Encoding)
	if err != nil {
		return nil, err
	}
	text := bufio.NewReaderSize(decoded, limit+headSize) // a header may be as long as any record
	head, err := text.Peek(limit + headSize)
	if err != nil && !errors.Is(err, io.EOF) && len(head) == 0 {
		return nil, err
	}
	d, err := detectDialect(head, o, limit)
	if err != nil {
		return nil, err
	}
	_, _ = text.Discard(len(d.sep)) // already buffered
	if d.cr {
		text = bufio.NewReaderSize(&crReader{in: text}, headSize)
	}
	rows := newCSVRows(text, d.delimiter, limit)
	rows.lines.number = d.linesBefore()
	header, err := rows.readHeader(d.header)
	return &Reader{Header: header, HeaderLine: d.header, Delimiter: rune(d.delimiter), Encoding: name, rows: rows}, err
}

func newCSVRows(in *bufio.Reader, delimiter byte, limit int) *csvRows {
	rows := &csvRows{lines: &lineReader{in: in, limit: limit}, delimiter: delimiter}
	rows.csv = csv.NewReader(rows.lines)
	rows.csv.Comma, rows.csv.FieldsPerRecord, rows.csv.ReuseRecord = rune(delimiter), -1, true
	return rows
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
		if allBlank(cells) || len(cells) == 1 && cells[0] == endOfFile {
			continue
		}
		if c.lines.invalid {
			row.Invalid = invalidCells(cells)
		}
		if c.width > 0 {
			c.fit(&row)
		}
		return row, nil
	}
}

// endOfFile is the character with which old programs end a text.
const endOfFile = "\x1a"

// fit gives a row as many cells as the header has. Programs leave out empty cells
// at the end of a row, or end it with a delimiter; any other difference means that
// the cells may be under other headers. So does a last row without a line end that
// is shorter than all others: the file may end in the middle of it.
func (c *csvRows) fit(row *Row) {
	n := len(row.Cells)
	torn := n < c.width && !c.short && !c.lines.ended()
	c.short = c.short || n < c.width
	for n > c.width && Blank(row.Cells[n-1]) {
		n--
	}
	switch {
	case torn:
		row.Problem = fmt.Sprintf("%d cells, the header has %d, and no line end: the file may be incomplete", n, c.width)
	case n > c.width:
		row.Problem = fmt.Sprintf("%d cells, the header has %d", n, c.width)
		if slices.ContainsFunc(row.Cells, func(cell string) bool { return strings.Contains(cell, "\r") }) {
			row.Problem += ". It has a carriage return: save the file with the same line end everywhere"
		}
	default:
		c.cells = append(c.cells[:0], row.Cells[:n]...)
		for len(c.cells) < c.width {
			c.cells = append(c.cells, "")
		}
		row.Cells = c.cells
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
