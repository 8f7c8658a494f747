package wix

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// Package http repeats requests by itself: on HTTP/1 one whose reused
// connection proves dead, on HTTP/2 any that the peer resets with certain
// codes, also a DELETE. A change goes over a transport that has no reason to:
// HTTP/1 only, and a connection of its own for each request. The cost is a
// handshake a change. Beside that the request has no GetBody and no
// idempotency header, without which package http does not repeat a request
// with a body either.
//
// A timer of package context stands still while a machine sleeps. One that wakes
// up in the middle of a handshake would send what was allowed hours ago, so that
// such a connection takes nothing more once the time of a change is over by
// either clock.

// singleTransport makes a transport of the same settings that sends a request
// once, within its life. A transport that is not package http's is taken as it
// is, and must not repeat what it is given; one that dials in a way of its own
// must look to the life of what it sends.
func singleTransport(base http.RoundTripper, life time.Duration) http.RoundTripper {
	shared, ok := base.(*http.Transport)
	if !ok {
		return base
	}
	single := shared.Clone()
	single.DisableKeepAlives = true
	single.ForceAttemptHTTP2 = false
	single.Protocols = new(http.Protocols)
	single.Protocols.SetHTTP1(true)
	single.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	if single.TLSClientConfig != nil {
		single.TLSClientConfig.NextProtos = []string{"http/1.1"} // the copy may offer what the shared one speaks
	}
	if dial := single.DialContext; dial != nil {
		single.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			until := time.Now().Add(life)
			conn, err := dial(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return perishable{conn, until}, nil
		}
	}
	return single
}

// A perishable is a connection that nothing can be written to after a moment.
type perishable struct {
	net.Conn
	until time.Time
}

func (c perishable) Write(b []byte) (int, error) {
	if late := -fix.TimeLeft(c.until); late >= 0 {
		return 0, fmt.Errorf("the time in which it may leave was over %s ago", late.Round(time.Millisecond))
	}
	return c.Conn.Write(b)
}
