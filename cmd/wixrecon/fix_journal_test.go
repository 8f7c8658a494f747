package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// The journal shows what was sent and its outcome, and is compared with Wix. So are
// the reports.

// threeDrifts needs an assign, a cancel and an external id.
func threeDrifts() *wixsim.SampleData {
	return inventoryWith(func(b *wixsim.SampleData) []*testSubscription {
		all := []*testSubscription{newSubscription(b, 1, 1), newSubscription(b, 2, 1), newSubscription(b, 3, 1)}
		wrongSite(all[0])
		canceledRow(all[1])
		lostExternalID(all[2])
		return all
	})
}

func TestJournalVerify(t *testing.T) {
	t.Parallel()
	w := newFixEnv(t, threeDrifts(), nil)
	w.firstRun(t)
	w.fix(t, fixRunID, commonFixes).requireCode(t, exitOK)
	if n := len(w.journal(t)); n != 3 {
		t.Errorf("the journal has %d attempts, want 3", n)
	}
	for _, filter := range []struct {
		args []string
		want int
	}{
		{[]string{"--package", idOf('a', 1)}, 1}, {[]string{"--package", strings.ToUpper(idOf('a', 2))}, 1},
		{[]string{"--run", fixRunID}, 3}, {[]string{"--run", "first"}, 0}, {[]string{"--account", w.planted.Accounts[0]}, 3},
		{[]string{"--account", w.planted.Accounts[1]}, 0}, {[]string{"--open"}, 0}, {[]string{"--since", "1h"}, 3},
	} {
		if n := len(w.journal(t, filter.args...)); n != filter.want {
			t.Errorf("journal %v: %d attempts, want %d", filter.args, n, filter.want)
		}
	}
	before := len(w.server.Changes())
	o := w.verify(t)
	o.requireCode(t, exitOK)
	if !strings.Contains(o.stdout, "3 match the journal, 0 differ") {
		t.Errorf("verify printed %s", o.stdout)
	}
	p, _ := w.server.Package(idOf('a', 1))
	p = cloned(&p)
	p.ProductInstances[0].SiteID = idOf('e', 9)
	w.server.Put(p)
	o = w.verify(t)
	o.requireCode(t, exitUnfixed)
	for _, text := range []string{idOf('a', 1), idOf('e', 9), idOf('c', 10), "2 match the journal, 1 differ"} {
		if !strings.Contains(o.stdout, text) {
			t.Errorf("verify does not print %q:\n%s", text, o.stdout)
		}
	}
	if strings.Contains(o.stdout, idOf('a', 2)) {
		t.Errorf("verify prints what agrees with the journal:\n%s", o.stdout)
	}
	if n := len(w.server.Changes()); n != before {
		t.Errorf("verify sent %d requests that change something", n-before)
	}
	again := w.fix(t, "again", commonFixes) // the drift is back, so it is fixed again
	again.requireCode(t, exitOK)
	again.checkOutcomes(t, map[string]int{"applied": 1})
	w.verify(t).requireCode(t, exitOK)
}

// A change that may still happen is open: it is reported as unsettled, no run plans
// its package, and it is not sent again until it happened or can't happen any more.
func TestUnsettledChangeStaysOpen(t *testing.T) {
	t.Parallel()
	for _, lands := range []bool{true, false} {
		w := newFixEnv(t, threeDrifts(), &wixsim.Options{Changes: wixsim.ChangeOptions{
			EffectDelay: time.Hour,
			OnChange: func(n int, c wixsim.Change) wixsim.Fault {
				switch {
				case c.Kind != wixsim.CancelPackage || n > 3:
					return ""
				case lands:
					return wixsim.DelayedEffect
				}
				return wixsim.ResetConnection
			},
		}})
		w.firstRun(t)
		v := w.fix(t, fixRunID, commonFixes, "--settle", "10m")
		v.requireCode(t, exitUnfixed)
		v.checkOutcomes(t, map[string]int{"applied": 2, "unsettled": 1})
		w.checkOpen(t)
		next := w.fix(t, "next", commonFixes, "--settle", "10m")
		next.requireCode(t, exitUnfixed) // of the run before
		next.checkFindingOutcomes(t, map[string]string{"canceled_in_ledger CASE-2 status": "not_allowed unsettled"})
		if n := len(w.receivedChanges(t)); n != 3 {
			t.Errorf("%d requests were sent, want 3", n)
		}
		if lands {
			w.server.ApplyDelayed()
		}
		last := w.apply(t, "last", fixRunID, "--settle", "1ms")
		last.requireCode(t, exitOK)
		last.checkOutcomes(t, map[string]int{"applied": 3})
		entries, want := w.journal(t, "--package", idOf('a', 2)), 1
		if !lands {
			want = 2
		}
		if len(entries) != want || entries[0].Outcome != "applied" || entries[len(entries)-1].Attempt != 1 {
			t.Errorf("the journal has %+v, want %d attempts", entries, want)
		}
		w.checkStatus(t, idOf('a', 2), "CANCELED")
		w.verify(t).requireCode(t, exitOK)
	}
}

