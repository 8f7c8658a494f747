package guard_test

import (
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/reconcile/fix/guard"
)

// Of ten packages three are gone: more than one fewer, unless our own cancels are
// the reason.
func TestOwnCancelsAreCredited(t *testing.T) {
	const day = 24 * time.Hour
	cancel := func(id string, edit ...func(*fix.Entry)) fix.Entry {
		a := removal(1, 1)
		a.PackageID, a.Kind = id, reconcile.CanceledInLedger.String()
		known := func(e *fix.Entry) { e.Evidence.FirstSeen = now.Add(-3 * day) } // to the baseline
		return attempt(a, now.Add(-2*day), append([]func(*fix.Entry){known, completed(fix.OutcomeApplied, 1, time.Second)}, edit...)...)
	}
	instance := func(left ...fix.InstanceState) func(*fix.Entry) {
		return func(e *fix.Entry) {
			e.Action.InstanceID, e.Completion.Observed = "I", &fix.State{Instances: left}
		}
	}
	orphan := func(seen time.Duration) func(*fix.Entry) {
		return func(e *fix.Entry) {
			e.Action.Kind, e.Evidence.FirstSeen = reconcile.OrphanPackage.String(), now.Add(seen)
		}
	}
	live, dead := fix.InstanceState{ID: "J", Status: reconcile.StatusEnabled}, fix.InstanceState{ID: "J", Status: reconcile.StatusCanceled}
	for _, c := range []struct {
		name        string
		journal     []fix.Entry
		live, pairs bool // objects
	}{
		{"none", nil, true, true},
		{"one of them", []fix.Entry{cancel("A")}, true, true},
		{"two of them", []fix.Entry{cancel("A"), cancel("B")}, false, false},
		{"the same twice", []fix.Entry{cancel("A"), cancel("A")}, true, true},
		{"before the baseline", []fix.Entry{cancel("A"), cancel("B", func(e *fix.Entry) { e.Completion.Ended = now.Add(-3 * day) })}, true, true},
		{"failed", []fix.Entry{cancel("A"), cancel("B", func(e *fix.Entry) { e.Completion.Outcome = fix.OutcomeFailed })}, true, true},
		{"open", []fix.Entry{cancel("A"), cancel("B", func(e *fix.Entry) { e.Completion = nil })}, true, true},
		{"another fix", []fix.Entry{cancel("A"), cancel("B", func(e *fix.Entry) { e.Action.Fix = reconcile.FixUnassign })}, true, true},
		{"the last instance", []fix.Entry{cancel("A"), cancel("B", instance(dead))}, false, false},
		{"an instance of several", []fix.Entry{cancel("A"), cancel("B", instance(dead, live))}, true, true},
		{"an orphan that the baseline knew", []fix.Entry{cancel("A"), cancel("B", orphan(-4*day))}, false, true},
		{"an orphan that came after it", []fix.Entry{cancel("A"), cancel("B", orphan(-2*day))}, false, false},
	} {
		baseline, run := summary(10), summary(10)
		baseline.Wix.LivePackages, baseline.Wix.MatchedPairs = 10, 10
		for metric, objects := range map[*int]bool{&run.Wix.LivePackages: c.live, &run.Wix.MatchedPairs: c.pairs} {
			run.Wix.LivePackages, run.Wix.MatchedPairs = 10, 10
			*metric = 7
			h := reconcile.History{Runs: []reconcile.Summary{accepted("r", 3, baseline)}}
			h.Runs[0].AsOf = now.Add(-5 * day / 2)
			got := evaluate(defaultGuards(), run, guard.Inputs{Journal: c.journal}, h)
			if (len(got) > 0) != objects {
				t.Errorf("%s: %d of 10 live packages and %d pairs: %q", c.name, run.Wix.LivePackages, run.Wix.MatchedPairs, got)
			}
		}
	}
	run, baseline := summary(7), summary(10)
	h := reconcile.History{Runs: []reconcile.Summary{accepted("r", 3, baseline)}}
	if got := evaluate(defaultGuards(), run, guard.Inputs{Journal: []fix.Entry{cancel("A"), cancel("B"), cancel("C")}}, h); len(got) == 0 {
		t.Error("cancels are credited for rows that the ledger lost")
	}
}
