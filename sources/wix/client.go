package wix

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/reconcile/fix/execute"
)

// The key goes to one host only, over https unless that host is this machine.

const (
	defaultBaseURL     = "https://www.wixapis.com"
	defaultConcurrency = 8
	defaultAttempts    = 6
	defaultTimeout     = time.Minute
)

// Options configures a Client. Only AccountID and Key are required.
type Options struct {
	BaseURL     string            // empty: https://www.wixapis.com
	AccountID   string            // GUID of the parent account
	Key         Secret            // the API key
	Rate        int               // requests a minute; 0: no limit
	Concurrency int               // requests in flight; 0: 8
	Attempts    int               // of a request that reads; 0: 6
	Backoff     time.Duration     // maximum wait before the first retry; 0: 500 ms
	Timeout     time.Duration     // of one attempt to read, including the body; 0: a minute
	UserAgent   string            // empty: wixrecon
	Log         *slog.Logger      // nil: no log
	Transport   http.RoundTripper // nil: a new one; changeTransport states what changes need
}

// A Client calls the Resellers API for one parent account. It is safe for
// concurrent use.
type Client struct {
	base       *url.URL
	parent     string
	key        Secret
	attempts   int
	backoff    time.Duration
	timeout    time.Duration
	userAgent  string
	log        *slog.Logger
	readHTTP   *http.Client
	changeHTTP *http.Client  // never sends a request twice
	slots      chan struct{} // one for each request in flight
	large      chan struct{} // the place for a large response
	limiter    *rateLimiter
	budgeted   atomic.Int64 // retries allowed so far
	counts     counters
	answers    answers
	skew       atomic.Pointer[time.Duration] // see Skew

	throttledSince atomic.Pointer[time.Time] // of the first 429 since the last success
}

// counters are the fields of reconcile.Requests.
type counters struct {
	query, get, change, retries, throttled, failed, bytes atomic.Int64

	rateWait atomic.Int64 // nanoseconds
}

// NewClient checks the options and returns a client. The error lists every
// invalid option.
func NewClient(o Options) (*Client, error) {
	base, err := parseBase(o.BaseURL)
	if err := errors.Join(err, checkOptions(&o)); err != nil {
		return nil, fmt.Errorf("set up the Wix client: %w", err)
	}
	c := &Client{
		base: base, parent: reconcile.FoldGUID(o.AccountID), key: o.Key,
		attempts: orDefault(o.Attempts, defaultAttempts), backoff: orDefault(o.Backoff, retryBase),
		timeout: orDefault(o.Timeout, defaultTimeout), userAgent: orDefault(o.UserAgent, "wixrecon"),
		log: o.Log, slots: make(chan struct{}, orDefault(o.Concurrency, defaultConcurrency)),
		limiter: newRateLimiter(o.Rate), large: make(chan struct{}, 1),
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if o.Transport == nil {
		if o.Transport, err = readTransport(cap(c.slots)); err != nil {
			return nil, fmt.Errorf("set up the Wix client: %w", err)
		}
	}
	c.readHTTP = &http.Client{Transport: locationFilter{o.Transport}, CheckRedirect: checkRedirect}
	c.changeHTTP = &http.Client{Transport: locationFilter{changeTransport(o.Transport, execute.RequestTime)}, CheckRedirect: checkRedirect}
	return c, nil
}

// Requests returns the counts of requests so far.
func (c *Client) Requests() reconcile.Requests {
	return reconcile.Requests{
		Query: c.counts.query.Load(), Get: c.counts.get.Load(), Change: c.counts.change.Load(),
		Retries: c.counts.retries.Load(), Throttled: c.counts.throttled.Load(), Failed: c.counts.failed.Load(), Bytes: c.counts.bytes.Load(),
		Answers: c.answers.list(), RateWait: time.Duration(c.counts.rateWait.Load()).Round(time.Millisecond).Seconds(),
	}
}

// noteDate compares Wix's clock with this one. The least difference counts: a
// cache may send an old date.
func (c *Client) noteDate(header http.Header) {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return
	}
	ahead := time.Until(date.Add(time.Second / 2)).Round(time.Second) // the header has whole seconds
	for {
		least := c.skew.Load()
		if least != nil && least.Abs() <= ahead.Abs() {
			return
		}
		if c.skew.CompareAndSwap(least, &ahead) {
			if least == nil && ahead.Abs() >= fix.MaxSkew {
				c.log.Warn("this machine's clock differs from Wix's: set it", "wix_ahead", ahead)
			}
			return
		}
	}
}

// Skew returns how far Wix's clock is ahead of this one, to the second: the least
// difference of all responses that had a Date.
func (c *Client) Skew() (ahead time.Duration, known bool) {
	if d := c.skew.Load(); d != nil {
		return *d, true
	}
	return 0, false
}

// Close closes idle connections.
func (c *Client) Close() { c.readHTTP.CloseIdleConnections() }

func orDefault[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

func checkOptions(o *Options) error {
	var errs []error
	if !reconcile.IsGUID(o.AccountID) {
		errs = append(errs, fmt.Errorf("account id %q: not a GUID", o.AccountID))
	}
	if err := checkKey(o.Key); err != nil {
		errs = append(errs, err)
	}
	if o.Rate < 0 || o.Concurrency < 0 || o.Attempts < 0 || o.Backoff < 0 || o.Timeout < 0 {
		errs = append(errs, errors.New("rate, concurrency, attempts, backoff and timeout: must not be negative"))
	}
	return errors.Join(errs...)
}

func checkKey(key Secret) error {
	if key.IsZero() {
		return errors.New("api key: missing")
	}
	for _, r := range key.reveal() {
		if r <= ' ' || r > '~' {
			return errors.New("api key: contains a space or a character that is not printable ASCII")
		}
	}
	return nil
}

// parseBase reads the base URL. Most of its errors do not repeat it, because it
// may contain a password.
func parseBase(text string) (*url.URL, error) {
	base, err := url.Parse(strings.TrimRight(orDefault(text, defaultBaseURL), "/"))
	switch {
	case err != nil || base.Hostname() == "" || base.Opaque != "":
		return nil, errors.New("base url: not a URL with a host")
	case base.User != nil || base.RawQuery != "" || base.Fragment != "":
		return nil, errors.New("base url: user info, query and fragment are not allowed")
	case base.Scheme == "https", base.Scheme == "http" && isLoopback(base.Hostname()):
		return base, nil
	}
	return nil, fmt.Errorf("base url %s: only https is allowed, http only on loopback", redactURL(base))
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
