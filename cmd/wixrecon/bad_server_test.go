package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/wixrecon/wixrecon/cmd/internal/job"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// A server returns wrong or incomplete data: the run ends, reports what it could
// not read, and opens no finding that depends on it.
//
// In other tools an empty or broken response, taken for "there is nothing", deleted
// records: external-dns #2858 and #3997, Cloud Custodian #2204, dnscontrol #1177
// and #3225.

func smallInventory() *wixsim.SampleData {
	return wixsim.Generate(wixsim.SampleOptions{Seed: 5, Accounts: 6, Packages: 220, PerKind: 2})
}

// A badServer is a server that does not return the whole inventory, and the
// expected result.
type badServer struct {
	name      string
	options   wixsim.Options
	code      int
	inventory reconcile.InventoryExtent
	unread    []string // accounts that must be reported as unread
	text      string   // expected in the result
	partial   bool     // even the accounts that were read may be incomplete
}

func badServers(planted *wixsim.SampleData) []badServer {
	everyone := append(slices.Clone(planted.Accounts), planted.Parent)
	return slices.Concat(
		forAll(job.ExitIncomplete, reconcile.InventoryPartial, everyone, badProtocol()),
		forAll(job.ExitIncomplete, reconcile.InventoryPartial, []string{planted.Accounts[2]}, badAccount(planted.Accounts[2])),
		forAll(job.ExitIncomplete, reconcile.InventoryPartial, nil, badSweep(planted.Accounts[2])),
		forAll(exitOK, reconcile.InventoryNotDiscoverable, nil, hiddenInventory()),
	)
}

// forAll sets the fields that all of a list have in common.
func forAll(code int, inventory reconcile.InventoryExtent, unread []string, list []badServer) []badServer {
	for i := range list {
		list[i].code, list[i].inventory, list[i].unread = code, inventory, unread
	}
	return list
}

// badProtocol returns servers of which no response can be trusted.
func badProtocol() []badServer {
	always := func(f wixsim.Fault) wixsim.Options {
		return wixsim.Options{Faults: map[wixsim.Fault]float64{f: 1}, MaxFaultsPerRequest: -1}
	}
	return []badServer{
		{name: "a cursor that does not advance", options: always(wixsim.StuckCursor), text: "no new package", partial: true},
		{name: "a cursor that loops", options: always(wixsim.LoopingCursor), text: "no new package", partial: true},
		{name: "missing paging metadata", options: always(wixsim.NoMetadata), text: "no paging metadata", partial: true},
		{name: "filters ignored", options: wixsim.Options{IgnoreFilters: true}, text: "does not match the filter", partial: true},
		{name: "a package of another account", options: wixsim.Options{ForeignPackage: true, OnlyAccountFilter: true}, text: "does not match the filter", partial: true},
	}
}

// badAccount returns servers that do not return one account.
func badAccount(account string) []badServer {
	fail := func(status int) map[string]int { return map[string]int{account: status} }
	forbidden := fail(http.StatusForbidden)
	return []badServer{
		{name: "an account always fails", options: wixsim.Options{FailAccounts: fail(http.StatusInternalServerError)}, text: account},
		{name: "an account is forbidden", options: wixsim.Options{FailAccounts: forbidden}, text: account},
		{name: "an account is not found", options: wixsim.Options{FailAccounts: fail(http.StatusNotFound)}, text: account},
		{name: "an account fails, no total", options: wixsim.Options{FailAccounts: forbidden, NoOffset: true}, text: account},
		{name: "an account is forbidden everywhere", options: wixsim.Options{FailAccounts: forbidden, FailSweepPagesOf: forbidden}, text: account, partial: true},
	}
}

// badSweep returns servers that return every account, but not the whole inventory.
func badSweep(account string) []badServer {
	fail := func(status int) wixsim.Options {
		return wixsim.Options{FailSweepPagesOf: map[string]int{account: status}, NoOffset: true}
	}
	return []badServer{
		{name: "pages of the sweep fail", options: fail(http.StatusInternalServerError), text: "the sweep of the inventory failed"},
		{name: "pages of the sweep are forbidden", options: fail(http.StatusForbidden), text: "the sweep of the inventory failed"},
		{name: "total too high", options: wixsim.Options{TotalDelta: 5}, text: "the server counts 225 packages, 220 were read"},
	}
}

