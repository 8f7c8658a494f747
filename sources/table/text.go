package table

// A text is read record by record. Records that are wholly blank, such as those
// that a spreadsheet leaves at the end of an export, are none.

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// textRows is a text on its way.
type textRows struct {
	lines  *lines
	csv    *csv.Reader
	record int // number of the record read last
}

func openText(raw *bufio.Reader, o *Options, limit int) (*Reader, error) {
	decoded, head, name, err := decode(raw, o.Encoding)
	if err != nil {
		return nil, err
	}
	r := &Reader{Delimiter: detect(head, o.Wanted), Encoding: name}
	t := &textRows{lines: &lines{in: decoded, limit: limit}}
	t.csv = csv.NewReader(t.lines)
	t.csv.Comma, t.csv.FieldsPerRecord, t.csv.ReuseRecord = r.Delimiter, -1, true
	r.text = t
	return r, r.readHeader()
}

func (r *Reader) readHeader() error {
	r.text.lines.begin()
	cells, err := r.text.csv.Read()
	switch {
	case errors.Is(err, io.EOF):
		return ErrEmpty
	case err != nil:
		row, err := r.judge(Row{}, err)
		if err == nil {
			err = fmt.Errorf("line %d: header: %s", r.text.lines.number, row.Problem)
		}
		return err
	}
	r.text.record = 1
	for _, cell := range cells {
		r.Header = append(r.Header, Legible(cell))
	}
	return nil
}

// next reads a record that is not blank.
func (r *Reader) next() (Row, error) {
	t := r.text
	for {
		t.lines.begin()
		cells, err := t.csv.Read()
		t.record += 1 + t.lines.blank
		row := Row{Record: t.record, Line: t.lines.start, Cells: cells}
		if err != nil {
			return r.judge(row, err)
		}
		if allBlank(cells) {
			continue
		}
		if t.lines.broken {
			row.Invalid = invalid(cells)
		}
		if len(cells) != len(r.Header) {
			row.Problem = fmt.Sprintf("%d cells, the header has %d", len(cells), len(r.Header))
		}
		return row, nil
	}
}

func invalid(cells []string) []int {
	var at []int
	for i, cell := range cells {
		if !utf8.ValidString(cell) {
			at = append(at, i)
		}
	}
	return at
}
