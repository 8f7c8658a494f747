package main

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// Fixes with faults: a fifth of the changes lose their response after they were
// applied, a tenth fail before, a tenth are throttled, and some are applied after
// their connection was closed. Reads fail too. Runs are repeated and stopped plans
// continued until nothing is left. At every moment the reports are true, nothing is
// done twice, and nothing is sent again before the previous attempt ended as not
// done.

func changeFaults() map[wixsim.Fault]float64 {
	return map[wixsim.Fault]float64{
		wixsim.ResetAfter: 0.04, wixsim.BadGatewayAfter: 0.04, wixsim.GatewayTimeoutAfter: 0.04,
		wixsim.Truncate: 0.03, wixsim.HTMLWithOKAfter: 0.03, wixsim.HangAfter: 0.005, wixsim.DelayedEffect: 0.02,
		wixsim.InternalError: 0.03, wixsim.BadGateway: 0.03, wixsim.Unavailable: 0.02, wixsim.ResetConnection: 0.02,
		wixsim.Throttle: 0.05, wixsim.ThrottleRetryAfter: 0.05,
	}
}

// shortSettle is how long a lost change may still have an effect. It is longer than
// any delay.
const shortSettle = time.Second

func TestFixingWithFaults(t *testing.T) {
	t.Parallel()
	seeds := sample(t, "seeds", 2, 24)
	envs, trials := make([]*fixEnv, seeds), make([]func(), seeds)
	for seed := range seeds {
		trials[seed] = func() {
			t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
				envs[seed] = newFaultyEnv(t, uint64(seed))
				envs[seed].fixUntilDone(t, seed%2 == 0)
			})
		}
	}
	inParallel(6, trials...) // most of the time they wait
	if !t.Failed() {
		checkEveryFault(t, envs)
	}
}

// newFaultyEnv serves sample data with faults.
func newFaultyEnv(t *testing.T, seed uint64) *fixEnv {
	planted := generateNow(wixsim.SampleOptions{Seed: seed, Accounts: 4, Packages: sample(t, "packages", 45, 90), PerKind: 1})
	w := newFixEnv(t, planted, &wixsim.Options{
		Seed: seed,
		Faults: map[wixsim.Fault]float64{
			wixsim.InternalError: 0.02, wixsim.ResetConnection: 0.02, wixsim.Truncate: 0.02, wixsim.HTMLWithOK: 0.01, wixsim.Throttle: 0.005,
		},
		Changes: wixsim.ChangeOptions{
			Faults: changeFaults(), EffectDelay: shortSettle / 20,
		},
	})
	w.firstRun(t)
	return w
}

// fixUntilDone fixes until nothing is left. An unfinished plan is continued by
// apply, or left to the next run.
func (w *fixEnv) fixUntilDone(t *testing.T, apply bool) {
	const most = 40
	for n := range most {
		run := fmt.Sprint("night-", n)
		before, open := len(w.server.Changes()), len(w.journal(t, "--open"))
		v := w.fix(t, run, everyFix)
		w.checkReports(t, v, run)
		for again := 0; apply && resumable(t, v) && again < most; again++ {
			time.Sleep(shortSettle)
			v = w.apply(t, fmt.Sprint(run, "-again-", again), run)
			w.checkReports(t, v, run)
		}
		if t.Failed() {
			return
		}
		if v.code == exitOK && len(w.server.Changes()) == before && open == 0 {
			w.checkNothingOpen(t)
			return
		}
		if !apply {
			time.Sleep(shortSettle)
		}
	}
	t.Errorf("after %d trials something is left", most)
}

// resumable reports whether apply can continue a plan.
func resumable(t *testing.T, v *runResult) bool {
	t.Helper()
	s := v.summary(t)
	return len(s.Fixes.Refusals) == 0 && s.Fixes.Actions["unsettled"]+s.Fixes.Actions["not_started"] > 0
}

// A changeCount counts the requests of one change at the simulator.
type changeCount struct{ applied, sent, throttled, repeated int }

// changeCounts returns the counts by fix and instance, package or external id.
func (w *fixEnv) changeCounts(t *testing.T) map[string]changeCount {
	t.Helper()
	counts := make(map[string]changeCount)
	for _, c := range w.server.Changes() {
		of := changeOf(t, &c)
		key := fixOf(c.Kind) + " " + of.target
		d := counts[key]
		d.sent++
		switch {
		case c.Status == http.StatusTooManyRequests:
			d.throttled++
		case c.Effect == wixsim.Done || c.Effect == wixsim.DoneLater:
			d.applied++
		case c.Effect == wixsim.Repeated:
			d.repeated++
		}
		counts[key] = d
	}
	return counts
}

func fixOf(kind wixsim.ChangeKind) string {
	if kind == wixsim.CancelPackage || kind == wixsim.CancelInstance {
		return "cancel"
	}
	return string(kind)
}

