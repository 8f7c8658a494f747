package fix

import (
	"cmp"
	"slices"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Wants become actions once their packages were seen. What is to be changed
// must be there as the finding says: the same live instances and no status that
// nobody knows; where it is not, nothing is done.
//
// A package is canceled whole where every live instance in it is decided to be
// canceled, by one finding or by one for each; otherwise the instances are
// canceled one by one.

// A draft is an action on its way, with the wants that it is made of.
type draft struct {
	Action
	wants []int
}

// draw makes the actions of all wants, in order, once.
func (p *Planner) draw() {
	if p.drawn {
		return
	}
	p.drawn = true
	slices.SortFunc(p.wants, func(a, b want) int {
		return cmp.Or(a.Compare(&b.Finding), cmp.Compare(a.ID, b.ID))
	})
	p.wants = slices.DeleteFunc(p.wants, func(w want) bool {
		reason := p.disagrees(&w)
		if reason != "" {
			p.decisions[w.place] = Decision{Outcome: OutcomeNotAllowed, Reason: reason}
		}
		return reason != ""
	})
	for _, s := range p.shares() {
		p.drafts = append(p.drafts, p.draft(s))
	}
	compare := inOrder()
	slices.SortFunc(p.drafts, func(a, b draft) int { return compare(&a.Action, &b.Action) })
	p.watch(p.drafts)
}

// disagrees gives why the inventory does not bear a finding out.
func (p *Planner) disagrees(w *want) string {
	state := p.states[w.PackageID]
	switch {
	case w.Fix == reconcile.FixCreate:
		return ""
	case state == nil:
		return ReasonUnknown
	case w.Fix == reconcile.FixCancel && state.doubtful():
		return reconcile.ReasonAmbiguous
	case w.Fix == reconcile.FixCancel && len(w.Basis.Targets) == 0:
		return ReasonUnknown
	}
	live, targets := state.live(), w.Basis.Targets
	if w.InstanceID != "" {
		targets = append(slices.Clone(targets), w.InstanceID)
	}
	for _, id := range targets {
		if _, there := slices.BinarySearch(live, id); !there {
			return ReasonUnknown
		}
	}
	if w.Basis.WholePackage && len(targets) != len(live) {
		return ReasonUnknown
	}
	return ""
}

// A share is what one action is made of: the wants, and the instance that it is
// about, none where it is the package.
type share struct {
	wants    []int
	instance string
}

func (p *Planner) shares() []share {
	var shares []share
	whole := p.wholeByInstance()
	for i := range p.wants {
		w := &p.wants[i]
		switch {
		case w.Fix != reconcile.FixCancel:
			shares = append(shares, share{[]int{i}, w.InstanceID})
		case w.InstanceID == "" && w.Basis.WholePackage:
			shares = append(shares, share{wants: []int{i}})
		case w.InstanceID == "":
			for _, target := range w.Basis.Targets {
				shares = append(shares, share{[]int{i}, target})
			}
		case whole[w.PackageID] == nil || w.Kind != reconcile.CanceledInLedger:
			shares = append(shares, share{[]int{i}, w.InstanceID})
		case whole[w.PackageID][0] == i: // the first stands for all
			shares = append(shares, share{wants: whole[w.PackageID]})
		}
	}
	return shares
}

// wholeByInstance gives the packages of which every live instance was ended by
// a line of its own, with their wants.
func (p *Planner) wholeByInstance() map[string][]int {
	byPackage := make(map[string][]int)
	for i := range p.wants {
		if w := &p.wants[i]; w.Kind == reconcile.CanceledInLedger && w.InstanceID != "" {
			byPackage[w.PackageID] = append(byPackage[w.PackageID], i)
		}
	}
	for id, wants := range byPackage {
		if len(wants) < len(p.states[id].live()) {
			delete(byPackage, id)
		}
	}
	return byPackage
}

// draft makes one action.
func (p *Planner) draft(s share) draft {
	w := &p.wants[s.wants[0]]
	a := Action{
		Fix: w.Fix, Kind: w.Kind.String(), AccountID: w.AccountID, ExternalID: w.ExternalID,
		PackageID: w.PackageID, InstanceID: s.instance, Seen: p.states[w.PackageID], Rows: w.Basis.RowsHash,
	}
	for _, i := range s.wants {
		a.FindingIDs = append(a.FindingIDs, p.wants[i].ID)
	}
	slices.Sort(a.FindingIDs)
	a.want(&w.Reported)
	a.Removal, a.Instances = a.removes(), a.count()
	a.price(p.options.Cost)
	p.wait(&a, s.wants)
	a.seal(p.options.Parent)
	return draft{a, s.wants}
}

// want fills in what the action is to bring about.
func (a *Action) want(f *reconcile.Reported) {
	switch f.Fix {
	case reconcile.FixExternalID:
		a.Desired.ExternalID = f.ExternalID
	case reconcile.FixAssign:
		a.Desired.SiteID = f.LedgerValue
	case reconcile.FixUnassign:
		a.Desired.SiteID = reconcile.Floating
	case reconcile.FixAdjust:
		if f.Kind == reconcile.ProductMismatch {
			a.Desired.ProductID = f.LedgerValue
		} else {
			a.Desired.Cycle = f.LedgerValue
		}
	case reconcile.FixCreate:
		a.Desired.Lines = linesOf(f.Basis.Order)
	case reconcile.FixCancel:
		a.Desired.Status = string(reconcile.StatusCanceled)
	}
}

// wait notes that a removal waits for more sightings. One that was seen to rest
// on several findings waits for the one that was seen least.
func (p *Planner) wait(a *Action, wants []int) {
	if n := p.sightings(wants); a.Removal && n < p.options.MinSightings {
		a.Waiting = &Waiting{Sightings: n, Needed: p.options.MinSightings}
	}
}

func (p *Planner) sightings(wants []int) int {
	least := p.options.Known[p.wants[wants[0]].id].Sightings
	for _, w := range wants[1:] {
		least = min(least, p.options.Known[p.wants[w].id].Sightings)
	}
	return least
}
