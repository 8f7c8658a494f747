package table

// A byte order mark is believed: UTF-8's is dropped, UTF-16 is decoded. Without
// one the bytes are taken as they are. Text has no NUL and no other control
// bytes at its head; a sheet that was read as text would give rows of noise.

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// headSize is how much is looked at before the first record is read, in bytes.
const headSize = 64 << 10

// text gives the decoded text of in, and as much of its head as there is.
func text(in io.Reader) (*bufio.Reader, []byte, error) {
	raw := bufio.NewReaderSize(in, headSize)
	mark, err := raw.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	switch {
	case bytes.HasPrefix(mark, []byte{0xef, 0xbb, 0xbf}):
		_, _ = raw.Discard(3) // they were peeked at
	case bytes.HasPrefix(mark, []byte{0xff, 0xfe}), bytes.HasPrefix(mark, []byte{0xfe, 0xff}):
		utf16 := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM)
		raw = bufio.NewReaderSize(transform.NewReader(raw, utf16.NewDecoder()), headSize)
	case bytes.HasPrefix(mark, []byte("PK\x03\x04")):
		return nil, nil, errors.New("is not a text file: it is a workbook or a zip archive")
	}
	head, err := raw.Peek(headSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	if isBinary(head[:min(len(head), 1024)]) {
		return nil, nil, errors.New("is not a text file")
	}
	return raw, head, nil
}

func isBinary(head []byte) bool {
	return bytes.ContainsFunc(head, func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' && r != '\v' && r != '\f' && r != '\r'
	})
}
