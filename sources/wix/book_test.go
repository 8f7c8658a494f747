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

func isSweep(a asked) bool {
	return !a.get && !a.count && a.account == "" && !strings.HasPrefix(a.cursor, "aaaa")
}

func refuse(status int, when func(asked) bool) func(asked, http.ResponseWriter) bool {
	return func(a asked, w http.ResponseWriter) bool {
		if !when(a) {
			return false
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"message":"refused","details":{"applicationError":{"code":"NO"}}}`)
		return true
	}
}

// refuseCountsAfter refuses every count but the first n.
func refuseCountsAfter(n int) func(asked, http.ResponseWriter) bool {
	return refuse(400, func(a asked) bool {
		if a.count {
			n--
		}
		return a.count && n < 0
	})
}

func ofAccount(n int) func(asked) bool {
	return func(a asked) bool {
		return a.account == accountID(n) || strings.HasPrefix(a.cursor, accountID(n))
	}
}

// A bookCase is a server of three accounts with 2 packages each, of which the
// ledger names the first so many, and what may be said of its book.
type bookCase struct {
	name    string
	book    *fakeBook
	ledger  int
	want    reconcile.InventoryExtent
	read    string // accounts and how they were read
	sweeps  int    // requests
	problem string
}

// countedBooks differ in what the server counts and shows.
func countedBooks() []bookCase {
	always := func(n int) func(int) int { return func(int) int { return n } }
	return []bookCase{
		{name: "the count ties", ledger: 3, want: "whole", read: "1:chain 2:chain 3:chain"},
		{name: "pagingMetadata", book: &fakeBook{pageName: "pagingMetadata"}, ledger: 3, want: "whole", read: "1:chain 2:chain 3:chain"},
		{name: "an account that the ledger does not name", ledger: 2, want: "whole", read: "1:chain 2:chain 3:sweep", sweeps: 1},
		{name: "no offset paging", book: &fakeBook{noCount: true}, ledger: 2, want: "whole", read: "1:chain 2:chain 3:sweep", sweeps: 1},
		{name: "the server counts the parent's own only", book: &fakeBook{total: always(0)}, ledger: 2, want: "not_discoverable", read: "1:chain 2:chain"},
		{
			name: "no count, and the sweep shows the parent's own only", book: &fakeBook{noCount: true, sweepOnly: func(wirePkg) bool { return false }},
			ledger: 2, want: "not_discoverable", read: "1:chain 2:chain", sweeps: 1,
		},
		{
			name: "no count, and the sweep shows one of two accounts", book: &fakeBook{noCount: true, sweepOnly: func(p wirePkg) bool { return p.AccountID != accountID(1) }},
			ledger: 2, want: "not_discoverable", read: "1:chain 2:chain 3:unread", sweeps: 1,
		},
		{
			name: "more are counted than can be read", book: &fakeBook{total: always(7)}, ledger: 3, want: "partial",
			read: "1:chain 2:chain 3:chain", sweeps: 2, problem: "the server counts 7 packages, 6 were read",
		},
		{
			name: "more are counted than chains and a sweep of the parent's own show",
			book: &fakeBook{total: always(9), sweepOnly: func(wirePkg) bool { return false }}, ledger: 2, want: "partial",
			read: "1:chain 2:chain", sweeps: 2, problem: "the server counts 9 packages, 4 were read",
		},
		{
			name: "the total shrinks below what was read", book: &fakeBook{total: func(n int) int { return []int{9, 9, 9, 3, 3, 3}[min(n, 5)] }},
			ledger: 3, want: "not_discoverable", read: "1:chain 2:chain 3:chain", sweeps: 2,
		},
		{
			name: "an earlier count ties, and there is no later one", ledger: 2, want: "whole",
			book: &fakeBook{total: always(4), before: refuseCountsAfter(1)}, read: "1:chain 2:chain 3:sweep", sweeps: 1,
		},
		{
			name: "the count ties after the second sweep", book: &fakeBook{total: func(n int) int { return 6 + btoi(n < 3) }},
			ledger: 3, want: "whole", read: "1:chain 2:chain 3:chain", sweeps: 2,
		},
	}
}

// failingBooks differ in what can't be read.
func failingBooks() []bookCase {
	return []bookCase{
		{
			name: "the sweep is refused", book: &fakeBook{noCount: true, before: refuse(400, isSweep)}, ledger: 3,
			want: "partial", read: "1:chain 2:chain 3:chain", sweeps: 1, problem: "the sweep of the inventory failed: query packages of the inventory",
		},
		{
			name: "the sweep fails on all tries", book: &fakeBook{noCount: true, before: refuse(503, isSweep)}, ledger: 3,
			want: "partial", read: "1:chain 2:chain 3:chain", sweeps: 12, problem: "status 503",
		},
		{
			name: "403 for one account", book: &fakeBook{before: refuse(403, ofAccount(2))}, ledger: 3, want: "partial",
			read: "1:chain 2:unread 3:chain", sweeps: 1,
		},
		{
			name: "403 for one account, and the sweep shows nothing of it", ledger: 3, want: "partial",
			book: &fakeBook{before: refuse(403, ofAccount(2)), sweepOnly: func(p wirePkg) bool { return p.AccountID != accountID(2) }, noCount: true},
			read: "1:chain 2:unread 3:chain", sweeps: 1,
		},
		{
			name: "one account fails for ever", book: &fakeBook{before: refuse(500, ofAccount(2))}, ledger: 3, want: "partial",
			read: "1:chain 2:unread 3:chain", sweeps: 1,
		},
		{
			name: "the filter is ignored", ledger: 3, want: "partial", read: "1:unread 2:unread 3:unread", sweeps: 1,
			book: &fakeBook{filtered: func(string, wirePkg) bool { return true }, noCount: true},
		},
	}
}

func TestBook(t *testing.T) {
	for _, test := range append(countedBooks(), failingBooks()...) {
		t.Run(test.name, func(t *testing.T) {
			f := test.book
			if f == nil {
				f = new(fakeBook)
			}
			f.packages = books(3, 2)
			coverage, _, err := readBook(t, f, test.ledger)
			if err != nil {
				t.Fatal(err)
			}
			if coverage.Inventory != test.want {
				t.Errorf("book is %s, want %s (%v)", coverage.Inventory, test.want, coverage.Problems)
			}
			if got := accountsRead(coverage); got != test.read && !strings.HasPrefix(test.name, "the filter") {
				t.Errorf("read %s, want %s", got, test.read)
			}
			if got := f.queries(isSweep); got != test.sweeps {
				t.Errorf("%d sweep requests, want %d", got, test.sweeps)
			}
			if got := strings.Join(coverage.Problems, "; "); !strings.Contains(got, test.problem) || (test.problem == "") != (got == "") {
				t.Errorf("problems %q, want %q", got, test.problem)
			}
		})
	}
}

// accountsRead writes the coverage but for the parent, in short.
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
			by += "?" // an account is read, or there is a reason
		}
		all = append(all, fmt.Sprintf("%d:%s", n, by))
	}
	return strings.Join(all, " ")
}

func TestBookReadsTheParent(t *testing.T) {
	own := pkg(1, 0)
	own.AccountID = parentID
	coverage, k, err := readBook(t, &fakeBook{packages: append(books(1, 2), own)}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if a := coverage.Accounts[parentID]; a == nil || !a.Read || a.Packages != 1 || coverage.Inventory != reconcile.InventoryWhole || len(k.packages) != 3 {
		t.Errorf("coverage %+v, parent %+v, %d packages", coverage, a, len(k.packages))
	}
}

func TestBookNarrowed(t *testing.T) {
	for _, failing := range []bool{false, true} {
		f := &fakeBook{packages: books(3, 2)}
		if failing {
			f.before = refuse(403, ofAccount(2))
		}
		var k kept
		coverage, err := ReadInventory(context.Background(), clientOf(t, f), InventoryOptions{
			LedgerAccounts: []string{accountID(1), accountID(3)}, Only: []string{strings.ToUpper(accountID(2))},
		}, k.sink)
		if err != nil {
			t.Fatal(err)
		}
		want := map[bool]reconcile.InventoryExtent{false: reconcile.InventoryNarrowed, true: reconcile.InventoryPartial}[failing]
		if coverage.Inventory != want || !coverage.Narrowed || len(coverage.Accounts) != 1 || coverage.Complete() == failing {
			t.Errorf("failing %t: coverage %+v", failing, coverage)
		}
		if !failing && len(k.packages) != 2 {
			t.Errorf("%d packages, want 2", len(k.packages))
		}
	}
}

// TestNothingRead: where not even the count has a good answer there is no book
// to speak of.
func TestNothingRead(t *testing.T) {
	book := &fakeBook{before: refuse(404, func(asked) bool { return true })}
	coverage, err := ReadInventory(context.Background(), clientOf(t, book), InventoryOptions{LedgerAccounts: []string{accountID(1)}}, (&kept{}).sink)
	if err == nil || !strings.Contains(err.Error(), "nothing could be read") {
		t.Errorf("%+v, error %v", coverage, err)
	}
}

func unauthorized(err error) bool { return statusOf(err) == http.StatusUnauthorized }

func TestBookEnds(t *testing.T) {
	lost := errors.New("disk full")
	tests := []struct {
		name   string
		before func(asked, http.ResponseWriter) bool
		sink   Sink
		is     func(error) bool
	}{
		{"401 to the first call", refuse(401, func(a asked) bool { return a.count }), nil, unauthorized},
		{"403 to the first call", refuse(403, func(a asked) bool { return a.count }), nil, Forbidden},
		{"401 later", refuse(401, ofAccount(2)), nil, unauthorized},
		{"401 in the sweep", refuse(401, isSweep), nil, unauthorized},
		{"401 to a get", refuse(401, func(a asked) bool { return a.get }), nil, unauthorized},
		{"the sink fails", nil, func(reconcile.Package, []byte, bool) error { return lost }, func(err error) bool { return errors.Is(err, lost) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			twice := pkg(2001, 2)
			twice.ExternalID = "another"
			f := &fakeBook{packages: append(books(3, 2), twice), before: test.before, total: func(int) int { return 99 }}
			var k kept
			sink := test.sink
			if sink == nil {
				sink = k.sink
			}
			coverage, err := ReadInventory(context.Background(), clientOf(t, f), InventoryOptions{LedgerAccounts: []string{accountID(1), accountID(2)}}, sink)
			if coverage != nil || !test.is(err) {
				t.Errorf("coverage %v, error %v", coverage, err)
			}
		})
	}
}

func TestBookEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	f := &fakeBook{packages: books(3, 2)}
	f.before = func(a asked, _ http.ResponseWriter) bool {
		if ofAccount(2)(a) {
			cancel()
		}
		return false
	}
	var k kept
	coverage, err := ReadInventory(ctx, clientOf(t, f), InventoryOptions{LedgerAccounts: []string{accountID(1), accountID(2), accountID(3)}}, k.sink)
	if coverage != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("coverage %v, error %v", coverage, err)
	}
}

// TestBookEndsWithoutAnAnswer lets nobody be there.
func TestBookEndsWithoutAnAnswer(t *testing.T) {
	nobody := clientOf(t, nil, func(o *Options) { o.Transport = failing{errors.New("connection refused")} })
	coverage, err := ReadInventory(context.Background(), nobody, InventoryOptions{LedgerAccounts: []string{accountID(1)}}, (&kept{}).sink)
	if got := nobody.Requests(); coverage != nil || err == nil || got.Query != 1 || got.Retries != 5 {
		t.Errorf("coverage %v, error %v, %+v", coverage, err, got)
	}
}

// TestBookNarrowedListsNoOther lets a filter be ignored: what is listed in a
// narrowed run is what was asked for, and nothing that was only seen.
func TestBookNarrowedListsNoOther(t *testing.T) {
	f := &fakeBook{packages: books(3, 2), filtered: func(string, wirePkg) bool { return true }}
	coverage, err := ReadInventory(context.Background(), clientOf(t, f), InventoryOptions{Only: []string{accountID(2)}}, (&kept{}).sink)
	if err != nil || len(coverage.Accounts) != 1 || coverage.Complete() || coverage.Shown(accountID(1)) {
		t.Errorf("coverage %+v, error %v", coverage, err)
	}
}

// TestJudgeChains holds that a failed chain is made up for by a sweep only.
func TestJudgeChains(t *testing.T) {
	for e, want := range map[evidence]reconcile.InventoryExtent{
		{}: "", {read: 5}: "", {counted: true, total: 5, read: 5}: reconcile.InventoryWhole,
		{counted: true, total: 5, read: 5, failed: true}: "", {counted: true, total: 6, read: 5}: "",
		{counted: true, total: 4, read: 5}: reconcile.InventoryNotDiscoverable, {counted: true}: reconcile.InventoryWhole,
	} {
		if got := judgeChains(e); got != want {
			t.Errorf("%+v: %q, want %q", e, got, want)
		}
	}
}

// TestBookRetriesAChain lets all tries of one chain fail, and then none.
func TestBookRetriesAChain(t *testing.T) {
	fails := 0
	f := &fakeBook{packages: books(3, 2)}
	f.before = func(a asked, w http.ResponseWriter) bool {
		if f.mu.Lock(); ofAccount(2)(a) && fails < defaultAttempts {
			fails++
			f.mu.Unlock()
			w.WriteHeader(http.StatusBadGateway)
			return true
		}
		f.mu.Unlock()
		return false
	}
	coverage, k, err := readBook(t, f, 3)
	if err != nil || coverage.Inventory != reconcile.InventoryWhole || len(k.packages) != 6 {
		t.Errorf("coverage %+v, %d packages, error %v", coverage, len(k.packages), err)
	}
}

// TestBookGrows lets a package arrive between the chains and the sweep.
func TestBookGrows(t *testing.T) {
	f := &fakeBook{packages: books(2, 2), noCount: true}
	f.before = func(a asked, _ http.ResponseWriter) bool {
		if isSweep(a) {
			f.mu.Lock()
			f.packages = append(f.packages, pkg(7, 1))
			f.mu.Unlock()
		}
		return false
	}
	coverage, k, err := readBook(t, f, 2)
	if err != nil || coverage.Inventory != reconcile.InventoryWhole || len(k.packages) != 5 {
		t.Errorf("coverage %+v, %d packages, error %v", coverage, len(k.packages), err)
	}
}

func TestBookProgress(t *testing.T) {
	f := &fakeBook{packages: books(5, 130)}
	var told []Progress
	var accounts []string
	for n := 1; n <= 5; n++ {
		accounts = append(accounts, accountID(n))
	}
	_, err := ReadInventory(context.Background(), clientOf(t, f), InventoryOptions{
		LedgerAccounts: accounts, Progress: func(p Progress) { told = append(told, p) },
	}, func(reconcile.Package, []byte, bool) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	last := told[len(told)-1]
	if want := (Progress{Accounts: 6, Done: 6, Packages: 650, Total: 650}); last != want {
		t.Errorf("told %+v, want %+v", last, want)
	}
	if !slices.IsSortedFunc(told, func(a, b Progress) int { return a.Packages - b.Packages }) {
		t.Error("the number of packages goes back")
	}
}
