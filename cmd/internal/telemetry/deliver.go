package telemetry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// A message is delivered within a minute or not at all, and within the few seconds
// that a stop leaves once the program was asked to stop. Answers of 4xx, except
// 408 and 429, are final: the same message would be refused again.

const (
	deliveryTime = time.Minute
	stopTime     = 3 * time.Second // after the end of the context
	tryTime      = 10 * time.Second
	firstWait    = time.Second
)

// deliver calls send until it succeeds, fails finally, or the time is over.
func deliver(ctx context.Context, send func(context.Context) error) error {
	long, cancel := Window(ctx)
	defer cancel()
	for wait := firstWait; ; wait *= 2 {
		err := try(long, send)
		var final *finalError
		if err == nil || errors.As(err, &final) {
			return err
		}
		select {
		case <-long.Done():
			return err
		case <-time.After(wait):
		}
	}
}

// Window returns the context of what is done after a run: it ends a minute from
// now, or a few seconds after ctx.
func Window(ctx context.Context) (context.Context, context.CancelFunc) {
	long, cancel := context.WithTimeout(context.WithoutCancel(ctx), deliveryTime)
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(stopTime, cancel) })
	return long, func() { stop(); cancel() }
}

func try(ctx context.Context, send func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, tryTime)
	defer cancel()
	return send(ctx)
}

// A finalError is not worth another try.
type finalError struct{ error }

func (e *finalError) Unwrap() error { return e.error }

// post sends a body by POST. Its error does not show the URL, which is a secret.
func post(ctx context.Context, client *http.Client, target string, header http.Header, body string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(body))
	if err != nil {
		return &finalError{errors.New("the URL can't be used")}
	}
	for name, values := range header {
		request.Header[name] = values
	}
	response, err := client.Do(request)
	if err != nil {
		return hideURL(err)
	}
	_, _ = io.CopyN(io.Discard, response.Body, 64<<10) // so that the connection can be used again
	_ = response.Body.Close()
	switch status := response.StatusCode; {
	case status < 300:
		return nil
	case status >= 400 && status < 500 && status != http.StatusRequestTimeout && status != http.StatusTooManyRequests:
		return &finalError{fmt.Errorf("the answer was %s", response.Status)}
	default:
		return fmt.Errorf("the answer was %s", response.Status)
	}
}

// hideURL removes the URL from an error of package http.
func hideURL(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}
