package wix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	maxBody = 32 << 20 // bytes read of a response

	// The API allows at most a thousand packages on a page and instances in a
	// package. A response with a longer array is rejected before it is decoded:
	// thirty million zeros are short on the wire and gigabytes in memory.
	maxElements = 1000
)

var errBodyTooLong = fmt.Errorf("the response is longer than %d bytes", maxBody)

// A received response is a 2xx that was read whole.
type received struct {
	header http.Header
	body   []byte
}

// readResponse reads a response. If it returns nil, it has filled in e.
func (c *Client) readResponse(ctx context.Context, response *http.Response, e *Error) *received {
	e.Status = response.StatusCode
	if date, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		ahead := time.Until(date.Add(time.Second / 2)).Round(time.Second) // the header has whole seconds
		c.skew.Store(&ahead)
	}
	body, err := readBody(response.Body)
	c.counts.bytes.Add(int64(len(body)))
	switch {
	case response.StatusCode/100 != 2:
		e.addResponse(response.Header, body, c.key)
		return nil
	case err != nil:
		e.Retryable, e.Err = !errors.Is(err, errBodyTooLong), c.printable(transportCause(ctx, err))
		return nil
	}
	return &received{response.Header, body}
}

// acceptResponse checks and decodes a response. If it returns false, it has filled
// in e.
func (c *Client) acceptResponse(r *request, response *received, e *Error) bool {
	err := c.checkBody(response.body)
	if err == nil {
		err = r.decode(response.body)
	}
	if err == nil {
		return true
	}
	e.RequestID = oneLine(response.header.Get("X-Wix-Request-Id"), 64, c.key)
	// A body that is not JSON was truncated or comes from a gateway, and may be
	// complete the next time. Invalid content in valid JSON would be the same.
	if e.Retryable = !json.Valid(response.body); e.Retryable {
		err = fmt.Errorf("the response of %d bytes is truncated or not JSON", len(response.body))
	}
	e.Err = c.printable(err)
	return false
}

func readBody(body io.Reader) ([]byte, error) {
	read, err := io.ReadAll(io.LimitReader(body, maxBody+1))
	if err != nil {
		return read, fmt.Errorf("read the response: %w", err)
	}
	if len(read) > maxBody {
		return nil, errBodyTooLong
	}
	return read, nil
}

// checkBody rejects a body that would need far more memory than its length, or
// would put the key into a report.
func (c *Client) checkBody(body []byte) error {
	if c.key.FoundIn(body) {
		return errors.New("the response contains the API key")
	}
	if longestArray(body) > maxElements {
		return fmt.Errorf("the response has an array of more than %d elements", maxElements)
	}
	return nil
}

// longestArray returns the number of elements of the longest array in a JSON
// text, which need not be valid. It stops at the first array that is too long.
func longestArray(text []byte) int {
	var open []int // commas so far, by nesting; -1 in an object
	longest, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[':
			open = append(open, 0)
		case c == '{':
			open = append(open, -1)
		case (c == ']' || c == '}') && len(open) > 0:
			open = open[:len(open)-1]
		case c == ',' && len(open) > 0 && open[len(open)-1] >= 0:
			open[len(open)-1]++
			if longest = max(longest, open[len(open)-1]+1); longest > maxElements {
				return longest
			}
		}
	}
	return longest
}
