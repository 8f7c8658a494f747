package main

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// Fixing in bad weather: of the changes a fifth has its answer lost after the
// work was done, a tenth fails before it, a tenth is turned away for coming too
// fast, and some are made after their connection has gone; reads fail too. Night
// after night the breaker stops, and is gone on with, until nothing is left. At
// every moment what is told is true, nothing is done twice, and nothing is sent
// again before the attempt before has ended as not done.

func badWeather() map[wixsim.Fault]float64 {
	return map[wixsim.Fault]float64{
		wixsim.ResetAfter: 0.04, wixsim.BadGatewayAfter: 0.04, wixsim.GatewayTimeoutAfter: 0.04,
		wixsim.Truncate: 0.03, wixsim.HTMLWithOKAfter: 0.03, wixsim.HangAfter: 0.005, wixsim.DelayedEffect: 0.02,
		wixsim.InternalError: 0.03, wixsim.BadGateway: 0.03, wixsim.Unavailable: 0.02, wixsim.ResetConnection: 0.02,
		wixsim.Throttle: 0.05, wixsim.ThrottleRetryAfter: 0.05,
	}
}

// settleSoon is how long a lost change may have an effect, and is longer than
// one is delayed.
const settleSoon = time.Second

func TestFixingInBadWeather(t *testing.T) {
	t.Parallel()
	seeds := 3
	if os.Getenv("WIXRECON_LONG") != "" {
		seeds = 24
	}
	wards, nights := make([]*ward, seeds), make([]func(), seeds)
	for seed := range seeds {
		nights[seed] = func() {
			t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
				wards[seed] = stormy(t, uint64(seed))
				wards[seed].weather(t, seed%2 == 0)
			})
		}
	}
	sideBySide(6, nights...) // they wait more than they work
	if !t.Failed() {
		wantsStorm(t, wards)
	}
}

// stormy serves a planted book in bad weather.
func stormy(t *testing.T, seed uint64) *ward {
	planted := ofToday(wixsim.SampleOptions{Seed: seed, Accounts: 6, Packages: 150, PerKind: 1})
	w := newWard(t, planted, &wixsim.Options{
		Seed: seed,
		Faults: map[wixsim.Fault]float64{
			wixsim.InternalError: 0.02, wixsim.ResetConnection: 0.02, wixsim.Truncate: 0.02, wixsim.HTMLWithOK: 0.01, wixsim.Throttle: 0.005,
		},
		Changes: wixsim.ChangeOptions{
			Faults: badWeather(), EffectDelay: settleSoon / 20,
		},
	})
	w.begin(t)
	return w
}

// weather fixes until nothing is left. What a run left undone is gone on with by
// apply, or left to the next run.
func (w *ward) weather(t *testing.T, apply bool) {
	const most = 40
	for n := range most {
		run := fmt.Sprint("night-", n)
		before, open := len(w.server.Changes()), len(w.journal(t, "--open"))
		v := w.fix(t, run, everyFix)
		w.wantsTruth(t, v, run)
		for again := 0; apply && undone(t, v) && again < most; again++ {
			time.Sleep(settleSoon)
			v = w.apply(t, fmt.Sprint(run, "-again-", again), run)
			w.wantsTruth(t, v, run)
		}
		if t.Failed() {
			return
		}
		if v.code == completeRun && len(w.server.Changes()) == before && open == 0 {
			w.wantsClear(t)
			return
		}
		if !apply {
			time.Sleep(settleSoon)
		}
	}
	t.Errorf("after %d nights something is left", most)
}

// undone reports whether apply may go on with a plan.
func undone(t *testing.T, v *visit) bool {
	t.Helper()
	s := v.told(t)
	return len(s.Fixes.Refusals) == 0 && s.Fixes.Actions["unsettled"]+s.Fixes.Actions["not_started"] > 0
}

// A dose is what the simulator has of one change.
type dose struct{ made, sent, throttled, repeated int }

// doses gives it by fix and instance, package or external id.
func (w *ward) doses(t *testing.T) map[string]dose {
	t.Helper()
	doses := make(map[string]dose)
	for _, c := range w.server.Changes() {
		of := callOf(t, &c)
		key := fixOf(c.Kind) + " " + of.about
		d := doses[key]
		d.sent++
		switch {
		case c.Status == http.StatusTooManyRequests:
			d.throttled++
		case c.Effect == wixsim.Done || c.Effect == wixsim.DoneLater:
			d.made++
		case c.Effect == wixsim.Repeated:
			d.repeated++
		}
		doses[key] = d
	}
	return doses
}

func fixOf(kind wixsim.ChangeKind) string {
	if kind == wixsim.CancelPackage || kind == wixsim.CancelInstance {
		return "cancel"
	}
	return string(kind)
}

