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
)

// The key is shown nowhere. A Secret prints as a placeholder in every verb,
// log and encoding, also as a field of something else that is printed; and all
// text that a server supplies is scrubbed of the key, and of the forms that a
// server or a proxy could echo it in, before it gets into an error.

const hidden = "(redacted)"

// A Secret holds an API key. The zero Secret is empty.
type Secret struct {
	// A function, because fmt and other printers look into strings that are
	// behind unexported fields, and can't look into functions.
	reveal func() string
	scrub  func(string) string
	within func([]byte) bool
}

// NewSecret makes a Secret of a key; white space round it is dropped.
func NewSecret(key string) Secret {
	key = strings.TrimSpace(key)
	if key == "" {
		return Secret{}
	}
	return Secret{reveal: func() string { return key }, scrub: newScrubber(key), within: newFinder(key)}
}

// IsZero reports whether there is no key.
func (s Secret) IsZero() bool { return s.reveal == nil }

// Scrub gives the text with every form of the key replaced.
func (s Secret) Scrub(text string) string {
	if s.scrub == nil {
		return text
	}
	return s.scrub(text)
}

func (s Secret) String() string { return hidden }

// GoString keeps %#v from showing the key.
func (s Secret) GoString() string { return hidden }

// Format keeps every other verb from showing the key.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// LogValue keeps logs from showing the key.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText keeps encoders from showing the key.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

func newScrubber(key string) func(string) string {
	var pairs []string
	for _, form := range secretForms(key) {
		if form != "" {
			pairs = append(pairs, form, hidden)
		}
	}
	return strings.NewReplacer(pairs...).Replace
}

// leastKey is the length from which a key can be told from any other word. One
// that is shorter is no key of Wix; it may stand in texts by chance.
const leastKey = 12

// newFinder makes a function that looks for any form of the key.
func newFinder(key string) func([]byte) bool {
	if len(key) < leastKey {
		return nil
	}
	var forms [][]byte
	for _, form := range append(secretForms(key), strings.ToUpper(key), strings.ToLower(key)) {
		if len(form) >= leastKey {
			forms = append(forms, []byte(form))
		}
	}
	return func(text []byte) bool {
		return slices.ContainsFunc(forms, func(form []byte) bool { return bytes.Contains(text, form) })
	}
}

// Within reports whether a text holds the key in any form; a key that is too
// short to be one is never found.
func (s Secret) Within(text []byte) bool { return s.within != nil && s.within(text) }

// secretForms lists how a key may be echoed. The plain key is last: where
// several forms begin at one place, the first listed is taken.
func secretForms(key string) []string {
	quoted, _ := json.Marshal(key)
	inner := strings.TrimSuffix(strings.TrimPrefix(string(quoted), `"`), `"`)
	goQuoted := strconv.Quote(key)
	forms := []string{
		url.QueryEscape(key), url.PathEscape(key), lowerHex(url.QueryEscape(key)), lowerHex(url.PathEscape(key)),
		percentAll(key), lowerHex(percentAll(key)),
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

// base64Inner gives the characters that the key always has in base64 when
// lead bytes (modulo 3) stand before it, such as the "user:" of basic
// authentication, whatever they and the bytes after it are.
func base64Inner(enc *base64.Encoding, key string, lead int) string {
	const shortest = 6 // a shorter text would hide what is not the key
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

func percentAll(key string) string {
	var b strings.Builder
	for i := range len(key) {
		fmt.Fprintf(&b, "%%%02X", key[i])
	}
	return b.String()
}

// lowerHex lowers the digits of percent escapes, and nothing else.
func lowerHex(escaped string) string {
	b := []byte(escaped)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:], strings.ToLower(string(b[i+1:i+3])))
			i += 2
		}
	}
	return string(b)
}
