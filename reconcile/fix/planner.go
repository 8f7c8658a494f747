package fix

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A plan is made in three looks: at the findings (Consider), at the inventory
// for the packages that they are about (See), and at the whole inventory once
// more for what depends on them (Depend). Memory is taken only for what may
// become an action. Nothing rests on the order in which things are shown.
//
// A plan of more than can be carried out in a day is none: it is refused, and has
// no actions. So an inventory of which everything seems to be wrong costs no memory
// that the audit would not have needed.

// Options say what may be fixed.
type Options struct {
	Parent           string          // the parent account
	Fixes            []string        // asked for by name
	Only             map[string]bool // finding, package and account ids; nil: everything
	Listed           map[string]bool // the sub-accounts that a ledger row names
	UnlistedAccounts bool            // orphans elsewhere may be canceled too
	Unsettled        map[string]bool // packages, or external ids of creates, whose last change is not settled
	MinSightings     int
	Known            reconcile.KnownFindings // with the present run counted
	Cost             PriceLookup             // may be nil: no price is known
	MaxFindings      int                     // that a plan is made from; 0: 100,000
}

// maxFindings at three requests each are more than a day's at 200 a minute. An
// action holds its package as it was seen, so what is counted too are the
// instances of those: some forty megabytes of plan.
const (
	maxFindings = 100_000
	maxSeen     = 200_000
)

// Costing gives what Wix bills a month for one instance, and whether that is
// known.
type PriceLookup func(productID string, cycle reconcile.Cycle) (reconcile.Money, bool)

// A Planner makes a plan.
type Planner struct {
	options   Options
	decisions []Decision        // by finding
	places    []int             // of the findings that may become actions
	wants     []want            // findings that may become actions
	states    map[string]*State // of the packages that wants are about; nil until seen
	seen      int               // packages in the first look at the inventory
	looked    int               // and in the second
	drawn     bool
	drafts    []draft
	dependence
}

// A want is a finding that may become an action.
type want struct {
	place int // of the finding
	id    reconcile.FindingID
	reconcile.Reported
}

// NewPlanner makes a planner.
func NewPlanner(o Options) *Planner {
	return &Planner{options: o, states: make(map[string]*State)}
}

// Consider takes the next finding.
func (p *Planner) Consider(f reconcile.Reported) {
	place := len(p.decisions)
	p.decisions = append(p.decisions, Decision{Reason: f.Reason})
	if f.Fix == "" || !slices.Contains(p.options.Fixes, f.Fix) || !p.chosen(&f) {
		return
	}
	decision, held := p.held(&f)
	p.decisions[place] = decision
	if held {
		return
	}
	p.places = append(p.places, place)
	if p.tooMany() {
		p.wants, p.states = nil, nil
		return
	}
	f.Cells = nil // an action shows none of them
	p.wants = append(p.wants, want{place, f.Finding.ID(p.options.Parent), f})
	if f.PackageID != "" {
		p.states[f.PackageID] = nil
	}
}

// tooMany reports whether there is more than a plan can hold.
func (p *Planner) tooMany() bool {
	return len(p.places) > cmp.Or(p.options.MaxFindings, maxFindings) || p.seenInstances() > maxSeen
}

// seenInstances counts the instances that the actions hold.
func (p *Planner) seenInstances() int {
	n := 0
	for i := range p.drafts {
		if seen := p.drafts[i].Seen; seen != nil {
			n += len(seen.Instances)
		}
	}
	return n
}

// chosen reports whether the finding, its package or its account was asked for.
func (p *Planner) chosen(f *reconcile.Reported) bool {
	only := p.options.Only
	return only == nil || only[f.ID] || only[f.PackageID] || only[f.AccountID]
}

// See takes a package of the inventory, in the first look at it, after all
// findings.
func (p *Planner) See(pkg reconcile.Package) {
	p.seen++
	if _, wanted := p.states[pkg.ID]; wanted {
		p.states[pkg.ID] = StateOf(&pkg)
	}
}

// Depend takes a package of the inventory, in the second look at it.
func (p *Planner) Depend(pkg reconcile.Package) {
	p.looked++
	p.draw()
	for i := range pkg.Instances {
		p.note(&pkg.Instances[i])
	}
}

// Plan makes the plan. It refuses to where the inventory was not looked at
// twice, because then nobody knows what depends on what.
func (p *Planner) Plan(h Header, t Terms) (*Plan, error) {
	if p.seen != p.looked {
		return nil, fmt.Errorf("plan: %d packages were seen, and %d looked at for what depends on them", p.seen, p.looked)
	}
	p.draw()
	p.review()
	size := p.size()
	plan := h.plan(p.options.Parent, p.options.Fixes)
	for i := range p.drafts {
		plan.Actions = append(plan.Actions, p.drafts[i].Action)
		plan.Evidence = append(plan.Evidence, p.evidence(&p.drafts[i]))
	}
	plan.LiveInstances = t.LiveInstances
	plan.Refusals = append(t.weigh(plan.Actions), size...)
	plan.Forecast = forecast(plan.Actions)
	p.conclude(plan.Refusals, t.Reviewed)
	return plan, plan.seal()
}

// size refuses a plan that would be too large.
func (p *Planner) size() []Refusal {
	if !p.tooMany() {
		return nil
	}
	for _, place := range p.places {
		p.decisions[place] = Decision{Outcome: OutcomeOverLimit, Reason: LimitPlanSize}
	}
	p.drafts = nil
	most := cmp.Or(p.options.MaxFindings, maxFindings)
	return []Refusal{{
		Cause: CauseSize, Limit: LimitPlanSize, Value: strconv.Itoa(most), Need: strconv.Itoa(len(p.places)),
		Text: fmt.Sprintf("%d findings may be fixed, which is more than a plan can hold: it is made from %d at most, of packages that are not huge", len(p.places), most),
	}}
}

// Decisions gives what becomes of each finding, in the order in which they were
// considered.
func (p *Planner) Decisions() []Decision { return p.decisions }

// conclude tells the findings what became of their actions. A finding with
// several has the outcome of one that is not sent.
func (p *Planner) conclude(refusals []Refusal, reviewed bool) {
	for i := range p.drafts {
		for _, w := range p.drafts[i].wants {
			p.decisions[p.wants[w].place].Actions = nil
		}
	}
	for i := range p.drafts {
		a := &p.drafts[i].Action
		for _, w := range p.drafts[i].wants {
			d := &p.decisions[p.wants[w].place]
			if len(d.Actions) == 0 {
				d.Outcome, d.Reason = "", p.wants[w].Reason
			}
			d.Actions = append(d.Actions, a.Key)
			switch outcome, reason := a.Unsent(refusals, reviewed); {
			case outcome != "":
				d.Outcome, d.Reason = outcome, reason
			case a.Needs != "" && d.Outcome == "":
				d.Reason = ReasonDependants
			}
		}
	}
}

// Unsent gives the outcome of an action that is not sent now, none where it is.
// Reviewed says that somebody looks at the plan before it is sent.
func (a *Action) Unsent(refusals []Refusal, reviewed bool) (outcome, reason string) {
	switch {
	case a.Waiting != nil:
		return OutcomeWaiting, fmt.Sprintf("%d of %d sightings", a.Waiting.Sightings, a.Waiting.Needed)
	case a.Needs != "" && !reviewed:
		return OutcomeNotAllowed, ReasonDependants
	case len(refusals) > 0 && refusals[0].Cause == CauseLimit:
		return OutcomeOverLimit, refusals[0].Limit
	case len(refusals) > 0:
		return OutcomeNotAllowed, refusals[0].Limit
	}
	return "", ""
}
