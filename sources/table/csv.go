package table

// A text is read record by record. Blank records, such as those that a
// spreadsheet leaves at the end of an export, are skipped.

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"unicode/utf8"
)

// csvRows reads the rows of a text.
type csvRows struct {
	lines     *lineReader
	csv       *csv.Reader
	delimiter byte
	record    int // number of the current record
	width     int // cells of the header; 0 before it is read

	headerRecord int          // number of the record that is the header
	short        *atomic.Bool // a row of the text had fewer cells
	split        []string     // the cells of the current record
	cells        []string     // as many as the header has
}

// text is a text that is open.
type text struct {
	splitter textSplitter
	short    atomic.Bool
}

func openCSV(raw *bufio.Reader, o *Options, limit int) (*Reader, error) {
	decoded, name, err := decode(raw, o.Encoding)
	if err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(decoded, limit+headSize) // a header may be as long as any record
	head, err := in.Peek(limit + headSize)
	if err != nil && !errors.Is(err, io.EOF) && len(head) == 0 {
		return nil, err
	}
	d, err := detectDialect(head, o, limit)
	if err != nil {
		return nil, err
	}
	_, _ = in.Discard(len(d.sep)) // already buffered
	t := &text{splitter: textSplitter{in: in, delimiter: d.delimiter, limit: limit, size: cmp.Or(o.batchSize, batchSize), line: d.linesBefore()}}
	if d.cr {
		t.splitter.in = &crReader{in: in}
	}
	r := &Reader{HeaderLine: d.header, Delimiter: rune(d.delimiter), Encoding: name, text: t}
	return r, r.readTextHeader(d.header)
}

// readTextHeader reads up to the header, which begins on a line. The rows after it in
// the same batch are the first.
func (r *Reader) readTextHeader(line int) error {
	for r.Header == nil {
		b, err := r.text.nextBatch(0)
		if errors.Is(err, io.EOF) {
			return cmp.Or(noHeaderRow(line), ErrEmpty)
		}
		if err != nil {
			return err
		}
		rows := b.rows.(*csvRows)
		if r.Header, err = rows.readHeader(line); err != nil {
			return err
		}
		r.first = rows
	}
	r.text.splitter.record -= r.first.(*csvRows).headerRecord - 1
	return nil
}

func newCSVRows(text []byte, delimiter byte, limit int) *csvRows {
	rows := &csvRows{lines: &lineReader{text: text, limit: limit}, delimiter: delimiter, short: new(atomic.Bool)}
	rows.csv = csv.NewReader(rows.lines)
	rows.csv.Comma, rows.csv.FieldsPerRecord, rows.csv.ReuseRecord = rune(delimiter), -1, true
	return rows
}

// next returns the next record that is not blank.
func (c *csvRows) next() (Row, error) {
	for {
		c.lines.begin()
		c.lines.skipBlank()
		cells, err := c.read()
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

// read reads a record. One line without quotes, as nearly all are, is split here:
// four times as fast as by encoding/csv, which reads everything else.
func (c *csvRows) read() ([]string, error) {
	line, ok := c.lines.plainLine()
	if !ok {
		return c.csv.Read()
	}
	c.split = c.split[:0]
	for rest := string(line); ; {
		i := strings.IndexByte(rest, c.delimiter)
		if i < 0 {
			c.split = append(c.split, rest)
			return c.split, nil
		}
		c.split, rest = append(c.split, rest[:i]), rest[i+1:]
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
	torn := n < c.width && !c.short.Load() && !c.lines.ended()
	if n < c.width {
		c.short.Store(true)
	}
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
