package wix

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// A strategyCase is a random inventory, and a random server that shows it.
type strategyCase struct {
	packages    []wixsim.Package
	accounts    []string // of the packages
	ledger      []string // accounts that the ledger names
	options     wixsim.Options
	concurrency int
	changes     map[int]wixsim.Package // what is put before a request
}

// forbidden returns the sub-account that can't be read, if any.
func (c *strategyCase) forbidden() string {
	for account := range c.options.FailAccounts {
		return account
	}
	return ""
}

func pick[T any](rng *rand.Rand, all ...T) T { return all[rng.IntN(len(all))] }

func randomCase(rng *rand.Rand) *strategyCase {
	modes := []wixsim.FilterMode{"", "", wixsim.RefuseFilter, wixsim.IgnoreFilter, wixsim.HalfFilter, wixsim.OmitFilter}
	in, created := pick(rng, modes...), pick(rng, modes...)
	c := &strategyCase{concurrency: pick(rng, 1, 2, 8), changes: map[int]wixsim.Package{}}
	c.options = wixsim.Options{
		Filters:  map[wixsim.FilterName]wixsim.FilterMode{wixsim.AccountIn: in, wixsim.CreatedDate: created},
		NoOffset: rng.IntN(6) == 0, TooManyToCount: rng.IntN(6) == 0, PageSize: pick(rng, 1, 2, 7, 100),
		ShufflePages: uint64(rng.IntN(3)), MaxIn: pick(rng, 0, 0, 1, 2, 7), ExpireCursor: pick(rng, 0, 0, 3),
	}
	// A server that hides packages from filters, and whose total is of something
	// else, could agree with itself by chance.
	c.options.ParentOnly = in != wixsim.OmitFilter && created != wixsim.OmitFilter && rng.IntN(6) == 0
	c.fill(rng)
	if rng.IntN(5) == 0 {
		c.options.FailAccounts = map[string]int{pick(rng, c.ledger...): pick(rng, 400, 403, 404)}
	}
	return c
}

// fill makes packages in some accounts, of which the ledger names some.
func (c *strategyCase) fill(rng *rand.Rand) {
	for a := range 1 + rng.IntN(30) {
		c.accounts = append(c.accounts, accountID(a))
	}
	c.ledger = slices.Clone(c.accounts)
	if rng.IntN(2) == 0 {
		c.ledger = c.ledger[:1+rng.IntN(len(c.ledger))]
	}
	c.ledger = append(c.ledger, accountID(99)) // of which Wix knows nothing
	dates := pick(rng, evenly, growing, inBursts)
	for i := range rng.IntN(400) {
		account := pick(rng, append(c.accounts, wixsim.DefaultParent)...)
		c.packages = append(c.packages, strategyPackage(i, account, dates(rng, i).Truncate(time.Millisecond)))
	}
}

func strategyPackage(n int, account string, created time.Time) wixsim.Package {
	return wixsim.Package{
		ID: packageID(n), AccountID: account, ExternalID: fmt.Sprint("S-", n), CreatedDate: created, UpdatedDate: created,
		ProductInstances: []wixsim.Instance{{InstanceID: packageID(n + 500_000), Status: "ENABLED"}},
	}
}

// read reads the case from a server of its own.
func (c *strategyCase) read(t *testing.T, learned Learned) (*Reading, *recordingSink, *wixsim.Server) {
	t.Helper()
	var server *wixsim.Server
	o := c.options
	o.OnRequest = func(n int) {
		if p, ok := c.changes[n]; ok {
			server.Put(p)
		}
	}
	server = wixsim.New(slices.Clone(c.packages), &o)
	var s recordingSink
	reading, err := ReadInventory(context.Background(), simulated(t, server, func(o *Options) { o.Concurrency = c.concurrency }),
		InventoryOptions{LedgerAccounts: c.ledger, Learned: learned, pageSize: 1}, s.sink)
	if err != nil {
		t.Fatalf("%+v: %v", c.options, err)
	}
	return reading, &s, server
}

// expected returns the packages that are read whatever the server supports: all,
// or where it does not show which accounts exist, those of the ledger.
func (c *strategyCase) expected() map[string]string {
	want := make(map[string]string)
	for _, p := range c.packages {
		named := p.AccountID == wixsim.DefaultParent || slices.Contains(c.ledger, p.AccountID)
		if c.options.ParentOnly && (!named || p.AccountID == c.forbidden()) {
			continue
		}
		want[p.ID] = p.AccountID + " " + p.ExternalID
	}
	return want
}

func (s *recordingSink) shown() map[string]string {
	got := make(map[string]string)
	for id, p := range s.packages {
		got[id] = p.AccountID + " " + p.ExternalID
	}
	return got
}

