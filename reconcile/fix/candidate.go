package fix

import (
	"cmp"
	"slices"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A candidate is a finding that may become an action. It becomes one once its
// package was seen, if the package matches the finding: the same live instances,
// and no unknown status.
//
// A package is canceled whole where every live instance in it is to be canceled,
// by one finding or by one for each; otherwise the instances are canceled one by
// one.
type candidate struct {
	finding int // its index
	known   reconcile.KnownFinding
	reconcile.Reported
}

// A pendingAction is an action with the findings that it fixes. What depends on
// it is not known yet.
type pendingAction struct {
	Action
	candidates []*candidate
}

// pendingActions makes the actions of all candidates, in the order of execution.
func (p *Planner) pendingActions() []pendingAction {
	p.dropMismatched()
	var actions []pendingAction
	add := func(instance string, from ...*candidate) {
		actions = append(actions, p.options.pendingAction(from, instance, p.states[from[0].PackageID]))
	}
	whole := p.wholeByInstance()
	for i := range p.candidates {
		c := &p.candidates[i]
		switch {
		case c.Fix != reconcile.FixCancel:
			add(c.InstanceID, c)
		case c.InstanceID == "" && c.Basis.WholePackage:
			add("", c)
		case c.InstanceID == "":
			for _, target := range c.Basis.Targets {
				add(target, c)
			}
		case whole[c.PackageID] == nil || c.Kind != reconcile.CanceledInLedger:
			add(c.InstanceID, c)
		case whole[c.PackageID][0] == c: // the first one adds all of them
			add("", whole[c.PackageID]...)
		}
	}
	compare := actionOrder()
	slices.SortFunc(actions, func(a, b pendingAction) int { return compare(&a.Action, &b.Action) })
	return actions
}

// dropMismatched sorts the candidates, and drops those whose package does not
// match the finding.
func (p *Planner) dropMismatched() {
	slices.SortFunc(p.candidates, func(a, b candidate) int {
		return cmp.Or(a.Compare(&b.Finding), cmp.Compare(a.ID, b.ID))
	})
	p.candidates = slices.DeleteFunc(p.candidates, func(c candidate) bool {
		reason := c.mismatch(p.states[c.PackageID])
		if reason != "" {
			p.decisions[c.finding] = Decision{Outcome: OutcomeNotAllowed, Reason: reason}
		}
		return reason != ""
	})
}

// mismatch returns why the package, nil where it was not found, does not match the
// finding.
func (c *candidate) mismatch(s *State) string {
	switch {
	case c.Fix == reconcile.FixCreate:
		return ""
	case s == nil:
		return ReasonUnknown
	case c.Fix == reconcile.FixCancel && s.hasUnknownStatus():
		return reconcile.ReasonAmbiguous
	case c.Fix == reconcile.FixCancel && len(c.Basis.Targets) == 0:
		return ReasonUnknown
	}
	live, targets := s.live(), c.Basis.Targets
	if c.InstanceID != "" {
		targets = append(slices.Clone(targets), c.InstanceID)
	}
	for _, id := range targets {
		if _, found := slices.BinarySearch(live, id); !found {
			return ReasonUnknown
		}
	}
	if c.Basis.WholePackage && len(targets) != len(live) {
		return ReasonUnknown
	}
	return ""
}

// wholeByInstance returns the packages of which every live instance was ended by
// a line of its own, with their candidates.
func (p *Planner) wholeByInstance() map[string][]*candidate {
	byPackage := make(map[string][]*candidate)
	for i := range p.candidates {
		if c := &p.candidates[i]; c.Kind == reconcile.CanceledInLedger && c.InstanceID != "" {
			byPackage[c.PackageID] = append(byPackage[c.PackageID], c)
		}
	}
	for id, candidates := range byPackage {
		if len(candidates) < len(p.states[id].live()) {
			delete(byPackage, id)
		}
	}
	return byPackage
}

// pendingAction makes one action of candidates, on one instance of their package
// or, without one, on the package.
func (o *Options) pendingAction(from []*candidate, instance string, seen *State) pendingAction {
	c := from[0]
	a := Action{
		Fix: c.Fix, Kind: c.Kind.String(), AccountID: c.AccountID, ExternalID: c.ExternalID,
		PackageID: c.PackageID, InstanceID: instance, Desired: c.desired(), Seen: seen, Rows: c.Basis.RowsHash,
		PossibleMatch: c.Basis.PossibleMatch,
	}
	for _, c := range from {
		a.FindingIDs = append(a.FindingIDs, c.ID)
	}
	slices.Sort(a.FindingIDs)
	a.Seal(o.Parent)
	a.Costs, a.Unpriced = o.costOf(&a)
	pending := pendingAction{a, from}
	o.wait(&pending)
	return pending
}

// wait sets how many sightings an action waits for.
func (o *Options) wait(a *pendingAction) {
	a.Waiting = nil
	if n := leastSightings(a.candidates); a.needsSightings() && n < o.MinSightings {
		a.Waiting = &Waiting{Sightings: n, Needed: o.MinSightings, SameLedger: o.sameLedger(a.candidates)}
	}
}

// sameLedger returns the run since which the ledger is the same, so that the
// present run is no further sighting of one of the candidates; empty where there is
// none.
func (o *Options) sameLedger(candidates []*candidate) string {
	for _, c := range candidates {
		if o.LedgerRead != nil && !o.LedgerRead.AsOf.Before(c.known.Since) {
			return o.LedgerRead.RunID
		}
	}
	return ""
}

// desired returns what the action of the candidate brings about.
func (c *candidate) desired() Desired {
	switch c.Fix {
	case reconcile.FixExternalID:
		return Desired{ExternalID: c.ExternalID}
	case reconcile.FixAssign:
		return Desired{SiteID: c.LedgerValue}
	case reconcile.FixUnassign:
		return Desired{SiteID: reconcile.Floating}
	case reconcile.FixAdjust:
		if c.Kind == reconcile.ProductMismatch {
			return Desired{ProductID: c.LedgerValue}
		}
		return Desired{Cycle: c.LedgerValue}
	case reconcile.FixCreate:
		return Desired{Lines: linesOf(c.Basis.Order)}
	case reconcile.FixCancel:
		return Desired{Status: string(reconcile.StatusCanceled)}
	}
	return Desired{}
}

// costOf returns what a removal removes costs a month.
func (o *Options) costOf(a *Action) ([]Cost, int) {
	var sum CostSum
	for _, id := range a.RemovedInstances() {
		inst := a.Seen.Instance(id)
		if o.Cost == nil {
			sum.Unpriced++
			continue
		}
		if money, known := o.Cost(inst.ProductID, inst.Cycle); known && money.Known {
			sum.Add(money.Currency, money.Amount)
		} else {
			sum.Unpriced++
		}
	}
	return sum.Costs, sum.Unpriced
}

// leastSightings returns how often the finding that was seen least was seen.
func leastSightings(candidates []*candidate) int {
	least := candidates[0].known.Sightings
	for _, c := range candidates[1:] {
		least = min(least, c.known.Sightings)
	}
	return least
}
