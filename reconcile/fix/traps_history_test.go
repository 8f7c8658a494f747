package fix_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/reconcile/fix/guard"
)

// Traps that only earlier runs reveal: an empty or wrong source was synced as
// "delete all" elsewhere (rclone #1186, #4298; s5cmd #699). All
// limits are off and one sighting is enough, unless set otherwise.

// nightlyInputs are so many subscriptions, each on a site of its own.
func nightlyInputs(n int) inputs {
	var b inputs
	for i := range n {
		id := guid('b', i)
		b.lines = append(b.lines, line(id, func(l *reconcile.Line) { l.AccountID = account(i % 7) }))
		b.packages = append(b.packages, in(i%7, pack(id, id, inst("plan", site(i)))))
	}
	return b.withoutLimits()
}

// refused checks that nothing of the run is sent, and what refused it.
func refused(t *testing.T, m *nightResult, want string) {
	t.Helper()
	var got []string
	for _, r := range m.Refusals {
		got = append(got, r.Limit)
	}
	if len(m.Actions) == 0 {
		t.Error("there was nothing to refuse")
	}
	if !slices.Contains(got, want) {
		t.Errorf("refused by %q, want %s; %d actions", got, want, len(m.Actions))
	}
	for i := range m.decisions {
		if d := &m.decisions[i]; len(d.Actions) > 0 && d.Outcome == "" {
			t.Fatalf("finding %d has no outcome", i)
		}
	}
}

func TestTrapAFreshOut(t *testing.T) {
	b := nightlyInputs(100)
	b.lines = b.lines[:99]
	m := newSimulation().run(t, b, nightRun{})
	refused(t, &m, fix.RefusedHistory)
	if !m.accepted || len(m.Refusals) != 1 {
		t.Errorf("the first complete run is accepted: %t, %+v", m.accepted, m.Refusals)
	}
}

func TestTrapAllIDsRekeyed(t *testing.T) {
	r := newSimulation()
	r.run(t, nightlyInputs(100), nightRun{})
	b := nightlyInputs(100)
	for i := range b.lines {
		b.lines[i].ExternalID = "new-" + b.lines[i].ExternalID
	}
	m := r.run(t, b, nightRun{})
	refused(t, &m, fix.GuardShrink)
	if m.accepted || !strings.HasPrefix(m.objections[0].Text, "matched pairs: ") {
		t.Errorf("accepted %t, %+v", m.accepted, m.objections)
	}
}

func TestTrapAllStatusesFlipped(t *testing.T) {
	r := newSimulation()
	flipped := func(l *reconcile.Line) {
		if l.Status == reconcile.Active {
			l.Status = reconcile.Canceled
		} else {
			l.Status = reconcile.Active
		}
	}
	mostly := func(active int) inputs {
		b := nightlyInputs(100)
		for i := active; i < 100; i++ {
			b.lines[i].Status, b.packages[i].Instances[0].Status = reconcile.Canceled, reconcile.StatusCanceled
		}
		return b
	}
	r.run(t, mostly(90), nightRun{})
	b := mostly(90)
	for i := range b.lines {
		flipped(&b.lines[i])
	}
	m := r.run(t, b, nightRun{})
	refused(t, &m, fix.GuardShrink)

	// Where half of the rows were canceled the counts stay; a canary is missing.
	r = newSimulation()
	r.run(t, mostly(50), nightRun{canary: []string{guid('b', 0)}})
	b = mostly(50)
	for i := range b.lines {
		flipped(&b.lines[i])
	}
	m = r.run(t, b, nightRun{canary: []string{guid('b', 0)}})
	refused(t, &m, fix.GuardCanary)
}

// A shrink in steps does not lower the baseline: every run is compared with the
// largest of fourteen days.
func TestTrapTenNightsOfFourPercent(t *testing.T) {
	r := newSimulation()
	r.run(t, nightlyInputs(1000), nightRun{})
	rows := 1000
	for n := range 10 {
		rows = rows * 96 / 100
		b := nightlyInputs(1000)
		b.lines = b.lines[:rows]
		m := r.run(t, b, nightRun{})
		if n == 0 {
			if !m.accepted || len(m.Actions) != 40 {
				t.Fatalf("4 %% of one run are within the limit: accepted %t, %d actions", m.accepted, len(m.Actions))
			}
			continue
		}
		refused(t, &m, fix.GuardShrink)
	}
	if len(r.scopeState("").Runs) != 2 {
		t.Errorf("%d runs were accepted, want the first two", len(r.scopeState("").Runs))
	}
}

// Two truncated nights are no sightings. Then --max-shrink is raised:
// that run is the first sighting, and everything waits for another.
func TestTrapTwoTruncatedNightsAndARaisedShrink(t *testing.T) {
	r := newSimulation()
	r.run(t, nightlyInputs(100), nightRun{})
	b := nightlyInputs(100)
	b.lines, b.options.MinSightings = b.lines[:50], 2
	for range 2 {
		m := r.run(t, b, nightRun{})
		refused(t, &m, fix.GuardShrink)
	}
	r.guards.MaxShrink = guard.Percent{Max: dec("60")}
	m := r.run(t, b, nightRun{})
	if !m.accepted || len(m.Actions) != 50 {
		t.Fatalf("accepted %t, %d actions", m.accepted, len(m.Actions))
	}
	for i := range m.Actions {
		if m.Actions[i].Due(true) {
			t.Fatalf("%s is due", strings.Join(actionLines(m.Actions[i:i+1]), ""))
		}
	}
}

func TestTrapAnEmptyLedger(t *testing.T) {
	r := newSimulation()
	r.run(t, nightlyInputs(100), nightRun{})
	b := nightlyInputs(100)
	b.options.Listed = b.listed()
	b.lines = nil
	m := r.run(t, b, nightRun{})
	refused(t, &m, fix.GuardShrink)
}

func TestTrapAnOldLedger(t *testing.T) {
	r := newSimulation()
	r.run(t, nightlyInputs(100), nightRun{})
	b := nightlyInputs(100)
	b.lines = b.lines[:99]
	m := r.run(t, b, nightRun{written: now.AddDate(0, 0, 0)})
	refused(t, &m, fix.GuardLedgerAge)
}

// An archive that was lost: the next run is a first one.
func TestTrapALostArchive(t *testing.T) {
	r := newSimulation()
	r.run(t, nightlyInputs(100), nightRun{})
	r.run(t, nightlyInputs(100), nightRun{})
	r.scopes = make(map[string]*scopeState)
	b := nightlyInputs(100)
	b.lines = b.lines[:50]
	m := r.run(t, b, nightRun{})
	refused(t, &m, fix.RefusedHistory)
}
