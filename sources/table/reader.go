package table

// Records are numbered from the header, which is 1, as in a spreadsheet: empty
// lines and blank records count, but are not rows. Record number and line differ
// where a cell has a line break, or blank lines come before the header.

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"unicode"
)

// DefaultLimit is the longest record, in bytes, where the options set none.
const DefaultLimit = 1 << 20

// ErrEmpty means that the table has not even a header.
var ErrEmpty = errors.New("the table is empty")

// ErrNoTable means that the content is not a table: a binary file, an archive, a web
// page and so on.
var ErrNoTable = errors.New("not a table")

// errEnd means that there are no more rows. It is not io.EOF, because that of
// another file, such as a temporary one, must never end the rows.
var errEnd = errors.New("no more rows")

// Options may be nil.
type Options struct {
	Limit     int                      // longest record in bytes; DefaultLimit if 0
	Known     func(folded string) bool // whether the caller knows a header, folded by Fold
	Header    func(cells []string) int // how well a row fits as the header: 0 is not, more is better; nil accepts any row
	HeaderRow int                      // the row of the header: a line of a text, a row of a sheet; 0 is the first that fits
	Encoding  string                   // of a text without a byte order mark, see CheckEncoding; empty is UTF-8
	batchSize int                      // of a text, for tests
	TempDir   string                   // for a workbook while it is read; empty is the system's folder
	Sheet     string                   // of a workbook; empty is the one that has the header, AllSheets every one that has it
}

// A Reader reads one table.
type Reader struct {
	Header     []string // unchanged
	HeaderLine int      // its line, or row of the sheet
	Delimiter  rune     // 0 in a workbook
	Sheets     []string // that are read, of a workbook
	Others     []string // sheets that are not read
	Encoding   string   // in which a text was read

	first  rowReader // the rows after the header in the same batch, or all rows of a workbook
	text   *text     // nil in a workbook
	sheets *sheetReader
}

// A rowReader reads the rows of a text or of a sheet. Its next returns errEnd
// after the last row.
type rowReader interface {
	next() (Row, error)
}

// A Kind is the type of a cell of a workbook.
type Kind uint8

// The kinds of cells.
const (
	Text    Kind = iota
	Number       // in full digits, with a decimal point
	Rounded      // a number too large for the workbook to store all its digits
	Date         // ISO 8601
	Bool         // TRUE or FALSE
	Error        // what the sheet shows in place of a value, such as #N/A

	Formatted // a number with the letters or signs of its number format, and a decimal point
	Unclear   // a number whose format shows another one, such as a percentage
	NoResult  // a formula whose result is not stored, or was stored before it was calculated
	Merged    // an empty cell that people see filled, because it is merged with another
)

// A Row is one record. It is valid until the next one is read, except for the
// strings of its cells.
type Row struct {
	Record  int      // number; the header is 1, and blank records count
	Line    int      // at which it begins; in a sheet, the row number
	Cells   []string // as many as the header has, unless there is a problem
	Kinds   []Kind   // of the cells of a workbook; nil in a text
	Invalid []int    // the indices of the cells that are not UTF-8
	Problem string   // why this is a bad row; empty if it is not
	Partial bool     // with a problem: the cells before it are valid, under their headers

	ofSheet bool
	sheet   string // where several are read
}

// Kind returns the kind of the cell at an index.
func (r *Row) Kind(index int) Kind {
	if index < len(r.Kinds) {
		return r.Kinds[index]
	}
	return Text
}

// Position returns the line or sheet row, for messages, with the record number
// where the two differ.
func (r *Row) Position() string {
	line := "line"
	if r.ofSheet {
		line = "row"
	}
	if r.sheet != "" {
		return fmt.Sprintf("sheet %q, row %d", r.sheet, r.Line)
	}
	if r.Line == r.Record {
		return line + " " + strconv.Itoa(r.Line)
	}
	return fmt.Sprintf("record %d (%s %d)", r.Record, line, r.Line)
}

// Open detects the type of a table and reads its header. An error names the line
// where it is known. A workbook is kept in an unnamed temporary file until its
// rows have been read, or Close.
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
		return openSheets(raw, o, limit)
	}
	if err := checkFileType(head); err != nil {
		return nil, &noTableError{err}
	}
	if o.Sheet != "" && o.Sheet != AllSheets {
		return nil, fmt.Errorf("the file is a text and has no sheet %q: remove the setting sheet", o.Sheet)
	}
	return openCSV(raw, o, limit)
}

// Close releases a reader whose rows were not read to the end.
func (r *Reader) Close() error {
	if r.sheets == nil {
		return nil
	}
	return r.sheets.close()
}

// Rows returns the rows after the header. It can be ranged over once, and ends
// with the first error.
func (r *Reader) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		defer func() { _ = r.Close() }() // the rows have been read already
		for {
			batch, err := r.NextBatch()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Row{}, err)
				return
			}
			if !batch.each(yield) {
				return
			}
		}
	}
}

// each yields the rows of a batch, and reports whether to go on with the next.
func (b *Batch) each(yield func(Row, error) bool) bool {
	for {
		row, err := b.Next()
		if errors.Is(err, io.EOF) {
			return true
		}
		if !yield(row, err) || err != nil {
			return false
		}
	}
}

// Blank reports whether a cell has nothing but white space.
func Blank(cell string) bool {
	return strings.IndexFunc(cell, func(r rune) bool { return !unicode.IsSpace(r) }) < 0
}

func allBlank(cells []string) bool {
	for _, cell := range cells {
		if !Blank(cell) {
			return false
		}
	}
	return true
}