// checkReports compares the journal, the summary and the findings of a run with
// what the simulator did.
func (w *fixEnv) checkReports(t *testing.T, v *runResult, planned string) {
	t.Helper()
	if v.code != exitOK && v.code != exitUnfixed {
		t.Fatalf("exit code %d\n%s", v.code, v.stderr)
	}
	counts := w.changeCounts(t)
	w.checkJournal(t, counts)
	actions := v.summary(t).Fixes.Actions
	made, plan := 0, (&runResult{out: v.out, run: planned}).plan(t)
	for i := range plan.Actions {
		a := &plan.Actions[i]
		made += counts[a.Fix+" "+nonEmpty(a.InstanceID, a.PackageID, a.ExternalID)].applied
	}
	if made < actions["applied"] || made > actions["applied"]+actions["unsettled"] {
		t.Errorf("%s reports %v, but %d of its actions were applied", v.run, actions, made)
	}
	if left := actions["failed"] + actions["unsettled"] + actions["not_started"]; (left > 0) != (v.code == exitUnfixed) {
		t.Errorf("%s reports %v, but ended with %d", v.run, actions, v.code)
	}
	if v.summary(t).Command == "run" {
		w.checkFindingOutcomes(t, v, counts)
	}
}

func nonEmpty(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// checkJournal compares every attempt with what the simulator did.
func (w *fixEnv) checkJournal(t *testing.T, counts map[string]changeCount) {
	t.Helper()
	of := make(map[string][]journalEntry)
	for _, e := range w.journal(t) {
		key := e.Fix + " " + nonEmpty(e.InstanceID, e.PackageID)
		if e.Fix == "create" {
			key = "create " + e.ExternalID
		}
		of[key] = append(of[key], e)
	}
	for key, entries := range of {
		slices.SortFunc(entries, func(a, b journalEntry) int { return a.Attempt - b.Attempt })
		d, last := counts[key], entries[len(entries)-1]
		bad := d.applied > 1 || d.repeated > 0 || d.sent-d.throttled > len(entries)
		switch last.Outcome {
		case "applied":
			bad = bad || d.applied != 1
		case "failed":
			bad = bad || d.applied != 0
		}
		for _, e := range entries[:len(entries)-1] {
			bad = bad || e.Outcome != "failed"
		}
		if bad {
			t.Errorf("%s: Wix has %+v, the journal %+v", key, d, entries)
		}
		checkSends(t, key, d, entries)
	}
	for key, d := range counts {
		if len(of[key]) == 0 {
			t.Errorf("%s: Wix has %+v, the journal nothing", key, d)
		}
	}
}

// checkSends compares the requests that the journal counts with those received.
func checkSends(t *testing.T, key string, d changeCount, entries []journalEntry) {
	t.Helper()
	sends := 0
	for _, e := range entries {
		if e.Sends == nil {
			return // settled by a later run, which does not know
		}
		sends += *e.Sends
	}
	if sends != d.sent {
		t.Errorf("%s: the journal counts %d requests, Wix %d", key, sends, d.sent)
	}
}

// checkFindingOutcomes compares the outcomes in findings.csv with what the
// simulator did.
func (w *fixEnv) checkFindingOutcomes(t *testing.T, v *runResult, counts map[string]changeCount) {
	t.Helper()
	of := make(map[wixsim.Finding][]change)
	for _, c := range expectedFixes(w.planted, everyFix) {
		of[c.finding] = c.changes
	}
	for _, row := range v.table(t, "findings.csv") {
		made, calls := 0, of[findingOf(row)]
		for _, c := range calls {
			made += counts[fixOf(c.kind)+" "+c.target].applied
		}
		switch row["outcome"] {
		case "applied":
			if made != len(calls) {
				t.Errorf("%s is reported as applied, but %d of its %d changes were made", findingText(findingOf(row)), made, len(calls))
			}
		case "failed", "not_started", "stale":
			if made == len(calls) {
				t.Errorf("%s is reported as %s (%s), but was applied", findingText(findingOf(row)), row["outcome"], row["reason"])
			}
		}
	}
}

// checkNothingOpen checks the final inventory: everything is fixed, except creates
// whose request may still arrive, which are never sent again.
func (w *fixEnv) checkNothingOpen(t *testing.T) {
	t.Helper()
	last := make(map[string]journalEntry)
	for _, e := range w.journal(t) {
		if e.Fix == "create" && e.Attempt > last[e.ExternalID].Attempt {
			last[e.ExternalID] = e
		}
	}
	counts := w.changeCounts(t)
	var made []change
	for _, c := range changesOf(expectedFixes(w.planted, everyFix)) {
		d := counts[fixOf(c.kind)+" "+c.target]
		if d.applied == 1 {
			made = append(made, c)
		} else if c.kind != wixsim.CreatePackage || last[c.target].Outcome != "failed" {
			t.Errorf("%+v is not made: Wix has %+v", c, d)
		}
	}
	w.checkInventory(t, made)
	o := w.verify(t)
	o.requireCode(t, exitOK)
}

// checkEveryFault fails the test if a kind of fault did not occur.
func checkEveryFault(t *testing.T, envs []*fixEnv) {
	t.Helper()
	met := make(map[string]int)
	for _, w := range envs {
		for _, c := range w.server.Changes() {
			switch {
			case c.Fault == "":
				met["none"]++
			case c.Status == http.StatusTooManyRequests:
				met["throttled"]++
			case c.Effect == wixsim.NoEffect:
				met["not done"]++
			default:
				met["lost"]++
			}
		}
	}
	t.Logf("changes by what they met: %v", met)
	for _, what := range []string{"none", "throttled", "not done", "lost"} {
		if met[what] == 0 {
			t.Errorf("no change is %s", what)
		}
	}
}
