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
)

// How a client is set up: what it talks to, and the bounds of each request.
// The key goes to one host only, over https unless that host is this machine.

// DefaultBaseURL is where Wix answers.
const DefaultBaseURL = "https://www.wixapis.com"

const (
	defaultConcurrency = 8
	defaultAttempts    = 6
	defaultTimeout     = time.Minute
)

// Options sets a Client up. Only AccountID and Key must be filled.
type Options struct {
	BaseURL       string            // empty: DefaultBaseURL
	AccountID     string            // GUID of the parent account
	Key           Secret            // the API key
	Rate          int               // requests a minute; 0: no limit
	Concurrency   int               // requests in flight; 0: 8
	Attempts      int               // tries a request that reads; 0: 6
	Backoff       time.Duration     // bound of the first wait before a retry; 0: 500 ms
	Timeout       time.Duration     // of one try to read, head and body; 0: a minute
	ChangeTimeout time.Duration     // of a request that changes something; 0: fix.RequestTime
	UserAgent     string            // empty: wixrecon
	Log           *slog.Logger      // nil: no log
	Transport     http.RoundTripper // nil: one of the client's own; see singleTransport for what changes need
}

// A Client calls the Resellers API for one parent account. It is safe for use
// by many goroutines.
type Client struct {
	base          *url.URL
	parent        string
	key           Secret
	attempts      int
	backoff       time.Duration
	timeout       time.Duration
	changeTimeout time.Duration
	userAgent     string
	log           *slog.Logger
	http          *http.Client
	single        *http.Client  // for what must not be sent twice
	slots         chan struct{} // one for each request in flight
	limiter       *limiter
	budget        budget
	count         counters
	clock         atomic.Pointer[time.Duration] // how far Wix's clock was ahead at the last answer
}

// counters is what reconcile.Requests tells.
type counters struct {
	query, get, change, retries, throttled, failed, bytes atomic.Int64
}

// NewClient checks the options and makes a client. The error names every fault.
func NewClient(o Options) (*Client, error) {
	base, err := parseBase(o.BaseURL)
	if err := errors.Join(err, checkOptions(&o)); err != nil {
		return nil, fmt.Errorf("set up the Wix client: %w", err)
	}
	c := &Client{
		base: base, parent: reconcile.FoldGUID(o.AccountID), key: o.Key,
		attempts: orDefault(o.Attempts, defaultAttempts), backoff: orDefault(o.Backoff, retryBase),
		timeout: orDefault(o.Timeout, defaultTimeout), changeTimeout: orDefault(o.ChangeTimeout, fix.RequestTime),
		userAgent: orDefault(o.UserAgent, "wixrecon"),
		log:       o.Log, slots: make(chan struct{}, orDefault(o.Concurrency, defaultConcurrency)),
		limiter: newLimiter(o.Rate),
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if o.Transport == nil {
		o.Transport = newTransport(cap(c.slots))
	}
	c.http = &http.Client{Transport: plainRedirects{o.Transport}, CheckRedirect: checkRedirect}
	c.single = &http.Client{Transport: plainRedirects{singleTransport(o.Transport, c.changeTimeout)}, CheckRedirect: checkRedirect}
	return c, nil
}

// Requests counts what was sent so far.
func (c *Client) Requests() reconcile.Requests {
	return reconcile.Requests{
		Query: c.count.query.Load(), Get: c.count.get.Load(), Change: c.count.change.Load(),
		Retries: c.count.retries.Load(), Throttled: c.count.throttled.Load(), Failed: c.count.failed.Load(), Bytes: c.count.bytes.Load(),
	}
}

// Skew gives how far Wix's clock was ahead of this one at the last answer that
// told it, to the second.
func (c *Client) Skew() (ahead time.Duration, told bool) {
	if d := c.clock.Load(); d != nil {
		return *d, true
	}
	return 0, false
}

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

func orDefault[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

func checkOptions(o *Options) error {
	var faults []error
	if !reconcile.IsGUID(o.AccountID) {
		faults = append(faults, fmt.Errorf("account id %q: not a GUID", o.AccountID))
	}
	if err := checkKey(o.Key); err != nil {
		faults = append(faults, err)
	}
	if o.Rate < 0 || o.Concurrency < 0 || o.Attempts < 0 || o.Backoff < 0 || o.Timeout < 0 || o.ChangeTimeout < 0 {
		faults = append(faults, errors.New("rate, concurrency, attempts, backoff and timeout: below zero"))
	}
	return errors.Join(faults...)
}

func checkKey(key Secret) error {
	if key.IsZero() {
		return errors.New("api key: missing")
	}
	for _, r := range key.reveal() {
		if r <= ' ' || r > '~' {
			return errors.New("api key: holds a blank or a character that is not printable ASCII")
		}
	}
	return nil
}

// parseBase reads the base URL. Its errors do not repeat it, because what is
// wrong with it may be that it holds a password.
func parseBase(text string) (*url.URL, error) {
	base, err := url.Parse(strings.TrimRight(orDefault(text, DefaultBaseURL), "/"))
	switch {
	case err != nil || base.Hostname() == "" || base.Opaque != "":
		return nil, errors.New("base url: not a URL with a host")
	case base.User != nil || base.RawQuery != "" || base.Fragment != "":
		return nil, errors.New("base url: user info, query and fragment are not allowed")
	case base.Scheme == "https", base.Scheme == "http" && loopback(base.Hostname()):
		return base, nil
	}
	return nil, fmt.Errorf("base url %s: only https is allowed, http only on loopback", shownURL(base))
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// newTransport keeps a connection for each request in flight.
func newTransport(connections int) http.RoundTripper {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          connections,
		MaxIdleConnsPerHost:   connections,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   15 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
}
