package execute_test

import (
	"context"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/reconcile/fix/execute"
)

// readOnlyWix is a Wix that is only read.
type readOnlyWix map[string]*reconcile.Package

func (s readOnlyWix) Get(_ context.Context, _, id string) (*reconcile.Package, error) {
	return s[id], nil
}

func (s readOnlyWix) Find(context.Context, string, string) ([]reconcile.Package, error) {
	return nil, nil
}

func (s readOnlyWix) Send(context.Context, string, *fix.Action, func(context.Context) error) execute.SendResult {
	panic("a verification sends nothing")
}

func TestVerify(t *testing.T) {
	const pkg, one, site = "p", "i", "5d3c7a52-0d3e-4f7c-8a43-5f1f6f4f7a01"
	seen := &fix.State{ExternalID: "old", Instances: []fix.InstanceState{{ID: one, Status: reconcile.StatusEnabled}}}
	rename := fix.Action{Key: "a", Fix: reconcile.FixExternalID, PackageID: pkg, Seen: seen, Desired: fix.Desired{ExternalID: "new"}}
	assign := fix.Action{Key: "b", Fix: reconcile.FixAssign, PackageID: pkg, InstanceID: one, Seen: seen, Desired: fix.Desired{SiteID: site}}
	cancel := fix.Action{Key: "c", Fix: reconcile.FixCancel, PackageID: pkg, InstanceID: one, Removal: true, Seen: seen, Desired: fix.Desired{Status: "CANCELED"}}
	back := fix.Action{Key: "d", Fix: reconcile.FixExternalID, PackageID: pkg, Seen: seen, Desired: fix.Desired{ExternalID: "old"}}
	whole := fix.Action{Key: "e", Fix: reconcile.FixCancel, PackageID: pkg, Removal: true, Seen: seen, Desired: fix.Desired{Status: "CANCELED"}}
	applied := &fix.Completion{Outcome: fix.OutcomeApplied}
	undone := &fix.Completion{Outcome: fix.OutcomeFailed, NotDone: true}
	minute := func(n int) time.Time { return time.Date(2026, 11, 21, 2, n, 0, 0, time.UTC) }
	entry := func(n int, a fix.Action, end *fix.Completion) fix.Entry {
		return fix.Entry{Attempt: fix.Attempt{Key: a.Key, Number: 1, Begun: minute(n), Action: a}, Completion: end}
	}
	wixWith := func(external string, status reconcile.Status, on string) readOnlyWix {
		return readOnlyWix{pkg: {ID: pkg, ExternalID: external, Instances: []reconcile.Instance{{ID: one, Status: status, SiteID: on}}}}
	}
	for name, c := range map[string]struct {
		wix     readOnlyWix
		entries []fix.Entry
		want    []bool // by time
	}{
		"applied and there":            {wixWith("new", "ENABLED", ""), []fix.Entry{entry(1, rename, applied)}, []bool{true}},
		"applied and not there":        {wixWith("old", "ENABLED", ""), []fix.Entry{entry(1, rename, applied)}, []bool{false}},
		"the package is gone":          {readOnlyWix{}, []fix.Entry{entry(1, rename, applied)}, []bool{false}},
		"not done and not there":       {wixWith("old", "ENABLED", ""), []fix.Entry{entry(1, rename, undone)}, []bool{true}},
		"not done and yet there":       {wixWith("new", "ENABLED", ""), []fix.Entry{entry(1, rename, undone)}, []bool{false}},
		"open":                         {wixWith("new", "ENABLED", ""), []fix.Entry{entry(1, rename, nil)}, []bool{false}},
		"the last one counts":          {wixWith("old", "ENABLED", ""), []fix.Entry{entry(2, back, applied), entry(1, rename, applied)}, []bool{true}},
		"canceled later":               {wixWith("old", "CANCELED", ""), []fix.Entry{entry(1, assign, applied), entry(2, cancel, applied)}, []bool{true}},
		"refused, then canceled whole": {wixWith("old", "CANCELED", ""), []fix.Entry{entry(1, cancel, undone), entry(2, whole, applied)}, []bool{true}},
		"a cancel without its effect":  {wixWith("old", "ENABLED", ""), []fix.Entry{entry(2, cancel, applied)}, []bool{false}},
	} {
		t.Run(name, func(t *testing.T) {
			verdicts := execute.Verify(t.Context(), c.wix, c.entries, 2)
			if len(verdicts) != len(c.want) {
				t.Fatalf("%+v", verdicts)
			}
			for i, v := range verdicts {
				if v.Agrees != c.want[i] || v.Err != nil {
					t.Errorf("%s: agrees %t, want %t: %v", v.Text, v.Agrees, c.want[i], v.Err)
				}
			}
		})
	}
}
