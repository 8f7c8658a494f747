package fix

import (
	"slices"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Options say what may be fixed.
type Options struct {
	Parent           string
	Fixes            []string        // asked for by name
	Only             map[string]bool // finding, package and account ids; nil: everything
	Listed           map[string]bool // the sub-accounts that the ledger names
	UnlistedAccounts bool            // orphans elsewhere may be canceled
	MinSightings     int
	Memory           reconcile.Memory // with the present run counted
}

// A Planner makes a plan in three looks: at the findings, at the inventory for
// the packages that they are about, and at it once more for what depends on
// them.
type Planner struct {
	options   Options
	decisions []Decision // by finding
	wants     []want
	packages  map[string]*reconcile.Package // that wants are about
	dependence
}

// A want is a finding that may become an action.
type want struct {
	finding int // its place
	reconcile.Reported
}

// NewPlanner makes a planner.
func NewPlanner(o Options) *Planner {
	return &Planner{options: o, packages: make(map[string]*reconcile.Package), dependence: newDependence()}
}

// Consider takes the next finding, in report order.
func (p *Planner) Consider(f reconcile.Reported) {
	decision := Decision{}
	if f.Fix != "" && slices.Contains(p.options.Fixes, f.Fix) {
		held := false
		if decision, held = p.held(&f); !held {
			p.wants = append(p.wants, want{len(p.decisions), f})
			p.packages[f.PackageID] = nil
		}
	}
	p.decisions = append(p.decisions, decision)
}

// See takes a package of the inventory, in the first look at it.
func (p *Planner) See(pkg reconcile.Package) {
	if _, wanted := p.packages[pkg.ID]; wanted {
		pkg.Instances = slices.Clone(pkg.Instances)
		p.packages[pkg.ID] = &pkg
	}
}

// Decisions gives what becomes of each finding, in report order.
func (p *Planner) Decisions() []Decision { return p.decisions }

// actions makes the actions of all wants, in order.
func (p *Planner) actions() []Action {
	var actions []Action
	byPackage := p.endedByInstance()
	for i := range p.wants {
		w := &p.wants[i]
		if merged := byPackage[w.PackageID]; merged != nil && w.Kind == reconcile.CanceledInLedger && w.InstanceID != "" {
			if merged.first == w.finding {
				actions = append(actions, p.action(w, "", merged.targets))
			}
			continue
		}
		actions = append(actions, p.of(w)...)
	}
	for i := range actions {
		actions[i].seal(p.options.Parent)
	}
	order(actions)
	return actions
}

// of makes the actions of one finding: one, or where a package can't be
// canceled whole one for each instance.
func (p *Planner) of(w *want) []Action {
	if w.Fix != reconcile.FixCancel || w.Basis.Whole || w.InstanceID != "" {
		return []Action{p.action(w, w.InstanceID, w.Basis.Targets)}
	}
	var actions []Action
	for _, target := range w.Basis.Targets {
		actions = append(actions, p.action(w, target, []string{target}))
	}
	return actions
}

// action makes one action of a finding, on an instance or, where that is
// empty, on the package.
func (p *Planner) action(w *want, instance string, targets []string) Action {
	a := Action{
		Fix: w.Fix, Kind: w.Kind.String(), FindingID: w.ID, AccountID: w.AccountID, ExternalID: w.ExternalID,
		PackageID: w.PackageID, InstanceID: instance, Instances: max(1, len(targets)),
		Evidence: Evidence{FirstSeen: w.FirstSeen, Records: w.Basis.Records, Rows: w.Basis.Rows},
	}
	if w.Monthly.Known {
		a.Evidence.Monthly, a.Evidence.Currency = w.Monthly.Amount.String(), w.Monthly.Currency
	}
	if pkg := p.packages[w.PackageID]; pkg != nil {
		a.Seen = stateOf(pkg)
	}
	a.want(&w.Reported)
	p.wait(&a)
	return a
}

// want fills in what the action is to bring about.
func (a *Action) want(f *reconcile.Reported) {
	switch f.Fix {
	case reconcile.FixExternalID:
		a.Wanted.ExternalID = f.ExternalID
	case reconcile.FixAssign:
		a.Wanted.SiteID = f.LedgerValue
		a.Removal = f.WixValue != reconcile.Floating
	case reconcile.FixUnassign:
		a.Wanted.SiteID, a.Removal = reconcile.Floating, true
	case reconcile.FixAdjust:
		if f.Kind == reconcile.ProductMismatch {
			a.Wanted.ProductID = f.LedgerValue
		} else {
			a.Wanted.Cycle = f.LedgerValue
		}
	case reconcile.FixCreate:
		a.Wanted.Lines, a.Instances = f.Basis.Order, 0
		for _, o := range f.Basis.Order {
			a.Instances += o.Quantity
		}
	case reconcile.FixCancel:
		a.Wanted.Status, a.Removal = string(reconcile.StatusCanceled), true
	}
}

// wait notes how often the finding was seen, and that a removal waits for more.
func (p *Planner) wait(a *Action) {
	id, err := reconcile.ParseFindingID(a.FindingID)
	if err == nil {
		a.Evidence.Sightings = p.options.Memory[id].Sightings
	}
	if a.Removal && a.Evidence.Sightings < p.options.MinSightings {
		a.Waiting = &Waiting{Sightings: a.Evidence.Sightings, Needed: p.options.MinSightings}
	}
}

// merged is a package of which every live instance was decided by a row of its
// own: it is canceled whole.
type merged struct {
	first   int // the finding that stands for all
	targets []string
}

func (p *Planner) endedByInstance() map[string]*merged {
	byPackage := make(map[string]*merged)
	for i := range p.wants {
		w := &p.wants[i]
		if w.Kind != reconcile.CanceledInLedger || w.InstanceID == "" {
			continue
		}
		if byPackage[w.PackageID] == nil {
			byPackage[w.PackageID] = &merged{first: w.finding}
		}
		byPackage[w.PackageID].targets = append(byPackage[w.PackageID].targets, w.InstanceID)
	}
	for id, m := range byPackage {
		if pkg := p.packages[id]; pkg == nil || len(m.targets) < liveInstances(pkg) {
			delete(byPackage, id)
		}
	}
	return byPackage
}

func liveInstances(p *reconcile.Package) int {
	n := 0
	for i := range p.Instances {
		if p.Instances[i].Status.Live() {
			n++
		}
	}
	return n
}
