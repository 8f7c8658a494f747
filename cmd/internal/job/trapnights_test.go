package job_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/wixrecon/wixrecon/cmd/internal/job"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// Traps that only the history can reveal: in other programs an empty or wrong
// source was synced as "delete all" (rclone #1186, #4298; s5cmd #699). Limits are
// off and one sighting is enough, unless a test sets them. What such a night would
// have done is in its plan, and nothing is sent.

// fillHealthy replaces everything by count healthy subscriptions in both accounts.
func (n *fixScenario) fillHealthy(count int) *fixScenario {
	accounts := []string{accountA, accountB}
	n.rows, n.packages = nil, nil
	for i := range count {
		row := wixsim.Row{ExternalID: fmt.Sprintf("N-%03d", i), AccountID: accounts[i%2]}
		n.rows = append(n.rows, row)
		n.packages = append(n.packages, wixsim.Package{ExternalID: row.ExternalID, AccountID: row.AccountID})
	}
	n.rows, n.packages = rowsOf(n.rows...), packagesOf(n.packages...)
	return n
}

// expectRefused expects that a night refuses a plan with actions, and by what.
func (n *fixScenario) expectRefused(t *testing.T, night int, by string, kinds ...string) *fix.Plan {
	t.Helper()
	m := n.runFixes(t, moment(night, 0), job.ExitRefused, kinds...)
	p := n.plan(t, m)
	if len(p.Actions) == 0 || refusedBy(p) != by {
		t.Errorf("night %d: %d actions, refused by %q, want %s", night, len(p.Actions), refusedBy(p), by)
	}
	if len(m.sim.Changes()) > 0 {
		t.Errorf("night %d: sent %s", night, describeSent(m))
	}
	if got := m.summary.Fixes; got == nil || got.Actions[fix.OutcomeApplied] > 0 || len(got.Refusals) == 0 {
		t.Errorf("night %d: summary: %+v", night, got)
	}
	if want := by == fix.RefusedHistory; m.summary.Accepted != want {
		t.Errorf("night %d: accepted %t, want %t", night, m.summary.Accepted, want)
	}
	return p
}

// expectAllSent expects that a night sends its whole plan.
func (n *fixScenario) expectAllSent(t *testing.T, night, actions int, kinds ...string) {
	t.Helper()
	m := n.runFixes(t, moment(night, 0), job.ExitOK, kinds...)
	if p := n.plan(t, m); len(p.Actions) != actions || len(m.sim.Changes()) != actions {
		t.Errorf("night %d: %d actions, and sent %d; want %d", night, len(p.Actions), len(m.sim.Changes()), actions)
	}
}

func TestTrapEmptyArchive(t *testing.T) {
	t.Parallel()
	n := newFixScenario(t).fillHealthy(4)
	n.rows = n.rows[:3]
	n.expectRefused(t, 0, fix.RefusedHistory)
	n.expectAllSent(t, 1, 1)
	n.out = "mem://lost" // another archive: the next run is the first
	n.expectRefused(t, 2, fix.RefusedHistory)
}

func TestTrapAllIDsRekeyed(t *testing.T) {
	t.Parallel()
	n := newFixScenario(t).fillHealthy(20)
	n.audit(t, moment(0, 0), job.ExitOK)
	for i := range n.rows {
		n.rows[i].ExternalID = "new-" + n.rows[i].ExternalID
	}
	p := n.expectRefused(t, 1, fix.GuardShrink)
	if len(p.Actions) != 40 || p.Refusals[0].Need != "0" {
		t.Errorf("%d actions, %+v", len(p.Actions), p.Refusals)
	}
	// Without the guard each orphan is a possible match of each row: a person decides.
	n.setFlags(map[string]string{"max-shrink": "off"})
	m := n.runFixes(t, moment(2, 0), job.ExitOK)
	if p := n.plan(t, m); len(p.Actions) != 40 || len(m.sim.Changes()) != 0 {
		t.Errorf("%d actions, and sent %d; want 40 and 0", len(p.Actions), len(m.sim.Changes()))
	}
}

