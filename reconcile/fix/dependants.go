package fix

import (
	"slices"

	"github.com/wixrecon/wixrecon/reconcile"
)

// An instance is not removed while another one that is not dead references it,
// or while an instance that stays is on its site, or is to be assigned to it or
// created there: such an action needs a review.
//
// An instance that the plan removes too does not stay, unless its action waits,
// or something that stays depends on it in turn; this is repeated until nothing
// changes. Only a cancel ends a reference, wherever the instances are. An
// instance leaves its site by being canceled, unassigned or moved.
//
// But what a plan is about to do may fail, while the actions that depend on it
// would still be sent. So these need a review too, or go in a later run: an
// action on an instance that is still referenced, even by one that goes too,
// unless one request removes both; and a cancel on a site that an instance is
// still to be moved from. Two instances that the plan cancels may share a site:
// the ledger has neither.

// dependants are what depends on the instances that pending actions remove.
type dependants struct {
	site       map[string]string   // of the removed instances, where they have one
	bySite     map[string][]string // instances on such a site
	arriving   map[string][]string // instances to be assigned to such a site; of a create its external id
	referenced map[string][]string // instances that reference a removed one
}

func newDependants(actions []pendingAction) *dependants {
	d := &dependants{
		site: make(map[string]string), bySite: make(map[string][]string),
		arriving: make(map[string][]string), referenced: make(map[string][]string),
	}
	for i := range actions {
		a := &actions[i]
		for _, id := range a.RemovedInstances() {
			d.referenced[id] = nil
			if site := a.Seen.Instance(id).SiteID; site != "" {
				d.site[id], d.bySite[site] = site, nil
			}
		}
		if a.Fix == reconcile.FixAssign {
			d.arriving[a.Desired.SiteID] = append(d.arriving[a.Desired.SiteID], a.InstanceID)
		}
		for _, l := range a.Desired.Lines {
			if l.SiteID != "" {
				d.arriving[l.SiteID] = append(d.arriving[l.SiteID], a.ExternalID)
			}
		}
	}
	return d
}

// add adds an instance of the inventory.
func (d *dependants) add(inst *reconcile.Instance) {
	if inst.Status.Dead() {
		return
	}
	if ids, removed := d.referenced[inst.References]; removed {
		d.referenced[inst.References] = append(ids, inst.ID)
	}
	if ids, removed := d.bySite[inst.SiteID]; removed {
		d.bySite[inst.SiteID] = append(ids, inst.ID)
	}
}

// markDependants marks the actions that need a review. One that is to be sent
// now is compared with what goes now; one that waits with what would go if
// nothing had to wait.
func markDependants(actions []pendingAction, d *dependants) {
	now := newRemovals(actions, d, func(a *Action) bool { return a.Waiting == nil })
	later := newRemovals(actions, d, func(*Action) bool { return true })
	for i := range actions {
		a, r := &actions[i].Action, now
		if a.Waiting != nil {
			r = later
		}
		a.Needs, a.Dependants = "", r.staying(i, false)
		if len(a.Dependants) > 0 || a.LiveAgain || a.PossibleMatch != "" {
			a.Needs = NeedsReview
		}
	}
}

// removals are what goes in the end, if a set of actions may be sent.
type removals struct {
	*dependants
	actions []pendingAction
	sent    []bool         // by action
	remover map[string]int // by instance: the action that removes it
}

func newRemovals(actions []pendingAction, d *dependants, may func(*Action) bool) *removals {
	r := &removals{dependants: d, actions: actions, sent: make([]bool, len(actions)), remover: make(map[string]int)}
	for i := range actions {
		r.sent[i] = may(&actions[i].Action)
		for _, id := range actions[i].RemovedInstances() {
			r.remover[id] = i
		}
	}
	for changed := true; changed; {
		changed = false
		for i := range actions {
			if r.sent[i] && len(r.staying(i, true)) > 0 {
				r.sent[i], changed = false, true
			}
		}
	}
	return r
}

// staying returns the instances that stay and depend on what an action removes,
// ordered. Done is whether the other actions of the plan count as done.
func (r *removals) staying(action int, done bool) []string {
	var stay []string
	for _, id := range r.actions[action].RemovedInstances() {
		for _, other := range r.referenced[id] {
			if other != id && !r.endsReference(other, action, done) {
				stay = append(stay, other)
			}
		}
		site, onSite := r.site[id]
		if !onSite {
			continue
		}
		for _, other := range r.bySite[site] {
			if other != id && !r.leavesSite(other, action, done) {
				stay = append(stay, other)
			}
		}
		stay = append(stay, r.arriving[site]...)
	}
	slices.Sort(stay)
	return slices.Compact(stay)
}

// endsReference reports whether an instance no longer references anything when
// the action is sent.
func (r *removals) endsReference(id string, action int, done bool) bool {
	by, removed := r.remover[id]
	return removed && (by == action || done && r.sent[by]) && r.actions[by].Fix == reconcile.FixCancel
}

// leavesSite reports whether an instance has left its site when the action is
// sent.
func (r *removals) leavesSite(id string, action int, done bool) bool {
	by, removed := r.remover[id]
	if !removed || by == action {
		return removed
	}
	moved := r.actions[by].Fix != reconcile.FixCancel && r.actions[action].Fix == reconcile.FixCancel
	return r.sent[by] && (done || !moved)
}
