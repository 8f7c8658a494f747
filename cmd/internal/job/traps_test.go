package job_test

import (
	"bytes"
	"testing"

	"github.com/wixrecon/wixrecon/cmd/internal/job"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// The inventory of traps, through the whole program: situations that look like drift
// to be fixed and are not. A healthy night is accepted first; then everything
// is asked for, with all limits off and one sighting. Nothing stands against
// the plan, and yet there is nothing in it, and nothing is sent. Each trap is
// sprung too: without what makes it one, an action is planned and sent, so that
// a trap that no longer bites is noticed.

// A trap is what a night finds beside the healthy book.
type trap struct {
	name   string
	rows   []wixsim.Row
	book   []wixsim.Package
	flags  map[string]string
	looked string // what stands in the plan, to be looked at; usually nothing
	spring func(*trap)
	want   string // what is planned and sent once it is sprung
	sends  string // in the words of the simulator
}

// set puts the trap into an inventory whose first night was healthy.
func (tr *trap) set(t *testing.T) *nights {
	t.Helper()
	n := newNights(t)
	n.audit(t, moment(0, 0), job.ExitOK)
	n.rows = append(n.rows, rowsOf(tr.rows...)...)
	n.book = append(n.book, packagesOf(tr.book...)...)
	n.set(map[string]string{"max-bad-rows": "100"})
	n.set(tr.flags)
	return n
}

func TestTraps(t *testing.T) {
	t.Parallel()
	for _, tr := range traps() {
		t.Run(tr.name, func(t *testing.T) {
			t.Parallel()
			n := tr.set(t)
			m := n.plans(t, moment(1, 0), job.ExitOK)
			if p := n.plan(t, m); told(p) != tr.looked {
				t.Errorf("planned %q, want %q", told(p), tr.looked)
			}
			if got := m.summary.Fixes.Actions["planned"]; (got > 0) != (tr.looked != "") {
				t.Errorf("%d actions are to be sent once somebody looked at them", got)
			}
			if m = n.fixes(t, moment(1, 1), job.ExitOK); len(m.sim.Changes()) > 0 || !m.summary.Accepted {
				t.Errorf("sent %s, objections %q", sentOf(m), m.summary.Objections)
			}
			if p := n.plan(t, m); told(p) != tr.looked {
				t.Errorf("the run planned %q, want %q", told(p), tr.looked)
			}
			row := []byte(",not_allowed," + fix.ReasonDependants + ",")
			if got := bytes.Contains(n.read(t, m.id+"/findings.csv"), row); got != (tr.looked != "") {
				t.Errorf("findings.csv tells of dependants: %t", got)
			}
		})
	}
}

func TestTrapsBite(t *testing.T) {
	t.Parallel()
	for _, tr := range traps() {
		t.Run(tr.name, func(t *testing.T) {
			t.Parallel()
			tr.spring(&tr)
			n := tr.set(t)
			m := n.fixes(t, moment(1, 0), job.ExitOK)
			if p := n.plan(t, m); told(p) != tr.want {
				t.Errorf("planned %q, want %q", told(p), tr.want)
			}
			if sentOf(m) != tr.sends {
				t.Errorf("sent %q, want %q", sentOf(m), tr.sends)
			}
		})
	}
}
