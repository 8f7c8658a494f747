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

// An error names the request, its URL and the server's message in one short
// printable line. It never contains a query value, user info, the key, or part
// of a body that is not JSON.

// An Error is a failed request. Its texts are redacted of the key.
type Error struct {
	Op        string // what was tried, and on what
	Method    string
	URL       string // scheme, host and path
	Status    int    // of the response; 0 if there was none
	Code      string // the application error code
	Message   string // the server's message, one line
	RequestID string // from X-Wix-Request-Id
	Attempts  int    // how often the request was sent
	Retryable bool   // another attempt may succeed
	Err       error  // the cause, if it is not the server's refusal

	retryAfter time.Duration // from Retry-After
}

// newError returns the error of a request, without the reason yet.
func (c *Client) newError(op, method string, target *url.URL) *Error {
	return &Error{Op: c.key.Redact(op), Method: method, URL: c.key.Redact(redactURL(target))}
}

func (e *Error) Error() string {
	text := e.Op + ": " + e.Method + " " + e.URL
	if e.Status != 0 {
		text += fmt.Sprintf(": status %d", e.Status)
	}
	for _, part := range []string{e.Code, e.Message} {
		if part != "" {
			text += ": " + part
		}
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	if e.Attempts > 1 {
		text += fmt.Sprintf(" (after %d attempts)", e.Attempts)
	}
	if e.RequestID != "" {
		text += fmt.Sprintf(" (request id %s)", e.RequestID)
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// Forbidden reports whether Wix answered 403.
func Forbidden(err error) bool { return statusOf(err) == http.StatusForbidden }

// retryable reports whether another attempt of the failed request may succeed.
func retryable(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Retryable
}

// unbelievable reports whether the response was complete and valid JSON, and
// stated what can't be believed.
func unbelievable(err error) bool { return statusOf(err) == http.StatusOK && !retryable(err) }

func statusOf(err error) int {
	var e *Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.Status
}

// addResponse fills in what a response other than 2xx states.
func (e *Error) addResponse(header http.Header, body []byte, key Secret) {
	e.Retryable = retryableStatus(e.Status)
	e.retryAfter = retryAfter(header.Get("Retry-After"), time.Now())
	e.RequestID = oneLine(header.Get("X-Wix-Request-Id"), 64, key)
	switch {
	case len(body) > 0 && json.Valid(body):
		e.addBody(body, key)
	case len(body) > 0:
		e.Message = "the response is " + mediaType(header, key) + ", not JSON"
	}
	switch e.Status / 100 {
	case 2:
		e.Message = "only status 200 is a complete response"
	case 3:
		e.Message = "the redirect is not followed"
	}
}

// addBody fills in the code and the message of a JSON error.
func (e *Error) addBody(text []byte, key Secret) {
	var body struct {
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
	_ = json.Unmarshal(text, &body) // a field of another type stays empty
	app := body.Details.ApplicationError
	messages := []string{body.Message}
	if app.Description != body.Message {
		messages = append(messages, app.Description)
	}
	for _, v := range body.Details.ValidationError.FieldViolations {
		messages = append(messages, v.Field+" "+v.Description)
	}
	e.Code = oneLine(app.Code, 64, key)
	e.Message = oneLine(strings.Join(messages, " "), 200, key)
}

func mediaType(header http.Header, key Secret) string {
	media, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || media == "" {
		return "of unknown type"
	}
	return oneLine(media, 40, key)
}

// printable returns err if its text is one printable line without the key,
// else an error with such a line.
func (c *Client) printable(err error) error {
	const limit = 400
	text := err.Error()
	if line := oneLine(text, limit, c.key); line != text {
		return errors.New(line)
	}
	return err
}

// oneLine returns a server's text as one printable line of at most limit
// characters.
func oneLine(text string, limit int, key Secret) string {
	const maxText = 64 << 10
	printable := func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}
	// Redacted before it is truncated, or half of the key could remain. If the
	// key was wrapped over several lines, the whole text is withheld.
	words := strings.Fields(strings.Map(printable, key.Redact(text[:min(len(text), maxText)])))
	if joined := strings.Join(words, ""); key.Redact(joined) != joined {
		return redacted
	}
	text = strings.Join(words, " ")
	if key.FoundIn([]byte(text)) {
		return redacted
	}
	if utf8.RuneCountInString(text) > limit {
		text = string([]rune(text)[:limit-1]) + "…"
	}
	return text
}

// showID returns a server's id for an error message, in full or not at all:
// in a truncated id the key, if echoed there, could no longer be recognized.
func showID(id string) string {
	const maxID = 100
	if id = oneLine(id, len(id)+1, Secret{}); id == "" {
		return "without an id"
	}
	if len(id) > maxID {
		return fmt.Sprintf("(of %d characters)", len(id))
	}
	return id
}

// redactURL returns scheme, host and path only.
func redactURL(u *url.URL) string {
	short := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	return short.String()
}
