package fix

import (
	"fmt"
	"slices"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
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
func onPackage(p *reconcile.Package, fix string, instance int, wanted Desired) Action {
	a := Action{Fix: fix, AccountID: p.AccountID, ExternalID: p.ExternalID, PackageID: p.ID, Seen: StateOf(p), Desired: wanted}
	if instance > 0 {
		a.InstanceID = p.Instances[instance-1].ID
	}
	return sealed(a)
}

func sealed(a Action) Action {
	a.Removal, a.Instances = a.removes(), a.count()
	a.seal(testParent)
	return a
}

func cancelOf(p *reconcile.Package, instance int) Action {
	return onPackage(p, reconcile.FixCancel, instance, Desired{Status: "CANCELED"})
}

func assignOf(p *reconcile.Package, instance int, site string) Action {
	return onPackage(p, reconcile.FixAssign, instance, Desired{SiteID: site})
}

func unassignOf(p *reconcile.Package, instance int) Action {
	return onPackage(p, reconcile.FixUnassign, instance, Desired{SiteID: reconcile.Floating})
}

func renameOf(p *reconcile.Package, id string) Action {
	return onPackage(p, reconcile.FixExternalID, 0, Desired{ExternalID: id})
}

func productOf(p *reconcile.Package, instance int, product string) Action {
	return onPackage(p, reconcile.FixAdjust, instance, Desired{ProductID: product})
}

func cycleOf(p *reconcile.Package, instance int, cycle string) Action {
	return onPackage(p, reconcile.FixAdjust, instance, Desired{Cycle: cycle})
}

func createOf(id string, lines ...Line) Action {
	if len(lines) == 0 {
		lines = []Line{{ProductID: "basic", Cycle: "1 MONTH", Country: "DE", Quantity: 2}}
	}
	return sealed(Action{Fix: reconcile.FixCreate, AccountID: testAccount, ExternalID: id, Desired: Desired{Lines: lines}})
}

// planOf makes a plan of the actions, in their order, of one fix after another.
func planOf(created time.Time, actions ...Action) *Plan {
	compare := inOrder()
	slices.SortStableFunc(actions, func(a, b Action) int { return compare(&a, &b) })
	p := &Plan{SchemaVersion: PlanVersion, AccountID: testParent, CreatedAt: created, ExpiresAt: created.Add(24 * time.Hour), Actions: actions}
	for i := range actions {
		p.Evidence = append(p.Evidence, Evidence{Key: actions[i].Key, Sightings: 2})
	}
	if err := p.seal(); err != nil {
		panic(err)
	}
	return p
}

const (
	testSettle = 5 * time.Minute
	testWindow = time.Minute
)

func applierOf(w Wix, j Journal, run string) *Executor {
	return &Executor{Wix: w, Journal: j, SettleAfter: testSettle, SendWindow: testWindow, Concurrency: 8, RunID: run, Fence: 1}
}
