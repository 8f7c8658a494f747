package main

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// An action whose package or ledger rows changed since the plan was made is
// skipped. The rest of the plan is applied.

// An interimChange is a change at Wix or in the ledger between a plan and its
// application.
type interimChange struct {
	name  string
	drift func(*testSubscription)        // the drift that is planned
	wix   func(*fixEnv, *wixsim.Package) // a change at Wix after the plan
	rows  func([]wixsim.Row) []wixsim.Row
	stale string // part of the reason; empty: it is applied
}

func wrongSite(p *testSubscription)      { p.pack.ProductInstances[0].SiteID = idOf('e', 1) }
func canceledRow(p *testSubscription)    { p.rows[0].Status = "canceled" }
func lostExternalID(p *testSubscription) { p.pack.ExternalID = ""; p.rows[0].PackageID = p.pack.ID }
func orphaned(p *testSubscription)       { p.rows = nil }

// newRow returns the row of a new subscription.
func newRow(id string) []wixsim.Row {
	return []wixsim.Row{{ExternalID: id, AccountID: idOf('f', 0), Status: "active", Currency: "EUR"}}
}

func interimChanges() []interimChange {
	return []interimChange{
		{name: "nothing, a cancel", drift: canceledRow},
		{name: "nothing, an assign", drift: wrongSite},
		{name: "nothing, an external id", drift: lostExternalID},
		{name: "the date only", drift: canceledRow, stale: "updated date", wix: func(w *fixEnv, p *wixsim.Package) {
			p.UpdatedDate = p.UpdatedDate.Add(time.Second)
			w.server.Put(*p)
		}},
		{name: "its site", drift: wrongSite, stale: "site", wix: func(w *fixEnv, p *wixsim.Package) {
			p.ProductInstances[0].SiteID = idOf('e', 2)
			w.server.Put(*p)
		}},
		{name: "another instance", drift: canceledRow, stale: "instance", wix: func(w *fixEnv, p *wixsim.Package) {
			more := p.ProductInstances[0]
			more.InstanceID, more.SiteID = idOf('f', 1), idOf('f', 2)
			p.ProductInstances = append(p.ProductInstances, more)
			w.server.Put(*p)
		}},
		{name: "its external id", drift: lostExternalID, stale: "external id", wix: func(w *fixEnv, p *wixsim.Package) {
			p.ExternalID = "SOMEBODY-ELSE"
			w.server.Put(*p)
		}},
		{name: "the package is gone", drift: canceledRow, stale: "package", wix: func(w *fixEnv, p *wixsim.Package) { w.server.Remove(p.ID) }},
		{name: "canceled already", drift: orphaned, stale: "status", wix: func(w *fixEnv, p *wixsim.Package) {
			p.ProductInstances[0].Status = "CANCELED"
			w.server.Put(*p)
		}},
		{name: "the row is active again", drift: canceledRow, stale: "ledger and inventory agree about it now", rows: func(rows []wixsim.Row) []wixsim.Row {
			rows[0].Status = "active"
			return rows
		}},
		{name: "the row has another site", drift: wrongSite, stale: "its fix is another one now", rows: func(rows []wixsim.Row) []wixsim.Row {
			rows[0].SiteID = idOf('e', 3)
			return rows
		}},
		{name: "the row is gone", drift: canceledRow, stale: "it waits", rows: func([]wixsim.Row) []wixsim.Row { return nil }},
		{name: "the orphan has a row", drift: orphaned, stale: "account_mismatch", rows: func([]wixsim.Row) []wixsim.Row { return newRow("CASE-13") }},
		{name: "another row has its package id", drift: orphaned, stale: "account_mismatch", rows: func([]wixsim.Row) []wixsim.Row {
			rows := newRow("CASE-OTHER")
			rows[0].PackageID = idOf('a', 14)
			return rows
		}},
		{name: "a row with a near id", drift: orphaned, stale: "ambiguous_match", rows: func([]wixsim.Row) []wixsim.Row { return newRow("case-15") }},
	}
}

func TestStaleActionsAreSkipped(t *testing.T) {
	t.Parallel()
	list := interimChanges()
	subscriptions := make([]*testSubscription, len(list))
	planted := inventoryWith(func(b *wixsim.SampleData) []*testSubscription {
		for i := range list {
			subscriptions[i] = newSubscription(b, i+1, 1)
			subscriptions[i].rows[0].InstanceID = ""
			list[i].drift(subscriptions[i])
		}
		return subscriptions
	})
	w := newFixEnv(t, planted, nil)
	w.firstRun(t)
	w.command(t.Context(), "planned", "plan", "--fix", everyFix).requireCode(t, exitOK)

	later := *planted
	later.Rows = slices.DeleteFunc(slices.Clone(planted.Rows), func(r wixsim.Row) bool { return strings.HasPrefix(r.ExternalID, "CASE-") })
	for i, m := range list {
		rows := slices.Clone(subscriptions[i].rows)
		if m.rows != nil {
			rows = m.rows(rows)
		}
		later.Rows = append(later.Rows, rows...)
		if m.wix != nil {
			p, _ := w.server.Package(subscriptions[i].pack.ID)
			p = cloned(&p)
			m.wix(w, &p)
		}
	}
	w.writeLedger(t, later.LedgerCSV(5))
	v := w.apply(t, "applied", "planned", "--reports", "xlsx")
	v.requireCode(t, exitOK)
	sheet := v.fixesSheet(t)
	for i, m := range list {
		row := sheet[subscriptions[i].pack.ID]
		want := "applied"
		if m.stale != "" {
			want = "stale"
		}
		if row["outcome"] != want || !strings.Contains(row["reason"], m.stale) {
			t.Errorf("%s: %s: %s; want %s, for %q", m.name, row["outcome"], row["reason"], want, m.stale)
		}
	}
	v.checkOutcomes(t, map[string]int{"applied": 3, "stale": len(list) - 3})
	if n := len(w.receivedChanges(t)); n != 3 {
		t.Errorf("%d requests were sent, want 3", n)
	}
	w.verify(t).requireCode(t, exitOK)
}

