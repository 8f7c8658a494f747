package table

// A quote inside an unquoted cell affects its own record only, if the rest of
// the line shows where the record ends. After any other quoting error the next
// record could begin anywhere, so reading stops.

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
)

// badRow returns a row with a problem, or the error that stops reading.
func (c *csvRows) badRow(row Row, err error) (Row, error) {
	var parseErr *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		return Row{}, errEnd
	case errors.Is(err, errTooLong):
		return Row{}, c.tooLong()
	case errors.As(err, &parseErr):
		return c.badQuote(row, parseErr)
	case errors.Is(err, errNUL):
		return Row{}, fmt.Errorf("line %d: %w", c.lines.number, err)
	}
	return Row{}, err
}

func (c *csvRows) tooLong() error {
	text := fmt.Sprintf("line %d: the record is longer than %d bytes", c.lines.start, c.lines.limit)
	if c.lines.number > c.lines.start {
		text += ": a quote in it is never closed"
	}
	return errors.New(text)
}

func (c *csvRows) badQuote(row Row, err *csv.ParseError) (Row, error) {
	rest := c.lines.line[min(err.Column, len(c.lines.line)):]
	bare := errors.Is(err, csv.ErrBareQuote)
	if bare && quotesClose(rest, c.delimiter) {
		row.Problem = fmt.Sprintf("quote inside an unquoted cell, at line %d, character %d", c.lines.number, err.Column)
		row.Partial = true
		return row, nil
	}
	problem := "text after the closing quote of a cell"
	switch {
	case bare:
		problem = "quote inside an unquoted cell, and the record has no certain end"
	case errors.Is(c.lines.err, io.EOF) && !c.isQuote(err.Column):
		problem = "the quote of a cell is never closed"
	}
	return Row{}, fmt.Errorf("line %d, character %d: %s (the record begins on line %d)%s", c.lines.number, err.Column, problem, c.lines.start, c.backslashHint())
}

// backslashHint explains a quoting error where the current line has a backslash
// before a quote, which databases write for a quote inside a cell.
func (c *csvRows) backslashHint() string {
	if !bytes.Contains(c.lines.line, []byte(`\"`)) {
		return ""
	}
	return `: its quotes seem to be escaped with a backslash: export them doubled ("")`
}

// isQuote reports whether a character of the current line, counted from 1, is a
// quote.
func (c *csvRows) isQuote(column int) bool {
	return 0 < column && column <= len(c.lines.line) && c.lines.line[column-1] == '"'
}

// quotesClose reports whether every quoted cell that begins in the rest of a
// line also ends in it. The rest begins inside an unquoted cell.
func quotesClose(rest []byte, delimiter byte) bool {
	for {
		i := bytes.IndexByte(rest, delimiter)
		if i < 0 {
			return true
		}
		rest = rest[i+1:]
		if len(rest) == 0 || rest[0] != '"' {
			continue
		}
		end := closingQuote(rest)
		if end < 0 {
			return false
		}
		rest = rest[end+1:]
		if len(rest) > 0 && rest[0] != delimiter && rest[0] != '\r' && rest[0] != '\n' {
			return false
		}
	}
}

// closingQuote returns the index of the quote that closes a cell, or -1.
func closingQuote(cell []byte) int {
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
