package wixsim

import (
	"net/http"
	"sync"
)

// Every request is recorded, but never its key: a record ends up in the
// messages of failing tests.

// A Request is what the server received, and what it answered.
type Request struct {
	Method     string
	Path       string
	Header     http.Header // without Authorization
	Authorized bool        // the key was right
	Body       string
	Began      int   // the place of its beginning among all beginnings and ends, from 1
	Ended      int   // the place of its end; 0 while it is in flight
	Status     int   // as answered; 0 where the connection was reset
	Fault      Fault // what was done to it; empty for nothing
}

// records keeps what happened, in the order of arrival.
type records struct {
	mu       sync.Mutex
	requests []*Request
	events   int
	inFlight int
	most     int
}

// begin records a request and gives its number, from 1.
func (l *records) begin(r *http.Request, authorized bool, body []byte) (rec *Request, n int) {
	header := r.Header.Clone()
	header.Del("Authorization")
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events++
	l.inFlight++
	l.most = max(l.most, l.inFlight)
	rec = &Request{
		Method: r.Method, Path: r.URL.EscapedPath(), Header: header,
		Authorized: authorized, Body: string(body), Began: l.events,
	}
	l.requests = append(l.requests, rec)
	return rec, len(l.requests)
}

// end is called before the answer is sent: a client that has read it begins
// its next request at once, and must not be counted twice.
func (l *records) end(rec *Request, status int, fault Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events++
	l.inFlight--
	rec.Ended, rec.Status, rec.Fault = l.events, status, fault
}

// Requests gives a copy of what was received so far, in order of arrival.
func (s *Server) Requests() []Request {
	s.records.mu.Lock()
	defer s.records.mu.Unlock()
	all := make([]Request, len(s.records.requests))
	for i, r := range s.records.requests {
		all[i] = *r
		all[i].Header = r.Header.Clone()
	}
	return all
}

// MaxInFlight gives the most requests that were under way at one time.
func (s *Server) MaxInFlight() int {
	s.records.mu.Lock()
	defer s.records.mu.Unlock()
	return s.records.most
}

// Reset forgets the requests and what was drawn for them; the inventory stays.
// Requests that are under way still end, outside of the new record.
func (s *Server) Reset() {
	s.records.mu.Lock()
	s.records.requests = nil
	s.records.events, s.records.most = 0, s.records.inFlight
	s.records.mu.Unlock()
	s.draws.reset()
	s.changes.forget()
}
