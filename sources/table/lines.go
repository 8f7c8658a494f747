package table

// encoding/csv has no limit to the size of a record: after an unclosed quote
// the rest of the file would be one. lineReader gives it one line at a time, so
// that it never reads ahead of the current record and its size can be counted.

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"
)

var (
	errTooLong = errors.New("record too long")
	errNUL     = errors.New("NUL byte: the file is not text")
)

type lineReader struct {
	text  []byte // that is not read yet
	limit int    // of a record, in bytes

	number int    // of the current line, from 1
	line   []byte // the current line
	rest   []byte // the unread part of line
	err    error

	start   int  // line number at which the record starts
	blank   int  // empty lines before it, which the CSV parser skips
	size    int  // bytes of the record so far
	invalid bool // the record may have bytes that are not UTF-8
}

// begin starts a new record.
func (l *lineReader) begin() { l.start, l.blank, l.size, l.invalid = l.number+1, 0, 0, false }

// skipBlank skips empty lines before a record.
func (l *lineReader) skipBlank() {
	for l.err == nil && l.size == 0 && len(l.rest) == 0 {
		n := newlineSize(l.text)
		if n == 0 {
			return
		}
		l.text = l.text[n:]
		l.number++
		l.start++
		l.blank++
	}
}

// newlineSize returns the size of a newline at the beginning of a text, or 0.
func newlineSize(text []byte) int {
	switch {
	case len(text) > 0 && text[0] == '\n':
		return 1
	case len(text) > 1 && text[0] == '\r' && text[1] == '\n':
		return 2
	}
	return 0
}

func (l *lineReader) Read(b []byte) (int, error) {
	if len(l.rest) == 0 {
		l.next()
	}
	if len(l.rest) == 0 {
		return 0, l.err
	}
	n := copy(b, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// ended reports whether the current line has an end.
func (l *lineReader) ended() bool { return len(l.line) > 0 && l.line[len(l.line)-1] == '\n' }

// next reads a line.
func (l *lineReader) next() {
	if l.err != nil {
		return
	}
	if len(l.text) == 0 {
		l.err = io.EOF
		return
	}
	end := bytes.IndexByte(l.text, '\n') + 1
	if end == 0 {
		end = len(l.text)
	}
	l.line, l.rest, l.text = l.text[:end], l.text[:end], l.text[end:]
	l.number++
	l.size += end
	l.check(l.line)
}

// plainLine reads the next line, without its end, if it is a record that has neither
// quotes nor anything else that is unusual.
func (l *lineReader) plainLine() ([]byte, bool) {
	end := bytes.IndexByte(l.text, '\n')
	if end < 0 || end >= l.limit || l.err != nil || len(l.rest) > 0 {
		return nil, false
	}
	line := l.text[:end]
	if end > 0 && line[end-1] == '\r' {
		line = line[:end-1]
	}
	for _, b := range []byte{'"', '\r', 0} {
		if bytes.IndexByte(line, b) >= 0 {
			return nil, false
		}
	}
	l.invalid = !utf8.Valid(line)
	l.line, l.text = l.text[:end+1], l.text[end+1:]
	l.number++
	return line, true
}

// check sets the error that stops reading, if the line has one.
func (l *lineReader) check(line []byte) {
	switch {
	case l.size > l.limit:
		l.err, l.rest = errTooLong, nil
	case bytes.IndexByte(line, 0) >= 0:
		l.err, l.rest = errNUL, nil
	case !utf8.Valid(line):
		l.invalid = true
	}
}
