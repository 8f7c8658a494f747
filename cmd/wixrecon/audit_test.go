package main

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// An audit of 5,000 packages in 50 sub-accounts finds exactly the planted drift, in
// every state. Its counts tie, and it sends only queries and gets, with no more
// requests in flight than allowed.

// largeInventory generates 5,000 packages in 50 sub-accounts. The sample has drift
// of every kind too, and accounts with more than one page of packages.
func largeInventory(t *testing.T) *wixsim.SampleData {
	t.Helper()
	return wixsim.Generate(wixsim.SampleOptions{
		Seed: 7, Accounts: sample(t, "sub-accounts", 3, 50), Packages: sample(t, "packages", 360, 5000),
		PerKind: sample(t, "cases of every kind", 2, 4),
	})
}

func TestAuditFindsPlantedDrift(t *testing.T) {
	t.Parallel()
	planted := largeInventory(t)
	s := newEnv(t, planted, nil)
	o := s.audit(t.Context())
	o.requireCode(t, exitOK)
	checkFindings(t, o.findings(t), planted.Truth)
	checkEveryKind(t, planted.Truth)
	summary := o.summary(t)
	if !summary.Complete || summary.Coverage.Inventory != reconcile.InventoryWhole {
		t.Errorf("complete %t, inventory %s; want a whole inventory", summary.Complete, summary.Coverage.Inventory)
	}
	checkCounts(t, summary, planted)
	checkOnlyReads(t, s.server, maxConcurrency)
}

// checkEveryKind fails the test if the inventory has a kind without drift.
func checkEveryKind(t *testing.T, truth []wixsim.Finding) {
	t.Helper()
	planted := make(map[string]int)
	for _, f := range truth {
		planted[f.Kind]++
	}
	for _, kind := range reconcile.Kinds() {
		if planted[kind.String()] < 2 {
			t.Errorf("%s: planted %d times", kind, planted[kind.String()])
		}
	}
}

// checkCounts compares the counts of the summary with the inventory, the ledger and
// the planted findings.
func checkCounts(t *testing.T, s *reconcile.Summary, planted *wixsim.SampleData) {
	t.Helper()
	instances := 0
	for i := range planted.Inventory {
		instances += len(planted.Inventory[i].ProductInstances)
	}
	for _, tie := range []struct {
		what      string
		got, want int
	}{
		{"ledger rows", s.Ledger.Rows, len(planted.Rows)},
		{"ledger rows over classes", sum(s.Ledger.Classes), len(planted.Rows)},
		{"packages", s.Wix.Packages, len(planted.Inventory)},
		{"packages over classes", sum(s.Wix.Classes), len(planted.Inventory)},
		{"packages over accounts", coveredPackages(&s.Coverage), len(planted.Inventory)},
		{"instances", s.Wix.Instances, instances},
		{"findings", s.Findings.Total, len(planted.Truth)},
		{"rows of an unknown class", s.Ledger.Classes["unknown"], 0},
		{"packages of an unknown class", s.Wix.Classes["unknown"], 0},
	} {
		if tie.got != tie.want {
			t.Errorf("%s: %d, want %d", tie.what, tie.got, tie.want)
		}
	}
	checkTally(t, &s.Findings, planted.Truth)
}

func checkTally(t *testing.T, tally *reconcile.Tally, truth []wixsim.Finding) {
	t.Helper()
	want := make(map[[2]string]int)
	for _, f := range truth {
		want[[2]string{f.Kind, f.State}]++
	}
	for kind, states := range tally.Kinds {
		for state, n := range states {
			if w := want[[2]string{kind, state}]; n != w {
				t.Errorf("summary.json counts %d %s %s, want %d", n, state, kind, w)
			}
		}
	}
}

func sum(counts map[string]int) int {
	n := 0
	for _, c := range counts {
		n += c
	}
	return n
}

func coveredPackages(c *reconcile.Coverage) int {
	n := 0
	for _, a := range c.Accounts {
		n += a.Packages
	}
	return n
}

// checkOnlyReads checks that all requests were queries and gets.
func checkOnlyReads(t *testing.T, server *wixsim.Server, most int) {
	t.Helper()
	get := regexp.MustCompile(`^/resellers/v1/packages/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	requests := server.Requests()
	if len(requests) == 0 {
		t.Error("nothing was asked")
	}
	for i := range requests {
		r := &requests[i]
		query := r.Method == http.MethodPost && r.Path == "/resellers/v1/packages/query"
		if !query && (r.Method != http.MethodGet || !get.MatchString(r.Path)) {
			t.Errorf("%s %s is not a query or a get", r.Method, r.Path)
		}
		if !r.Authorized {
			t.Errorf("%s %s was sent without the key", r.Method, r.Path)
		}
	}
	if n := server.MaxInFlight(); n > most {
		t.Errorf("%d requests were in flight, no more than %d may be", n, most)
	}
}
