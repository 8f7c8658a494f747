package wix

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A small Wix server and the clients, sample data and sink of the tests here.

const (
	parentID = "00000000-0000-4000-8000-000000000000"
	testKey  = "IST.eyJraWQiOiJQb3p+/=key-0123456789<&>\"x"
)

func accountID(n int) string { return fmt.Sprintf("aaaaaaaa-0000-4000-8000-%012d", n) }
func packageID(n int) string { return fmt.Sprintf("bbbbbbbb-0000-4000-8000-%012d", n) }

// accountIDs returns the accounts from first to last.
func accountIDs(first, last int) []string {
	var ids []string
	for n := first; n <= last; n++ {
		ids = append(ids, accountID(n))
	}
	return ids
}

// fakePackage is a package as the fake server sends it.
type fakePackage struct {
	ID         string           `json:"id"`
	AccountID  string           `json:"accountId"`
	ExternalID string           `json:"externalId,omitempty"`
	Instances  []map[string]any `json:"productInstances"`
	Created    string           `json:"createdDate,omitempty"`
	Updated    string           `json:"updatedDate,omitempty"`
}

func pkg(n, account int) fakePackage {
	return fakePackage{
		ID: packageID(n), AccountID: accountID(account), ExternalID: "ext-" + strconv.Itoa(n),
		Instances: []map[string]any{{"instanceId": packageID(n + 500000), "status": "ENABLED"}},
		Created:   "2026-01-01T00:00:00Z", Updated: "2026-02-01T00:00:00Z",
	}
}

// samplePackages returns a number of packages in each of the accounts from 1.
func samplePackages(accounts, each int) []fakePackage {
	var all []fakePackage
	for a := 1; a <= accounts; a++ {
		for i := range each {
			all = append(all, pkg(a*1000+i, a))
		}
	}
	return all
}

// A receivedRequest is a request as the fake server received it.
type receivedRequest struct {
	account, cursor string // of a get, the cursor is the package id
	count, get, in  bool
	raw             string
	header          http.Header
}

// A fakeServer serves queries and gets, with faults. The only filter that it
// knows is accountId $eq.
type fakeServer struct {
	mu          sync.Mutex
	packages    []fakePackage
	noCount     bool                                                          // rejects offset paging
	total       func(call int) int                                            // the total; nil: the right one
	sweepOnly   func(fakePackage) bool                                        // what an unfiltered query returns; nil: all
	filtered    func(account string, p fakePackage) bool                      // what a filter matches; nil: the account
	before      func(r receivedRequest, w http.ResponseWriter) (handled bool) // may respond itself
	get         func(id string) (fakePackage, int)                            // the response to a get; nil: from packages
	rewrite     func(body map[string]any, page []fakePackage)                 // changes a response
	pageName    string                                                        // empty: metadata
	received    []receivedRequest
	counts      int
	inFlight    int
	maxInFlight int
}

func (f *fakeServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.inFlight++
	f.maxInFlight = max(f.maxInFlight, f.inFlight)
	f.mu.Unlock()
	defer func() { f.mu.Lock(); f.inFlight--; f.mu.Unlock() }()

	request, status := f.parse(r)
	f.mu.Lock()
	f.received = append(f.received, request)
	f.mu.Unlock()
	if f.before != nil && f.before(request, w) {
		return
	}
	if status != 0 {
		http.Error(w, `{"message":"bad request"}`, status)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch {
	case request.get:
		f.respondGet(w, request)
	case request.count:
		f.respondCount(w)
	default:
		f.respondPage(w, request)
	}
}

func (f *fakeServer) parse(r *http.Request) (receivedRequest, int) {
	body, _ := io.ReadAll(r.Body)
	request := receivedRequest{raw: string(body), header: r.Header.Clone(), in: bytes.Contains(body, []byte(`"$in"`))}
	if r.Method == http.MethodGet {
		request.get, request.cursor = true, strings.TrimPrefix(r.URL.Path, "/resellers/v1/packages/")
		return request, 0
	}
	var q struct {
		Query struct {
			Filter       map[string]map[string]string
			Paging       *struct{ Limit, Offset *int }
			CursorPaging *struct {
				Limit  int
				Cursor string
			}
		}
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&q); err != nil {
		return request, http.StatusBadRequest
	}
	request.count = q.Query.Paging != nil
	if q.Query.CursorPaging != nil {
		request.cursor = q.Query.CursorPaging.Cursor
	}
	request.account = q.Query.Filter["accountId"]["$eq"]
	if request.cursor != "" && q.Query.Filter != nil {
		return request, http.StatusBadRequest
	}
	return request, 0
}

func (f *fakeServer) respondGet(w http.ResponseWriter, r receivedRequest) {
	if f.get != nil {
		p, status := f.get(r.cursor)
		if status != http.StatusOK {
			w.WriteHeader(status)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"package": p})
		return
	}
	i := slices.IndexFunc(f.packages, func(p fakePackage) bool { return p.ID == r.cursor })
	if i < 0 {
		http.Error(w, `{"message":"no such package"}`, http.StatusNotFound)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"package": f.packages[i]})
}

