package wix

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The key is never printed. A Secret prints as a placeholder with every verb,
// log and encoder, also as a field of another value. Text from a server is
// redacted of the key, in every form that a server or a proxy could echo it in,
// before it becomes part of an error.

const redacted = "(redacted)"

// A Secret contains an API key. The zero Secret has none.
type Secret struct {
	// Functions, because fmt and other printers read strings in unexported
	// fields, and can't read functions.
	reveal func() string
	redact func(string) string
	found  func([]byte) bool
}

// NewSecret returns a Secret of a key without surrounding white space.
func NewSecret(key string) Secret {
	key = strings.TrimSpace(key)
	if key == "" {
		return Secret{}
	}
	return Secret{reveal: func() string { return key }, redact: newRedactor(key), found: newMatcher(key)}
}

// IsZero reports whether there is no key.
func (s Secret) IsZero() bool { return s.reveal == nil }

// Redact returns the text with every form of the key replaced.
func (s Secret) Redact(text string) string {
	if s.redact == nil {
		return text
	}
	return s.redact(text)
}

// FoundIn reports whether a text contains the key in any form. A key that is
// too short to be one is never found.
func (s Secret) FoundIn(text []byte) bool { return s.found != nil && s.found(text) }

func (s Secret) String() string { return redacted }

// GoString keeps the key out of %#v.
func (s Secret) GoString() string { return redacted }

// Format keeps the key out of every other verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue keeps the key out of logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText keeps the key out of encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

func newRedactor(key string) func(string) string {
	var pairs []string
	for _, form := range keyForms(key) {
		if form != "" {
			pairs = append(pairs, form, redacted)
		}
	}
	return strings.NewReplacer(pairs...).Replace
}

// minKeyLength is the minimum length of a key to be recognized. A shorter one is
// not a key of Wix, and may be in a text by chance.
const minKeyLength = 12

func newMatcher(key string) func([]byte) bool {
	if len(key) < minKeyLength {
		return nil
	}
	var forms [][]byte
	for _, form := range append(keyForms(key), strings.ToUpper(key), strings.ToLower(key)) {
		if len(form) >= minKeyLength {
			forms = append(forms, []byte(form))
		}
	}
	return func(text []byte) bool {
		for range maxEscaped + 1 {
			if slices.ContainsFunc(forms, func(form []byte) bool { return bytes.Contains(text, form) }) {
				return true
			}
			plain := unescape(text)
			if len(plain) == len(text) {
				return false
			}
			text = plain
		}
		return false
	}
}

// maxEscaped is how often a key may be escaped and still be recognized: as JSON
// in a string of JSON.
const maxEscaped = 3

// unescape replaces the escapes of JSON strings, to search what they stand for.
func unescape(text []byte) []byte {
	if bytes.IndexByte(text, '\\') < 0 {
		return text
	}
	s, plain := scanner{text: text}, make([]byte, 0, len(text))
	for s.at < len(text) {
		start := s.at
		if text[start] == '\\' {
			if r, ok := s.escape(); ok && r >= 0 {
				plain = utf8.AppendRune(plain, r)
				continue
			}
		}
		s.at = start + 1
		plain = append(plain, text[start])
	}
	return plain
}

// keyForms lists the forms in which a key may be echoed. The plain key is last:
// if several forms match at one position, the first in the list is replaced.
func keyForms(key string) []string {
	quoted, _ := json.Marshal(key)
	inner := strings.TrimSuffix(strings.TrimPrefix(string(quoted), `"`), `"`)
	goQuoted := strconv.Quote(key)
	forms := []string{
		url.QueryEscape(key), url.PathEscape(key), lowerEscapes(url.QueryEscape(key)), lowerEscapes(url.PathEscape(key)),
		percentEncode(key, ""), lowerEscapes(percentEncode(key, "")),
		goQuoted[1 : len(goQuoted)-1], inner, strings.ReplaceAll(inner, "/", `\/`), html.EscapeString(key),
		hex.EncodeToString([]byte(key)), strings.ToUpper(hex.EncodeToString([]byte(key))),
	}
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		whole := enc.EncodeToString([]byte(key))
		forms = append(forms, whole, url.QueryEscape(whole), strings.TrimRight(whole, "="))
		for lead := range 3 {
			forms = append(forms, base64Inner(enc, key, lead))
		}
	}
	return append(forms, key)
}

// base64Inner returns the characters that the key always has in base64 after
// lead other bytes (modulo 3), such as the "user:" of basic authentication,
// whatever these bytes and the ones after the key are.
func base64Inner(enc *base64.Encoding, key string, lead int) string {
	const shortest = 6 // a shorter text would also match what is not the key
	text := enc.WithPadding(base64.NoPadding).EncodeToString([]byte(strings.Repeat("x", lead) + key))
	from, to := []int{0, 2, 3}[lead], len(text)
	if (lead+len(key))%3 != 0 {
		to--
	}
	if to-from < shortest {
		return ""
	}
	return text[from:to]
}

// lowerEscapes changes only the digits of percent escapes to lower case.
func lowerEscapes(escaped string) string {
	b := []byte(escaped)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:], strings.ToLower(string(b[i+1:i+3])))
			i += 2
		}
	}
	return string(b)
}
