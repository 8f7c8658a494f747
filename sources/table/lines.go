package table

// encoding/csv has no limit to the size of a record: after an unclosed quote
// the rest of the file would be one. lineReader gives it one line at a time, so
// that it never reads ahead of the current record and its size can be counted.

import (
	"bufio"
	"bytes"
	"errors"
	"unicode/utf8"
)

var (
	errTooLong = errors.New("record too long")
	errNUL     = errors.New("NUL byte: the file is not text")
)

type lineReader struct {
	in    *bufio.Reader
	limit int // of a record, in bytes

	number int    // of the current line, from 1
	line   []byte // the current line, or the last piece of it
	whole  bool   // line is all of it
	rest   []byte // the unread part of line
	err    error

	start   int  // line number at which the record starts
	blank   int  // empty lines before it, which the CSV parser skips
	size    int  // bytes of the record so far
	invalid bool // the record may have bytes that are not UTF-8
}

// begin starts a new record.
func (l *lineReader) begin() { l.start, l.blank, l.size, l.invalid = l.number+1, 0, 0, false }

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

// next reads a line, or the next piece of a long one.
func (l *lineReader) next() {
	if l.err != nil {
		return
	}
	continued := len(l.line) > 0 && !l.ended()
	line, err := l.in.ReadSlice('\n')
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
		l.err = err
	}
	if len(line) == 0 {
		return
	}
	if !continued {
		l.number++
	}
	l.whole = !continued && !errors.Is(err, bufio.ErrBufferFull)
	l.line, l.rest = line, line
	if l.size == 0 && !continued && isNewline(line) {
		l.start++
		l.blank++
		return
	}
	l.size += len(line)
	l.check(line)
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

func isNewline(line []byte) bool { return string(line) == "\n" || string(line) == "\r\n" }
