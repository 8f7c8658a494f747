package config

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"unicode/utf8"

	"github.com/wixrecon/wixrecon/sources/storage"
)

// An error shows the value that caused it, and a value may contain a secret: a
// password or signature in a URL, or an API key pasted into the wrong setting. So
// values are printed through Redacted only.

const (
	// maxPrinted is the longest value in an error, in characters.
	maxPrinted = 80
	// keyPrefix is how Wix API keys begin.
	keyPrefix = "IST."
	// redacted replaces a secret.
	redacted = "(redacted)"
	// byteOrderMark is what some editors put at the start of a text.
	byteOrderMark = "\uFEFF"
	// itemSeparator joins the values of a repeated flag. No value contains it.
	itemSeparator = "\n"
)

// A value is what was set for a setting, and where.
type value struct {
	text string // without outer white space
	from string // for people: a variable, a line of the file, the command line
	list bool   // a sequence of the file, joined with commas
}

// expected returns an error that describes a valid value.
func (v value) expected(what string) error { return v.invalid("expected " + what) }

// invalid returns an error with the value and its source.
func (v value) invalid(why string) error {
	return fmt.Errorf("%q: %s (from %s)", Redacted(v.text), why, v.from)
}

// unreadable returns the error of reading the file that the value names.
func (v value) unreadable(err error) error {
	// The path in such an error is the value, not redacted.
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err
	}
	return fmt.Errorf("read %q: %w (from %s)", Redacted(v.text), err, v.from)
}

// Redacted returns a value as it may be printed: shortened, without what looks
// like an API key, and a URL without user info and query values.
func Redacted(text string) string {
	switch {
	case strings.Contains(text, keyPrefix):
		return redacted
	case strings.Contains(text, "://"):
		text, _, _ = strings.Cut(storage.Redact(text), "#")
	case strings.Contains(text, "@"):
		text = "…" + text[strings.LastIndexByte(text, '@'):]
	}
	if utf8.RuneCountInString(text) > maxPrinted {
		text = string([]rune(text)[:maxPrinted]) + "…"
	}
	return text
}
