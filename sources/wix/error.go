package wix

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// What an error says: the call, where it went, and the server's own words in
// one short printable line. Never a query value, user info, the key, or a
// piece of a page that is not JSON.

// An Error is a call that failed. Its texts are scrubbed of the key.
type Error struct {
	Op        string // what was tried, with its object
	Method    string
	URL       string // scheme, host and path
	Status    int    // of the answer; 0 where none came
	Code      string // the application's code
	Message   string // the server's words, one line
	RequestID string // Wix's name for the request
	Attempts  int    // how often it was sent
	Retryable bool   // a later try may succeed
	Err       error  // the cause, where it is not the server's refusal

	after time.Duration // how long the server asks to wait
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s %s", e.Op, e.Method, e.URL)
	if e.Status != 0 {
		fmt.Fprintf(&b, ": status %d", e.Status)
	}
	for _, part := range []string{e.Code, e.Message} {
		if part != "" {
			b.WriteString(": " + part)
		}
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	if e.Attempts > 1 {
		fmt.Fprintf(&b, " (after %d attempts)", e.Attempts)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " (request id %s)", e.RequestID)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// Forbidden reports whether Wix refused access to what was asked for.
func Forbidden(err error) bool { return statusOf(err) == http.StatusForbidden }

// Retryable reports whether a later try of the failed call may succeed.
func Retryable(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Retryable
}

func statusOf(err error) int {
	var e *Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.Status
}

// shown gives err where it is one printable line without the key, else an
// error of such a line.
func (c *Client) shown(err error) error {
	const limit = 400
	text := err.Error()
	if line := oneLine(text, limit, c.key); line != text {
		return errors.New(line)
	}
	return err
}

// refusal is what Wix says in the body of an error.
type refusal struct {
	Message string `json:"message"`
	Details struct {
		ApplicationError struct {
			Code        string `json:"code"`
			Description string `json:"description"`
		} `json:"applicationError"`
		ValidationError struct {
			FieldViolations []struct {
				Field       string `json:"field"`
				Description string `json:"description"`
			} `json:"fieldViolations"`
		} `json:"validationError"`
	} `json:"details"`
}

// explain fills the error with the server's words.
func (e *Error) explain(header http.Header, body []byte, key Secret) {
	e.RequestID = oneLine(header.Get("X-Wix-Request-Id"), 64, key)
	if len(body) == 0 {
		return
	}
	if !json.Valid(body) {
		e.Message = "the answer is " + mediaType(header, key) + ", not JSON"
		return
	}
	var said refusal
	_ = json.Unmarshal(body, &said) // a field of another type is left empty
	app := said.Details.ApplicationError
	words := []string{said.Message}
	if app.Description != said.Message {
		words = append(words, app.Description)
	}
	for _, v := range said.Details.ValidationError.FieldViolations {
		words = append(words, v.Field+" "+v.Description)
	}
	e.Code = oneLine(app.Code, 64, key)
	e.Message = oneLine(strings.Join(words, " "), 200, key)
}

func mediaType(header http.Header, key Secret) string {
	media, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || media == "" {
		return "of no known type"
	}
	return oneLine(media, 40, key)
}

// oneLine makes a printable line of at most limit characters of a server's text.
func oneLine(text string, limit int, key Secret) string {
	const enough = 64 << 10
	printable := func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}
	// Scrubbed before it is cut, or half of the key could stay; and where the
	// key was wrapped over lines, nothing of the text is shown.
	words := strings.Fields(strings.Map(printable, key.Scrub(text[:min(len(text), enough)])))
	if joined := strings.Join(words, ""); key.Scrub(joined) != joined {
		return hidden
	}
	text = strings.Join(words, " ")
	if utf8.RuneCountInString(text) > limit {
		text = string([]rune(text)[:limit-1]) + "…"
	}
	return text
}

// shownURL gives scheme, host and path.
func shownURL(u *url.URL) string {
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	return shown.String()
}
