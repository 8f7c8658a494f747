package wix

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// What is read of a response, and how much of it. The bounds hold for the bytes
// after decompression, and before anything is decoded.
//
// A few bytes on the wire may be gigabytes in memory: zeros in gzip, brackets in
// brackets, a hundred thousand empty objects. So the bytes, the depth and the
// elements of arrays are bounded, and of all requests in flight only one at a time
// may have a response of more than half a megabyte: it has the client's place for
// a large response from its first half megabyte until its packages are consumed.

const (
	maxBody      = 32 << 20           // bytes of a page
	maxOne       = maxPackage + 1<<16 // of any other response
	maxErrorBody = 64 << 10           // of a response that is an error
	smallBody    = 512 << 10          // of a page that needs no place for a large one

	maxElements    = 1000    // of an array: the API allows a thousand packages on a page, and instances in a package
	maxAllElements = 200_000 // of all arrays
)

// A received response is a success that was read whole.
type received struct {
	header http.Header
	body   []byte
}

// readResponse reads a response. If it returns nil, it has filled in e.
func (c *Client) readResponse(ctx context.Context, r *request, response *http.Response, e *Error) *received {
	e.Status = response.StatusCode
	c.noteDate(response.Header)
	if !r.succeeds(response.StatusCode) {
		body, _ := io.ReadAll(io.LimitReader(response.Body, maxErrorBody)) // the status decides, also without a body
		c.counts.bytes.Add(int64(len(body)))
		e.addResponse(response.Header, body, c.key)
		return nil
	}
	body, err := c.readBody(ctx, r, response.Body)
	c.counts.bytes.Add(int64(len(body)))
	if err != nil {
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
	if e.Retryable = !errors.Is(err, errBodyTooDeep) && !json.Valid(response.body); e.Retryable {
		err = fmt.Errorf("the response of %d bytes is truncated or not JSON", len(response.body))
	}
	e.Err = c.printable(err)
	return false
}

// succeeds reports whether a status is a success. A read must have all of what it
// asked for, which no other status than 200 states.
func (r *request) succeeds(status int) bool {
	return status == http.StatusOK || r.once && status/100 == 2
}

var (
	errBodyTooLong = errors.New("the response is too long")
	errBodyTooDeep = fmt.Errorf("the response is nested more than %d deep", maxDepth)
)

// readBody reads the body of a success.
func (c *Client) readBody(ctx context.Context, r *request, body io.Reader) ([]byte, error) {
	most, unplaced := maxOne, maxOne
	if r.page {
		most, unplaced = maxBody, smallBody
	}
	var read bytes.Buffer
	_, err := read.ReadFrom(io.LimitReader(body, int64(unplaced)+1))
	if err == nil && read.Len() > unplaced && unplaced < most {
		if err := c.acquireLarge(ctx, r); err != nil {
			return nil, err
		}
		_, err = read.ReadFrom(io.LimitReader(body, int64(most+1-read.Len())))
	}
	switch {
	case err != nil:
		return read.Bytes(), fmt.Errorf("read the response: %w", err)
	case read.Len() > most:
		return nil, fmt.Errorf("%w: the maximum is %d bytes", errBodyTooLong, most)
	}
	return read.Bytes(), nil
}

// acquireLarge waits for the place for a large response.
func (c *Client) acquireLarge(ctx context.Context, r *request) error {
	select {
	case c.large <- struct{}{}:
		r.large = true
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// releaseLarge gives up the place for a large response, if the request has it.
func (c *Client) releaseLarge(r *request) {
	if r.large {
		r.large = false
		<-c.large
	}
}

// checkBody rejects a body that would need far more memory than its length, or
// would put the key into a report.
func (c *Client) checkBody(body []byte) error {
	if err := checkShape(body); err != nil {
		return err
	}
	if c.key.FoundIn(body) {
		return errors.New("the response contains the API key")
	}
	return nil
}

// checkShape bounds the depth and the elements of a JSON text, which need not be
// valid. It stops at the first that is too much.
func checkShape(text []byte) error {
	var commas [maxDepth]int // so far, by nesting; -1 in an object
	depth, all, quoted := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			if depth == maxDepth {
				return errBodyTooDeep
			}
			if commas[depth] = 0; c == '{' {
				commas[depth] = -1
			}
			depth++
		case (c == ']' || c == '}') && depth > 0:
			depth--
		case c == ',' && depth > 0 && commas[depth-1] >= 0:
			commas[depth-1]++
			if all++; commas[depth-1] >= maxElements || all >= maxAllElements {
				return fmt.Errorf("the response has an array of more than %d elements, or more than %d in all", maxElements, maxAllElements)
			}
		}
	}
	return nil
}