func TestTrapAllStatusesFlipped(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		active int
		canary string
		by     string
	}{
		"mostly active": {active: 18, by: fix.GuardShrink},
		"half of them":  {active: 10, canary: "N-000", by: fix.GuardCanary}, // the counts stay the same; a canary does not
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newFixScenario(t).fillHealthy(20)
			for i := c.active; i < 20; i++ {
				n.rows[i].Status, n.packages[i].ProductInstances[0].Status = "canceled", "CANCELED"
			}
			if c.canary != "" {
				n.setFlags(map[string]string{"canary": c.canary})
			}
			n.audit(t, moment(0, 0), job.ExitOK)
			for i := range n.rows {
				n.rows[i].Status = map[string]string{"active": "canceled", "canceled": "active"}[n.rows[i].Status]
			}
			n.expectRefused(t, 1, c.by)
			maps.DeleteFunc(n.flags, func(name, _ string) bool { return name == "canary" })
			n.setFlags(map[string]string{"max-shrink": "off"})
			n.expectAllSent(t, 2, c.active)
		})
	}
}

// Every night is compared with the largest of fourteen days, so a shrink in small
// steps is noticed. Only the first step can be a sighting, and one is not enough by
// default.
func TestTrapTenNightsOfFourPercent(t *testing.T) {
	t.Parallel()
	for sightings, sent := range map[string]int{"1": 2, "2": 0} {
		t.Run(sightings, func(t *testing.T) {
			t.Parallel()
			n := newFixScenario(t).fillHealthy(50)
			n.setFlags(map[string]string{"min-sightings": sightings})
			n.audit(t, moment(0, 0), job.ExitOK)
			for night := 1; night <= 10; night++ {
				n.rows = n.rows[:len(n.rows)*96/100]
				if night > 1 {
					n.expectRefused(t, night, fix.GuardShrink)
					continue
				}
				m := n.runFixes(t, moment(night, 0), job.ExitOK)
				if got := len(m.sim.Changes()); got != sent || !m.summary.Accepted {
					t.Errorf("4 %% of one night are within the limit: sent %d, want %d", got, sent)
				}
			}
		})
	}
}

// Two truncated nights are not sightings. With --max-shrink raised, the third is
// the first one, and everything waits for another.
func TestTrapTwoTruncatedNightsAndARaisedShrink(t *testing.T) {
	t.Parallel()
	n := newFixScenario(t).fillHealthy(20)
	n.setFlags(map[string]string{"min-sightings": "2"})
	n.audit(t, moment(0, 0), job.ExitOK)
	n.rows = n.rows[:10]
	for night := 1; night <= 2; night++ {
		n.expectRefused(t, night, fix.GuardShrink)
	}
	n.setFlags(map[string]string{"max-shrink": "60"})
	m := n.runFixes(t, moment(3, 0), job.ExitOK)
	p := n.plan(t, m)
	waiting := slices.ContainsFunc(p.Actions, func(a fix.Action) bool { return a.Waiting != nil && a.Waiting.Sightings == 1 })
	due := slices.ContainsFunc(p.Actions, func(a fix.Action) bool { return a.Waiting == nil })
	if len(p.Actions) != 10 || !waiting || due || len(m.sim.Changes()) > 0 {
		t.Errorf("planned %s, sent %s", describeActions(p), describeSent(m))
	}
	n.expectAllSent(t, 4, 10)
}

// A refused night is not a baseline: the same ledger is refused every night, until
// somebody accepts it.
func TestTrapLedgerOfOneRow(t *testing.T) {
	t.Parallel()
	n := newFixScenario(t).fillHealthy(20)
	n.audit(t, moment(0, 0), job.ExitOK)
	n.rows = n.rows[:1]
	for night := 1; night <= 3; night++ {
		n.expectRefused(t, night, fix.GuardShrink)
	}
}

// A night that could not read an account refuses what it found in the others.
func TestTrapIncompleteNight(t *testing.T) {
	t.Parallel()
	n := newFixScenario(t).fillHealthy(40)
	n.audit(t, moment(0, 0), job.ExitOK)
	n.rows[0].Status, n.rows[1].Status = "canceled", "canceled" // one in each account
	n.server.FailAccounts = map[string]int{accountA: 403}
	n.server.FailSweepPagesOf = map[string]int{accountA: 403}
	m := n.runFixes(t, moment(1, 0), job.ExitIncomplete)
	if p := n.plan(t, m); describeActions(p) != "cancel 11 waiting 0 of 1" || p.Refusals[0].Limit != fix.RefusedIncomplete || len(m.sim.Changes()) > 0 {
		t.Errorf("planned %q, refused by %s, sent %s", describeActions(p), refusedBy(p), describeSent(m))
	}
	n.server = wixsim.Options{}
	n.expectAllSent(t, 2, 2)
}
