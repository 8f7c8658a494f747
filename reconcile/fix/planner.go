package fix

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Planning takes three passes: over the findings (Planner.AddFinding), over the
// inventory for the packages that they are about (Planner.AddPackage), and over
// the inventory again for what depends on them (Pending.AddPackage). Only what
// may become an action is kept in memory, and the order within a pass does not
// matter.

// Options are what may be fixed.
type Options struct {
	Parent           string          // the parent account
	Fixes            []string        // asked for by name
	Only             map[string]bool // finding, package and account ids; nil: everything
	Listed           map[string]bool // the sub-accounts that a ledger row names
	UnlistedAccounts bool            // orphans elsewhere may be canceled too
	Unsettled        map[string]bool // see UnsettledOf
	MinSightings     int
	Known            reconcile.KnownFindings // with the present run counted
	Cost             PriceLookup             // may be nil: no price is known
	MaxFindings      int                     // of which a plan is made; 0: 100,000
}

// A plan that can't be executed within a day is refused and has no actions, so
// that an inventory in which everything seems wrong needs no more memory than an
// audit. 100,000 findings at three requests each are more than a day's at 200 a
// minute. An action contains its package as it was seen, so the instances of
// these are bounded too: they are some forty megabytes of plan.
const (
	maxFindings = 100_000
	maxSeen     = 200_000
)

// A PriceLookup returns what Wix bills a month for one instance, and whether that
// is known.
type PriceLookup func(productID string, cycle reconcile.Cycle) (reconcile.Money, bool)

// A Planner collects what a plan is made from.
type Planner struct {
	options    Options
	decisions  []Decision // by finding
	fixable    []int      // findings that may become actions: indexes of decisions
	candidates []candidate
	states     map[string]*State // of the candidates' packages; nil until seen
	packages   int               // seen
}

// NewPlanner returns a planner.
func NewPlanner(o Options) *Planner {
	return &Planner{options: o, states: make(map[string]*State)}
}

// AddFinding adds the next finding.
func (p *Planner) AddFinding(f reconcile.Reported) {
	index := len(p.decisions)
	p.decisions = append(p.decisions, Decision{Reason: f.Reason})
	if f.Fix == "" || !slices.Contains(p.options.Fixes, f.Fix) || !p.options.selects(&f) {
		return
	}
	if d, blocked := p.options.block(&f); blocked {
		p.decisions[index] = d
		return
	}
	p.fixable = append(p.fixable, index)
	if p.tooManyFindings() {
		p.candidates, p.states = nil, nil
		return
	}
	f.Cells = nil // no action shows them
	known := p.options.Known[f.Finding.ID(p.options.Parent)]
	p.candidates = append(p.candidates, candidate{finding: index, known: known, Reported: f})
	if f.PackageID != "" {
		p.states[f.PackageID] = nil
	}
}

// selects reports whether the finding, its package or its account was asked for.
func (o *Options) selects(f *reconcile.Reported) bool {
	return o.Only == nil || o.Only[f.ID] || o.Only[f.PackageID] || o.Only[f.AccountID]
}

func (o *Options) maxFindings() int { return cmp.Or(o.MaxFindings, maxFindings) }

func (p *Planner) tooManyFindings() bool { return len(p.fixable) > p.options.maxFindings() }

// AddPackage adds a package of the inventory, after all findings.
func (p *Planner) AddPackage(pkg reconcile.Package) {
	p.packages++
	if _, needed := p.states[pkg.ID]; needed {
		p.states[pkg.ID] = StateOf(&pkg)
	}
}

// Pending is a plan for which it is not known yet what depends on the instances
// that it would remove.
type Pending struct {
	planner    *Planner
	actions    []pendingAction
	dependants *dependants
	packages   int // seen
}

// Pending returns the pending actions, after the whole inventory was added.
func (p *Planner) Pending() *Pending {
	actions := p.pendingActions()
	return &Pending{planner: p, actions: actions, dependants: newDependants(actions)}
}

// AddPackage adds a package of the inventory, which must be added a second time.
func (p *Pending) AddPackage(pkg reconcile.Package) {
	p.packages++
	for i := range pkg.Instances {
		p.dependants.add(&pkg.Instances[i])
	}
}

// Propose returns what the plan would change. It fails where the inventory was
// not added twice, because then it is not known what depends on what.
func (p *Pending) Propose() (*Proposal, error) {
	if p.packages != p.planner.packages {
		return nil, fmt.Errorf("%d packages were added, and then %d to find dependants", p.planner.packages, p.packages)
	}
	proposal := &Proposal{AccountID: p.planner.options.Parent, Fixes: p.planner.options.Fixes, decisions: p.planner.decisions}
	if p.tooLarge() {
		proposal.tooLarge = p.planner.refuseSize()
		return proposal, nil
	}
	markDependants(p.actions, p.dependants)
	for i := range p.actions {
		a := &p.actions[i]
		proposal.Actions = append(proposal.Actions, a.Action)
		proposal.Evidence = append(proposal.Evidence, evidenceOf(a.Key, a.candidates))
		var findings []int
		for _, c := range a.candidates {
			findings = append(findings, c.finding)
		}
		proposal.findings = append(proposal.findings, findings)
	}
	return proposal, nil
}

// tooLarge reports whether a plan can't hold the actions.
func (p *Pending) tooLarge() bool {
	seen := 0
	for i := range p.actions {
		if s := p.actions[i].Seen; s != nil {
			seen += len(s.Instances)
		}
	}
	return seen > maxSeen || p.planner.tooManyFindings()
}

// refuseSize returns the refusal of a plan that would be too large.
func (p *Planner) refuseSize() []Refusal {
	for _, finding := range p.fixable {
		p.decisions[finding] = Decision{Outcome: OutcomeOverLimit, Reason: LimitPlanSize}
	}
	most := p.options.maxFindings()
	return []Refusal{{
		Cause: CauseSize, Limit: LimitPlanSize, Value: strconv.Itoa(most), Need: strconv.Itoa(len(p.fixable)),
		Text: fmt.Sprintf("%d findings may be fixed, which is more than a plan can hold: it is made from %d at most, of packages that are not huge", len(p.fixable), most),
	}}
}
