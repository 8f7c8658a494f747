package main

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// Changes with unexpected effects, and servers that implement the reference
// differently. Reports show what was read back, and an unexpected effect stops the
// plan.

func smallDriftInventory(seed uint64) *wixsim.SampleData {
	return generateNow(wixsim.SampleOptions{Seed: seed, Accounts: 6, Packages: 90, PerKind: 1})
}

// An assign answers 500 and leaves the instance without a site. It is reported as
// failed with the current site, and nothing is sent after it. The next run fixes
// it.
func TestPartialAssignStopsPlan(t *testing.T) {
	t.Parallel()
	planted := smallDriftInventory(31)
	var half atomic.Value
	index := indexOf(planted)
	w := newFixEnv(t, planted, &wixsim.Options{Changes: wixsim.ChangeOptions{OnChange: func(_ int, c wixsim.Change) wixsim.Fault {
		if c.Kind != wixsim.Assign || !index.onSite(c.InstanceID) || !half.CompareAndSwap(nil, c.InstanceID) {
			return ""
		}
		return wixsim.HalfAssign
	}}})
	w.firstRun(t)
	v := w.fix(t, fixRunID, everyFix, "--concurrency", "1", "--reports", "findings,xlsx")
	v.requireCode(t, exitUnfixed)
	changes := w.server.Changes()
	last := changes[len(changes)-1]
	if last.Effect != wixsim.HalfDone {
		t.Errorf("%s %s was sent after an assign that was half done", last.Method, last.Path)
	}
	all := len(changesOf(expectedFixes(planted, everyFix)))
	v.checkOutcomes(t, map[string]int{"applied": len(changes) - 1, "failed": 1, "not_started": all - len(changes)})
	for _, row := range v.table(t, "findings.csv") {
		if row["kind"] == "site_mismatch" && row["instance_id"] == half.Load() && (row["outcome"] != "failed" || !strings.Contains(row["reason"], "site")) {
			t.Errorf("a partial assign is reported as %s: %s", row["outcome"], row["reason"])
		}
	}
	w.checkNotResumed(t, "half", v)

	second := w.fix(t, "second", everyFix)
	second.requireCode(t, exitOK)
	w.checkInventory(t, changesOf(expectedFixes(planted, everyFix)))
	w.checkNothingLeft(t, everyFix)
	w.verify(t).requireCode(t, exitOK)
}

// Three unsettled changes in a row stop the plan, and a fourth is never sent. Once
// they can't happen any more, apply sends them again as second attempts, and
// continues.
func TestThreeUnsettledChangesStopPlan(t *testing.T) {
	t.Parallel()
	planted := smallDriftInventory(35)
	w := newFixEnv(t, planted, &wixsim.Options{Changes: wixsim.ChangeOptions{OnChange: func(n int, _ wixsim.Change) wixsim.Fault {
		if n <= 3 {
			return wixsim.GatewayTimeout
		}
		return ""
	}}})
	w.firstRun(t)
	v := w.fix(t, fixRunID, everyFix, "--settle", "10m")
	v.requireCode(t, exitUnfixed)
	expected := changesOf(expectedFixes(planted, everyFix))
	v.checkOutcomes(t, map[string]int{"unsettled": 3, "not_started": len(expected) - 3})
	first := w.receivedChanges(t)
	if len(first) != 3 || len(w.journal(t, "--open")) != 3 {
		t.Fatalf("%d requests were sent, %d are open, want 3", len(first), len(w.journal(t, "--open")))
	}
	second := w.apply(t, "second", fixRunID, "--settle", "1ms")
	second.requireCode(t, exitOK)
	second.checkOutcomes(t, map[string]int{"applied": len(expected)})
	checkChanges(t, w.receivedChanges(t), append(first, expected...))
	w.checkJournal(t, w.changeCounts(t))
	w.checkInventory(t, expected)
}

// onSite reports whether a planted instance is on a site.
func (c *plantedIndex) onSite(instance string) bool {
	for _, p := range c.packages {
		for _, in := range p.ProductInstances {
			if in.InstanceID == instance {
				return in.SiteID != ""
			}
		}
	}
	return false
}

// checkNotResumed checks that a plan that was stopped by an unexpected effect is
// not continued.
func (w *fixEnv) checkNotResumed(t *testing.T, run string, stopped *runResult) {
	t.Helper()
	before := len(w.server.Changes())
	w.apply(t, run, stopped.run).requireCode(t, exitRefused)
	if n := len(w.server.Changes()); n != before {
		t.Errorf("apply sent %d requests after an unexpected effect", n-before)
	}
}

