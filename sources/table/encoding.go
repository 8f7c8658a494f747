package table

// A byte order mark decides the encoding, whatever is set: that of UTF-8 is
// removed, UTF-16 is decoded. Without one the setting applies to the whole
// file, and without a setting the bytes are read as they are.

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// headSize is how many bytes are inspected before the first record is read.
const headSize = 64 << 10

// utf8Mark is the byte order mark of UTF-8.
const utf8Mark = "\xef\xbb\xbf"

// UTF8 is the name of the default encoding of a text.
const UTF8 = "utf-8"

// CheckEncoding returns the canonical name of a WHATWG encoding: windows-1252,
// iso-8859-15, shift_jis, utf-16le, …
func CheckEncoding(name string) (string, error) {
	e, err := htmlindex.Get(name)
	if err != nil {
		return "", errors.New("expected the name of an encoding, such as utf-8, windows-1252, iso-8859-15 or utf-16le")
	}
	canonical, err := htmlindex.Name(e)
	if err != nil || canonical == "replacement" || canonical == "x-user-defined" {
		return "", errors.New("text can't be read in this encoding")
	}
	return canonical, nil
}

// decode returns the decoded text and the name of its encoding.
func decode(raw *bufio.Reader, setting string) (text *bufio.Reader, name string, err error) {
	mark, err := raw.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, "", err
	}
	decoder, name, err := findDecoder(mark, setting)
	if err != nil {
		return nil, "", err
	}
	if bytes.HasPrefix(mark, []byte(utf8Mark)) {
		_, _ = raw.Discard(len(utf8Mark)) // already buffered
	}
	if decoder != nil {
		raw = bufio.NewReaderSize(transform.NewReader(raw, decoder), headSize)
	}
	head, err := raw.Peek(1024)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, "", err
	}
	return raw, name, checkText(head)
}

// findDecoder returns nil where the bytes are read as they are.
func findDecoder(mark []byte, setting string) (*encoding.Decoder, string, error) {
	switch {
	case bytes.HasPrefix(mark, []byte(utf8Mark)):
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

// checkText returns an error if the bytes are not text: a binary file that is
// read as text would return rows of noise.
func checkText(head []byte) error {
	even, odd := 0, 0 // zero bytes at even and at odd offsets
	controls := 0     // a few are in names that were pasted from elsewhere
	for i, b := range head {
		if isControl(b) {
			controls++
		}
		if b == 0 && i%2 == 0 {
			even++
		} else if b == 0 {
			odd++
		}
	}
	switch third := len(head) / 3; {
	case len(head) >= 8 && odd > third && even == 0:
		return errors.New("the file seems to be UTF-16 without a byte order mark: set encoding: utf-16le")
	case len(head) >= 8 && even > third && odd == 0:
		return errors.New("the file seems to be UTF-16 without a byte order mark: set encoding: utf-16be")
	case even+odd > 0, controls > len(head)/20+1:
		return &noTableError{errors.New("the file is not text")}
	}
	return nil
}

func isControl(b byte) bool { return b < ' ' && (b < '\t' || b > '\r') }

// ToUTF8 returns the cell unchanged if it is UTF-8, else decoded as Windows-1252.
func ToUTF8(cell string) string {
	if utf8.ValidString(cell) {
		return cell
	}
	text, err := charmap.Windows1252.NewDecoder().String(cell)
	if err != nil {
		return fmt.Sprintf("%q", cell)
	}
	return text
}
