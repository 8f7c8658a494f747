package table

// A byte order mark is believed, whatever was set: UTF-8's is dropped, UTF-16
// is decoded. Without one the setting holds for the whole file; without that
// the bytes are taken as they are. Text has no NUL and no other control bytes
// at its head; a sheet that was read as text would give rows of noise.

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// headSize is how much is looked at before the first record is read, in bytes.
const headSize = 64 << 10

// UTF8 is the name of the encoding that a text has where nothing else is said.
const UTF8 = "utf-8"

// CheckEncoding gives the canonical name of an encoding of the web (WHATWG):
// windows-1252, iso-8859-15, shift_jis, utf-16le, …
func CheckEncoding(name string) (string, error) {
	e, err := htmlindex.Get(name)
	if err != nil {
		return "", errors.New("want the name of an encoding, such as utf-8, windows-1252, iso-8859-15 or utf-16le")
	}
	canonical, err := htmlindex.Name(e)
	if err != nil || canonical == "replacement" || canonical == "x-user-defined" {
		return "", errors.New("an encoding that no text can be read by")
	}
	return canonical, nil
}

// decode gives the decoded text, as much of its head as there is, and the
// name of the encoding.
func decode(raw *bufio.Reader, setting string) (text *bufio.Reader, head []byte, name string, err error) {
	mark, err := raw.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, "", err
	}
	decoder, name, err := decoderOf(mark, setting)
	if err != nil {
		return nil, nil, "", err
	}
	if bytes.HasPrefix(mark, []byte{0xef, 0xbb, 0xbf}) {
		_, _ = raw.Discard(3) // they were peeked at
	}
	if decoder != nil {
		raw = bufio.NewReaderSize(transform.NewReader(raw, decoder), headSize)
	}
	head, err = raw.Peek(headSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, "", err
	}
	return raw, head, name, judgeText(head[:min(len(head), 1024)])
}

// decoderOf gives nil where the bytes are taken as they are.
func decoderOf(mark []byte, setting string) (*encoding.Decoder, string, error) {
	switch {
	case bytes.HasPrefix(mark, []byte{0xef, 0xbb, 0xbf}):
		return nil, UTF8, nil
	case bytes.HasPrefix(mark, []byte{0xff, 0xfe}), bytes.HasPrefix(mark, []byte{0xfe, 0xff}):
		return unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder(), "utf-16", nil
	case setting == "":
		return nil, UTF8, nil
	}
	name, err := CheckEncoding(setting)
	if err != nil {
		return nil, "", fmt.Errorf("encoding: %q: %w", setting, err)
	}
	if name == UTF8 {
		return nil, name, nil
	}
	e, err := htmlindex.Get(name)
	if err != nil {
		return nil, "", fmt.Errorf("encoding: %q: %w", setting, err)
	}
	return e.NewDecoder(), name, nil
}

// judgeText refuses what is no text.
func judgeText(head []byte) error {
	even, odd := 0, 0
	for i, b := range head {
		if b == 0 && i%2 == 0 {
			even++
		} else if b == 0 {
			odd++
		}
	}
	switch third := len(head) / 3; {
	case len(head) >= 8 && odd > third && even == 0:
		return errors.New("looks like UTF-16 without a byte order mark: set encoding to utf-16le")
	case len(head) >= 8 && even > third && odd == 0:
		return errors.New("looks like UTF-16 without a byte order mark: set encoding to utf-16be")
	case isBinary(head):
		return errors.New("is not a text file")
	}
	return nil
}

func isBinary(head []byte) bool {
	return bytes.ContainsFunc(head, func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' && r != '\v' && r != '\f' && r != '\r'
	})
}
