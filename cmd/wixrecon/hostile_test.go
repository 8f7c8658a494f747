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

// A server that lies, or does not answer for all of the inventory: the run comes to
// an end, says what it could not read, and opens no finding that rests on what
// it did not see.
//
// An empty or broken answer taken for "nothing is there" is what deleted other
// people's records: external-dns #2858 and #3997, Cloud Custodian #2204,
// dnscontrol #1177 and #3225.

func smallBook() *wixsim.SampleData {
	return wixsim.Generate(wixsim.SampleOptions{Seed: 5, Accounts: 6, Packages: 400, PerKind: 2})
}

// A hostile is a way not to be told the whole inventory, and what comes of it.
type hostile struct {
	name    string
	options wixsim.Options
	code    int
	book    reconcile.InventoryExtent
	unread  []string // accounts that must be named
	says    string   // in the result
	blurred bool     // of the accounts that were read, too, not all is seen
}

func hostiles(planted *wixsim.SampleData) []hostile {
	everyone := append(slices.Clone(planted.Accounts), planted.Parent)
	return slices.Concat(
		forAll(job.ExitIncomplete, reconcile.InventoryPartial, everyone, brokenProtocol()),
		forAll(job.ExitIncomplete, reconcile.InventoryPartial, []string{planted.Accounts[2]}, brokenAccount(planted.Accounts[2])),
		forAll(job.ExitIncomplete, reconcile.InventoryPartial, nil, brokenSweep(planted.Accounts[2])),
		forAll(completeRun, reconcile.InventoryNotDiscoverable, nil, hiddenBook()),
	)
}

// forAll fills in what is the same for all of a list.
func forAll(code int, book reconcile.InventoryExtent, unread []string, list []hostile) []hostile {
	for i := range list {
		list[i].code, list[i].book, list[i].unread = code, book, unread
	}
	return list
}

// brokenProtocol leaves no account of which the answers can be believed.
func brokenProtocol() []hostile {
	always := func(f wixsim.Fault) wixsim.Options {
		return wixsim.Options{Faults: map[wixsim.Fault]float64{f: 1}, MaxFaultsPerRequest: -1}
	}
	return []hostile{
		{name: "a cursor that does not advance", options: always(wixsim.StuckCursor), says: "no new package", blurred: true},
		{name: "a cursor that goes round", options: always(wixsim.LoopingCursor), says: "no new package", blurred: true},
		{name: "no paging metadata", options: always(wixsim.NoMetadata), says: "no paging metadata", blurred: true},
		{name: "filters ignored", options: wixsim.Options{IgnoreFilters: true}, says: "does not match the filter", blurred: true},
		{name: "a package of another account", options: wixsim.Options{ForeignPackage: true}, says: "does not match the filter", blurred: true},
	}
}

// brokenAccount is a server that does not answer for one account.
func brokenAccount(account string) []hostile {
	fail := func(status int) map[string]int { return map[string]int{account: status} }
	forbidden := fail(http.StatusForbidden)
	return []hostile{
		{name: "an account always fails", options: wixsim.Options{FailAccounts: fail(http.StatusInternalServerError)}, says: account},
		{name: "an account is forbidden", options: wixsim.Options{FailAccounts: forbidden}, says: account},
		{name: "an account is not found", options: wixsim.Options{FailAccounts: fail(http.StatusNotFound)}, says: account},
		{name: "an account fails, and nothing counts", options: wixsim.Options{FailAccounts: forbidden, NoOffset: true}, says: account},
		{name: "an account is forbidden everywhere", options: wixsim.Options{FailAccounts: forbidden, FailSweepPagesOf: forbidden}, says: account, blurred: true},
	}
}

// brokenSweep is a server that answers for every account, not for the inventory.
func brokenSweep(account string) []hostile {
	fail := func(status int) wixsim.Options {
		return wixsim.Options{FailSweepPagesOf: map[string]int{account: status}, NoOffset: true}
	}
	return []hostile{
		{name: "pages of the sweep fail", options: fail(http.StatusInternalServerError), says: "the sweep of the inventory failed"},
		{name: "pages of the sweep are forbidden", options: fail(http.StatusForbidden), says: "the sweep of the inventory failed"},
		{name: "more counted than shown", options: wixsim.Options{TotalDelta: 5}, says: "the server counts 405 packages, 400 were read"},
	}
}

// hiddenBook is a server that does not tell which accounts there are.
func hiddenBook() []hostile {
	const says = "not discoverable"
	return []hostile{
		{name: "fewer counted than shown", options: wixsim.Options{TotalDelta: -5}, says: says},
		{name: "only the parent's own counted", options: wixsim.Options{ParentOnly: true}, says: says},
		{name: "only the parent's own swept", options: wixsim.Options{ParentOnly: true, NoOffset: true}, says: says},
	}
}

// A cursor that leads nowhere ends the reading by itself, however long a run
// may take.
func TestACursorThatLeadsNowhereEnds(t *testing.T) {
	t.Parallel()
	for _, fault := range []wixsim.Fault{wixsim.StuckCursor, wixsim.LoopingCursor} {
		s := newWorld(t, smallBook(), &wixsim.Options{Faults: map[wixsim.Fault]float64{fault: 1}, MaxFaultsPerRequest: -1})
		s.audit(generous(t), "--reports", "findings").wants(t, job.ExitIncomplete)
		if n := len(s.server.Requests()); n > 50 {
			t.Errorf("%s: %d requests for seven accounts and an inventory", fault, n)
		}
	}
}