// hiddenInventory returns servers that do not reveal which accounts exist.
func hiddenInventory() []badServer {
	const text = "not discoverable"
	return []badServer{
		{name: "total too low", options: wixsim.Options{TotalDelta: -5}, text: text},
		{name: "total of the parent only", options: wixsim.Options{ParentOnly: true}, text: text},
		{name: "sweep of the parent only", options: wixsim.Options{ParentOnly: true, NoOffset: true}, text: text},
	}
}

// An endless cursor ends the read without a timeout.
func TestEndlessCursorEnds(t *testing.T) {
	t.Parallel()
	for _, fault := range []wixsim.Fault{wixsim.StuckCursor, wixsim.LoopingCursor} {
		s := newEnv(t, smallInventory(), &wixsim.Options{Faults: map[wixsim.Fault]float64{fault: 1}, MaxFaultsPerRequest: -1})
		s.audit(withDeadline(t), "--reports", "findings").requireCode(t, job.ExitIncomplete)
		if n := len(s.server.Requests()); n > 50 {
			t.Errorf("%s: %d requests for seven accounts and an inventory", fault, n)
		}
	}
}

// Failing requests are retried after a wait, so all runs are made concurrently.
func TestBadServers(t *testing.T) {
	t.Parallel()
	planted := smallInventory()
	list := sampleOf(t, "servers", 7, badServers(planted))
	envs, results := make([]*testEnv, len(list)), make([]*runResult, len(list))
	var runs []func()
	for i, h := range list {
		envs[i] = newEnv(t, planted, &h.options)
		runs = append(runs, func() { results[i] = envs[i].audit(t.Context(), "--reports", "findings") })
	}
	inParallel(len(runs), runs...)
	for i, h := range list {
		t.Run(h.name, func(t *testing.T) {
			results[i].requireCode(t, h.code)
			h.check(t, planted, results[i])
			checkOnlyReads(t, envs[i].server, maxConcurrency)
		})
	}
}

func (h *badServer) check(t *testing.T, planted *wixsim.SampleData, o *runResult) {
	t.Helper()
	s := o.summary(t)
	if s.Coverage.Inventory != h.inventory || s.Complete != (h.code == exitOK) {
		t.Errorf("inventory %s, complete %t; want %s", s.Coverage.Inventory, s.Complete, h.inventory)
	}
	if !strings.Contains(strings.Join(strings.Fields(o.stdout), " "), h.text) {
		t.Errorf("the result does not contain %q:\n%s", h.text, o.stdout)
	}
	for _, account := range h.unread {
		if a := s.Coverage.Accounts[account]; a == nil || a.Read || a.Error == "" {
			t.Errorf("coverage of account %s: %+v, want an error", account, a)
		}
	}
	if h.code != exitOK && strings.Contains(o.stdout, "COMPLETE:") && !strings.Contains(o.stdout, "INCOMPLETE:") {
		t.Errorf("the result claims a complete run:\n%s", o.stdout)
	}
	checkNothingInvented(t, o.findings(t), planted, h.unread)
	if !h.partial {
		checkUnaffected(t, o.findings(t), planted, &s.Coverage)
	}
}

// checkNothingInvented checks that after an incomplete read only true findings are
// open, and none of an account that was not read.
func checkNothingInvented(t *testing.T, got []wixsim.Finding, planted *wixsim.SampleData, unread []string) {
	t.Helper()
	inTruth := make(map[wixsim.Finding]bool)
	for _, f := range planted.Truth {
		inTruth[f] = true
	}
	unknown := reconcile.Unknown.String()
	for _, f := range got {
		switch {
		case f.Kind == "missing_package" && f.State != unknown:
			t.Errorf("a missing package is not evidence here: %s", findingText(f))
		case slices.Contains(unread, f.AccountID) && f.State != unknown:
			t.Errorf("its account was not read: %s", findingText(f))
		case f.State != unknown && !inTruth[f]:
			t.Errorf("not so in the whole inventory: %s", findingText(f))
		}
	}
}

