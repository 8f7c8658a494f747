package wix

import (
	"context"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// TestBookCopies holds which copy of a package counts.
func TestBookCopies(t *testing.T) {
	first := pkg(1, 1)
	later, older, same, other := first, first, first, first
	later.Updated, later.ExternalID = "2026-02-01T00:00:00.000000001Z", "later"
	older.Updated, older.ExternalID = "2026-01-31T23:59:59Z", "older"
	other.ExternalID = "other"
	truth := other
	truth.ExternalID = "truth"
	tests := []struct {
		name           string
		second         wirePkg
		get            func(string) (wirePkg, int)
		want           string
		calls, settled int
		gets           int64
		unread         bool
	}{
		{name: "later", second: later, want: "later", calls: 2},
		{name: "older", second: older, want: "ext-1", calls: 1},
		{name: "same", second: same, want: "ext-1", calls: 1},
		{name: "other", second: other, get: func(string) (wirePkg, int) { return truth, 200 }, want: "truth", calls: 2, settled: 1, gets: 1},
		{name: "get is later", second: other, get: func(string) (wirePkg, int) { return later, 200 }, want: "later", calls: 2, settled: 1, gets: 1},
		{name: "get is older", second: other, get: func(string) (wirePkg, int) { return older, 200 }, want: "ext-1", calls: 1, gets: 1, unread: true},
		{name: "get fails", second: other, get: func(string) (wirePkg, int) { return truth, 404 }, want: "ext-1", calls: 1, gets: 1, unread: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := &fakeBook{packages: []wirePkg{first, test.second}, get: test.get, noCount: true}
			var k kept
			c := clientOf(t, f)
			coverage, err := ReadInventory(context.Background(), c, InventoryOptions{LedgerAccounts: []string{accountID(1)}}, k.sink)
			if err != nil {
				t.Fatal(err)
			}
			if got := k.packages[packageID(1)].ExternalID; got != test.want || k.calls != test.calls || k.settled != test.settled {
				t.Errorf("%q counts after %d calls, %d settled; want %q, %d, %d", got, k.calls, k.settled, test.want, test.calls, test.settled)
			}
			if got := c.Requests().Get; got != test.gets {
				t.Errorf("%d gets, want %d", got, test.gets)
			}
			if a := coverage.Accounts[accountID(1)]; a.Read == test.unread || a.Packages != 1 || coverage.Complete() == test.unread {
				t.Errorf("account %+v, book %s", a, coverage.Inventory)
			}
		})
	}
}

// TestBookCountsByTheWinner moves a package to another account while it is read.
func TestBookCountsByTheWinner(t *testing.T) {
	moved := pkg(1001, 2)
	moved.Updated = "2026-03-01T00:00:00Z"
	coverage, _, err := readBook(t, &fakeBook{packages: append(books(2, 2), moved), noCount: true}, 2)
	if err != nil {
		t.Fatal(err)
	}
	if one, two := coverage.Accounts[accountID(1)].Packages, coverage.Accounts[accountID(2)].Packages; one != 1 || two != 3 {
		t.Errorf("%d and %d packages, want 1 and 3", one, two)
	}
}

// TestIndexRemembersWhoShowed supersedes a copy, which is shown no less for it.
func TestIndexRemembersWhoShowed(t *testing.T) {
	x, p := newIndex(), reconcile.Package{ID: "p", AccountID: "a"}
	x.weigh(&p)
	x.mark("p", 0)
	p.Updated = time.Unix(1, 0)
	if x.weigh(&p) != newer || x.lacks(1) != 1 {
		t.Errorf("the sweep lacks %d, want 1", x.lacks(1))
	}
	if x.mark("p", 1); x.lacks(1) != 0 || x.lacks(2) != 1 {
		t.Errorf("the sweeps lack %d and %d, want 0 and 1", x.lacks(1), x.lacks(2))
	}
}