func (f *fakeServer) respondCount(w http.ResponseWriter) {
	if f.noCount {
		http.Error(w, `{"message":"paging is not supported"}`, http.StatusBadRequest)
		return
	}
	f.counts++
	total := len(f.packages)
	if f.total != nil {
		total = f.total(f.counts)
	}
	f.write(w, map[string]any{"total": total}, nil)
}

// respondPage returns the page of a cursor "account|offset", or a first page.
func (f *fakeServer) respondPage(w http.ResponseWriter, r receivedRequest) {
	account, from := r.account, 0
	if r.cursor != "" {
		name, offset, _ := strings.Cut(r.cursor, "|")
		account = name
		from, _ = strconv.Atoi(offset)
	}
	var all []fakePackage
	for _, p := range f.packages {
		if f.shows(account, p) {
			all = append(all, p)
		}
	}
	from = min(from, len(all))
	to := min(from+pageLimit, len(all))
	cursors := map[string]any{}
	if to < len(all) {
		cursors["next"] = account + "|" + strconv.Itoa(to)
	}
	f.write(w, map[string]any{"count": to - from, "cursors": cursors}, all[from:to])
}

func (f *fakeServer) shows(account string, p fakePackage) bool {
	switch {
	case account == "":
		return f.sweepOnly == nil || f.sweepOnly(p)
	case f.filtered != nil:
		return f.filtered(account, p)
	}
	return p.AccountID == account
}

func (f *fakeServer) write(w http.ResponseWriter, paging map[string]any, page []fakePackage) {
	page = append([]fakePackage{}, page...) // never null
	body := map[string]any{orDefault(f.pageName, "metadata"): paging, "packages": page}
	if f.rewrite != nil {
		f.rewrite(body, page)
	}
	_ = json.NewEncoder(w).Encode(body)
}

// requests counts the received requests of one kind.
func (f *fakeServer) requests(isKind func(receivedRequest) bool) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, r := range f.received {
		if isKind(r) {
			n++
		}
	}
	return n
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// handlerTransport calls a handler without sockets, so that tests can use the
// fake time of synctest.
type handlerTransport struct{ http.Handler }

func (t handlerTransport) RoundTrip(r *http.Request) (response *http.Response, err error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if r.Body == nil {
		r.Body = http.NoBody // as a server sees it
	}
	defer func() {
		switch aborted := recover(); aborted {
		case nil:
		case http.ErrAbortHandler:
			response, err = nil, errors.New("connection reset by peer")
		default:
			panic(aborted)
		}
	}()
	w := httptest.NewRecorder()
	t.ServeHTTP(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// newTestClient returns a client of a handler, without sockets.
func newTestClient(t testing.TB, h http.Handler, change ...func(*Options)) *Client {
	t.Helper()
	o := Options{
		BaseURL: "http://127.0.0.1:1", AccountID: parentID, Key: NewSecret(testKey),
		Transport: handlerTransport{h}, Backoff: time.Millisecond,
	}
	for _, f := range change {
		f(&o)
	}
	c, err := NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// serve starts the handler on a real socket and returns a client of it.
func serve(t *testing.T, h http.Handler, change ...func(*Options)) *Client {
	t.Helper()
	server := httptest.NewServer(h)
	useServer := func(o *Options) { o.BaseURL, o.Transport = server.URL, nil }
	c := newTestClient(t, nil, append([]func(*Options){useServer}, change...)...)
	t.Cleanup(func() { c.Close(); server.CloseClientConnections(); server.Close() })
	return c
}

// A recordingSink keeps the current copy of each package.
type recordingSink struct {
	packages map[string]reconcile.Package
	raw      []string
	resolved int
	calls    int
}

func (s *recordingSink) sink(p reconcile.Package, raw []byte, resolved bool) error {
	if s.packages == nil {
		s.packages = make(map[string]reconcile.Package)
	}
	s.calls++
	s.resolved += btoi(resolved)
	s.packages[p.ID] = p
	s.raw = append(s.raw, string(raw))
	return nil
}

func ignorePackages(reconcile.Package, []byte, bool) error { return nil }

// readCoverage reads an inventory and returns its coverage.
func readCoverage(ctx context.Context, c *Client, o InventoryOptions, sink Sink) (*reconcile.Coverage, error) {
	reading, err := ReadInventory(ctx, c, o, sink)
	if err != nil {
		return nil, err
	}
	return &reading.Coverage, nil
}

// readFake reads the fake server, with its accounts 1 to n in the ledger.
func readFake(t *testing.T, f *fakeServer, ledger int, change ...func(*Options)) (*reconcile.Coverage, *recordingSink, error) {
	t.Helper()
	var s recordingSink
	c, err := readCoverage(context.Background(), newTestClient(t, f, change...), InventoryOptions{LedgerAccounts: accountIDs(1, ledger)}, s.sink)
	return c, &s, err
}
