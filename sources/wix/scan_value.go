package wix

import (
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// The values of fields: strings, numbers and booleans.
//
// A string may contain what is not text: bytes that are not UTF-8, or half of a
// surrogate pair. Go has no string for it but one with U+FFFD in its place, and
// two of these may be equal although what Wix sent was not. An id must therefore
// be exact.

// maxID is the maximum length in bytes of an id, a status or a code. Those of Wix
// have at most 36.
const maxID = 256

// id reads an exact string of bounded length, or null.
func (s *scanner) id(to *string) bool {
	if s.null() {
		return true
	}
	if s.peek() != '"' {
		return s.mistyped()
	}
	text, exact, ok := s.quoted()
	switch {
	case !ok:
		return false
	case !exact:
		return s.fail("it is not valid Unicode")
	case len(text) > maxID:
		return s.fail("it has %d bytes, the maximum is %d", len(text), maxID)
	}
	*to = string(text)
	return true
}

// display reads a string that is only shown, or null. It is cut to a length, and
// what is not text becomes U+FFFD.
func (s *scanner) display(to *string, most int) bool {
	if s.null() {
		return true
	}
	if s.peek() != '"' {
		return s.mistyped()
	}
	text, _, ok := s.quoted()
	*to = cutText(text, most)
	return ok
}

// cutText returns at most so many bytes of a text, in whole characters.
func cutText(text []byte, most int) string {
	if len(text) <= most {
		return string(text)
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return string(text[:most]) + "…"
}

// quoted reads a string. The text is valid until the scanned one changes; it is
// not exact if something in it is not text.
func (s *scanner) quoted() (text []byte, exact, ok bool) {
	s.at++ // the quote
	start, ascii := s.at, true
	for s.at < len(s.text) {
		c := s.text[s.at]
		s.at++
		switch {
		case c == '"':
			if text = s.text[start : s.at-1]; ascii || utf8.Valid(text) {
				return text, true, true
			}
			s.at = start
			return s.unquote()
		case c == '\\':
			s.at = start
			return s.unquote()
		case c < ' ':
			return nil, false, s.syntax()
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return nil, false, s.syntax()
}

// unquote reads the rest of a string that has escapes or invalid bytes.
func (s *scanner) unquote() (text []byte, exact, ok bool) {
	exact = true
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return text, exact, true
		case c < ' ':
			return nil, false, s.syntax()
		case c == '\\':
			r, ok := s.escape()
			if !ok {
				return nil, false, s.syntax()
			}
			exact = exact && r >= 0
			text = utf8.AppendRune(text, r) // U+FFFD for -1
		default:
			r, size := utf8.DecodeRune(s.text[s.at:])
			exact = exact && (r != utf8.RuneError || size > 1)
			s.at += size
			text = utf8.AppendRune(text, r)
		}
	}
	return nil, false, s.syntax()
}

// escape reads an escape. It returns -1 for half of a surrogate pair.
func (s *scanner) escape() (r rune, ok bool) {
	if s.at += 2; s.at > len(s.text) {
		return 0, false
	}
	switch c := s.text[s.at-1]; c {
	case '"', '\\', '/':
		return rune(c), true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'u':
		return s.unicodeEscape()
	}
	return 0, false
}

// unicodeEscape reads the digits of an escape, and a second one if both are a
// surrogate pair.
func (s *scanner) unicodeEscape() (r rune, ok bool) {
	if r, ok = hexDigits(s.text[s.at:]); !ok {
		return 0, false
	}
	s.at += 4
	if !utf16.IsSurrogate(r) {
		return r, true
	}
	if rest := s.text[s.at:]; len(rest) >= 6 && rest[0] == '\\' && rest[1] == 'u' {
		low, _ := hexDigits(rest[2:])
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			s.at += 6
			return pair, true
		}
	}
	return -1, true
}

// hexDigits reads four hexadecimal digits.
func hexDigits(text []byte) (r rune, ok bool) {
	if len(text) < 4 {
		return 0, false
	}
	for _, c := range text[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// number reads a number and returns its text.
func (s *scanner) number() (text string, ok bool) {
	s.space()
	start := s.at
	s.character('-')
	if !s.character('0') && !s.digits() {
		return "", s.syntax()
	}
	if s.character('.') && !s.digits() {
		return "", s.syntax()
	}
	if s.character('e') || s.character('E') {
		if !s.character('-') {
			s.character('+')
		}
		if !s.digits() {
			return "", s.syntax()
		}
	}
	return string(s.text[start:min(s.at, start+maxID)]), true
}

// character consumes c, if it comes next.
func (s *scanner) character(c byte) bool {
	if s.at == len(s.text) || s.text[s.at] != c {
		return false
	}
	s.at++
	return true
}

// digits consumes digits, and reports whether there was one.
func (s *scanner) digits() bool {
	start := s.at
	for s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
		s.at++
	}
	return s.at > start
}

// whole reads a whole number that is not negative, also in quotes. One that is
// too large is the largest.
func (s *scanner) whole() (n int, ok bool) {
	var text string
	switch c := s.peek(); {
	case c == '"':
		ok = s.id(&text)
	case c == '-', c >= '0' && c <= '9':
		text, ok = s.number()
	default:
		return 0, s.mistyped()
	}
	if !ok {
		return 0, false
	}
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return 0, s.fail("%s is not a whole number", showID(text))
		}
	}
	if text == "" {
		return 0, s.fail("it is not a number")
	}
	if n, err := strconv.Atoi(text); err == nil {
		return n, true
	}
	return math.MaxInt, true
}

// boolean reads true or false, or null, which is false.
func (s *scanner) boolean(to *bool) bool {
	switch {
	case s.null(), s.word("false"):
		return true
	case s.word("true"):
		*to = true
		return true
	}
	return s.mistyped()
}