// checkUnaffected checks that findings that do not depend on the unread accounts
// are as planted.
func checkUnaffected(t *testing.T, got []wixsim.Finding, planted *wixsim.SampleData, c *reconcile.Coverage) {
	t.Helper()
	owner := ledgerAccounts(planted)
	untouched := func(f wixsim.Finding) bool {
		for _, account := range []string{f.AccountID, owner[f.ExternalID]} {
			if _, covered := c.Accounts[account]; account != "" && (!covered || !c.Read(account)) {
				return false
			}
		}
		return f.Kind != "missing_package"
	}
	var rest, want []wixsim.Finding
	for _, f := range got {
		if untouched(f) {
			rest = append(rest, f)
		}
	}
	for _, f := range planted.Truth {
		if untouched(f) {
			want = append(want, f)
		}
	}
	if len(want) < len(planted.Truth)/2 {
		t.Errorf("only %d of %d planted findings are left to compare", len(want), len(planted.Truth))
	}
	checkFindings(t, rest, want)
}

// ledgerAccounts returns the sub-account of each subscription.
func ledgerAccounts(planted *wixsim.SampleData) map[string]string {
	owner := make(map[string]string)
	for _, r := range planted.Rows {
		if reconcile.IsGUID(r.AccountID) {
			owner[strings.TrimSpace(r.ExternalID)] = reconcile.FoldGUID(r.AccountID)
		}
	}
	return owner
}

// --accounts narrows what is read and shown, never what is matched against. For
// each account alone, only true findings are open.
func TestSelectedAccountsInventNothing(t *testing.T) {
	t.Parallel()
	planted := smallInventory()
	for _, account := range append(slices.Clone(planted.Accounts), planted.Parent) {
		o := newEnv(t, planted, nil).audit(t.Context(), "--accounts", account, "--reports", "findings")
		o.requireCode(t, exitOK)
		got := o.findings(t)
		checkNothingInvented(t, got, planted, nil)
		for _, f := range got {
			if f.AccountID != account && f.AccountID != "" {
				t.Errorf("narrowed to %s: %s", account, findingText(f))
			}
		}
	}
}

// If the server counts more packages than it returns, the inventory may have
// changed meanwhile. It is counted and swept once more, and only once.
func TestInventoryIsSweptTwiceAtMost(t *testing.T) {
	t.Parallel()
	s := newEnv(t, smallInventory(), &wixsim.Options{TotalDelta: 5})
	s.audit(t.Context(), "--reports", "findings").requireCode(t, job.ExitIncomplete)
	sweeps := 0
	for _, r := range s.server.Requests() {
		if r.Body == `{"query":{"cursorPaging":{"limit":100}}}` {
			sweeps++
		}
	}
	if sweeps != 2 {
		t.Errorf("the inventory was swept %d times, want 2", sweeps)
	}
}

// If two copies of a package have the same date and different content, the package
// is read.
func TestPackageThatChangesDuringRead(t *testing.T) {
	t.Parallel()
	planted := smallInventory()
	original := planted.Inventory[len(planted.Inventory)-1]
	changed := original
	changed.ProductInstances = slices.Clone(original.ProductInstances)
	changed.ProductInstances[0].CountryCode = "NZ"
	var server *wixsim.Server
	s := newEnv(t, planted, &wixsim.Options{NoOffset: true, OnRequest: func(n int) {
		if n == 6 { // the second page of the sweep, after the count and three pages of all accounts
			server.Put(changed)
		}
	}})
	server = s.server
	o := s.audit(t.Context(), "--concurrency", "1", "--reports", "findings")
	o.requireCode(t, exitOK)
	checkOnlyReads(t, s.server, 1)
	if gets := o.summary(t).Requests.Get; gets != 1 {
		t.Errorf("%d gets, want 1", gets)
	}
	checkFindings(t, o.findings(t), append(slices.Clone(planted.Truth), wixsim.Finding{
		Kind: "country_mismatch", State: "open", AccountID: changed.AccountID, ExternalID: strings.TrimSpace(changed.ExternalID),
		PackageID: changed.ID, InstanceID: changed.ProductInstances[0].InstanceID, Field: "country_code",
	}))
}
