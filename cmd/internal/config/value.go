package config

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"unicode/utf8"

	"github.com/wixrecon/wixrecon/sources/storage"
)

// A fault shows the value it is about, and a value may hold what must not be
// shown: a password or a signature in a URL, or an API key that was pasted into
// the wrong place. So values are shown through here, and only through here.

const (
	// maxShown bounds what a fault quotes, in characters.
	maxShown = 80
	// keyPrefix is how Wix API keys begin.
	keyPrefix = "IST."
	// redacted stands where a secret would.
	redacted = "(redacted)"
	// byteOrderMark is what some editors put before a text.
	byteOrderMark = "\uFEFF"
)

// fromDefault is where a value comes from that nobody gave.
const fromDefault = "the default"

// fromFlags is where a value comes from that stands on the command line.
const fromFlags = "the command line"

// itemSeparator stands between the items of a setting that may be given several
// times. No value holds it otherwise.
const itemSeparator = "\n"

// A value is what was given for a setting, and where.
type value struct {
	text string // without outer white space
	from string // for people: a variable, a line of the file, the command line
	list bool   // a sequence of the file, joined with commas
}

// fault says what was wanted in place of the value.
func (v value) fault(want string) error {
	return fmt.Errorf("%q: %s (from %s)", redact(v.text), want, v.from)
}

// unread says why the file that the value names can't be read.
func (v value) unread(err error) error {
	// The path that such an error repeats is the value, not made fit to show.
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err
	}
	return fmt.Errorf("read %q: %w (from %s)", redact(v.text), err, v.from)
}

// Shown gives a text of the command line as it may be shown: without what looks
// like an API key, and a URL without user info and query values.
func Redacted(text string) string { return redact(text) }

// shown gives a value as it may be shown.
func redact(text string) string {
	switch {
	case strings.Contains(text, keyPrefix):
		return redacted
	case strings.Contains(text, "://"):
		text, _, _ = strings.Cut(storage.Redact(text), "#")
	case strings.Contains(text, "@"):
		text = "…" + text[strings.LastIndexByte(text, '@'):]
	}
	if utf8.RuneCountInString(text) > maxShown {
		text = string([]rune(text)[:maxShown]) + "…"
	}
	return text
}
