package main

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// Changes that come to something else than was asked, and servers that read
// the reference in another way: what is told is what was observed, and what was
// observed in the wrong stops the plan.

func wardBook(seed uint64) *wixsim.SampleData {
	return ofToday(wixsim.SampleOptions{Seed: seed, Accounts: 6, Packages: 130, PerKind: 1})
}

// An assign that answered 500 and left the instance on no site: failed, with the
// site that it has now, and nothing is sent after it. The next night fixes it.
func TestHalfAnAssignStopsThePlan(t *testing.T) {
	t.Parallel()
	planted := wardBook(31)
	var half atomic.Value
	chart := chartOf(planted)
	w := newWard(t, planted, &wixsim.Options{Changes: wixsim.ChangeOptions{OnChange: func(_ int, c wixsim.Change) wixsim.Fault {
		if c.Kind != wixsim.Assign || !chart.placed(c.InstanceID) || !half.CompareAndSwap(nil, c.InstanceID) {
			return ""
		}
		return wixsim.HalfAssign
	}}})
	w.begin(t)
	v := w.fix(t, firstFixing, everyFix, "--concurrency", "1", "--reports", "findings,xlsx")
	v.wants(t, unfixedRun)
	changes := w.server.Changes()
	last := changes[len(changes)-1]
	if last.Effect != wixsim.HalfDone {
		t.Errorf("%s %s was sent after an assign that was half done", last.Method, last.Path)
	}
	all := len(callsOf(cures(planted, everyFix)))
	v.wantsOutcomes(t, map[string]int{"applied": len(changes) - 1, "failed": 1, "not_started": all - len(changes)})
	for _, row := range v.rows(t, "findings.csv") {
		if row["kind"] == "site_mismatch" && row["instance_id"] == half.Load() && (row["outcome"] != "failed" || !strings.Contains(row["reason"], "site")) {
			t.Errorf("half an assign is told as %s: %s", row["outcome"], row["reason"])
		}
	}
	w.wantsNothingMore(t, "half", v)

	second := w.fix(t, "second", everyFix)
	second.wants(t, completeRun)
	w.wantsBook(t, callsOf(cures(planted, everyFix)))
	w.wantsNothingLeft(t, everyFix)
	w.verify(t).wants(t, completeRun)
}

// Three changes in a row of which nobody knows what became stop the plan, and a
// fourth is never sent. Once they can't land any more, apply sends them again,
// as second attempts, and goes on.
func TestThreeInARowStopThePlan(t *testing.T) {
	t.Parallel()
	planted := wardBook(35)
	w := newWard(t, planted, &wixsim.Options{Changes: wixsim.ChangeOptions{OnChange: func(n int, _ wixsim.Change) wixsim.Fault {
		if n <= 3 {
			return wixsim.GatewayTimeout
		}
		return ""
	}}})
	w.begin(t)
	v := w.fix(t, firstFixing, everyFix, "--settle", "10m")
	v.wants(t, unfixedRun)
	wanted := callsOf(cures(planted, everyFix))
	v.wantsOutcomes(t, map[string]int{"unsettled": 3, "not_started": len(wanted) - 3})
	first := w.received(t)
	if len(first) != 3 || len(w.journal(t, "--open")) != 3 {
		t.Fatalf("%d requests were sent, %d are open, want 3", len(first), len(w.journal(t, "--open")))
	}
	second := w.apply(t, "second", firstFixing, "--settle", "1ms")
	second.wants(t, completeRun)
	second.wantsOutcomes(t, map[string]int{"applied": len(wanted)})
	wantsCalls(t, w.received(t), append(first, wanted...))
	w.wantsTrueJournal(t, w.doses(t))
	w.wantsBook(t, wanted)
}

// placed reports whether a planted instance is on a site.
func (c *chart) placed(instance string) bool {
	for _, p := range c.packages {
		for _, in := range p.ProductInstances {
			if in.InstanceID == instance {
				return in.SiteID != ""
			}
		}
	}
	return false
}

