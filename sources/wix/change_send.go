package wix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"

	"github.com/wixrecon/wixrecon/reconcile/fix/execute"
)

// A change is one request and never a second one: not after an error, not after a
// redirect, not on another connection. It waits for a slot and the rate like a
// read, until the context ends. The wait may be long, so ready decides after it
// whether the change may still be sent. Once it is sent, only its own timeout
// ends it, execute.RequestTime: canceling it would not stop the server, and the
// response would be lost.

// Send sends the change, once, and returns what is known of it. Ready is called
// right before the request is sent. If it returns an error, which Err wraps, the
// request is not sent. It may be nil.
//
// The status depends on how the request ended:
//
//	it was not sent: invalid, stopped by ready, the context ended, no connection → not sent
//	429 → throttled: nothing was done, and it may be sent again
//	any other 4xx → refused
//	a success that can be read → answered
//	everything else → lost: it may have been done, or may still be
//
// Everything else is 5xx, a redirect, a reset, a timeout, and a success that can't
// be read.
func (c *Client) Send(ctx context.Context, change Change, ready func(context.Context) error) execute.SendResult {
	if err := change.Check(); err != nil {
		return c.notSent(change.String(), err)
	}
	var found *Copy
	r, err := change.request(&found)
	if err != nil {
		return c.notSent(change.String(), err)
	}
	target, err := url.Parse(c.base.String() + r.path)
	if err != nil {
		return c.notSent(r.op, errors.New("invalid request path"))
	}
	result := c.sendOnce(ctx, r, target, ready)
	if result.Status == execute.Answered && found != nil {
		result.PackageID = found.Package.ID
	}
	return result
}

// failed returns the result of a change that was not answered.
func failed(status execute.SendStatus, err error) execute.SendResult {
	return execute.SendResult{Status: status, Err: fmt.Errorf("%w (%s)", err, status)}
}

// notSent returns the result of a change that was not sent. Err wraps the cause.
func (c *Client) notSent(op string, cause error) execute.SendResult {
	return failed(execute.NotSent, fmt.Errorf("%s: %w", c.key.Redact(op), c.printable(cause)))
}

// sendOnce waits for a slot and the rate, and sends the request.
func (c *Client) sendOnce(ctx context.Context, r *request, target *url.URL, ready func(context.Context) error) execute.SendResult {
	release, generation, err := c.acquire(ctx)
	if err != nil {
		return c.notSent(r.op, err)
	}
	defer release()
	if ready != nil && ctx.Err() == nil {
		if err := ready(ctx); err != nil { // unchanged, because the caller looks for its own error
			return failed(execute.NotSent, fmt.Errorf("%s: %w", c.key.Redact(r.op), err))
		}
	}
	if err := ctx.Err(); err != nil { // it may have ended during the waits or in ready
		return c.notSent(r.op, err)
	}
	var trace connTrace
	ctx, cancel := withRequestTimeout(trace.attach(context.WithoutCancel(ctx)), execute.RequestTime)
	defer cancel()
	c.counts.change.Add(1)
	e := c.newError(r.op, r.method, target)
	e.Attempts = 1
	if response := c.roundTrip(ctx, r, target, e); response != nil && c.acceptResponse(r, response, e) {
		c.noteSuccess(generation)
		return execute.SendResult{Status: execute.Answered}
	}
	c.noteThrottled(generation, e)
	c.counts.failed.Add(1)
	e.Retryable = false // the caller decides whether it may be sent again
	result := failed(sendStatus(e.Status, trace.maybeSent()), e)
	result.Wait = e.retryAfter
	return result
}

func sendStatus(code int, maybeSent bool) execute.SendStatus {
	switch {
	case !maybeSent:
		return execute.NotSent
	case code == http.StatusTooManyRequests:
		return execute.Throttled
	case code/100 == 4:
		return execute.Refused
	}
	return execute.Lost
}

// A connTrace observes whether a request may have been sent: not if a connection
// was requested and none was obtained. If the transport reports neither, it may
// have been sent.
type connTrace struct{ requested, obtained atomic.Bool }

func (t *connTrace) attach(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { t.requested.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { t.obtained.Store(true) },
	})
}

func (t *connTrace) maybeSent() bool { return !t.requested.Load() || t.obtained.Load() }
