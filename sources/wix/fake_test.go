package wix

import (
	"bytes"
	"context"
	"encoding/json"
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

// A small book behind HTTP, with just the faults that the tests here need.

const (
	parentID = "00000000-0000-4000-8000-000000000000"
	testKey  = "IST.eyJraWQiOiJQb3p+/=key-0123456789<&>\"x"
)

func accountID(n int) string { return fmt.Sprintf("aaaaaaaa-0000-4000-8000-%012d", n) }
func packageID(n int) string { return fmt.Sprintf("bbbbbbbb-0000-4000-8000-%012d", n) }

// wirePkg is a package as the fake answers it.
type wirePkg struct {
	ID         string           `json:"id"`
	AccountID  string           `json:"accountId"`
	ExternalID string           `json:"externalId,omitempty"`
	Instances  []map[string]any `json:"productInstances"`
	Created    string           `json:"createdDate,omitempty"`
	Updated    string           `json:"updatedDate,omitempty"`
}

func pkg(n, account int) wirePkg {
	return wirePkg{
		ID: packageID(n), AccountID: accountID(account), ExternalID: "ext-" + strconv.Itoa(n),
		Instances: []map[string]any{{"instanceId": packageID(n + 500000), "status": "ENABLED"}},
		Created:   "2026-01-01T00:00:00Z", Updated: "2026-02-01T00:00:00Z",
	}
}

// asked is a request as the fake received it.
type asked struct {
	account, cursor string
	count, get      bool
	raw             string
	header          http.Header
}

type fakeBook struct {
	mu        sync.Mutex
	packages  []wirePkg
	noCount   bool                                                 // refuses offset paging
	total     func(call int) int                                   // what it counts, where it is not the truth
	sweepOnly func(wirePkg) bool                                   // what an unfiltered query shows; nil: all
	filtered  func(account string, p wirePkg) bool                 // what a filter lets through; nil: the truth
	before    func(a asked, w http.ResponseWriter) (answered bool) // faults
	get       func(id string) (wirePkg, int)                       // answers a get; nil: from packages
	rewrite   func(a asked, answer map[string]any, page []wirePkg) // spoils an answer
	pageName  string                                               // empty: metadata
	pageSize  int                                                  // 0: 100
	asked     []asked
	counts    int
	inFlight  int
	most      int
}

func (f *fakeBook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.inFlight++
	f.most = max(f.most, f.inFlight)
	f.mu.Unlock()
	defer func() { f.mu.Lock(); f.inFlight--; f.mu.Unlock() }()

	a, status := f.parse(r)
	f.mu.Lock()
	f.asked = append(f.asked, a)
	f.mu.Unlock()
	if f.before != nil && f.before(a, w) {
		return
	}
	if status != 0 {
		http.Error(w, `{"message":"bad request of a test"}`, status)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch {
	case a.get:
		f.answerGet(w, a)
	case a.count:
		f.answerCount(w, a)
	default:
		f.answerPage(w, a)
	}
}

func (f *fakeBook) parse(r *http.Request) (asked, int) {
	body, _ := io.ReadAll(r.Body)
	a := asked{raw: string(body), header: r.Header.Clone()}
	if r.Method == http.MethodGet {
		a.get, a.cursor = true, strings.TrimPrefix(r.URL.Path, "/resellers/v1/packages/")
		return a, 0
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
		return a, http.StatusBadRequest
	}
	a.count = q.Query.Paging != nil
	if q.Query.CursorPaging != nil {
		a.cursor = q.Query.CursorPaging.Cursor
	}
	a.account = q.Query.Filter["accountId"]["$eq"]
	if a.cursor != "" && q.Query.Filter != nil {
		return a, http.StatusBadRequest
	}
	return a, 0
}

func (f *fakeBook) answerGet(w http.ResponseWriter, a asked) {
	if f.get != nil {
		p, status := f.get(a.cursor)
		if status != http.StatusOK {
			w.WriteHeader(status)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"package": p})
		return
	}
	i := slices.IndexFunc(f.packages, func(p wirePkg) bool { return p.ID == a.cursor })
	if i < 0 {
		http.Error(w, `{"message":"no such package"}`, http.StatusNotFound)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"package": f.packages[i]})
}

