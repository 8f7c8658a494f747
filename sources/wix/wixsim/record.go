package wixsim

import (
	"net/http"
	"slices"
	"sync"
)

// A Request is what the server received, and what it answered. The key is not
// recorded: records appear in the messages of failing tests.
type Request struct {
	Method     string
	Path       string
	Header     http.Header // without Authorization
	Authorized bool        // the key was right
	Body       string
	Ended      bool  // the response was sent, or the connection was closed
	Status     int   // as answered; 0 where the connection was reset
	Fault      Fault // that it met; empty for none
}

// A Change is a changing request and its effect.
type Change struct {
	Request
	Kind       ChangeKind
	PackageID  string // the package that is concerned or was created; empty where it is not known
	InstanceID string
	Effect     Effect
}

// An Effect is what a changing request did to the inventory.
type Effect string

// The effects.
const (
	NoEffect     Effect = ""            // refused, or failed before the work
	Done         Effect = "done"        // as requested
	Repeated     Effect = "repeated"    // a create with a known idempotency key, or a cancel of what was not live
	HalfDone     Effect = "half-done"   // an assign that left the instance on no site
	Delayed      Effect = "under way"   // it will be made later
	RefusedLater Effect = "too late"    // it was to be made later, and refused then
	DoneLater    Effect = "done, later" // it was made after its connection had gone
)

// A record is a request, which may be a read, in the recorder.
type record struct {
	Change
	number       int // among all requests, from 1
	changeNumber int // among the changes, from 1
}

// A recorder keeps the requests in order of arrival.
type recorder struct {
	mu       sync.Mutex
	records  []*record
	changes  int
	inFlight int
	most     int
}

func (l *recorder) begin(r *http.Request, authorized bool, c call) *record {
	header := r.Header.Clone()
	header.Del("Authorization")
	l.mu.Lock()
	defer l.mu.Unlock()
	if !c.kind.read() {
		l.changes++
	}
	l.inFlight++
	l.most = max(l.most, l.inFlight)
	rec := &record{number: len(l.records) + 1, changeNumber: l.changes, Change: Change{
		Request: Request{
			Method: r.Method, Path: r.URL.EscapedPath(), Header: header, Authorized: authorized, Body: string(c.body),
		},
		Kind: c.kind, PackageID: fold(c.packageID), InstanceID: fold(c.instanceID),
	}}
	l.records = append(l.records, rec)
	return rec
}

// end is called before the answer is sent: a client that has read it begins its
// next request at once, and must not be counted twice.
func (l *recorder) end(rec *record, answer *reply) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inFlight--
	rec.Ended, rec.Status, rec.Fault = true, answer.status, answer.fault
}

// note records the effect of a change, and its package where that is known.
func (l *recorder) note(rec *record, effect Effect, packageID string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	rec.Effect = effect
	if packageID != "" {
		rec.PackageID = fold(packageID)
	}
}

// snapshot returns a copy of a record, which may still be in flight.
func (l *recorder) snapshot(rec *record) Change {
	l.mu.Lock()
	defer l.mu.Unlock()
	return rec.Change
}

func (l *recorder) all() []Change {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]Change, len(l.records))
	for i, rec := range l.records {
		all[i] = rec.Change
	}
	return all
}

// Requests returns a copy of the requests so far, in order of arrival.
func (s *Server) Requests() []Request {
	var requests []Request
	for _, c := range s.recorder.all() {
		requests = append(requests, c.Request)
	}
	return requests
}

// Changes returns a copy of the changing requests so far, in order of arrival.
func (s *Server) Changes() []Change {
	return slices.DeleteFunc(s.recorder.all(), func(c Change) bool { return c.Kind.read() })
}

// MaxInFlight returns the largest number of requests that were in flight at one
// time.
func (s *Server) MaxInFlight() int {
	s.recorder.mu.Lock()
	defer s.recorder.mu.Unlock()
	return s.recorder.most
}
