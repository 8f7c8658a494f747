package fix

import (
	"fmt"
	"slices"
	"strconv"
	"time"

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
	Only             map[string]bool // finding, package, account and external ids; nil: everything
	Listed           map[string]bool // the sub-accounts that a ledger row names
	UnlistedAccounts bool            // orphans elsewhere may be canceled too
	Unsettled        map[string]bool // see UnsettledOf
	MinSightings     int
	Known            reconcile.KnownFindings // with the present run counted
	LedgerRead       *reconcile.Summary      // the latest earlier run that read the same ledger; nil: none
	Cost             PriceLookup             // may be nil: no price is known
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
	options     Options
	maxFindings int
	maxSeen     int        // instances
	decisions   []Decision // by finding
	fixable     []int      // findings that may become actions: indexes of decisions
	tooMany     bool       // of these: there are no candidates any more
	candidates  []candidate
	states      map[string]*State // of the candidates' packages; nil until seen
	packages    int               // seen
	actions     []pendingAction   // once Keys was called
	restarted   map[reconcile.FindingID]time.Time
	shielded    shields
}

// NewPlanner returns a planner.
func NewPlanner(o Options) *Planner {
	return &Planner{options: o, maxFindings: maxFindings, maxSeen: maxSeen, states: make(map[string]*State), shielded: make(shields)}
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
		if d.Reason == reconcile.ReasonShielded {
			p.shielded.add(&f)
		}
		return
	}
	p.fixable = append(p.fixable, index)
	if len(p.fixable) > p.maxFindings {
		p.tooMany, p.candidates, p.states = true, nil, nil
		return
	}
	f.Cells = nil // no action shows them
	known := p.options.Known[f.Finding.ID(p.options.Parent)]
	p.candidates = append(p.candidates, candidate{finding: index, known: known, Reported: f})
	if f.PackageID != "" {
		p.states[f.PackageID] = nil
	}
}

// selects reports whether the finding, its package, its account or its
// subscription was asked for.
func (o *Options) selects(f *reconcile.Reported) bool {
	return o.Only == nil || o.Only[f.ID] || o.Only[f.PackageID] || o.Only[f.AccountID] || o.Only[f.ExternalID]
}

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
	proposal   Proposal // without its actions
	actions    []pendingAction
	dependants *dependants
	expected   int // packages
	packages   int // seen
}

// Keys returns the keys of what may be planned, after the whole inventory was added.
// Nothing can be added after it.
func (p *Planner) Keys() map[string]bool {
	p.actions = p.pendingActions()
	keys := make(map[string]bool, len(p.actions))
	for i := range p.actions {
		keys[p.actions[i].Key] = true
	}
	return keys
}

// Pending returns the pending actions, with what the journal has of their keys. The
// planner is used up then.
func (p *Planner) Pending(past map[string]Past) *Pending {
	actions := p.applyPast(p.actions, past)
	proposal := Proposal{AccountID: p.options.Parent, Fixes: p.options.Fixes, Shielded: p.shielded.list(), tooLarge: p.refuseSize(actions)}
	if len(proposal.tooLarge) > 0 {
		actions = nil
		for _, finding := range p.fixable {
			p.decisions[finding] = Decision{Outcome: OutcomeOverLimit, Reason: LimitPlanSize}
		}
	}
	proposal.decisions, proposal.Restarted = p.decisions, p.restarted
	return &Pending{proposal: proposal, actions: actions, dependants: newDependants(actions), expected: p.packages}
}

// refuseSize returns the refusal of a plan that would be too large.
func (p *Planner) refuseSize(actions []pendingAction) []Refusal {
	seen := 0
	for i := range actions {
		if s := actions[i].Seen; s != nil {
			seen += len(s.Instances)
		}
	}
	need, most, text := len(p.fixable), p.maxFindings, "%d findings; a plan holds at most %d"
	switch {
	case p.tooMany:
	case seen > p.maxSeen:
		need, most, text = seen, p.maxSeen, "the packages have %d instances; a plan holds at most %d"
	default:
		return nil
	}
	return []Refusal{{
		Cause: CauseSize, Limit: LimitPlanSize, Value: strconv.Itoa(most), Need: strconv.Itoa(need),
		Text: fmt.Sprintf(text, need, most),
	}}
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
	if p.packages != p.expected {
		return nil, fmt.Errorf("%d packages were added, and then %d to find dependants", p.expected, p.packages)
	}
	proposal := p.proposal
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
	return &proposal, nil
}
