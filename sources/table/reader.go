package table

// Records are numbered from the header, which is 1, as a spreadsheet would
// number them: empty lines and blank records count, though none of them is a
// row. The record number and the line differ where a cell holds a line break,
// and where something blank stands before the header.

import (
	"bufio"
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

// errEnd says that there are no more rows. It is no io.EOF, because that of
// something else, such as a temporary file, must never end the rows.
var errEnd = errors.New("no more rows")

// Options may be nil.
type Options struct {
	Limit    int                      // longest record in bytes; DefaultLimit if 0
	Wanted   func(folded string) bool // whether a header, folded by Fold, is one that the caller knows
	Encoding string                   // of a text without a byte order mark, as CheckEncoding takes it; empty is UTF-8
	Sheet    string                   // of a workbook; empty is the first that is not hidden
}

// A Reader reads one table.
type Reader struct {
	Header    []string // as it stands there
	Delimiter rune     // 0 in a workbook
	Sheet     string   // of a workbook; empty in a text
	Encoding  string   // of a text: how it was read

	text  *textRows // one of the two is set
	sheet *sheetRows
}

// A Kind says what a cell of a workbook is.
type Kind uint8

// The kinds of cells.
const (
	Text    Kind = iota
	Number       // in full digits, with a decimal point
	Rounded      // a number too large for the workbook to hold all its digits
	Date         // ISO 8601
	Bool         // TRUE or FALSE
	Error        // what the sheet shows in place of a value, such as #N/A
)

// A Row is one record. It is valid until the next one is read; its cells, as
// strings, stay.
type Row struct {
	Record  int      // number, the header being 1; empty lines and blank records count
	Line    int      // on which it begins; the row of a sheet
	Cells   []string // as many as the header has, unless there is a problem
	Kinds   []Kind   // of the cells of a workbook; nil where all is text
	Invalid []int    // the cells, by index, that are not UTF-8
	Problem string   // why this is no good row, for people; empty if it is one
	Partial bool     // with a problem: the cells are those before it, under their headers

	ofSheet bool
}

// Kind gives the kind of the cell at an index.
func (r *Row) Kind(at int) Kind {
	if at < len(r.Kinds) {
		return r.Kinds[at]
	}
	return Text
}

// At says for people where the row is.
func (r *Row) At() string {
	line := "line"
	if r.ofSheet {
		line = "row"
	}
	if r.Line == r.Record {
		return line + " " + strconv.Itoa(r.Line)
	}
	return fmt.Sprintf("record %d (%s %d)", r.Record, line, r.Line)
}

// Open finds out what the table is like and reads its header. Errors name the
// line where there is one. A workbook is kept in a temporary file without a
// name until the rows have been read, or Close.
func Open(in io.Reader, o *Options) (*Reader, error) {
	if o == nil {
		o = new(Options)
	}
	limit := o.Limit
	if limit == 0 {
		limit = DefaultLimit
	}
	raw := bufio.NewReaderSize(in, headSize)
	head, err := raw.Peek(headSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if isZip(head) {
		return openSheet(raw, o.Sheet, limit)
	}
	if err := foreign(head); err != nil {
		return nil, err
	}
	if o.Sheet != "" {
		return nil, fmt.Errorf("is a text and has no sheet %q: leave the sheet out", o.Sheet)
	}
	return openText(raw, o, limit)
}

// Close ends the use of a reader whose rows were not read to their end.
func (r *Reader) Close() error {
	if r.sheet == nil {
		return nil
	}
	return r.sheet.close()
}

// Rows streams the records after the header. It can be ranged over once, and
// ends with the first error.
func (r *Reader) Rows() iter.Seq2[Row, error] {
	next := r.next
	if r.sheet != nil {
		next = r.sheet.next
	}
	return func(yield func(Row, error) bool) {
		for {
			row, err := next()
			if errors.Is(err, errEnd) {
				break
			}
			if !yield(row, err) || err != nil {
				break
			}
		}
		_ = r.Close() // what was read is in hand already
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
