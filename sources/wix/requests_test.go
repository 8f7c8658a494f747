package wix

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// A shape is how packages are spread over sub-accounts.
type shape struct {
	name   string
	counts func(packages int) []int // packages of each account
	dates  func(rng *rand.Rand, i int) time.Time
}

// shapes returns the shapes of which the number of requests is measured.
func shapes() []shape {
	equal := func(share int) func(int) []int {
		return func(packages int) []int {
			return slices.Repeat([]int{share}, packages/share)
		}
	}
	return []shape{
		{"one account", func(packages int) []int { return []int{packages} }, evenly},
		{"1,000 packages in each account", equal(1000), evenly},
		{"10 packages in each account", equal(10), evenly},
		{"one package in each account", equal(1), evenly},
		{"power law", powerLaw, growing},
		{"90 % canceled", equal(250), evenly}, // the status decides nothing about the reading
		{"40 packages in each account", equal(40), inBursts},
	}
}

func powerLaw(packages int) []int {
	var counts []int
	for rank, left := 1, packages; left > 0; rank++ {
		n := min(left, max(1, packages/8/rank))
		counts, left = append(counts, n), left-n
	}
	return counts
}

// evenly spreads dates over two years, growing puts most of them near the end,
// and inBursts creates a thousand packages a second, once a week.
func evenly(rng *rand.Rand, _ int) time.Time {
	return newest.Add(-time.Duration(rng.Int64N(int64(2 * 365 * 24 * time.Hour))))
}

func growing(rng *rand.Rand, _ int) time.Time {
	x := rng.Float64()
	return newest.Add(-time.Duration(x * x * x * float64(5*365*24*time.Hour)))
}

func inBursts(_ *rand.Rand, i int) time.Time {
	return newest.Add(-time.Duration(i/1000)*7*24*time.Hour - time.Duration(i%1000)*time.Millisecond)
}

var newest = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// inventory returns the packages of a shape, and their accounts.
func (s shape) inventory(packages int) (inventory []wixsim.Package, accounts []string) {
	rng := rand.New(rand.NewPCG(1, 2))
	for a, n := range s.counts(packages) {
		accounts = append(accounts, accountID(a))
		for range n {
			i := len(inventory)
			created := s.dates(rng, i)
			inventory = append(inventory, wixsim.Package{
				ID: packageID(i), AccountID: accountID(a), ExternalID: fmt.Sprint("S-", i), CreatedDate: created, UpdatedDate: created,
				ProductInstances: []wixsim.Instance{{InstanceID: packageID(i + 500_000), Status: "ENABLED"}},
			})
		}
	}
	return inventory, accounts
}

// simulated returns a client of a simulator without sockets.
func simulated(t testing.TB, server *wixsim.Server, change ...func(*Options)) *Client {
	useKey := func(o *Options) {
		o.Key, o.AccountID, o.Rate = NewSecret(wixsim.DefaultKey), wixsim.DefaultParent, 1_000_000_000 // no slow start
	}
	return newTestClient(t, server, append([]func(*Options){useKey}, change...)...)
}

// TestRequests counts the requests of a first run, and of the next one, which
// knows what the first learned, against the pages that the packages fill. Its
// long form has 100,000 packages.
func TestRequests(t *testing.T) {
	packages, slack := 20_000, 4 // requests; of 1,000 pages a fiftieth is enough
	if long() {
		packages, slack = 100_000, 0
	} else {
		t.Logf("sampled: %d packages, the filters in turn", packages)
	}
	for i, s := range shapes() {
		inventory, accounts := s.inventory(packages)
		pages := (packages + pageLimit - 1) / pageLimit
		chains := 1 // the parent's, which is empty
		for _, n := range s.counts(packages) {
			chains += (n + pageLimit - 1) / pageLimit
		}
		for j, test := range []struct {
			name string
			o    wixsim.Options
			most [2]int // in the first run and the next
		}{
			{"all filters", wixsim.Options{}, [2]int{pages + pages/50, pages + pages/50}},
			{"no createdDate", wixsim.Options{Filters: map[wixsim.FilterName]wixsim.FilterMode{wixsim.CreatedDate: wixsim.RefuseFilter}}, [2]int{pages + pages/20, pages + pages/50 + 1}},
			{"at most 100 in $in", wixsim.Options{MaxIn: 100}, [2]int{2 * pages, 2 * pages}},
			{"accountId $eq alone", wixsim.Options{OnlyAccountFilter: true}, [2]int{chains + 2 + 3, chains + 2}},
		} {
			if !long() && j > 0 && (i+j)%4 != 0 {
				continue
			}
			t.Run(s.name+"/"+test.name, func(t *testing.T) {
				var learned Learned
				for run, most := range test.most {
					server := wixsim.New(slices.Clone(inventory), &test.o)
					reading, err := ReadInventory(context.Background(), simulated(t, server),
						InventoryOptions{LedgerAccounts: accounts, Learned: learned}, ignorePackages)
					if err != nil {
						t.Fatal(err)
					}
					learned = reading.Learned
					n := len(server.Requests())
					t.Logf("%d pages, %d accounts, run %d: %d requests, %.3f", pages, len(accounts), run+1, n, float64(n)/float64(pages))
					if c := reading.Coverage; c.Inventory != reconcile.InventoryWhole || len(c.Problems) > 0 {
						t.Errorf("inventory %s, %v", c.Inventory, c.Problems)
					}
					if n > most+slack {
						t.Errorf("run %d: %d requests, at most %d are allowed", run+1, n, most)
					}
				}
			})
		}
	}
}

// TestLatency: where only the latency of answers is the limit, an inventory of
// 1,000 pages is read by all workers side by side. It runs in fake time; pages
// have ten packages.
func TestLatency(t *testing.T) {
	const latency, packages, page = 200 * time.Millisecond, 10_000, 10
	inventory, accounts := shapes()[1].inventory(packages)
	synctest.Test(t, func(t *testing.T) {
		server := wixsim.New(inventory, &wixsim.Options{Latency: latency, PageSize: page})
		start := time.Now()
		o := InventoryOptions{LedgerAccounts: accounts, pageSize: page}
		if _, err := ReadInventory(context.Background(), simulated(t, server), o, ignorePackages); err != nil {
			t.Fatal(err)
		}
		took, requests := time.Since(start), len(server.Requests())
		ideal := time.Duration(requests) * latency / defaultConcurrency
		t.Logf("%d requests in %s, %.3f of the ideal time", requests, took, took.Seconds()/ideal.Seconds())
		if took > ideal*110/100 {
			t.Errorf("%s, ideal %s", took, ideal)
		}
	})
}