func (f *fakeBook) answerCount(w http.ResponseWriter, a asked) {
	if f.noCount {
		http.Error(w, `{"message":"paging is not supported"}`, http.StatusBadRequest)
		return
	}
	f.counts++
	total := len(f.packages)
	if f.total != nil {
		total = f.total(f.counts)
	}
	f.write(w, a, map[string]any{"total": total}, nil)
}

// answerPage answers a cursor "account|offset", or a first page.
func (f *fakeBook) answerPage(w http.ResponseWriter, a asked) {
	account, from := a.account, 0
	if a.cursor != "" {
		name, offset, _ := strings.Cut(a.cursor, "|")
		account = name
		from, _ = strconv.Atoi(offset)
	}
	var all []wirePkg
	for _, p := range f.packages {
		if f.shows(account, p) {
			all = append(all, p)
		}
	}
	size := max(f.pageSize, 100*btoi(f.pageSize == 0))
	to := min(from+size, len(all))
	cursors := map[string]any{}
	if to < len(all) {
		cursors["next"] = account + "|" + strconv.Itoa(to)
	}
	a.account = account
	f.write(w, a, map[string]any{"count": to - from, "cursors": cursors}, all[from:to])
}

func (f *fakeBook) shows(account string, p wirePkg) bool {
	switch {
	case account == "":
		return f.sweepOnly == nil || f.sweepOnly(p)
	case f.filtered != nil:
		return f.filtered(account, p)
	}
	return p.AccountID == account
}

func (f *fakeBook) write(w http.ResponseWriter, a asked, paging map[string]any, page []wirePkg) {
	name := "metadata"
	if f.pageName != "" {
		name = f.pageName
	}
	page = slices.Clone(page)
	answer := map[string]any{name: paging, "packages": page}
	if f.rewrite != nil {
		f.rewrite(a, answer, page)
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// queries counts the requests that satisfy is.
func (f *fakeBook) queries(is func(asked) bool) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, a := range f.asked {
		if is(a) {
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

// direct is a transport without sockets, so that tests can run in a bubble of
// fake time.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Result(), nil
}

// clientOf makes a client without sockets.
func clientOf(t *testing.T, h http.Handler, change ...func(*Options)) *Client {
	t.Helper()
	o := Options{
		BaseURL: "http://127.0.0.1:1", AccountID: parentID, Key: NewSecret(testKey),
		Transport: direct{h}, Backoff: time.Millisecond,
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

// kept is a sink that keeps the copy that counts.
type kept struct {
	packages map[string]reconcile.Package
	raw      []string
	settled  int
	calls    int
}

func (k *kept) sink(p reconcile.Package, raw []byte, settled bool) error {
	if k.packages == nil {
		k.packages = make(map[string]reconcile.Package)
	}
	k.calls++
	k.settled += btoi(settled)
	k.packages[p.ID] = p
	k.raw = append(k.raw, string(raw))
	return nil
}

// readBook reads the fake with the ledger's accounts 1 to n.
func readBook(t *testing.T, f *fakeBook, ledger int, change ...func(*Options)) (*reconcile.Coverage, *kept, error) {
	t.Helper()
	var k kept
	var accounts []string
	for n := 1; n <= ledger; n++ {
		accounts = append(accounts, accountID(n))
	}
	c, err := ReadInventory(context.Background(), clientOf(t, f, change...), InventoryOptions{LedgerAccounts: accounts}, k.sink)
	return c, &k, err
}

// books gives n packages in each of so many accounts.
func books(accounts, each int) []wirePkg {
	var all []wirePkg
	for a := 1; a <= accounts; a++ {
		for i := range each {
			all = append(all, pkg(a*1000+i, a))
		}
	}
	return all
}
