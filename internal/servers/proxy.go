package servers

import (
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
)

// A Proxy is a handler that forwards requests to a store, and injects the faults
// of networks and busy stores. Its fields are set before the first request.
type Proxy struct {
	Address string // of the store
	// RewriteHost forwards the store's address as the host. By default the
	// host is forwarded as received, because S3 signs it.
	RewriteHost bool

	// LoseFirst reports whether the answer to a request is lost the first time:
	// the store executes the request, and the connection is aborted.
	LoseFirst func(*http.Request) bool
	// SlowDown is the number of requests that are answered with 503 and not
	// forwarded.
	SlowDown int

	mu   sync.Mutex
	seen map[string]bool
	lost int
	slow int
}

// Lost returns the number of answers that were lost.
func (p *Proxy) Lost() int { p.mu.Lock(); defer p.mu.Unlock(); return p.lost }

// Slowed returns the number of requests that were answered with 503.
func (p *Proxy) Slowed() int { p.mu.Lock(); defer p.mu.Unlock(); return p.slow }

func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.refuse() {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, `<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>`)
		return
	}
	if p.RewriteHost {
		r.Host = p.Address
	}
	forward := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: p.Address})
	if !p.lose(r) {
		forward.ServeHTTP(w, r)
		return
	}
	forward.ServeHTTP(discard{}, r)
	panic(http.ErrAbortHandler) // the documented way to abort a connection
}

func (p *Proxy) refuse() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.slow >= p.SlowDown {
		return false
	}
	p.slow++
	return true
}

func (p *Proxy) lose(r *http.Request) bool {
	if p.LoseFirst == nil || !p.LoseFirst(r) {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	request := r.Method + " " + r.URL.String()
	if p.seen[request] {
		return false
	}
	if p.seen == nil {
		p.seen = make(map[string]bool)
	}
	p.seen[request] = true
	p.lost++
	return true
}

// discard is a response writer for an answer that is lost.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) WriteHeader(int)             {}
func (discard) Write(b []byte) (int, error) { return len(b), nil }
