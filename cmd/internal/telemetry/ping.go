package telemetry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// A dead man's switch in the protocol of Healthchecks: a POST to <url>/start when
// a run begins, and one to <url>/<exit code> with the verdict when it has ended. A
// night without the second makes the receiver raise the alarm.

// maxPing is the size of a body: receivers keep the first 100 kB at most.
const maxPing = 10_000

// A Pinger pings one URL.
type Pinger struct {
	Client *http.Client
	URL    string
}

// Start reports that a run begins.
func (p *Pinger) Start(ctx context.Context) error { return p.ping(ctx, "start", "") }

// End reports the exit code and the verdict of a run.
func (p *Pinger) End(ctx context.Context, exitCode int, verdict string) error {
	return p.ping(ctx, strconv.Itoa(exitCode), bounded(verdict, maxPing))
}

func (p *Pinger) ping(ctx context.Context, signal, body string) error {
	target, err := url.Parse(p.URL)
	if err != nil {
		return errors.New("ping: the URL can't be used")
	}
	target = target.JoinPath(signal)
	header := http.Header{"Content-Type": {"text/plain; charset=utf-8"}}
	err = deliver(ctx, func(ctx context.Context) error { return post(ctx, p.Client, target.String(), header, body) })
	if err != nil {
		return fmt.Errorf("ping %s: %w", target.Host, err)
	}
	return nil
}

// bounded cuts a text to so many bytes, at the end of a line where there is one.
func bounded(text string, size int) string {
	if len(text) <= size {
		return text
	}
	text = strings.ToValidUTF8(text[:size-len("…\n")], "")
	if end := strings.LastIndexByte(text, '\n'); end > 0 {
		text = text[:end+1]
	}
	return text + "…\n"
}
