package wix

import (
	"crypto/tls"
	"net/http"
)

// Package http repeats requests by itself: on HTTP/1 one whose reused
// connection proves dead, on HTTP/2 any that the peer resets with certain
// codes, also a DELETE. A change goes over a transport that has no reason to:
// HTTP/1 only, and a connection of its own for each request. The cost is a
// handshake a change. Beside that the request has no GetBody and no
// idempotency header, without which package http does not repeat a request
// with a body either.

// singleTransport makes a transport of the same settings that sends a request
// once. A transport that is not package http's is taken as it is, and must not
// repeat what it is given.
func singleTransport(base http.RoundTripper) http.RoundTripper {
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
	return single
}