// fixesSheet reads the sheet Fixes, by package.
func (v *runResult) fixesSheet(t *testing.T) map[string]map[string]string {
	t.Helper()
	workbook, err := excelize.OpenFile(v.file("report.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = workbook.Close() }() // it was only read
	lines, err := workbook.GetRows("Fixes")
	if err != nil {
		t.Fatal(err)
	}
	head := slices.IndexFunc(lines, func(line []string) bool { return slices.Contains(line, "action_key") })
	if head < 0 {
		t.Fatalf("the sheet Fixes has no head: %v", lines)
	}
	all := make(map[string]map[string]string)
	for _, line := range lines[head+1:] {
		row := make(map[string]string)
		for i, cell := range line {
			row[lines[head][i]] = cell
		}
		all[row["package_id"]] = row
	}
	return all
}

// A package that changes while a run applies its plan is skipped too, and counts as
// remaining drift.
func TestPackageThatChangesDuringRun(t *testing.T) {
	t.Parallel()
	planted := inventoryWith(func(b *wixsim.SampleData) []*testSubscription {
		p, q := newSubscription(b, 1, 1), newSubscription(b, 2, 1)
		wrongSite(p)
		canceledRow(q)
		return []*testSubscription{p, q}
	})
	var w *fixEnv
	w = newFixEnv(t, planted, &wixsim.Options{Changes: wixsim.ChangeOptions{OnChange: func(n int, _ wixsim.Change) wixsim.Fault {
		p, _ := w.server.Package(idOf('a', 2))
		p = cloned(&p)
		p.ProductInstances[0].Status = "PENDING"
		w.server.Put(p)
		return ""
	}}})
	w.firstRun(t)
	v := w.fix(t, fixRunID, everyFix, "--detailed-exitcode")
	v.requireCode(t, exitDrift)
	v.checkOutcomes(t, map[string]int{"applied": 1, "stale": 1})
	w.checkStatus(t, idOf('a', 2), "PENDING")
}

// With --accounts only these accounts are fixed, and nothing is created, because a
// missing package may be in another account.
func TestFixesOfSelectedAccounts(t *testing.T) {
	t.Parallel()
	planted := smallDriftInventory(70)
	some := planted.Accounts[:3]
	w := newFixEnv(t, planted, &wixsim.Options{Delay: 100 * time.Millisecond, Changes: wixsim.ChangeOptions{
		Faults: map[wixsim.Fault]float64{wixsim.Slow: 1},
	}})
	w.args = []string{"--accounts", strings.Join(some, ","), "--rate", "6000"}
	w.firstRun(t)
	v := w.fix(t, fixRunID, everyFix)
	v.requireCode(t, exitOK)
	var expected []change
	for _, c := range changesOf(expectedFixes(planted, everyFix)) {
		if slices.Contains(some, c.account) && c.kind != wixsim.CreatePackage {
			expected = append(expected, c)
		}
	}
	checkChanges(t, w.receivedChanges(t), expected)
	w.checkInventory(t, expected)
	v.checkOutcomes(t, map[string]int{"applied": len(expected)})
}

// The API key is not in the plan, the journal, the lease, the log or the result,
// even if every response to a change echoes it.
func TestKeyIsNotInFixOutput(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusOK, http.StatusBadRequest, http.StatusBadGateway, http.StatusTooManyRequests} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			planted := threeDrifts()
			inner := wixsim.New(planted.Inventory, &wixsim.Options{Key: specialKey})
			var changes atomic.Int32
			w := &fixEnv{testEnv: envWithHandler(t, planted, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				switch {
				case r.Method == http.MethodGet || strings.HasSuffix(r.URL.Path, "/query"):
					inner.ServeHTTP(rw, r)
				case status == http.StatusTooManyRequests && changes.Add(1) > 2:
					echo(rw, r, http.StatusForbidden)
				default:
					changes.Add(1)
					echo(rw, r, status)
				}
			}))}
			w.server, w.key = inner, specialKey
			w.firstRun(t)
			w.checkNoKey(t)
			if changes.Load() == 0 {
				t.Error("nothing was sent")
			}
		})
	}
}

// checkNoKey runs every command on fixes, and searches its output for the key.
func (w *fixEnv) checkNoKey(t *testing.T) {
	t.Helper()
	for _, o := range []*runResult{
		w.fix(t, fixRunID, everyFix, "--log", "json", "--output", "markdown", "--reports", "all"),
		w.command(t.Context(), "planned", "plan", "--fix", everyFix),
		w.apply(t, "applied", "planned", "--output", "json"),
		w.call(t.Context(), []string{"wixrecon", "journal", "--out", w.out}),
		w.verify(t),
	} {
		if o.code == 1 || o.code == 2 {
			t.Errorf("exit code %d\n%s", o.code, o.stderr)
		}
		checkNoKey(t, o)
	}
}