// wantsTruth holds the journal, the summary and the findings of what was just
// done against what the simulator did.
func (w *ward) wantsTruth(t *testing.T, v *visit, planned string) {
	t.Helper()
	if v.code != completeRun && v.code != unfixedRun {
		t.Fatalf("exit code %d\n%s", v.code, v.stderr)
	}
	doses := w.doses(t)
	w.wantsTrueJournal(t, doses)
	actions := v.told(t).Fixes.Actions
	made, plan := 0, (&visit{v.outcome, planned}).plan(t)
	for i := range plan.Actions {
		a := &plan.Actions[i]
		made += doses[a.Fix+" "+nonEmpty(a.InstanceID, a.PackageID, a.ExternalID)].made
	}
	if made < actions["applied"] || made > actions["applied"]+actions["unsettled"] {
		t.Errorf("%s tells of %v, and %d of its actions were done", v.run, actions, made)
	}
	if left := actions["failed"] + actions["unsettled"] + actions["not_started"]; (left > 0) != (v.code == unfixedRun) {
		t.Errorf("%s tells of %v, and ended with %d", v.run, actions, v.code)
	}
	if v.told(t).Command == "run" {
		w.wantsTrueFindings(t, v, doses)
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

// wantsTrueJournal holds every attempt against what was done.
func (w *ward) wantsTrueJournal(t *testing.T, doses map[string]dose) {
	t.Helper()
	of := make(map[string][]attempted)
	for _, e := range w.journal(t) {
		key := e.Fix + " " + nonEmpty(e.InstanceID, e.PackageID)
		if e.Fix == "create" {
			key = "create " + e.ExternalID
		}
		of[key] = append(of[key], e)
	}
	for key, entries := range of {
		slices.SortFunc(entries, func(a, b attempted) int { return a.Attempt - b.Attempt })
		d, last := doses[key], entries[len(entries)-1]
		bad := d.made > 1 || d.repeated > 0 || d.sent-d.throttled > len(entries)
		switch last.Outcome {
		case "applied":
			bad = bad || d.made != 1
		case "failed":
			bad = bad || d.made != 0
		}
		for _, e := range entries[:len(entries)-1] {
			bad = bad || e.Outcome != "failed"
		}
		if bad {
			t.Errorf("%s: Wix has %+v, the journal %+v", key, d, entries)
		}
		wantsSends(t, key, d, entries)
	}
	for key, d := range doses {
		if len(of[key]) == 0 {
			t.Errorf("%s: Wix has %+v, the journal nothing", key, d)
		}
	}
}

// wantsSends holds the requests that the journal counts against those that came.
func wantsSends(t *testing.T, key string, d dose, entries []attempted) {
	t.Helper()
	sends := 0
	for _, e := range entries {
		if e.Sends == nil {
			return // settled later: nobody knows
		}
		sends += *e.Sends
	}
	if sends != d.sent {
		t.Errorf("%s: the journal counts %d requests, Wix %d", key, sends, d.sent)
	}
}

// wantsTrueFindings holds the outcomes of findings.csv against what was done.
func (w *ward) wantsTrueFindings(t *testing.T, v *visit, doses map[string]dose) {
	t.Helper()
	of := make(map[wixsim.Finding][]call)
	for _, c := range cures(w.planted, everyFix) {
		of[c.finding] = c.calls
	}
	for _, row := range v.rows(t, "findings.csv") {
		made, calls := 0, of[findingOf(row)]
		for _, c := range calls {
			made += doses[fixOf(c.kind)+" "+c.about].made
		}
		switch row["outcome"] {
		case "applied":
			if made != len(calls) {
				t.Errorf("%s is told as applied, and %d of its %d changes were made", finding(findingOf(row)), made, len(calls))
			}
		case "failed", "not_started", "stale":
			if made == len(calls) {
				t.Errorf("%s is told as %s (%s), and was done", finding(findingOf(row)), row["outcome"], row["reason"])
			}
		}
	}
}

// wantsClear holds the inventory at the end: everything is fixed but creates whose
// request may still come, which are never sent again.
func (w *ward) wantsClear(t *testing.T) {
	t.Helper()
	last := make(map[string]attempted)
	for _, e := range w.journal(t) {
		if e.Fix == "create" && e.Attempt > last[e.ExternalID].Attempt {
			last[e.ExternalID] = e
		}
	}
	doses := w.doses(t)
	var made []call
	for _, c := range callsOf(cures(w.planted, everyFix)) {
		d := doses[fixOf(c.kind)+" "+c.about]
		if d.made == 1 {
			made = append(made, c)
		} else if c.kind != wixsim.CreatePackage || last[c.about].Outcome != "failed" {
			t.Errorf("%+v is not made: Wix has %+v", c, d)
		}
	}
	w.wantsBook(t, made)
	o := w.verify(t)
	o.wants(t, completeRun)
}

// wantsStorm keeps the test from passing because the weather was good.
func wantsStorm(t *testing.T, wards []*ward) {
	t.Helper()
	met := make(map[string]int)
	for _, w := range wards {
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