// All changes are applied and reported as applied, whatever response the server
// sends and whichever dates it updates.
func TestFixesWithEveryServerVariant(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]wixsim.ChangeOptions{
		"package returned, repeated cancels accepted":   {Answer: wixsim.AnswerPackage, IdempotentCancel: true},
		"instance returned, dates unchanged":            {Answer: wixsim.AnswerInstance, KeepUpdatedDate: true},
		"empty response, created packages stay pending": {Answer: wixsim.AnswerNoBody, StayPending: true},
		"no content, dates unchanged":                   {Answer: wixsim.AnswerNoContent, KeepUpdatedDate: true, CancelDependants: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newFixEnv(t, smallDriftInventory(40), &wixsim.Options{Changes: o})
			w.firstRun(t)
			v := w.fix(t, fixRunID, everyFix)
			v.requireCode(t, exitOK)
			w.checkFixed(t, everyFix)
			w.checkReportedOutcomes(t, v, everyFix)
			w.verify(t).requireCode(t, exitOK)
			if o.StayPending {
				w.server.Deliver()
				w.verify(t).requireCode(t, exitOK)
			}
			w.checkNothingLeft(t, everyFix)
		})
	}
}

// The package is canceled elsewhere at the same moment. Whether Wix refuses the
// cancel or ignores it, the outcome is what was read back.
func TestConcurrentCancelElsewhere(t *testing.T) {
	t.Parallel()
	for _, idempotent := range []bool{false, true} {
		var w *fixEnv
		w = newFixEnv(t, threeDrifts(), &wixsim.Options{Changes: wixsim.ChangeOptions{
			IdempotentCancel: idempotent,
			OnChange: func(_ int, c wixsim.Change) wixsim.Fault {
				if p, there := w.server.Package(c.PackageID); there && c.Kind == wixsim.CancelPackage {
					p = cloned(&p)
					for i := range p.ProductInstances {
						p.ProductInstances[i].Status = "CANCELED"
					}
					w.server.Put(p)
				}
				return ""
			},
		}})
		w.firstRun(t)
		v := w.fix(t, fixRunID, "cancel")
		v.requireCode(t, exitOK)
		id := idOf('a', 2)
		checkChanges(t, w.receivedChanges(t), []change{{wixsim.CancelPackage, w.planted.Accounts[0], id, "", id}})
		v.checkOutcomes(t, map[string]int{"applied": 1})
		w.checkStatus(t, id, "CANCELED")
		w.verify(t).requireCode(t, exitOK)
	}
}

// A refused change is reported as failed with the message of Wix, changes nothing,
// and does not stop the other fixes. The same plan does not try it again.
func TestRefusedChange(t *testing.T) {
	t.Parallel()
	planted := smallDriftInventory(60)
	refused := expectedFix{}
	for _, c := range expectedFixes(planted, "adjust") {
		if strings.Contains(c.changes[0].value, "YEAR") {
			refused = c
		}
	}
	product := ""
	for _, in := range indexOf(planted).packages[refused.changes[0].packageID].ProductInstances {
		product = in.CatalogProductID
	}
	w := newFixEnv(t, planted, &wixsim.Options{Changes: wixsim.ChangeOptions{Cycles: map[string][]string{product: {"1 MONTH"}}}})
	w.firstRun(t)
	v := w.fix(t, fixRunID, "adjust")
	v.requireCode(t, exitUnfixed)
	all := changesOf(expectedFixes(planted, "adjust"))
	checkChanges(t, w.receivedChanges(t), all)
	v.checkOutcomes(t, map[string]int{"applied": len(all) - 1, "failed": 1})
	for _, row := range v.table(t, "findings.csv") {
		if findingOf(row) == refused.finding && (row["outcome"] != "failed" || !strings.Contains(row["reason"], "INCOMPATIBLE_BILLING_CYCLE")) {
			t.Errorf("a refused change is reported as %s: %s", row["outcome"], row["reason"])
		}
	}
	w.apply(t, "again", fixRunID).requireCode(t, exitRefused)
	checkChanges(t, w.receivedChanges(t), all)
	w.verify(t).requireCode(t, exitOK)
}
