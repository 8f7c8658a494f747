package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// The journal tells what was sent and what became of it, and is held against
// what Wix is. So do the reports, in their words.

// threePatients need an assign, a cancel and an external id.
func threePatients() *wixsim.SampleData {
	return quietBook(func(b *wixsim.SampleData) []*patient {
		all := []*patient{healthy(b, 1, 1), healthy(b, 2, 1), healthy(b, 3, 1)}
		offSite(all[0])
		lapsed(all[1])
		lostID(all[2])
		return all
	})
}

func TestTheJournalIsHeldAgainstWix(t *testing.T) {
	t.Parallel()
	w := newWard(t, threePatients(), nil)
	w.begin(t)
	w.fix(t, firstFixing, commonFixes).wants(t, completeRun)
	if n := len(w.journal(t)); n != 3 {
		t.Errorf("the journal has %d attempts, want 3", n)
	}
	for _, filter := range []struct {
		args []string
		want int
	}{
		{[]string{"--package", idOf('a', 1)}, 1}, {[]string{"--package", strings.ToUpper(idOf('a', 2))}, 1},
		{[]string{"--run", firstFixing}, 3}, {[]string{"--run", "first"}, 0}, {[]string{"--account", w.planted.Accounts[0]}, 3},
		{[]string{"--account", w.planted.Accounts[1]}, 0}, {[]string{"--open"}, 0}, {[]string{"--since", "1h"}, 3},
	} {
		if n := len(w.journal(t, filter.args...)); n != filter.want {
			t.Errorf("journal %v: %d attempts, want %d", filter.args, n, filter.want)
		}
	}
	before := len(w.server.Changes())
	o := w.verify(t)
	o.wants(t, completeRun)
	if !strings.Contains(o.stdout, "3 match the journal, 0 differ") {
		t.Errorf("verify says %s", o.stdout)
	}
	p, _ := w.server.Package(idOf('a', 1))
	p = copied(&p)
	p.ProductInstances[0].SiteID = idOf('e', 9)
	w.server.Put(p)
	o = w.verify(t)
	o.wants(t, unfixedRun)
	for _, text := range []string{idOf('a', 1), idOf('e', 9), idOf('c', 10), "2 match the journal, 1 differ"} {
		if !strings.Contains(o.stdout, text) {
			t.Errorf("verify does not say %q:\n%s", text, o.stdout)
		}
	}
	if strings.Contains(o.stdout, idOf('a', 2)) {
		t.Errorf("verify tells of what is as the journal says:\n%s", o.stdout)
	}
	if n := len(w.server.Changes()); n != before {
		t.Errorf("verify sent %d requests that change something", n-before)
	}
	again := w.fix(t, "again", commonFixes) // it was changed back, so it is fixed again
	again.wants(t, completeRun)
	again.wantsOutcomes(t, map[string]int{"applied": 1})
	w.verify(t).wants(t, completeRun)
}

