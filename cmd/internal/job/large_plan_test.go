package job_test

import (
	"testing"

	"github.com/wixrecon/wixrecon/cmd/internal/job"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// With the ledger of another system every package is an orphan. The plan has all
// of them and why it is refused. The short form has 500 packages, the long form
// 20,000.
func TestLargeInventoryOfOrphans(t *testing.T) {
	t.Parallel()
	packages := 500
	if longTests() {
		packages = 20_000
	}
	t.Logf("%d packages; 20,000 with WIXRECON_LONG=1", packages)
	n := newFixScenario(t).fillHealthy(packages)
	n.audit(t, moment(0, 0), job.ExitOK)
	for i := range n.rows {
		n.rows[i].ExternalID = "other-" + n.rows[i].ExternalID
	}
	p := n.expectRefused(t, 1, fix.GuardShrink, reconcile.FixCancel)
	if len(p.Actions) != packages || len(p.Refusals) != 1 {
		t.Errorf("%d actions, %+v", len(p.Actions), p.Refusals)
	}
}

// With the guard lifted, the default limits still refuse.
func TestInventoryOfOrphansWithoutGuard(t *testing.T) {
	t.Parallel()
	n := newFixScenario(t).fillHealthy(400)
	n.audit(t, moment(0, 0), job.ExitOK)
	for i := range n.rows {
		n.rows[i].ExternalID = "other-" + n.rows[i].ExternalID
		n.rows[i].CatalogProductID = mailbox // so that no orphan is a possible match
	}
	for _, limit := range []string{"max-fixes", "max-cancels", "max-cancel-percent", "max-cancels-per-account"} {
		delete(n.flags, limit)
	}
	n.setFlags(map[string]string{"max-shrink": "off"})
	m := n.runFixes(t, moment(1, 0), job.ExitRefused, reconcile.FixCancel)
	if got, want := refusedBy(n.plan(t, m)), "max_fixes, max_cancels, max_cancel_percent"; got != want {
		t.Errorf("refused by %s, want %s", got, want)
	}
	if len(m.sim.Changes()) > 0 {
		t.Errorf("sent %s", describeSent(m))
	}
}
