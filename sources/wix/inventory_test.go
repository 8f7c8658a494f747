package wix

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Requests of one kind, and responses to them.

func isAny(receivedRequest) bool { return true }

func isCount(r receivedRequest) bool { return r.count }

func isSweep(r receivedRequest) bool {
	return !r.get && !r.count && !r.in && r.account == "" && !strings.HasPrefix(r.cursor, "aaaa")
}

func ofAccount(n int) func(receivedRequest) bool {
	return func(r receivedRequest) bool {
		return r.account == accountID(n) || strings.HasPrefix(r.cursor, accountID(n))
	}
}

// refuse responds to one kind of requests with an error.
func refuse(status int, isKind func(receivedRequest) bool) func(receivedRequest, http.ResponseWriter) bool {
	return func(r receivedRequest, w http.ResponseWriter) bool {
		if !isKind(r) {
			return false
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"message":"refused","details":{"applicationError":{"code":"NO"}}}`)
		return true
	}
}

// refuseCountsAfter refuses every count but the first n.
func refuseCountsAfter(n int) func(receivedRequest, http.ResponseWriter) bool {
	return refuse(400, func(r receivedRequest) bool {
		if r.count {
			n--
		}
		return r.count && n < 0
	})
}

// An inventoryCase is a server of three accounts with two packages each, of
// which the ledger names the first few, and the expected coverage.
type inventoryCase struct {
	name    string
	server  *fakeServer
	ledger  int
	want    reconcile.InventoryExtent
	read    string // accounts and how they were read
	sweeps  int    // requests
	problem string
}

// countedInventories differ in the total and in what the server shows.
func countedInventories() []inventoryCase {
	always := func(n int) func(int) int { return func(int) int { return n } }
	return []inventoryCase{
		{name: "the total matches", ledger: 3, want: "whole", read: "1:chain 2:chain 3:chain"},
		{name: "pagingMetadata", server: &fakeServer{pageName: "pagingMetadata"}, ledger: 3, want: "whole", read: "1:chain 2:chain 3:chain"},
		{name: "an account that the ledger does not name", ledger: 2, want: "whole", read: "1:chain 2:chain 3:sweep", sweeps: 1},
		{name: "no offset paging", server: &fakeServer{noCount: true}, ledger: 2, want: "whole", read: "1:chain 2:chain 3:sweep", sweeps: 1},
		{name: "the total is of the parent only", server: &fakeServer{total: always(0)}, ledger: 2, want: "not_discoverable", read: "1:chain 2:chain"},
		{
			name: "no total, and the sweep shows the parent only", server: &fakeServer{noCount: true, sweepOnly: func(fakePackage) bool { return false }},
			ledger: 2, want: "not_discoverable", read: "1:chain 2:chain", sweeps: 1,
		},
		{
			name: "no total, and the sweep shows one of two accounts", server: &fakeServer{noCount: true, sweepOnly: func(p fakePackage) bool { return p.AccountID != accountID(1) }},
			ledger: 2, want: "not_discoverable", read: "1:chain 2:chain 3:unread", sweeps: 1,
		},
		{
			name: "the total is more than can be read", server: &fakeServer{total: always(7)}, ledger: 3, want: "partial",
			read: "1:chain 2:chain 3:chain", sweeps: 2, problem: "the server counts 7 packages, 6 were read",
		},
		{
			name:   "the total is more than chains and a sweep of the parent show",
			server: &fakeServer{total: always(9), sweepOnly: func(fakePackage) bool { return false }}, ledger: 2, want: "partial",
			read: "1:chain 2:chain", sweeps: 2, problem: "the server counts 9 packages, 4 were read",
		},
		{
			name: "the total shrinks below what was read", server: &fakeServer{total: func(n int) int { return []int{9, 9, 9, 3, 3, 3}[min(n, 5)] }},
			ledger: 3, want: "not_discoverable", read: "1:chain 2:chain 3:chain", sweeps: 2,
		},
		{
			name: "an earlier total matches, and there is no later one", ledger: 2, want: "whole",
			server: &fakeServer{total: always(4), before: refuseCountsAfter(1)}, read: "1:chain 2:chain 3:sweep", sweeps: 1,
		},
		{
			name: "the total matches after the second sweep", server: &fakeServer{total: func(n int) int { return 6 + btoi(n < 3) }},
			ledger: 3, want: "whole", read: "1:chain 2:chain 3:chain", sweeps: 2,
		},
	}
}

// failingInventories differ in what can't be read.
func failingInventories() []inventoryCase {
	return []inventoryCase{
		{
			name: "the sweep is refused", server: &fakeServer{noCount: true, before: refuse(400, isSweep)}, ledger: 3,
			want: "partial", read: "1:chain 2:chain 3:chain", sweeps: 1, problem: "the sweep of the inventory failed: query packages of the inventory",
		},
		{
			name: "a total that can't be believed", ledger: 3, want: "partial", read: "1:chain 2:chain 3:chain", sweeps: 1,
			server: &fakeServer{before: func(r receivedRequest, w http.ResponseWriter) bool {
				return r.count && respondWith(`{"metadata":{"total":6e0}}`)(r, w)
			}},
			problem: "the server's total can't be believed: count packages",
		},
		{
			name: "the sweep fails on all tries", server: &fakeServer{noCount: true, before: refuse(503, isSweep)}, ledger: 3,
			want: "partial", read: "1:chain 2:chain 3:chain", sweeps: 12, problem: "status 503",
		},
		{
			name: "403 for one account", server: &fakeServer{before: refuse(403, ofAccount(2))}, ledger: 3, want: "partial",
			read: "1:chain 2:unread 3:chain", sweeps: 1,
		},
		{
			name: "403 for one account, and the sweep shows nothing of it", ledger: 3, want: "partial",
			server: &fakeServer{before: refuse(403, ofAccount(2)), sweepOnly: func(p fakePackage) bool { return p.AccountID != accountID(2) }, noCount: true},
			read:   "1:chain 2:unread 3:chain", sweeps: 1,
		},
		{
			name: "one account always fails", server: &fakeServer{before: refuse(500, ofAccount(2))}, ledger: 3, want: "partial",
			read: "1:chain 2:unread 3:chain", sweeps: 1,
		},
		{
			name: "the filter is ignored", ledger: 3, want: "partial", read: "1:unread 2:unread 3:unread", sweeps: 1,
			server: &fakeServer{filtered: func(string, fakePackage) bool { return true }, noCount: true},
		},
	}
}

func TestInventory(t *testing.T) {
	for _, test := range append(countedInventories(), failingInventories()...) {
		t.Run(test.name, func(t *testing.T) {
			f := test.server
			if f == nil {
				f = new(fakeServer)
			}
			f.packages = samplePackages(3, 2)
			coverage, _, err := readFake(t, f, test.ledger)
			if err != nil {
				t.Fatal(err)
			}
			if coverage.Inventory != test.want {
				t.Errorf("inventory is %s, want %s (%v)", coverage.Inventory, test.want, coverage.Problems)
			}
			if got := accountsRead(coverage); got != test.read && !strings.HasPrefix(test.name, "the filter") {
				t.Errorf("read %s, want %s", got, test.read)
			}
			if got := f.requests(isSweep); got != test.sweeps {
				t.Errorf("%d sweep requests, want %d", got, test.sweeps)
			}
			if got := strings.Join(coverage.Problems, "; "); !strings.Contains(got, test.problem) || (test.problem == "") != (got == "") {
				t.Errorf("problems %q, want %q", got, test.problem)
			}
		})
	}
}

// accountsRead summarizes the coverage of all accounts but the parent.
func accountsRead(c *reconcile.Coverage) string {
	var all []string
	for n := range 10 {
		a := c.Accounts[accountID(n)]
		if a == nil {
			continue
		}
		by := a.By
		if !a.Read {
			by = "unread"
		}
		if a.Read == (a.Error != "") {
			by += "?" // an unread account must have a reason
		}
		all = append(all, fmt.Sprintf("%d:%s", n, by))
	}
	return strings.Join(all, " ")
}

func TestInventoryReadsParent(t *testing.T) {
	own := pkg(1, 0)
	own.AccountID = parentID
	coverage, s, err := readFake(t, &fakeServer{packages: append(samplePackages(1, 2), own)}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if a := coverage.Accounts[parentID]; a == nil || !a.Read || a.Packages != 1 || coverage.Inventory != reconcile.InventoryWhole || len(s.packages) != 3 {
		t.Errorf("coverage %+v, parent %+v, %d packages", coverage, a, len(s.packages))
	}
}

func TestInventoryNarrowed(t *testing.T) {
	for _, failing := range []bool{false, true} {
		f := &fakeServer{packages: samplePackages(3, 2)}
		if failing {
			f.before = refuse(403, ofAccount(2))
		}
		var s recordingSink
		coverage, err := readCoverage(context.Background(), newTestClient(t, f), InventoryOptions{
			LedgerAccounts: []string{accountID(1), accountID(3)}, Only: []string{strings.ToUpper(accountID(2))},
		}, s.sink)
		if err != nil {
			t.Fatal(err)
		}
		want := map[bool]reconcile.InventoryExtent{false: reconcile.InventoryNarrowed, true: reconcile.InventoryPartial}[failing]
		if coverage.Inventory != want || !coverage.Narrowed || len(coverage.Accounts) != 1 || coverage.Complete() == failing {
			t.Errorf("failing %t: coverage %+v", failing, coverage)
		}
		if !failing && len(s.packages) != 2 {
			t.Errorf("%d packages, want 2", len(s.packages))
		}
	}
}

// TestInventoryUnreadable: not even the total has a valid response, so there is
// no coverage.
func TestInventoryUnreadable(t *testing.T) {
	coverage, _, err := readFake(t, &fakeServer{before: refuse(404, isAny)}, 1)
	if err == nil || !strings.Contains(err.Error(), "nothing could be read") {
		t.Errorf("%+v, error %v", coverage, err)
	}
}

func isUnauthorized(err error) bool { return statusOf(err) == http.StatusUnauthorized }

func TestInventoryStopsOnFatalError(t *testing.T) {
	errSink := errors.New("disk full")
	for _, test := range []struct {
		name   string
		before func(receivedRequest, http.ResponseWriter) bool
		sink   Sink
		is     func(error) bool
	}{
		{"401 to the first request", refuse(401, isCount), ignorePackages, isUnauthorized},
		{"403 to the first request", refuse(403, isCount), ignorePackages, Forbidden},
		{"401 later", refuse(401, ofAccount(2)), ignorePackages, isUnauthorized},
		{"401 in the sweep", refuse(401, isSweep), ignorePackages, isUnauthorized},
		{"401 to a get", refuse(401, func(r receivedRequest) bool { return r.get }), ignorePackages, isUnauthorized},
		{
			"the sink fails", nil, func(reconcile.Package, []byte, bool) error { return errSink },
			func(err error) bool { return errors.Is(err, errSink) },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			conflict := pkg(2001, 2)
			conflict.ExternalID = "another"
			f := &fakeServer{packages: append(samplePackages(3, 2), conflict), before: test.before, total: func(int) int { return 99 }}
			coverage, err := readCoverage(context.Background(), newTestClient(t, f), InventoryOptions{LedgerAccounts: accountIDs(1, 2)}, test.sink)
			if coverage != nil || !test.is(err) {
				t.Errorf("coverage %v, error %v", coverage, err)
			}
		})
	}
}

func TestInventoryStopsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	f := &fakeServer{packages: samplePackages(3, 2)}
	f.before = func(r receivedRequest, _ http.ResponseWriter) bool {
		if ofAccount(2)(r) {
			cancel()
		}
		return false
	}
	coverage, err := readCoverage(ctx, newTestClient(t, f), InventoryOptions{LedgerAccounts: accountIDs(1, 3)}, ignorePackages)
	if coverage != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("coverage %v, error %v", coverage, err)
	}
}

func TestInventoryServerUnreachable(t *testing.T) {
	c := newTestClient(t, nil, func(o *Options) { o.Transport = failing{errors.New("connection refused")} })
	coverage, err := readCoverage(context.Background(), c, InventoryOptions{LedgerAccounts: accountIDs(1, 1)}, ignorePackages)
	if got := c.Requests(); coverage != nil || err == nil || got.Query != 1 || got.Retries != 5 {
		t.Errorf("coverage %v, error %v, %+v", coverage, err, got)
	}
}

// TestInventoryNarrowedListsOnlyRequested: the server ignores the filter, and
// still only the requested account is listed.
func TestInventoryNarrowedListsOnlyRequested(t *testing.T) {
	f := &fakeServer{packages: samplePackages(3, 2), filtered: func(string, fakePackage) bool { return true }}
	coverage, err := readCoverage(context.Background(), newTestClient(t, f), InventoryOptions{Only: []string{accountID(2)}}, ignorePackages)
	if err != nil || len(coverage.Accounts) != 1 || coverage.Complete() || coverage.InScope(accountID(1)) {
		t.Errorf("coverage %+v, error %v", coverage, err)
	}
}

// TestExtentAfterChains: only a sweep can make up for a failed chain.
func TestExtentAfterChains(t *testing.T) {
	for e, want := range map[evidence]reconcile.InventoryExtent{
		{}: "", {read: 5}: "", {counted: true, total: 5, read: 5}: reconcile.InventoryWhole,
		{counted: true, total: 5, read: 5, failed: true}: "", {counted: true, total: 6, read: 5}: "",
		{counted: true, total: 4, read: 5}: reconcile.InventoryNotDiscoverable, {counted: true}: reconcile.InventoryWhole,
	} {
		if got := extentAfterChains(e); got != want {
			t.Errorf("%+v: %q, want %q", e, got, want)
		}
	}
}

// TestInventoryRetriesChain: all attempts of a request fail, then none.
func TestInventoryRetriesChain(t *testing.T) {
	failed := 0
	f := &fakeServer{packages: samplePackages(3, 2)}
	f.before = func(r receivedRequest, w http.ResponseWriter) bool {
		if f.mu.Lock(); ofAccount(2)(r) && failed < defaultAttempts {
			failed++
			f.mu.Unlock()
			w.WriteHeader(http.StatusBadGateway)
			return true
		}
		f.mu.Unlock()
		return false
	}
	coverage, s, err := readFake(t, f, 3)
	if err != nil || coverage.Inventory != reconcile.InventoryWhole || len(s.packages) != 6 {
		t.Errorf("coverage %+v, %d packages, error %v", coverage, len(s.packages), err)
	}
}

// TestInventoryGrows adds a package between the chains and the sweep.
func TestInventoryGrows(t *testing.T) {
	f := &fakeServer{packages: samplePackages(2, 2), noCount: true}
	f.before = func(r receivedRequest, _ http.ResponseWriter) bool {
		if isSweep(r) {
			f.mu.Lock()
			f.packages = append(f.packages, pkg(7, 1))
			f.mu.Unlock()
		}
		return false
	}
	coverage, s, err := readFake(t, f, 2)
	if err != nil || coverage.Inventory != reconcile.InventoryWhole || len(s.packages) != 5 {
		t.Errorf("coverage %+v, %d packages, error %v", coverage, len(s.packages), err)
	}
}

func TestInventoryProgress(t *testing.T) {
	f := &fakeServer{packages: samplePackages(5, 130)}
	var reported []Progress
	_, err := readCoverage(context.Background(), newTestClient(t, f), InventoryOptions{
		LedgerAccounts: accountIDs(1, 5), Progress: func(p Progress) { reported = append(reported, p) },
	}, ignorePackages)
	if err != nil {
		t.Fatal(err)
	}
	last := reported[len(reported)-1]
	if want := (Progress{Accounts: 6, Done: 6, Packages: 650, Total: 650}); last != want {
		t.Errorf("reported %+v, want %+v", last, want)
	}
	if !slices.IsSortedFunc(reported, func(a, b Progress) int { return a.Packages - b.Packages }) {
		t.Error("the number of packages decreases")
	}
}
