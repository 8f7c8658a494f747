// Package console is what the program writes to standard output and standard
// error: the one place where text becomes harmless before a terminal or a log gets
// it.
package console

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Names of files, headers of ledgers, ids of a server and summaries of earlier
// runs may contain anything. So control characters, and characters that change
// the direction of text, are written as escapes: \x1b. In JSON, \u001b has the same
// meaning as the character. Secrets are removed.

// An Output is standard output or standard error. It is safe for use by several
// goroutines.
type Output struct {
	out io.Writer

	mu      sync.Mutex
	json    bool
	redact  []func(string) string
	rest    string // the start of a character
	written bool
}

// NewOutput returns an Output that writes to out.
func NewOutput(out io.Writer) *Output { return &Output{out: out} }

// SetJSON makes all escapes those of JSON.
func (o *Output) SetJSON() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.json = true
}

// Redact adds a function that removes a secret from a text.
func (o *Output) Redact(redact func(string) string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.redact = append(o.redact, redact)
}

// Written reports whether anything was written.
func (o *Output) Written() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.written
}

func (o *Output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.written = true
	text := o.rest + string(b)
	end := wholeCharacters(text)
	text, o.rest = text[:end], text[end:]
	for _, redact := range o.redact {
		text = redact(text)
	}
	if _, err := io.WriteString(o.out, clean(text, o.json)); err != nil {
		return 0, err
	}
	return len(b), nil
}

// wholeCharacters returns the length of a text without an incomplete last character.
func wholeCharacters(text string) int {
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if start := len(text) - n; utf8.RuneStart(text[start]) {
			if !utf8.FullRuneInString(text[start:]) {
				return start
			}
			break
		}
	}
	return len(text)
}

// clean replaces the characters that could control a terminal.
func clean(text string, json bool) string {
	if strings.IndexFunc(text, controls) < 0 && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for _, r := range text { // of invalid bytes, r is U+FFFD
		switch {
		case !controls(r):
			b.WriteRune(r)
		case json || r > 0xff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\x%02x`, r)
		}
	}
	return b.String()
}

// controls reports whether a character may change what a terminal does with the
// text behind it. All of them are below U+10000.
func controls(r rune) bool {
	switch r {
	case '\n', '\t':
		return false
	case '\u2028', '\u2029': // separators of lines
		return true
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
}

// Lossy returns a writer whose writes never fail: a log that nobody can read any
// more must not end a run.
func Lossy(out io.Writer) io.Writer { return lossy{out} }

type lossy struct{ out io.Writer }

func (l lossy) Write(b []byte) (int, error) {
	_, _ = l.out.Write(b)
	return len(b), nil
}