// checkOpen checks that the cancel is open, and that verify reports it.
func (w *fixEnv) checkOpen(t *testing.T) {
	t.Helper()
	open := w.journal(t, "--open", "--settle", "10m")
	if len(open) != 1 || open[0].PackageID != idOf('a', 2) || open[0].Outcome != "open" {
		t.Fatalf("open are %+v", open)
	}
	if left := time.Until(open[0].SettlesAt); left < 5*time.Minute || left > 10*time.Minute {
		t.Errorf("it settles in %s", left)
	}
	o := w.verify(t)
	o.requireCode(t, exitUnfixed)
	if !strings.Contains(o.stdout, "open") {
		t.Errorf("verify does not print what is open:\n%s", o.stdout)
	}
}

// The workbook shows the state before, the desired and the observed state, and the
// exit code shows whether drift is left.
func TestReportsOfFixes(t *testing.T) {
	t.Parallel()
	planted := threeDrifts()
	more := newSubscription(planted, 4, 2)
	more.rows[0].CatalogProductID, more.rows[1].SiteID = yearlyVIP, "none"
	more.rows[0].InstanceID, more.rows[1].InstanceID = more.pack.ProductInstances[0].InstanceID, more.pack.ProductInstances[1].InstanceID
	planted.Inventory, planted.Rows = append(planted.Inventory, more.pack), append(planted.Rows, more.rows...)
	w := newFixEnv(t, planted, nil)
	w.firstRun(t, "--detailed-exitcode=false")
	w.command(t.Context(), "drift", "run", "--detailed-exitcode").requireCode(t, exitDrift)
	w.checkRefusals(t)

	v := w.fix(t, fixRunID, commonFixes, "--reports", "findings,xlsx", "--detailed-exitcode")
	v.requireCode(t, exitDrift) // the product and the site of the fourth
	sheet := v.fixesSheet(t)
	for id, want := range map[string][4]string{
		idOf('a', 1): {"assign", idOf('e', 1), idOf('c', 10), idOf('c', 10)},
		idOf('a', 2): {"cancel", "ENABLED", "CANCELED", "CANCELED"},
		idOf('a', 3): {"external-id", "none", "CASE-3", "CASE-3"},
	} {
		row := sheet[id]
		got := [4]string{row["fix"], row["before"], row["desired"], row["observed"]}
		for i := range want {
			if !strings.Contains(got[i], want[i]) {
				t.Errorf("package %s: %q, want %q", id, got, want)
			}
		}
		if row["outcome"] != "applied" || row["attempt"] != "1" || row["account_id"] != planted.Accounts[0] || row["sent_at"] == "" {
			t.Errorf("package %s: %v", id, row)
		}
	}
	v.checkFindingOutcomes(t, map[string]string{
		"site_mismatch CASE-1 site_id": "applied", "canceled_in_ledger CASE-2 status": "applied", "unlinked_package CASE-3 external_id": "applied",
		"product_mismatch CASE-4 catalog_product_id": "", "site_mismatch CASE-4 site_id": "",
	})
	w.fix(t, "rest", "adjust,unassign", "--detailed-exitcode").requireCode(t, exitOK)
	w.command(t.Context(), "clean", "run", "--detailed-exitcode").requireCode(t, exitOK)
}

// checkRefusals checks that a refused plan sends nothing, not even what is within
// every limit, and that the exit code and each finding show why.
func (w *fixEnv) checkRefusals(t *testing.T) {
	t.Helper()
	written := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(w.ledger, written, written); err != nil {
		t.Fatal(err)
	}
	for run, refusal := range map[string]struct {
		args    []string
		outcome string
	}{
		"no-cancels": {[]string{"--max-cancels", "0"}, "over_limit max_cancels"},
		"no-fixes":   {[]string{"--max-fixes", "2", "--surge", "1"}, "over_limit max_fixes"},
		"no-canary":  {[]string{"--canary", "NOBODY"}, "not_allowed canary"},
		"too-old":    {[]string{"--max-ledger-age", "1h"}, "not_allowed max_ledger_age"},
	} {
		v := w.fix(t, run, commonFixes, refusal.args...)
		v.requireCode(t, exitRefused)
		outcomes := v.findingOutcomes(t)
		for _, key := range []string{"site_mismatch CASE-1 site_id", "canceled_in_ledger CASE-2 status", "unlinked_package CASE-3 external_id"} {
			if outcomes[key] != refusal.outcome {
				t.Errorf("%s: %s is reported as %q, want %q", run, key, outcomes[key], refusal.outcome)
			}
		}
	}
	if n := len(w.server.Changes()); n > 0 {
		t.Errorf("%d requests that change something were sent by plans that were refused", n)
	}
}
