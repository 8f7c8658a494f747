package table

// A quote inside an unquoted cell spoils its record and no other, if the rest
// of the line shows where the record ends. After any other fault in quoting
// the next record could begin anywhere, so that reading stops.

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
)

// judge gives a bad row, or the error that ends the reading.
func (r *Reader) judge(row Row, err error) (Row, error) {
	var fault *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		return Row{}, errEnd
	case errors.Is(err, errTooLong):
		return Row{}, r.tooLong()
	case errors.As(err, &fault):
		return r.quoting(row, fault)
	case errors.Is(err, errNUL):
		return Row{}, fmt.Errorf("line %d: %w", r.text.lines.number, err)
	}
	return Row{}, err
}

func (r *Reader) tooLong() error {
	text := fmt.Sprintf("line %d: record is longer than %d bytes", r.text.lines.start, r.text.lines.limit)
	if r.text.lines.number > r.text.lines.start {
		text += ": a quote that opens in it is not closed"
	}
	return errors.New(text)
}

func (r *Reader) quoting(row Row, fault *csv.ParseError) (Row, error) {
	after := r.text.lines.line[min(fault.Column, len(r.text.lines.line)):]
	if errors.Is(fault, csv.ErrBareQuote) && r.text.lines.whole && closes(after, byte(r.Delimiter)) {
		row.Problem = fmt.Sprintf("a quote inside an unquoted cell, at character %d of line %d", fault.Column, fault.Line)
		row.Partial = true
		return row, nil
	}
	what := "a quoted cell goes on after its closing quote"
	switch {
	case errors.Is(fault, csv.ErrBareQuote):
		what = "a quote inside an unquoted cell, and no certain end of the record"
	case errors.Is(r.text.lines.err, io.EOF) && !r.quoteAt(fault.Column):
		what = "a quoted cell is never closed"
	}
	return Row{}, fmt.Errorf("line %d, character %d: %s (the record begins on line %d)", fault.Line, fault.Column, what, r.text.lines.start)
}

// quoteAt reports whether the column of the last line, from 1, is a quote.
func (r *Reader) quoteAt(column int) bool {
	return 0 < column && column <= len(r.text.lines.line) && r.text.lines.line[column-1] == '"'
}

// closes reports whether every quoted cell that begins in the rest of a line
// ends in it. The rest begins inside an unquoted cell.
func closes(rest []byte, delimiter byte) bool {
	for {
		i := bytes.IndexByte(rest, delimiter)
		if i < 0 {
			return true
		}
		rest = rest[i+1:]
		if len(rest) == 0 || rest[0] != '"' {
			continue
		}
		end := closing(rest)
		if end < 0 {
			return false
		}
		rest = rest[end+1:]
		if len(rest) > 0 && rest[0] != delimiter && rest[0] != '\r' && rest[0] != '\n' {
			return false
		}
	}
}

// closing gives the index of the quote that closes a cell, or -1.
func closing(cell []byte) int {
	for i := 1; i < len(cell); i++ {
		switch {
		case cell[i] != '"':
		case i+1 < len(cell) && cell[i+1] == '"':
			i++
		default:
			return i
		}
	}
	return -1
}
