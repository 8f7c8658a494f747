package wix

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

// A request occupies a slot from before it is sent until its body is read, so no
// more requests are in flight than there are slots. It first gets a slot and then
// waits for the rate, so requests do not pile up between the two. Waits before a
// retry occupy no slot, nor does decoding.

// A request is one call of the API and the decoder of its response.
type request struct {
	op      string // what it does, and to what
	method  string
	path    string // below the base URL, escaped
	account string // for the wix-account-id header
	body    []byte
	once    bool // must never be sent twice
	page    bool // the response is a page, which may be large
	large   bool // it has the client's place for a large response
	decode  func(body []byte) error
	count   *atomic.Int64
}

// send sends the request, with retries. An error is an *Error, or wraps the
// context's.
func (c *Client) send(ctx context.Context, r *request) error {
	target, err := url.Parse(c.base.String() + r.path)
	if err != nil {
		return fmt.Errorf("%s: invalid request path", c.key.Redact(r.op))
	}
	r.count.Add(1)
	err = c.withRetries(ctx, func() *Error { return c.attempt(ctx, r, target) })
	if err == nil {
		return nil
	}
	if ctxErr := aborted(ctx); ctxErr != nil {
		return fmt.Errorf("%s: %w", c.key.Redact(r.op), ctxErr)
	}
	c.counts.failed.Add(1)
	return err
}

// ErrOutOfTime is the cause of a context whose end does not end a reading, but
// makes the rest of it fail.
var ErrOutOfTime = errors.New("the time for reading is over")

// aborted returns the error of a context that has ended, for another cause than
// ErrOutOfTime.
func aborted(ctx context.Context) error {
	if outOfTime(ctx) {
		return nil
	}
	return ctx.Err()
}

func outOfTime(ctx context.Context) bool { return errors.Is(context.Cause(ctx), ErrOutOfTime) }

// attempt sends the request once.
func (c *Client) attempt(ctx context.Context, r *request, target *url.URL) *Error {
	e := c.newError(r.op, r.method, target)
	response, generation, err := c.exchange(ctx, r, target, e)
	if err != nil {
		e.Err = transportCause(ctx, err)
		return e
	}
	if response == nil || !c.acceptResponse(r, response, e) {
		c.releaseLarge(r)
		c.noteThrottled(generation, e)
		return e
	}
	c.noteSuccess(generation)
	return nil
}

// exchange sends the request when it may be sent, and reads the response. Without
// one it has filled in e; err is the end of the context.
func (c *Client) exchange(ctx context.Context, r *request, target *url.URL, e *Error) (_ *received, generation int, err error) {
	release, generation, err := c.acquire(ctx)
	if err != nil {
		return nil, 0, err
	}
	defer release()
	ctx, cancel := withRequestTimeout(ctx, c.timeout)
	defer cancel()
	return c.roundTrip(ctx, r, target, e), generation, nil
}

// acquire waits for a slot and then for the rate.
func (c *Client) acquire(ctx context.Context) (release func(), generation int, err error) {
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
	release = func() { <-c.slots }
	start := time.Now()
	generation, err = c.limiter.wait(ctx)
	c.counts.rateWait.Add(int64(time.Since(start)))
	if err != nil {
		release()
		return nil, 0, err
	}
	return release, generation, nil
}

// withRequestTimeout limits one attempt. The cause is not a context error, so
// that a timeout is not mistaken for the end of the caller's context.
func withRequestTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, d, fmt.Errorf("no complete response within %s", d))
}

// noteThrottled slows down all requests if the response was a 429.
func (c *Client) noteThrottled(generation int, e *Error) {
	if e.Status != http.StatusTooManyRequests {
		return
	}
	c.counts.throttled.Add(1)
	now := time.Now()
	c.throttledSince.CompareAndSwap(nil, &now)
	c.limiter.throttled(generation, time.Now().Add(min(e.retryAfter, retryAfterCap)))
	c.log.Debug("throttled: slowing down requests", "error", e.Error())
}

func (c *Client) noteSuccess(generation int) {
	c.throttledSince.Store(nil)
	c.limiter.succeeded(generation)
}

// roundTrip sends the request and reads the response. If it returns nil, it has
// filled in e.
func (c *Client) roundTrip(ctx context.Context, r *request, target *url.URL, e *Error) *received {
	req, err := http.NewRequestWithContext(ctx, r.method, target.String(), bytes.NewReader(r.body))
	if err != nil {
		e.Err = c.printable(err)
		return nil
	}
	c.setHeader(req.Header, r)
	client := c.readHTTP
	if r.once {
		client, req.GetBody = c.changeHTTP, nil
	}
	response, err := client.Do(req)
	c.answers.add(r, response)
	if err != nil {
		e.Retryable, e.Err = true, c.printable(transportCause(ctx, err))
		return nil
	}
	defer response.Body.Close()
	return c.readResponse(ctx, r, response, e)
}

func (c *Client) setHeader(header http.Header, r *request) {
	header.Set("Authorization", c.key.reveal())
	header.Set("wix-account-id", r.account)
	header.Set("User-Agent", c.userAgent)
	header.Set("Accept", "application/json")
	if r.body != nil || r.method == http.MethodPatch { // the reference sets it on PATCH without a body too
		header.Set("Content-Type", "application/json")
	}
}

// transportCause removes the URL that net/http puts in front of its errors: a
// server may have redirected to it.
func transportCause(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return context.Cause(ctx)
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// fetch sends a request and returns its decoded response.
func fetch[T any](ctx context.Context, c *Client, r *request, decode func(body []byte) (*T, error)) (*T, error) {
	var response *T
	r.decode = func(body []byte) (err error) { response, err = decode(body); return err }
	err := c.send(ctx, r)
	return response, err
}