// checkCoverage checks that the coverage is what it would be by chains alone.
func (c *strategyCase) checkCoverage(t *testing.T, coverage *reconcile.Coverage) {
	t.Helper()
	want := reconcile.InventoryWhole
	if c.options.ParentOnly && c.namedPackages() {
		want = reconcile.InventoryNotDiscoverable
	}
	if c.forbidden() != "" {
		want = reconcile.InventoryPartial
	}
	if coverage.Inventory != want {
		t.Errorf("inventory %s, want %s, %v", coverage.Inventory, want, coverage.Problems)
	}
	for _, account := range c.ledger {
		if a := coverage.Accounts[account]; a == nil || a.Read == (account == c.forbidden()) {
			t.Errorf("account %s: %+v", account, a)
		}
	}
	for account, a := range coverage.Accounts {
		if account == c.forbidden() {
			continue
		}
		n := 0
		for _, p := range c.packages {
			if p.AccountID == account {
				n++
			}
		}
		if a.Packages != n {
			t.Errorf("account %s: %d packages, want %d", account, a.Packages, n)
		}
	}
}

// namedPackages reports whether an account of the ledger that can be read has a
// package.
func (c *strategyCase) namedPackages() bool {
	return slices.ContainsFunc(c.packages, func(p wixsim.Package) bool {
		return slices.Contains(c.ledger, p.AccountID) && p.AccountID != c.forbidden()
	})
}

// TestStrategiesAgree: whatever filters a server refuses, ignores or half obeys,
// the same packages are read, with the same coverage, and again by a next run
// that starts with what the first one learned. The long form has 20,000 cases.
func TestStrategiesAgree(t *testing.T) {
	cases := 100
	if long() {
		cases = 20_000
	} else {
		t.Logf("sampled: %d cases", cases)
	}
	for seed := range uint64(cases) {
		c := randomCase(rand.New(rand.NewPCG(seed, 3)))
		var learned Learned
		for run := range 2 {
			reading, s, server := c.read(t, learned)
			if want, got := c.expected(), s.shown(); !maps.Equal(want, got) {
				t.Errorf("%d packages, want %d", len(got), len(want))
			}
			c.checkCoverage(t, &reading.Coverage)
			if most := server.MaxInFlight(); most > c.concurrency {
				t.Errorf("%d requests in flight, of %d", most, c.concurrency)
			}
			if t.Failed() {
				t.Fatalf("seed %d, run %d: %d packages, ledger of %d accounts, concurrency %d, %+v\nlearned %+v",
					seed, run+1, len(c.packages), len(c.ledger), c.concurrency, c.options, reading.Learned)
			}
			learned = reading.Learned
		}
	}
}

// TestChangesWhileReading puts packages while the inventory is read: new ones, and
// later versions of those that exist. Nothing that was there is lost, and an
// inventory that is whole has everything that was created before the last count.
func TestChangesWhileReading(t *testing.T) {
	cases := 100
	if long() {
		cases = 20_000
	} else {
		t.Logf("sampled: %d cases", cases)
	}
	for seed := range uint64(cases) {
		rng := rand.New(rand.NewPCG(seed, 4))
		c := randomCase(rng)
		c.options.ParentOnly, c.options.FailAccounts = false, nil
		c.change(rng)
		reading, s, server := c.read(t, Learned{})
		for _, p := range c.packages {
			if _, ok := s.packages[p.ID]; !ok {
				t.Errorf("package %s was lost", p.ID)
			}
		}
		if reading.Coverage.Inventory == reconcile.InventoryWhole {
			last := lastCount(server)
			for n, p := range c.changes {
				if _, ok := s.packages[p.ID]; !ok && n <= last {
					t.Errorf("package %s, created before request %d, was not seen; the last count was request %d", p.ID, n, last)
				}
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d: %d packages, %s, concurrency %d, %+v", seed, len(c.packages), reading.Coverage.Inventory, c.concurrency, c.options)
		}
	}
}

// change puts packages before some of the first requests.
func (c *strategyCase) change(rng *rand.Rand) {
	for i := range rng.IntN(6) {
		now := time.Now().UTC().Truncate(time.Millisecond)
		p := strategyPackage(900+i, pick(rng, append(c.accounts, accountID(98))...), now)
		if len(c.packages) > 0 && rng.IntN(2) == 0 {
			p = pick(rng, c.packages...)
			p.UpdatedDate, p.ExternalID = now, "changed"
			p.AccountID = pick(rng, append(c.accounts, p.AccountID)...)
		}
		c.changes[1+rng.IntN(40)] = p
	}
}

// lastCount returns the number of the last request for the total, 0 for none.
func lastCount(server *wixsim.Server) int {
	last := 0
	for i, r := range server.Requests() {
		if strings.Contains(r.Body, `"offset"`) && r.Status == 200 {
			last = i + 1
		}
	}
	return last
}