// wantsNothingMore holds that a plan which was stopped by what was observed is
// never gone on with.
func (w *ward) wantsNothingMore(t *testing.T, run string, stopped *visit) {
	t.Helper()
	before := len(w.server.Changes())
	w.apply(t, run, stopped.run).wants(t, refusedRun)
	if n := len(w.server.Changes()); n != before {
		t.Errorf("apply sent %d requests after another effect than was asked", n-before)
	}
}

// Whatever the server answers a change with, and whichever dates it moves: all
// is applied, and told so.
func TestEveryReadingOfTheReferenceIsFixed(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]wixsim.ChangeOptions{
		"the package, dead may be canceled":   {Answer: wixsim.AnswerPackage, IdempotentCancel: true},
		"the instance, dates stay":            {Answer: wixsim.AnswerInstance, KeepUpdatedDate: true},
		"nothing, what is created is pending": {Answer: wixsim.AnswerNoBody, StayPending: true},
		"no content, dates stay":              {Answer: wixsim.AnswerNoContent, KeepUpdatedDate: true, CancelDependants: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWard(t, wardBook(40), &wixsim.Options{Changes: o})
			w.begin(t)
			v := w.fix(t, firstFixing, everyFix)
			v.wants(t, completeRun)
			w.wantsFixed(t, everyFix)
			w.wantsTold(t, v, everyFix)
			w.verify(t).wants(t, completeRun)
			if o.StayPending {
				w.server.Deliver()
				w.verify(t).wants(t, completeRun)
			}
			w.wantsNothingLeft(t, everyFix)
		})
	}
}

// Somebody cancels the package in the very moment in which the program does: the
// refusal, or the idle success, is told as what a read shows.
func TestACancelThatSomebodyElseWon(t *testing.T) {
	t.Parallel()
	for _, idempotent := range []bool{false, true} {
		var w *ward
		w = newWard(t, threePatients(), &wixsim.Options{Changes: wixsim.ChangeOptions{
			IdempotentCancel: idempotent,
			OnChange: func(_ int, c wixsim.Change) wixsim.Fault {
				if p, there := w.server.Package(c.PackageID); there && c.Kind == wixsim.CancelPackage {
					p = copied(&p)
					for i := range p.ProductInstances {
						p.ProductInstances[i].Status = "CANCELED"
					}
					w.server.Put(p)
				}
				return ""
			},
		}})
		w.begin(t)
		v := w.fix(t, firstFixing, "cancel")
		v.wants(t, completeRun)
		id := idOf('a', 2)
		wantsCalls(t, w.received(t), []call{{wixsim.CancelPackage, w.planted.Accounts[0], id, "", id}})
		v.wantsOutcomes(t, map[string]int{"applied": 1})
		w.wantsStatus(t, id, "CANCELED")
		w.verify(t).wants(t, completeRun)
	}
}

// What Wix refuses is failed with its words, changes nothing, and keeps nothing
// else from being fixed. It is not tried again by the same plan.
func TestWhatWixRefuses(t *testing.T) {
	t.Parallel()
	planted := wardBook(60)
	refused := cure{}
	for _, c := range cures(planted, "adjust") {
		if strings.Contains(c.calls[0].value, "YEAR") {
			refused = c
		}
	}
	product := ""
	for _, in := range chartOf(planted).packages[refused.calls[0].packages].ProductInstances {
		product = in.CatalogProductID
	}
	w := newWard(t, planted, &wixsim.Options{Changes: wixsim.ChangeOptions{Cycles: map[string][]string{product: {"1 MONTH"}}}})
	w.begin(t)
	v := w.fix(t, firstFixing, "adjust")
	v.wants(t, unfixedRun)
	all := callsOf(cures(planted, "adjust"))
	wantsCalls(t, w.received(t), all)
	v.wantsOutcomes(t, map[string]int{"applied": len(all) - 1, "failed": 1})
	for _, row := range v.rows(t, "findings.csv") {
		if findingOf(row) == refused.finding && (row["outcome"] != "failed" || !strings.Contains(row["reason"], "INCOMPATIBLE_BILLING_CYCLE")) {
			t.Errorf("what Wix refused is told as %s: %s", row["outcome"], row["reason"])
		}
	}
	w.apply(t, "again", firstFixing).wants(t, refusedRun)
	wantsCalls(t, w.received(t), all)
	w.verify(t).wants(t, completeRun)
}
