package wixsim

import (
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const maxBody = 1 << 20

// A Server is the simulated API. It is safe for concurrent use.
type Server struct {
	o         Options
	inventory *inventory
	recorder  recorder

	cursorsMu sync.Mutex
	cursors   map[string]cursor // by token

	throttle throttle
	resumed  atomic.Int64 // requests with a cursor so far

	triesMu sync.Mutex
	tries   map[uint64]tries // by hash of the logical request

	// changing is held while a change is checked and made, so that each sees the
	// inventory as the one before left it. It guards the fields below.
	changing sync.Mutex
	created  map[string]createdPackage // by idempotency key
	newIDs   uint64
	delayed  []func() // changes that are still to be made; each has an effect once
}

// New returns a server for the packages, which it keeps: the caller changes them
// with Put and Remove only. A nil o is the zero value.
func New(packages []Package, o *Options) *Server {
	s := &Server{
		o: o.withDefaults(), cursors: map[string]cursor{}, tries: map[uint64]tries{}, created: map[string]createdPackage{},
	}
	by := order(newestFirst)
	if s.o.ShufflePages != 0 {
		by = shuffled(s.o.ShufflePages)
	}
	s.inventory = newInventory(packages, by)
	return s
}

// Put adds a package, or replaces the one with its id.
func (s *Server) Put(p Package) {
	s.changing.Lock()
	defer s.changing.Unlock()
	s.inventory.put(p.clone())
}

// Remove removes a package.
func (s *Server) Remove(id string) {
	s.changing.Lock()
	defer s.changing.Unlock()
	s.inventory.remove(id)
}

// Package returns the package with the id as it is now.
func (s *Server) Package(id string) (Package, bool) {
	p, ok := s.inventory.get(id)
	if !ok {
		return Package{}, false
	}
	return *p.clone(), true
}

// ServeHTTP answers one request: it is checked, the answer is decided in memory,
// and only then is anything sent. A request that breaks a rule is always
// refused, and never meets a fault.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	c, bad := route(r, body)
	if err != nil {
		bad = violate("body", "it can't be read")
	}
	rec := s.recorder.begin(r, r.Header.Get("Authorization") == s.o.Key, c)
	if s.o.OnRequest != nil {
		s.o.OnRequest(rec.number)
	}
	answer := bad
	switch {
	case bad != nil:
	case !s.throttle.allows(s.o.PerSecond, time.Now()):
		answer = failure(http.StatusTooManyRequests)
	default:
		answer = s.answer(r, c, rec)
	}
	if s.o.Latency > 0 {
		pause(r.Context(), s.o.Latency)
	}
	switch answer.fault {
	case Slow:
		pause(r.Context(), s.o.Delay)
	case Hang, HangAfter:
		<-r.Context().Done()
	}
	s.recorder.end(rec, answer)
	w.Header().Set("X-Wix-Request-Id", strconv.Itoa(rec.number))
	answer.send(w)
}

func (s *Server) answer(r *http.Request, c call, rec *record) *reply {
	fault := Fault("")
	if !c.kind.read() {
		fault = s.changeFault(c, rec)
	}
	if bad := s.checkHeader(r); bad != nil {
		return bad
	}
	if bad := c.check(r); bad != nil {
		return bad
	}
	switch c.kind {
	case queryPackages:
		return s.answerQuery(c)
	case getPackage:
		return s.answerGet(c)
	}
	return s.answerChange(c, fault, rec)
}

// checkHeader checks what every call must have.
func (s *Server) checkHeader(r *http.Request) *reply {
	switch account := r.Header.Get("wix-account-id"); {
	case r.Header.Get("Authorization") != s.o.Key:
		return refuse(http.StatusUnauthorized, "UNAUTHENTICATED", "the API key is missing or wrong")
	case account == "":
		return violate("wix-account-id", "the header is missing")
	case !isGUID(account):
		return violate("wix-account-id", "the header is not a GUID")
	}
	return nil
}

func (s *Server) answerGet(c call) *reply {
	p, bad := s.owned(c)
	if bad != nil {
		return bad
	}
	fault := s.draw("GET "+fold(c.packageID), reads|pages, reads, s.o.Faults)
	if answer := s.preempt(fault); answer != nil {
		return answer
	}
	answer := answerWith(map[string]any{"package": p})
	answer.fault = fault
	return answer
}

// owned returns a package, if it belongs to the account of the header.
func (s *Server) owned(c call) (*Package, *reply) {
	p, ok := s.inventory.get(c.packageID)
	if !ok {
		return nil, refuse(http.StatusNotFound, "PACKAGE_NOT_FOUND", "package %s does not exist", c.packageID)
	}
	if fold(p.AccountID) != fold(c.account) {
		return nil, refuse(http.StatusForbidden, "PACKAGE_ACCOUNT_MISMATCH",
			"package %s does not belong to account %s", c.packageID, c.account)
	}
	return p, nil
}