// Failing requests are tried again, and wait for it, so all runs are made at
// the same time.
func TestHostileServers(t *testing.T) {
	t.Parallel()
	planted := smallBook()
	list := hostiles(planted)
	worlds, outcomes := make([]*world, len(list)), make([]*outcome, len(list))
	var runs []func()
	for i, h := range list {
		worlds[i] = newWorld(t, planted, &h.options)
		runs = append(runs, func() { outcomes[i] = worlds[i].audit(t.Context(), "--reports", "findings") })
	}
	sideBySide(len(runs), runs...)
	for i, h := range list {
		t.Run(h.name, func(t *testing.T) {
			outcomes[i].wants(t, h.code)
			h.holds(t, planted, outcomes[i])
			wantsOnlyReads(t, worlds[i].server, maxConcurrency)
		})
	}
}

func (h *hostile) holds(t *testing.T, planted *wixsim.SampleData, o *outcome) {
	t.Helper()
	s := o.summary(t)
	if s.Coverage.Inventory != h.book || s.Complete != (h.code == completeRun) {
		t.Errorf("book %s, complete %t; want %s", s.Coverage.Inventory, s.Complete, h.book)
	}
	if !strings.Contains(strings.Join(strings.Fields(o.stdout), " "), h.says) {
		t.Errorf("the result does not say %q:\n%s", h.says, o.stdout)
	}
	for _, account := range h.unread {
		if a := s.Coverage.Accounts[account]; a == nil || a.Read || a.Error == "" {
			t.Errorf("coverage of account %s: %+v, want an error", account, a)
		}
	}
	if h.code != completeRun && strings.Contains(o.stdout, "COMPLETE:") && !strings.Contains(o.stdout, "INCOMPLETE:") {
		t.Errorf("the result claims a complete run:\n%s", o.stdout)
	}
	wantsNothingInvented(t, o.findings(t), planted, h.unread)
	if !h.blurred {
		wantsTheRest(t, o.findings(t), planted, &s.Coverage)
	}
}

// wantsNothingInvented holds that in an inventory which was not read whole nothing is
// open but what is so in the whole inventory, and nothing at all of an account that
// was not read.
func wantsNothingInvented(t *testing.T, got []wixsim.Finding, planted *wixsim.SampleData, unread []string) {
	t.Helper()
	inTruth := make(map[wixsim.Finding]bool)
	for _, f := range planted.Truth {
		inTruth[f] = true
	}
	unknown := reconcile.Unknown.String()
	for _, f := range got {
		switch {
		case f.Kind == "missing_package" && f.State != unknown:
			t.Errorf("absence is no evidence here: %s", finding(f))
		case slices.Contains(unread, f.AccountID) && f.State != unknown:
			t.Errorf("its account was not read: %s", finding(f))
		case f.State != unknown && !inTruth[f]:
			t.Errorf("not so in the whole inventory: %s", finding(f))
		}
	}
}

// wantsTheRest holds that what has nothing to do with the accounts that were
// not read, or not seen, is found as it was planted.
func wantsTheRest(t *testing.T, got []wixsim.Finding, planted *wixsim.SampleData, c *reconcile.Coverage) {
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
	wantsFindings(t, rest, want)
}

// ledgerAccounts gives the sub-account of each subscription.
func ledgerAccounts(planted *wixsim.SampleData) map[string]string {
	owner := make(map[string]string)
	for _, r := range planted.Rows {
		if reconcile.IsGUID(r.AccountID) {
			owner[strings.TrimSpace(r.ExternalID)] = reconcile.FoldGUID(r.AccountID)
		}
	}
	return owner
}

// --accounts narrows what is read and shown, never what is matched against: of
// each account alone, nothing is open but what is so in the whole inventory.
func TestNarrowedRunsInventNothing(t *testing.T) {
	t.Parallel()
	planted := smallBook()
	for _, account := range append(slices.Clone(planted.Accounts), planted.Parent) {
		o := newWorld(t, planted, nil).audit(t.Context(), "--accounts", account, "--reports", "findings")
		o.wants(t, completeRun)
		got := o.findings(t)
		wantsNothingInvented(t, got, planted, nil)
		for _, f := range got {
			if f.AccountID != account && f.AccountID != "" {
				t.Errorf("narrowed to %s: %s", account, finding(f))
			}
		}
	}
}

// A server that counts more than it shows may have been changed meanwhile: the
// book is counted and swept once more, and then no more.
func TestTheBookIsSweptTwiceAtMost(t *testing.T) {
	t.Parallel()
	s := newWorld(t, smallBook(), &wixsim.Options{TotalDelta: 5})
	s.audit(t.Context(), "--reports", "findings").wants(t, job.ExitIncomplete)
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

// Of two copies with one date and other content the package itself decides.
func TestAPackageThatChangesWhileItIsRead(t *testing.T) {
	t.Parallel()
	planted := smallBook()
	healthy := planted.Inventory[len(planted.Inventory)-1]
	changed := healthy
	changed.ProductInstances = slices.Clone(healthy.ProductInstances)
	changed.ProductInstances[0].CountryCode = "NZ"
	var server *wixsim.Server
	s := newWorld(t, planted, &wixsim.Options{NoOffset: true, OnRequest: func(n int) {
		if n == len(planted.Accounts)+4 {
			server.Put(changed)
		}
	}})
	server = s.server
	o := s.audit(t.Context(), "--concurrency", "1", "--reports", "findings")
	o.wants(t, completeRun)
	wantsOnlyReads(t, s.server, 1)
	if gets := o.summary(t).Requests.Get; gets != 1 {
		t.Errorf("%d gets, want 1", gets)
	}
	wantsFindings(t, o.findings(t), append(slices.Clone(planted.Truth), wixsim.Finding{
		Kind: "country_mismatch", State: "open", AccountID: changed.AccountID, ExternalID: strings.TrimSpace(changed.ExternalID),
		PackageID: changed.ID, InstanceID: changed.ProductInstances[0].InstanceID, Field: "country_code",
	}))
}
