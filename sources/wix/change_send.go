package wix

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"

	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// A change is one request and never a second one: not after an error, not after a
// redirect, not on another connection. It waits for a slot and the rate like a
// read, until the context ends. The wait may be long, so ready decides after it
// whether the change may still be sent. Once it is sent, only its own timeout
// ends it, fix.RequestTime: canceling it would not stop the server, and the
// response would be lost.

// A ChangeResponse is the response to a change that Wix accepted. It is not a
// proof: only a Get shows what the change did.
type ChangeResponse struct {
	Package *Copy // nil for the kinds that change an instance
}

// Send sends the change, once. An error is a *ChangeError with what is known of
// the change. Ready is called right before the request is sent. If it returns an
// error, which Send's wraps, the request is not sent. It may be nil.
func (c *Client) Send(ctx context.Context, change Change, ready func(context.Context) error) (ChangeResponse, error) {
	var response ChangeResponse
	if err := change.Check(); err != nil {
		return response, c.notSent(change.String(), err)
	}
	r, err := change.request(&response)
	if err != nil {
		return response, c.notSent(change.String(), err)
	}
	target, err := url.Parse(c.base.String() + r.path)
	if err != nil {
		return response, c.notSent(r.op, errors.New("invalid request path"))
	}
	if err := c.sendOnce(ctx, r, target, ready); err != nil {
		return ChangeResponse{}, err
	}
	return response, nil
}

// notSent returns the error of a change that was not sent. It wraps the cause.
func (c *Client) notSent(op string, cause error) *ChangeError {
	return &ChangeError{Fate: NotSent, Err: fmt.Errorf("%s: %w", c.key.Redact(op), c.printable(cause))}
}

// sendOnce waits for a slot and the rate, and sends the request.
func (c *Client) sendOnce(ctx context.Context, r *request, target *url.URL, ready func(context.Context) error) error {
	release, generation, err := c.acquire(ctx)
	if err != nil {
		return c.notSent(r.op, err)
	}
	defer release()
	if err := c.checkBeforeSend(ctx, r.op, ready); err != nil {
		return err
	}
	var trace connTrace
	ctx, cancel := withRequestTimeout(trace.attach(context.WithoutCancel(ctx)), fix.RequestTime)
	defer cancel()
	c.counts.change.Add(1)
	e := c.newError(r.op, r.method, target)
	e.Attempts = 1
	if c.roundTrip(ctx, r, target, e) {
		c.limiter.succeeded(generation)
		return nil
	}
	c.noteThrottled(generation, e)
	c.counts.failed.Add(1)
	e.Retryable = false // the caller decides whether it may be sent again
	return &ChangeError{Fate: fateOf(e.Status, trace.maybeSent()), Wait: e.retryAfter, Err: e}
}

// checkBeforeSend returns an error if the change may not be sent now. The error
// of ready is wrapped unchanged, because the caller looks for its own error.
func (c *Client) checkBeforeSend(ctx context.Context, op string, ready func(context.Context) error) error {
	if ready != nil && ctx.Err() == nil {
		if err := ready(ctx); err != nil {
			return &ChangeError{Fate: NotSent, Err: fmt.Errorf("%s: %w", c.key.Redact(op), err)}
		}
	}
	if err := ctx.Err(); err != nil { // it may have ended during the waits or in ready
		return c.notSent(op, err)
	}
	return nil
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
