package job_test

import (
	"bytes"
	"testing"

	"github.com/wixrecon/wixrecon/cmd/internal/job"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// Traps, through the whole program: situations that look like drift to fix and are
// not. A healthy night is accepted first; then everything is requested, with all
// limits off and one sighting. Nothing refuses the plan, and yet it is empty. Each
// trap is also disarmed: without what makes it a trap an action is planned and
// sent, so that a trap that tests nothing is noticed.

// A trap is what a night finds besides the healthy subscriptions.
type trap struct {
	name     string
	rows     []wixsim.Row
	packages []wixsim.Package
	flags    map[string]string
	review   string // actions of the plan that need review; usually none
	disarm   func(*trap)
	want     string // what is planned and sent once it is disarmed
	sends    string // the same as the simulator names it
}

// prepare adds the trap after a healthy night.
func (tr *trap) prepare(t *testing.T) *fixScenario {
	t.Helper()
	n := newFixScenario(t)
	n.audit(t, moment(0, 0), job.ExitOK)
	n.rows = append(n.rows, rowsOf(tr.rows...)...)
	n.packages = append(n.packages, packagesOf(tr.packages...)...)
	n.setFlags(map[string]string{"max-bad-rows": "100"})
	n.setFlags(tr.flags)
	return n
}

func TestTrapsPlanNothing(t *testing.T) {
	t.Parallel()
	for _, tr := range traps() {
		t.Run(tr.name, func(t *testing.T) {
			t.Parallel()
			n := tr.prepare(t)
			m := n.runPlan(t, moment(1, 0), job.ExitOK)
			if p := n.plan(t, m); describeActions(p) != tr.review {
				t.Errorf("planned %q, want %q", describeActions(p), tr.review)
			}
			if got := m.summary.Fixes.Actions["planned"]; (got > 0) != (tr.review != "") {
				t.Errorf("%d actions need review", got)
			}
			if m = n.runFixes(t, moment(1, 1), job.ExitOK); len(m.sim.Changes()) > 0 || !m.summary.Accepted {
				t.Errorf("sent %s, objections %q", describeSent(m), m.summary.Objections)
			}
			if p := n.plan(t, m); describeActions(p) != tr.review {
				t.Errorf("the run planned %q, want %q", describeActions(p), tr.review)
			}
			row := []byte(",not_allowed," + fix.ReasonDependants + ",")
			if got := bytes.Contains(n.read(t, m.id+"/findings.csv"), row); got != (tr.review != "") {
				t.Errorf("findings.csv has reason dependants: %t", got)
			}
		})
	}
}

// The short form disarms a part of the traps.
func TestDisarmedTrapsAreFixed(t *testing.T) {
	t.Parallel()
	for _, tr := range sampleOf(t, "traps", 12, traps()) {
		t.Run(tr.name, func(t *testing.T) {
			t.Parallel()
			tr.disarm(&tr)
			n := tr.prepare(t)
			m := n.runFixes(t, moment(1, 0), job.ExitOK)
			if p := n.plan(t, m); describeActions(p) != tr.want {
				t.Errorf("planned %q, want %q", describeActions(p), tr.want)
			}
			if describeSent(m) != tr.sends {
				t.Errorf("sent %q, want %q", describeSent(m), tr.sends)
			}
		})
	}
}
