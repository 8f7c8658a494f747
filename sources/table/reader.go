package table

// Records are numbered as a spreadsheet would number them: the header is 1, and
// empty lines and blank records count, though none of them is a row. The record
// number and the line differ where a cell holds a line break.

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// DefaultLimit is the longest record, in bytes, where the options set none.
const DefaultLimit = 1 << 20

// ErrEmpty says that there is not even a header.
var ErrEmpty = errors.New("is empty")

// Options may be nil.
type Options struct {
	Limit  int                      // longest record in bytes; DefaultLimit if 0
	Wanted func(folded string) bool // whether a header, folded by Fold, is one that the caller knows
}

// A Reader reads one table.
type Reader struct {
	Header    []string // as it stands there
	Delimiter rune

	lines  *lines
	csv    *csv.Reader
	record int // number of the record read last
}

// A Row is one record. It is valid until the next one is read; its cells, as
// strings, stay.
type Row struct {
	Record  int      // number, the header being 1; empty lines and blank records count
	Line    int      // on which it begins
	Cells   []string // as many as the header has, unless there is a problem
	Invalid []int    // the cells, by index, that are not UTF-8
	Problem string   // why this is no good row, for people; empty if it is one
	Partial bool     // with a problem: the cells are those before it, under their headers
}

// At says for people where the row is.
func (r *Row) At() string {
	if r.Line == r.Record {
		return "line " + strconv.Itoa(r.Line)
	}
	return fmt.Sprintf("record %d (line %d)", r.Record, r.Line)
}

// Open finds out what the table is like and reads its header. Errors name the
// line where there is one.
func Open(in io.Reader, o *Options) (*Reader, error) {
	if o == nil {
		o = new(Options)
	}
	decoded, head, err := text(in)
	if err != nil {
		return nil, err
	}
	r := &Reader{Delimiter: detect(head, o.Wanted), lines: &lines{in: decoded, limit: o.Limit}}
	if o.Limit == 0 {
		r.lines.limit = DefaultLimit
	}
	r.csv = csv.NewReader(r.lines)
	r.csv.Comma, r.csv.FieldsPerRecord, r.csv.ReuseRecord = r.Delimiter, -1, true
	return r, r.readHeader()
}

func (r *Reader) readHeader() error {
	r.lines.begin()
	cells, err := r.csv.Read()
	switch {
	case errors.Is(err, io.EOF):
		return ErrEmpty
	case err != nil:
		row, err := r.judge(Row{}, err)
		if err == nil {
			err = fmt.Errorf("line %d: header: %s", r.lines.number, row.Problem)
		}
		return err
	}
	r.record = 1
	for _, cell := range cells {
		r.Header = append(r.Header, Legible(cell))
	}
	return nil
}

// Rows streams the records after the header. It can be ranged over once, and
// ends with the first error.
func (r *Reader) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for {
			row, err := r.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// next reads a record that is not blank.
func (r *Reader) next() (Row, error) {
	for {
		r.lines.begin()
		cells, err := r.csv.Read()
		r.record += 1 + r.lines.blank
		row := Row{Record: r.record, Line: r.lines.start, Cells: cells}
		if err != nil {
			return r.judge(row, err)
		}
		if allBlank(cells) {
			continue
		}
		if r.lines.broken {
			row.Invalid = invalid(cells)
		}
		if len(cells) != len(r.Header) {
			row.Problem = fmt.Sprintf("%d cells, the header has %d", len(cells), len(r.Header))
		}
		return row, nil
	}
}

func allBlank(cells []string) bool {
	for _, cell := range cells {
		if !Blank(cell) {
			return false
		}
	}
	return true
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

// Legible gives the cell as it is if it is UTF-8, else read as Windows-1252.
func Legible(cell string) string {
	if utf8.ValidString(cell) {
		return cell
	}
	text, err := charmap.Windows1252.NewDecoder().String(cell)
	if err != nil {
		return fmt.Sprintf("%q", cell)
	}
	return text
}
