package wix

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile/fix/execute"
)

// How requests reach the server: a transport for reads, one for changes, and
// redirects.
//
// net/http resends requests on its own: on HTTP/1 one whose reused connection
// was closed, on HTTP/2 any that the peer resets with certain codes, a DELETE
// too. Changes therefore use a transport that has no reason to: HTTP/1 only,
// and a new connection for each request, at the cost of a handshake. In
// addition the request has no GetBody and no idempotency header, without which
// net/http does not resend a request with a body either.
//
// A context's timer stops while a machine sleeps. A change that wakes up in the
// middle of a handshake would be sent hours too late, so its connection refuses
// to write once its time is over by either clock.
//
// A proxy of the environment that can't be used is an error and not ignored, and
// there is none for this machine.
//
// The key stays on its host: a redirect to another host or to http is not
// followed, and only a GET is redirected at all. A redirect that is not followed
// is an error by its status.

const maxRedirects = 5

// maxHeader is the maximum size of the header of a response.
const maxHeader = 64 << 10

// readTransport keeps a connection for each request in flight.
func readTransport(connections int) (http.RoundTripper, error) {
	if err := checkProxies(os.Getenv); err != nil {
		return nil, err
	}
	return &http.Transport{
		Proxy:                  proxyFor,
		DialContext:            (&net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           connections,
		MaxIdleConnsPerHost:    connections,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    15 * time.Second,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: maxHeader,
	}, nil
}

// proxyFor returns the proxy of the environment. There is none for this machine,
// however its name is spelt: the key would pass it without encryption.
func proxyFor(r *http.Request) (*url.URL, error) {
	if isLoopback(r.URL.Hostname()) {
		return nil, nil
	}
	return http.ProxyFromEnvironment(r)
}

// checkProxies returns an error if a proxy of the environment can't be used:
// net/http ignores one that is not a URL. Its value may contain a password.
func checkProxies(getenv func(string) string) error {
	var errs []error
	for _, name := range [...]string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		if value := getenv(name); value != "" && !isProxy(value) {
			errs = append(errs, fmt.Errorf("%s: not the URL of a proxy: set it to http://HOST:PORT, or unset it", name))
		}
	}
	return errors.Join(errs...)
}

// isProxy reports whether net/http accepts the address of a proxy: a URL, or a
// host and a port.
func isProxy(value string) bool {
	if !strings.Contains(value, "://") {
		value = "http://" + value
	}
	proxy, err := url.Parse(value)
	if err != nil || proxy.Hostname() == "" {
		return false
	}
	switch proxy.Scheme {
	case "http", "https", "socks5", "socks5h":
		return true
	}
	return false
}

// changeTransport returns a transport with the settings of base that sends a
// request once, within its lifetime. A base that is not an *http.Transport is
// used unchanged: it must not resend requests, and must limit their lifetime
// itself.
func changeTransport(base http.RoundTripper, lifetime time.Duration) http.RoundTripper {
	shared, ok := base.(*http.Transport)
	if !ok {
		return base
	}
	t := shared.Clone()
	t.DisableKeepAlives = true
	t.ForceAttemptHTTP2 = false
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	t.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	if t.TLSClientConfig != nil {
		t.TLSClientConfig.NextProtos = []string{"http/1.1"} // the clone may offer what the shared one negotiated
	}
	if dial := t.DialContext; dial != nil {
		t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			until := time.Now().Add(lifetime)
			conn, err := dial(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return expiringConn{conn, until}, nil
		}
	}
	return t
}

// An expiringConn refuses writes after its deadline.
type expiringConn struct {
	net.Conn
	until time.Time
}

func (c expiringConn) Write(b []byte) (int, error) {
	if late := -execute.TimeLeft(c.until); late >= 0 {
		return 0, fmt.Errorf("the time to send it ended %s ago", late.Round(time.Millisecond))
	}
	return c.Conn.Write(b)
}

// checkRedirect follows redirects of a GET within the same host and scheme.
func checkRedirect(next *http.Request, via []*http.Request) error {
	first := via[0]
	inside := next.URL.Host == first.URL.Host && next.URL.Scheme == first.URL.Scheme && next.URL.User == nil
	if first.Method != http.MethodGet || !inside || len(via) >= maxRedirects {
		return http.ErrUseLastResponse
	}
	return nil
}

// A locationFilter drops a Location that is not a URL: net/http would put all
// of it into its error.
type locationFilter struct{ http.RoundTripper }

// RoundTrip sends one request.
func (f locationFilter) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := f.RoundTripper.RoundTrip(r)
	if err == nil {
		if _, invalid := url.Parse(response.Header.Get("Location")); invalid != nil {
			response.Header.Del("Location")
		}
	}
	return response, err
}

// CloseIdleConnections closes idle connections, if the transport has any.
func (f locationFilter) CloseIdleConnections() {
	if closer, ok := f.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}
