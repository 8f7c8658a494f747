package wix

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
)

// A change is one request, and never a second one: not after an error, not
// after a redirect, not on another connection. It takes a slot and its place
// in the rate like a read, and the context ends these waits. They may be long,
// and the world another one after them, so that whether it may still be sent is
// asked then. Once the request leaves only its own time ends it, at most
// fix.RequestTime: to hang up on a change that is under way would stop nothing,
// and lose the answer.

// An Answer is what Wix says to a change that it accepted. It is no proof: what
// became of the change, only a Get tells.
type Answer struct {
	Package *Copy // as the answer shows it; nil with the calls for instances
}

// Send sends the change, once. An error is a *ChangeError, and says what is
// known of the change. Ready is asked right before the request leaves: with an
// error, which can be found in Send's, it is not sent. Nil lets everything leave.
func (c *Client) Send(ctx context.Context, change Change, ready func(context.Context) error) (Answer, error) {
	var answer Answer
	if err := change.Check(); err != nil {
		return answer, c.notSent(change.String(), err)
	}
	k, err := change.call(&answer)
	if err != nil {
		return answer, c.notSent(change.String(), err)
	}
	target, err := url.Parse(c.base.String() + k.path)
	if err != nil {
		return answer, c.notSent(k.op, errors.New("not a path that can be sent"))
	}
	if err := c.sendOnce(ctx, k, target, ready); err != nil {
		return Answer{}, err
	}
	return answer, nil
}

// notSent makes the error of a change that never left. Its cause can be found
// in it.
func (c *Client) notSent(op string, cause error) *ChangeError {
	return &ChangeError{Fate: NotSent, Err: fmt.Errorf("%s: %w", c.key.Scrub(op), c.shown(cause))}
}

// sendOnce waits for its turn and sends the call.
func (c *Client) sendOnce(ctx context.Context, k *call, target *url.URL, ready func(context.Context) error) error {
	release, generation, err := c.place(ctx)
	if err != nil {
		return c.notSent(k.op, err)
	}
	defer release()
	if err := c.cleared(ctx, k.op, ready); err != nil {
		return err
	}
	var watch departure
	ctx, cancel := within(watch.watched(context.WithoutCancel(ctx)), c.changeTimeout)
	defer cancel()
	c.count.change.Add(1)
	fault := c.faultOf(k, target)
	fault.Attempts = 1
	if c.exchange(ctx, k, target, fault) {
		c.limiter.succeeded(generation)
		return nil
	}
	c.slowDown(generation, fault)
	c.count.failed.Add(1)
	fault.Retryable = false // whether it may be sent again is not for the client to say
	return &ChangeError{Fate: fateOf(fault.Status, watch.left()), Wait: fault.after, Err: fault}
}

// cleared gives no error if the change may leave now. What ready says is kept as
// it is, however it reads: it is the caller's own, and the caller looks for it.
func (c *Client) cleared(ctx context.Context, op string, ready func(context.Context) error) error {
	if ready != nil && ctx.Err() == nil {
		if err := ready(ctx); err != nil {
			return &ChangeError{Fate: NotSent, Err: fmt.Errorf("%s: %w", c.key.Scrub(op), err)}
		}
	}
	if err := ctx.Err(); err != nil { // it may have ended with the last of the waits
		return c.notSent(op, err)
	}
	return nil
}

// A departure finds out whether a request can have left: not, as long as a
// connection was asked for and none was had. A transport that tells nothing is
// taken to have sent it.
type departure struct{ asked, had atomic.Bool }

func (d *departure) watched(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { d.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { d.had.Store(true) },
	})
}

func (d *departure) left() bool { return !d.asked.Load() || d.had.Load() }
