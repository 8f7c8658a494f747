package execute

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// Plans as tests need them: any actions on packages as they are.

const (
	testParent  = "parent"
	testAccount = "account"
)

// long ago, also by the clock of a bubble
var longAgo = time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)

// pkgOf makes a package of so many live instances, each on a site of its own.
func pkgOf(id string, instances int) reconcile.Package {
	p := reconcile.Package{ID: id, AccountID: testAccount, ExternalID: "x-" + id, Created: longAgo, Updated: longAgo}
	for i := range instances {
		p.Instances = append(p.Instances, reconcile.Instance{
			ID: fmt.Sprintf("%s.%d", id, i+1), ProductID: "basic", SiteID: fmt.Sprintf("site-%s.%d", id, i+1),
			Status: reconcile.StatusEnabled, Cycle: "1 MONTH",
		})
	}
	return p
}

// onPackage makes an action on a package, or on one instance of it (from 1).
func onPackage(p *reconcile.Package, name string, instance int, desired fix.Desired) fix.Action {
	a := fix.Action{Fix: name, AccountID: p.AccountID, ExternalID: p.ExternalID, PackageID: p.ID, Seen: fix.StateOf(p), Desired: desired}
	if instance > 0 {
		a.InstanceID = p.Instances[instance-1].ID
	}
	a.Seal(testParent)
	return a
}

func cancelOf(p *reconcile.Package, instance int) fix.Action {
	return onPackage(p, reconcile.FixCancel, instance, fix.Desired{Status: "CANCELED"})
}

func assignOf(p *reconcile.Package, instance int, site string) fix.Action {
	return onPackage(p, reconcile.FixAssign, instance, fix.Desired{SiteID: site})
}

func unassignOf(p *reconcile.Package, instance int) fix.Action {
	return onPackage(p, reconcile.FixUnassign, instance, fix.Desired{SiteID: reconcile.Floating})
}

func renameOf(p *reconcile.Package, id string) fix.Action {
	return onPackage(p, reconcile.FixExternalID, 0, fix.Desired{ExternalID: id})
}

func productOf(p *reconcile.Package, instance int, product string) fix.Action {
	return onPackage(p, reconcile.FixAdjust, instance, fix.Desired{ProductID: product})
}

func cycleOf(p *reconcile.Package, instance int, cycle string) fix.Action {
	return onPackage(p, reconcile.FixAdjust, instance, fix.Desired{Cycle: cycle})
}

func createOf(id string, lines ...fix.Line) fix.Action {
	if len(lines) == 0 {
		lines = []fix.Line{{ProductID: "basic", Cycle: "1 MONTH", Country: "DE", Quantity: 2}}
	}
	a := fix.Action{Fix: reconcile.FixCreate, AccountID: testAccount, ExternalID: id, Desired: fix.Desired{Lines: lines}}
	a.Seal(testParent)
	return a
}

// planOf makes a plan of the actions, which it sorts.
func planOf(created time.Time, actions ...fix.Action) *fix.Plan {
	slices.SortFunc(actions, func(a, b fix.Action) int {
		return cmp.Or(
			cmp.Compare(slices.Index(fix.Fixes(), a.Fix), slices.Index(fix.Fixes(), b.Fix)), cmp.Compare(a.ExternalID, b.ExternalID),
			cmp.Compare(a.PackageID, b.PackageID), cmp.Compare(a.InstanceID, b.InstanceID), cmp.Compare(a.Key, b.Key),
		)
	})
	proposal := fix.Proposal{AccountID: testParent, Actions: actions}
	for i := range actions {
		proposal.Evidence = append(proposal.Evidence, fix.Evidence{Key: actions[i].Key, Sightings: 2})
	}
	p, err := proposal.Plan(fix.Header{CreatedAt: created, Life: 24 * time.Hour}, nil, nil)
	if err != nil {
		panic(err)
	}
	return p
}

const (
	testSettle = 5 * time.Minute
	testWindow = time.Minute
)

func newExecutor(w Wix, j Journal, run string) *Executor {
	return &Executor{Wix: w, Journal: j, SettleAfter: testSettle, SendWindow: testWindow, Concurrency: 8, RunID: run, Fence: 1}
}
