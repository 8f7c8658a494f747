package servers

// A proxy stands before a store and does what networks and busy stores do. It
// passes the host on as it came, because S3 signs it.

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
)

// A Proxy is a handler that passes requests on to a store. Its fields are set
// before the first request.
type Proxy struct {
	Address string // of the store
	Renamed bool   // the store wants its own address as the host, which is not signed

	// LoseFirst says of a request whether its answer is lost the first time:
	// the store does what was asked, and the connection ends.
	LoseFirst func(*http.Request) bool
	// SlowDown is how many requests are answered with 503 and not passed on.
	SlowDown int

	mu   sync.Mutex
	seen map[string]bool
	lost int
	slow int
}

// Lost counts the answers that were lost, Slowed the requests that were refused.
func (p *Proxy) Lost() int { p.mu.Lock(); defer p.mu.Unlock(); return p.lost }

// Slowed counts the requests that were answered with 503.
func (p *Proxy) Slowed() int { p.mu.Lock(); defer p.mu.Unlock(); return p.slow }

func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.refuse() {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, `<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>`)
		return
	}
	if p.Renamed {
		r.Host = p.Address
	}
	through := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: p.Address})
	if !p.lose(r) {
		through.ServeHTTP(w, r)
		return
	}
	through.ServeHTTP(&discard{header: http.Header{}}, r)
	panic(http.ErrAbortHandler) // ends the connection without an answer
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
	what := r.Method + " " + r.URL.String()
	if p.seen[what] {
		return false
	}
	if p.seen == nil {
		p.seen = make(map[string]bool)
	}
	p.seen[what] = true
	p.lost++
	return true
}

// discard takes an answer that nobody gets.
type discard struct {
	header http.Header
	body   bytes.Buffer
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(int)             {}
func (d *discard) Write(b []byte) (int, error) { return d.body.Write(b) }
