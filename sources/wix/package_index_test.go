package wix

import (
	"context"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// TestInventoryCopies checks which copy of a package counts.
func TestInventoryCopies(t *testing.T) {
	first := pkg(1, 1)
	later, older, same, other := first, first, first, first
	later.Updated, later.ExternalID = "2026-02-01T00:00:00.000000001Z", "later"
	older.Updated, older.ExternalID = "2026-01-31T23:59:59Z", "older"
	other.ExternalID = "other"
	truth := other
	truth.ExternalID = "truth"
	tests := []struct {
		name            string
		second          fakePackage
		get             func(string) (fakePackage, int)
		want            string
		calls, resolved int
		gets            int64
		unread          bool
	}{
		{name: "later", second: later, want: "later", calls: 2},
		{name: "older", second: older, want: "ext-1", calls: 1},
		{name: "same", second: same, want: "ext-1", calls: 1},
		{name: "other", second: other, get: func(string) (fakePackage, int) { return truth, 200 }, want: "truth", calls: 2, resolved: 1, gets: 1},
		{name: "get is later", second: other, get: func(string) (fakePackage, int) { return later, 200 }, want: "later", calls: 2, resolved: 1, gets: 1},
		{name: "get is older", second: other, get: func(string) (fakePackage, int) { return older, 200 }, want: "ext-1", calls: 1, gets: 1, unread: true},
		{name: "get fails", second: other, get: func(string) (fakePackage, int) { return truth, 404 }, want: "ext-1", calls: 1, gets: 1, unread: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := &fakeServer{packages: []fakePackage{first, test.second}, get: test.get, noCount: true}
			var s recordingSink
			c := newTestClient(t, f)
			coverage, err := readCoverage(context.Background(), c, InventoryOptions{LedgerAccounts: accountIDs(1, 1)}, s.sink)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.packages[packageID(1)].ExternalID; got != test.want || s.calls != test.calls || s.resolved != test.resolved {
				t.Errorf("%q counts after %d calls, %d resolved; want %q, %d, %d", got, s.calls, s.resolved, test.want, test.calls, test.resolved)
			}
			if got := c.Requests().Get; got != test.gets {
				t.Errorf("%d gets, want %d", got, test.gets)
			}
			if a := coverage.Accounts[accountID(1)]; a.Read == test.unread || a.Packages != 1 || coverage.Complete() == test.unread {
				t.Errorf("account %+v, inventory %s", a, coverage.Inventory)
			}
		})
	}
}

// TestInventoryCountsNewestCopy moves a package to another account while it is
// read.
func TestInventoryCountsNewestCopy(t *testing.T) {
	moved := pkg(1001, 2)
	moved.Updated = "2026-03-01T00:00:00Z"
	coverage, _, err := readFake(t, &fakeServer{packages: append(samplePackages(2, 2), moved), noCount: true}, 2)
	if err != nil {
		t.Fatal(err)
	}
	if one, two := coverage.Accounts[accountID(1)].Packages, coverage.Accounts[accountID(2)].Packages; one != 1 || two != 3 {
		t.Errorf("%d and %d packages, want 1 and 3", one, two)
	}
}

// TestPackageIndexKeepsSource replaces a copy, which keeps what showed it.
func TestPackageIndexKeepsSource(t *testing.T) {
	x, p := newPackageIndex(), reconcile.Package{ID: "p", AccountID: "a"}
	x.add(&p)
	x.markSeen("p", 0)
	p.Updated = time.Unix(1, 0)
	if x.add(&p) != newer || x.missingFrom(1) != 1 {
		t.Errorf("the sweep misses %d, want 1", x.missingFrom(1))
	}
	if x.markSeen("p", 1); x.missingFrom(1) != 0 || x.missingFrom(2) != 1 {
		t.Errorf("the sweeps miss %d and %d, want 0 and 1", x.missingFrom(1), x.missingFrom(2))
	}
}

// TestPackageIndexOfMany adds packages until the table has grown some times, and
// finds each of them.
func TestPackageIndexOfMany(t *testing.T) {
	x := newPackageIndex()
	const n = 3 * chunkSize
	for i := range n {
		p := reconcile.Package{ID: packageID(i), AccountID: accountID(i % 7), Updated: time.Unix(int64(i), 0)}
		if got := x.add(&p); got != first {
			t.Fatalf("package %d: %d, want first", i, got)
		}
	}
	for i := range n {
		p := reconcile.Package{ID: packageID(i), AccountID: accountID(i % 7), Updated: time.Unix(int64(i), 0)}
		if got := x.add(&p); got != same || x.accountOf(p.ID) != p.AccountID {
			t.Fatalf("package %d: %d, want same", i, got)
		}
	}
	if x.find(packageID(n)) != nil || x.len() != n {
		t.Errorf("%d packages", x.len())
	}
}

// TestNanoseconds: dates that can't be counted in nanoseconds keep their order.
func TestNanoseconds(t *testing.T) {
	dates := []time.Time{{}, time.Date(1600, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(-1, 0), time.Unix(0, 0), time.Unix(0, 1), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)}
	for i := 1; i < len(dates); i++ {
		if nanoseconds(dates[i-1]) > nanoseconds(dates[i]) {
			t.Errorf("%s is later than %s", dates[i-1], dates[i])
		}
	}
}
