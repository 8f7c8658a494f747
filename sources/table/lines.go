package table

// encoding/csv has no limit to a record: an unclosed quote would make one of
// the rest of the file. So it is fed one line at a time, which never reads
// ahead of the record that it is asked for, and lets the feeder count.

import (
	"bufio"
	"bytes"
	"errors"
	"unicode/utf8"
)

var (
	errTooLong = errors.New("record too long")
	errNUL     = errors.New("holds a NUL byte: it is not a text file")
)

type lines struct {
	in    *bufio.Reader
	limit int // of a record, in bytes

	number int    // of the line that was given last, from 1
	line   []byte // that line, or the last piece of it
	whole  bool   // line is all of it
	rest   []byte // of line, not given yet
	err    error

	start  int  // the line with which the record starts
	blank  int  // empty lines before it, which the parser skips
	size   int  // bytes given of the record
	broken bool // the record holds bytes that may be no UTF-8
}

// begin starts a new record.
func (l *lines) begin() { l.start, l.blank, l.size, l.broken = l.number+1, 0, 0, false }

func (l *lines) Read(b []byte) (int, error) {
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

// next fetches a line, or a piece of a long one.
func (l *lines) next() {
	if l.err != nil {
		return
	}
	continued := len(l.line) > 0 && l.line[len(l.line)-1] != '\n'
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

// check ends the reading where no record can be made of the line.
func (l *lines) check(line []byte) {
	switch {
	case l.size > l.limit:
		l.err, l.rest = errTooLong, nil
	case bytes.IndexByte(line, 0) >= 0:
		l.err, l.rest = errNUL, nil
	case !utf8.Valid(line):
		l.broken = true
	}
}

func isNewline(line []byte) bool { return string(line) == "\n" || string(line) == "\r\n" }
