package table

// A text is split into batches of whole records, which can be parsed by several
// goroutines. Only quotes decide where a record ends, in the same way as for
// encoding/csv: a quote at the beginning of a cell opens it, and a line break inside
// does not end the record. After a quoting error the record ends with its line; the
// parser of the batch finds the error again, and stops.

import (
	"bytes"
	"errors"
	"io"
)

// batchSize is about how many bytes of a text are one batch.
const batchSize = 128 << 10

// textSplitter splits a text into batches.
type textSplitter struct {
	in        io.Reader
	delimiter byte
	limit     int // of a record
	size      int // of a batch

	rest   []byte // read, and not part of a batch yet
	err    error  // of reading; io.EOF at the end
	record int    // number of the last record before the rest
	line   int    // and of the last line
}

// textBatch is a piece of a text that begins and ends with a record.
type textBatch struct {
	text         []byte
	record, line int // numbers of the last record and line before it
}

// next returns the next batch, or io.EOF. What comes before an error of reading is
// returned first, as far as its records are whole.
func (s *textSplitter) next() (textBatch, error) {
	text := append(make([]byte, 0, len(s.rest)+s.size), s.rest...)
	for {
		text = s.fill(text)
		end, records := s.split(text)
		if len(text)-end > s.limit || end == 0 && errors.Is(s.err, io.EOF) {
			end, records = len(text), records+1 // a record that is too long, or the last one
		}
		switch {
		case end > 0:
			return s.batch(text, end, records), nil
		case s.err != nil:
			return textBatch{}, s.err
		}
		text = append(make([]byte, 0, min(2*cap(text), s.limit+s.size)), text...)
	}
}

// batch returns a batch up to an end, and keeps the rest.
func (s *textSplitter) batch(text []byte, end, records int) textBatch {
	b := textBatch{text: text[:end:end], record: s.record, line: s.line}
	s.rest = text[end:]
	s.record += records
	s.line += bytes.Count(b.text, []byte{'\n'})
	return b
}

// fill reads until the capacity of the text is used, or the end.
func (s *textSplitter) fill(text []byte) []byte {
	for len(text) < cap(text) && s.err == nil {
		var n int
		n, s.err = s.in.Read(text[len(text):cap(text)])
		text = text[:len(text)+n]
	}
	return text
}

// split returns the end of the last whole record, and how many records end before
// it.
func (s *textSplitter) split(text []byte) (end, records int) {
	quote := bytes.IndexByte(text, '"')
	if quote < 0 {
		end = bytes.LastIndexByte(text, '\n') + 1
		return end, bytes.Count(text[:end], []byte{'\n'})
	}
	end = bytes.LastIndexByte(text[:quote], '\n') + 1
	records = bytes.Count(text[:end], []byte{'\n'})
	for {
		n := recordEnd(text[end:], s.delimiter)
		if n == 0 {
			return end, records
		}
		end, records = end+n, records+1
	}
}

// recordEnd returns the size of the record at the beginning of a text, or 0 if it
// does not end there.
func recordEnd(text []byte, delimiter byte) int {
	for i := 0; i < len(text); {
		if text[i] == '"' {
			end, ok := quotedEnd(text[i:])
			if !ok {
				return 0
			}
			i += end
			if i < len(text) && text[i] == delimiter {
				i++
				continue
			}
			return lineEnd(text, i) // the end of the record, or a quoting error
		}
		n := bytes.IndexByte(text[i:], '\n')
		if n < 0 {
			return 0
		}
		next := bytes.IndexByte(text[i:i+n], delimiter)
		if next < 0 {
			return i + n + 1
		}
		i += next + 1
	}
	return 0
}

func lineEnd(text []byte, from int) int {
	n := bytes.IndexByte(text[from:], '\n')
	if n < 0 {
		return 0
	}
	return from + n + 1
}

// quotedEnd returns the index after the quote that closes the cell at the beginning
// of a text.
func quotedEnd(cell []byte) (int, bool) {
	for i := 1; ; {
		n := bytes.IndexByte(cell[i:], '"')
		if n < 0 {
			return 0, false
		}
		i += n + 1
		if i == len(cell) {
			return i, true // or the first of two quotes: then the record does not end here
		}
		if cell[i] != '"' {
			return i, true
		}
		i++
	}
}

// A Batch is some consecutive rows of a table.
type Batch struct {
	Unended bool // the last line of a text, without a line end: it is read when all others have been
	rows    rowReader
}

// NextBatch returns the next rows, or io.EOF after the last. The rows of several
// batches may be read at the same time, those of one in their order. All rows of a
// workbook are one batch.
func (r *Reader) NextBatch() (*Batch, error) {
	if first := r.first; first != nil {
		r.first = nil
		return &Batch{rows: first}, nil
	}
	if r.text == nil {
		return nil, io.EOF
	}
	return r.text.nextBatch(len(r.Header))
}

// nextBatch returns the next rows, of a width.
func (t *text) nextBatch(width int) (*Batch, error) {
	b, err := t.splitter.next()
	if err != nil {
		return nil, err
	}
	rows := newCSVRows(b.text, t.splitter.delimiter, t.splitter.limit)
	rows.record, rows.lines.number, rows.width, rows.short = b.record, b.line, width, &t.short
	return &Batch{rows: rows, Unended: b.text[len(b.text)-1] != '\n'}, nil
}

// Next returns the next row, or io.EOF after the last. The row is valid until the
// next one is read, except for the strings of its cells.
func (b *Batch) Next() (Row, error) {
	row, err := b.rows.next()
	if errors.Is(err, errEnd) {
		return Row{}, io.EOF
	}
	return row, err
}