// What may still land is open: it is told as unsettled, nobody plans its package
// and nothing of it is sent again, until it has landed or can't any more.
func TestWhatMayStillLandIsOpen(t *testing.T) {
	t.Parallel()
	for _, lands := range []bool{true, false} {
		w := newWard(t, threePatients(), &wixsim.Options{Changes: wixsim.ChangeOptions{
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
		w.begin(t)
		v := w.fix(t, firstFixing, commonFixes, "--settle", "10m")
		v.wants(t, unfixedRun)
		v.wantsOutcomes(t, map[string]int{"applied": 2, "unsettled": 1})
		w.wantsOpen(t)
		next := w.fix(t, "next", commonFixes, "--settle", "10m")
		next.wants(t, completeRun)
		next.wantsOutcomesOf(t, map[string]string{"canceled_in_ledger CASE-2 status": "not_allowed unsettled"})
		if n := len(w.received(t)); n != 3 {
			t.Errorf("%d requests were sent, want 3", n)
		}
		if lands {
			w.server.ApplyDelayed()
		}
		last := w.apply(t, "last", firstFixing, "--settle", "1ms")
		last.wants(t, completeRun)
		last.wantsOutcomes(t, map[string]int{"applied": 3})
		entries, want := w.journal(t, "--package", idOf('a', 2)), 1
		if !lands {
			want = 2
		}
		if len(entries) != want || entries[0].Outcome != "applied" || entries[len(entries)-1].Attempt != 1 {
			t.Errorf("the journal has %+v, want %d attempts", entries, want)
		}
		w.wantsStatus(t, idOf('a', 2), "CANCELED")
		w.verify(t).wants(t, completeRun)
	}
}

// wantsOpen wants the cancel to be open, and verify to say so.
func (w *ward) wantsOpen(t *testing.T) {
	t.Helper()
	open := w.journal(t, "--open", "--settle", "10m")
	if len(open) != 1 || open[0].PackageID != idOf('a', 2) || open[0].Outcome != "open" {
		t.Fatalf("open are %+v", open)
	}
	if left := time.Until(open[0].SettlesAt); left < 5*time.Minute || left > 10*time.Minute {
		t.Errorf("it settles in %s", left)
	}
	o := w.verify(t)
	o.wants(t, unfixedRun)
	if !strings.Contains(o.stdout, "open") {
		t.Errorf("verify does not tell what is open:\n%s", o.stdout)
	}
}

// Before, wanted and observed stand in the workbook in the words of the field,
// and the codes say whether drift is left.
func TestWhatTheReportsSayOfFixes(t *testing.T) {
	t.Parallel()
	planted := threePatients()
	more := healthy(planted, 4, 2)
	more.rows[0].CatalogProductID, more.rows[1].SiteID = yearlyVIP, "none"
	more.rows[0].InstanceID, more.rows[1].InstanceID = more.pack.ProductInstances[0].InstanceID, more.pack.ProductInstances[1].InstanceID
	planted.Inventory, planted.Rows = append(planted.Inventory, more.pack), append(planted.Rows, more.rows...)
	w := newWard(t, planted, nil)
	w.begin(t, "--detailed-exitcode=false")
	w.do(t.Context(), "drift", "run", "--detailed-exitcode").wants(t, driftRun)
	w.wantsRefused(t)

	v := w.fix(t, firstFixing, commonFixes, "--reports", "findings,xlsx", "--detailed-exitcode")
	v.wants(t, driftRun) // the product and the site of the fourth
	sheet := v.fixes(t)
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
	v.wantsOutcomesOf(t, map[string]string{
		"site_mismatch CASE-1 site_id": "applied", "canceled_in_ledger CASE-2 status": "applied", "unlinked_package CASE-3 external_id": "applied",
		"product_mismatch CASE-4 catalog_product_id": "", "site_mismatch CASE-4 site_id": "",
	})
	w.fix(t, "rest", "adjust,unassign", "--detailed-exitcode").wants(t, completeRun)
	w.do(t.Context(), "clean", "run", "--detailed-exitcode").wants(t, completeRun)
}

// wantsRefused holds limits and guards: nothing is sent, not even what is under
// every limit, and the code and each finding say why.
func (w *ward) wantsRefused(t *testing.T) {
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
		"no-fixes":   {[]string{"--max-fixes", "2"}, "over_limit max_fixes"},
		"no-canary":  {[]string{"--canary", "NOBODY"}, "not_allowed canary"},
		"too-old":    {[]string{"--max-ledger-age", "1h"}, "not_allowed max_ledger_age"},
	} {
		v := w.fix(t, run, commonFixes, refusal.args...)
		v.wants(t, refusedRun)
		outcomes := v.outcomesOf(t)
		for _, key := range []string{"site_mismatch CASE-1 site_id", "canceled_in_ledger CASE-2 status", "unlinked_package CASE-3 external_id"} {
			if outcomes[key] != refusal.outcome {
				t.Errorf("%s: %s is told as %q, want %q", run, key, outcomes[key], refusal.outcome)
			}
		}
	}
	if n := len(w.server.Changes()); n > 0 {
		t.Errorf("%d requests that change something were sent by plans that were refused", n)
	}
}
