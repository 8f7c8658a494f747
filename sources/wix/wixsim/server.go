package wixsim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
)

// A request is answered in three steps: what was received is checked, the
// answer is decided in memory, and only then is anything sent. What breaks a
// rule is always told, and never hit by a fault.

const (
	packagesPath = "/resellers/v1/packages/"
	queryPath    = packagesPath + "query"
	maxBody      = 1 << 20
)

// A Server is the simulated API. It is safe for concurrent use.
type Server struct {
	o        Options
	book     *book
	tokenKey []byte
	nonce    atomic.Uint64
	records  records
	draws    draws
	changes  changes
}

// New makes a server for the inventory, which it keeps: the caller changes packages
// with Put and Remove only. A nil o is the zero value.
func New(packages []Package, o *Options) *Server {
	s := &Server{o: o.settled(), tokenKey: newTokenKey()}
	base := order(newestFirst)
	if s.o.ShufflePages != 0 {
		base = shuffled(s.o.ShufflePages)
	}
	s.book = newBook(packages, base)
	return s
}

// Put adds a package, or puts it in the place of the one with its id.
func (s *Server) Put(p Package) { s.changes.alone(func() { s.book.put(p.clone()) }) }

// Remove takes a package out of the inventory.
func (s *Server) Remove(id string) { s.changes.alone(func() { s.book.remove(id) }) }

// Package gives the package with the id, as the server holds it now.
func (s *Server) Package(id string) (Package, bool) {
	p, ok := s.book.get(id)
	if !ok {
		return Package{}, false
	}
	return *p.clone(), true
}

// A reply is an answer before it is sent. A status of 0 is no answer at all.
type reply struct {
	status int
	body   []byte
	html   bool
	wait   string // Retry-After
	fault  Fault
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	rec, n := s.records.begin(r, r.Header.Get("Authorization") == s.o.Key, body)
	if s.o.OnRequest != nil {
		s.o.OnRequest(n)
	}
	answer := violate("body", "it can't be read").reply()
	if err == nil {
		answer = s.answer(r, body, rec)
	}
	switch {
	case answer.fault == Slow:
		linger(r, s.o.Delay)
	case answer.fault.hangs():
		<-r.Context().Done()
	}
	s.records.end(rec, answer.status, answer.fault)
	w.Header().Set("X-Wix-Request-Id", fmt.Sprintf("%d.%d", rec.Began, n))
	answer.send(w)
}

func (s *Server) answer(r *http.Request, body []byte, rec *Request) reply {
	if order, ok := orderOf(r, body); ok {
		return s.answerChange(order, r, rec)
	}
	if bad := s.checkRoute(r); bad != nil {
		return bad.reply()
	}
	if bad := s.checkHeader(r); bad != nil {
		return bad.reply()
	}
	if r.URL.Path == queryPath {
		return s.answerQuery(r, body)
	}
	return s.answerGet(r, body)
}

func (s *Server) checkRoute(r *http.Request) *refusal {
	rest, ok := strings.CutPrefix(r.URL.Path, packagesPath)
	method := http.MethodGet
	if rest == "query" {
		method = http.MethodPost
	}
	switch {
	case !ok, rest == "", strings.Contains(rest, "/"):
		return refuse(http.StatusNotFound, "NOT_FOUND", "there is no such call")
	case r.Method != method:
		return refuse(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "want %s", method)
	case r.URL.RawQuery != "":
		return violate("query string", "the call takes none")
	}
	return nil
}

func (s *Server) answerGet(r *http.Request, body []byte) reply {
	id := strings.TrimPrefix(r.URL.Path, packagesPath)
	account := r.Header.Get("wix-account-id")
	if !isGUID(id) {
		return violate("id", "%q is not a GUID", id).reply()
	}
	if len(body) > 0 {
		return violate("body", "the call takes none").reply()
	}
	p, ok := s.book.get(id)
	if !ok {
		return refuse(http.StatusNotFound, "PACKAGE_NOT_FOUND", "package %s does not exist", id).reply()
	}
	if fold(p.AccountID) != fold(account) {
		return refuse(http.StatusForbidden, "PACKAGE_ACCOUNT_MISMATCH",
			"package %s does not belong to account %s", id, account).reply()
	}
	fault := s.draw("GET "+fold(id), false)
	if spoiled, ok := s.spoil(fault); ok {
		return spoiled
	}
	text, _ := json.Marshal(struct { // of our own types: it can't fail
		Package *Package `json:"package"`
	}{p})
	return reply{status: http.StatusOK, body: text, fault: fault}
}

func (s *Server) checkQuery(r *http.Request) *refusal {
	if bad := checkJSON(r); bad != nil {
		return bad
	}
	if account := r.Header.Get("wix-account-id"); fold(account) != fold(s.o.Parent) {
		return refuse(http.StatusForbidden, "PERMISSION_DENIED", "account %s is not the parent account", account)
	}
	return nil
}
