package wix

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

// One request. It holds a slot from before it is sent until its body has been
// read, so that no more are in flight than there are slots, and it takes its
// place in the rate with the slot in hand, so that requests do not gather
// between the two. Waits before a retry hold no slot.

// maxBody bounds what is read of an answer.
const maxBody = 32 << 20

// A call is one request to be sent, and what is to be done with its answer.
type call struct {
	op      string // what it does, with its object
	method  string
	path    string // below the base URL, escaped
	account string // of the header
	body    []byte
	once    bool // it must not be sent twice, whatever comes of it
	decode  func(body []byte) error
	counter *atomic.Int64
}

// send sends the call until it succeeds or is given up.
func (c *Client) send(ctx context.Context, k *call) error {
	target, err := url.Parse(c.base.String() + k.path)
	if err != nil {
		return fmt.Errorf("%s: not a path that can be sent", c.key.Scrub(k.op))
	}
	k.counter.Add(1)
	err = c.retried(ctx, func() *Error { return c.attempt(ctx, k, target) })
	if err == nil {
		return nil
	}
	if ended := ctx.Err(); ended != nil {
		return fmt.Errorf("%s: %w", c.key.Scrub(k.op), ended)
	}
	c.count.failed.Add(1)
	return err
}

// attempt sends the call once.
func (c *Client) attempt(ctx context.Context, k *call, target *url.URL) *Error {
	fault := c.faultOf(k, target)
	release, generation, err := c.place(ctx)
	if err != nil {
		fault.Err = err
		return fault
	}
	defer release()
	ctx, cancel := within(ctx, c.timeout)
	defer cancel()
	if !c.exchange(ctx, k, target, fault) {
		c.slowDown(generation, fault)
		return fault
	}
	c.limiter.succeeded(generation)
	return nil
}

// place takes a slot and then a place in the rate, or gives the context's error.
func (c *Client) place(ctx context.Context) (release func(), generation int, err error) {
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
	release = func() { <-c.slots }
	if generation, err = c.limiter.wait(ctx); err != nil {
		release()
		return nil, 0, err
	}
	return release, generation, nil
}

// faultOf begins the error of a call.
func (c *Client) faultOf(k *call, target *url.URL) *Error {
	return &Error{Op: c.key.Scrub(k.op), Method: k.method, URL: c.key.Scrub(shownURL(target))}
}

// within bounds one try. The end of its time is told by its cause, which is no
// ended context, and must not look like one.
func within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, d, fmt.Errorf("no whole answer within %s", d))
}

func (c *Client) slowDown(generation int, fault *Error) {
	if fault.Status != http.StatusTooManyRequests {
		return
	}
	c.count.throttled.Add(1)
	c.limiter.throttled(generation, time.Now().Add(min(fault.after, retryAfterCap)))
	c.log.Debug("requests are slowed down", "error", fault.Error())
}

// exchange sends the request, reads the answer and decodes it. Where it
// reports false, it has filled fault.
func (c *Client) exchange(ctx context.Context, k *call, target *url.URL, fault *Error) bool {
	request, err := http.NewRequestWithContext(ctx, k.method, target.String(), bytes.NewReader(k.body))
	if err != nil {
		fault.Err = c.shown(err)
		return false
	}
	c.setHeader(request.Header, k)
	client := c.http
	if k.once {
		client, request.GetBody = c.single, nil
	}
	response, err := client.Do(request)
	if err != nil {
		fault.Retryable, fault.Err = true, c.shown(cause(ctx, err))
		return false
	}
	defer response.Body.Close()
	fault.Status = response.StatusCode
	if at, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		ahead := time.Until(at.Add(time.Second / 2)).Round(time.Second) // the header has whole seconds
		c.clock.Store(&ahead)
	}
	body, err := readBody(response.Body)
	c.count.bytes.Add(int64(len(body)))
	if response.StatusCode/100 != 2 {
		c.refused(fault, response.Header, body)
		return false
	}
	if err != nil {
		fault.Retryable, fault.Err = !errors.Is(err, errTooLong), c.shown(cause(ctx, err))
		return false
	}
	return c.decoded(k, response.Header, body, fault)
}

func (c *Client) setHeader(header http.Header, k *call) {
	header.Set("Authorization", c.key.reveal())
	header.Set("wix-account-id", k.account)
	header.Set("User-Agent", c.userAgent)
	header.Set("Accept", "application/json")
	if k.body != nil || k.method == http.MethodPatch { // as the reference has it, also where there is no body
		header.Set("Content-Type", "application/json")
	}
}

// refused fills the error with an answer that is no success.
func (c *Client) refused(fault *Error, header http.Header, body []byte) {
	fault.Retryable = retryableStatus(fault.Status)
	fault.after = retryAfter(header.Get("Retry-After"), time.Now())
	fault.explain(header, body, c.key)
	if fault.Status/100 == 3 {
		fault.Message = "the redirect is not followed"
	}
}

// decoded decodes a success. A body that is no JSON was cut short or comes
// from a gateway, and may be whole the next time; one that is JSON would be
// the same.
func (c *Client) decoded(k *call, header http.Header, body []byte, fault *Error) bool {
	err := c.believed(body)
	if err == nil {
		err = k.decode(body)
	}
	if err == nil {
		return true
	}
	fault.RequestID = oneLine(header.Get("X-Wix-Request-Id"), 64, c.key)
	fault.Retryable = !json.Valid(body)
	fault.Err = c.shown(err)
	if fault.Retryable {
		fault.Err = fmt.Errorf("the answer of %d bytes is cut short or not JSON", len(body))
	}
	return false
}

// believed refuses a success, before it is decoded, that would take much more
// memory than it is long, or carry the key into a report.
func (c *Client) believed(body []byte) error {
	if c.key.Within(body) {
		return errors.New("the answer holds the API key")
	}
	if n := longestArray(body); n > maxElements {
		return fmt.Errorf("the answer has an array of more than %d elements", maxElements)
	}
	return nil
}

// errTooLong is an answer that is not read to its end.
var errTooLong = fmt.Errorf("the answer is longer than %d bytes", maxBody)

func readBody(body io.Reader) ([]byte, error) {
	read, err := io.ReadAll(io.LimitReader(body, maxBody+1))
	if err != nil {
		return read, fmt.Errorf("read the answer: %w", err)
	}
	if len(read) > maxBody {
		return nil, errTooLong
	}
	return read, nil
}

// cause drops the URL that package http puts before its errors: it may be one
// that a server redirected to.
func cause(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return context.Cause(ctx)
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}
