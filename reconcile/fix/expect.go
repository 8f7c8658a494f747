package fix

import (
	"fmt"
	"slices"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// An action is sent only to a package that is what it was when it was planned,
// after our own earlier actions of the plan on it. Everything that was seen
// must be the same, and, as long as nothing of ours was sent to the package, so
// must the date of its last change; afterwards the date is our own doing.
//
// Of an instance that we canceled only that counts: it may have lost its site
// with it. What it took along – who references it, and who sits on its site –
// may be canceled or not. Only what the action itself is about must be as
// planned.

// evolve gives the state that a package has once the actions are done.
func (s *State) evolve(applied []*Action) *State {
	after := *s
	after.Instances = slices.Clone(s.Instances)
	for _, a := range applied {
		after.apply(a)
	}
	return &after
}

func (s *State) apply(a *Action) {
	inst := s.instance(a.InstanceID)
	switch {
	case a.Fix == reconcile.FixExternalID:
		s.ExternalID = reconcile.TrimID(a.Desired.ExternalID)
	case a.Fix == reconcile.FixCancel:
		for _, id := range a.takes() {
			if gone := s.instance(id); gone != nil {
				gone.Status = reconcile.StatusCanceled
			}
		}
	case inst == nil:
	case a.Fix == reconcile.FixAssign:
		inst.SiteID = reconcile.FoldGUID(a.Desired.SiteID)
	case a.Fix == reconcile.FixUnassign:
		inst.SiteID = ""
	case a.Desired.ProductID != "":
		inst.ProductID = reconcile.FoldGUID(a.Desired.ProductID)
	case a.Desired.Cycle != "":
		inst.Cycle = reconcile.Cycle(a.Desired.Cycle)
	}
}

// An expectation is what a package must be for an action to be sent.
type expectation struct {
	action  *Action
	applied []*Action // of ours, on the package, by this plan
	dated   bool      // nothing of ours was sent to the package
}

// difference gives the first thing that is not as expected, in words; empty
// where nothing is.
func (x *expectation) difference(p *reconcile.Package) string {
	if reconcile.FoldGUID(p.AccountID) != reconcile.FoldGUID(x.action.AccountID) {
		return differs("account", x.action.AccountID, p.AccountID)
	}
	want, found := x.action.Seen.evolve(x.applied), StateOf(p)
	if want.ExternalID != found.ExternalID {
		return differs("external id", want.ExternalID, found.ExternalID)
	}
	for i := range found.Instances {
		if id := found.Instances[i].ID; want.instance(id) == nil {
			return differs("instance", "", id)
		}
	}
	for i := range want.Instances {
		if text := x.differenceOf(&want.Instances[i], found.instance(want.Instances[i].ID)); text != "" {
			return text
		}
	}
	if x.dated && !want.Updated.Equal(found.Updated) {
		return differs("updated date", want.Updated.Format(time.RFC3339Nano), found.Updated.Format(time.RFC3339Nano))
	}
	return ""
}

// differenceOf compares one instance; found is nil where it is not there.
func (x *expectation) differenceOf(want, found *InstanceState) string {
	if found == nil {
		return differs("instance", want.ID, "")
	}
	if found.Status == reconcile.StatusCanceled && (x.canceled(want) || x.tookAlong(want)) {
		return ""
	}
	of := " of instance " + want.ID
	switch {
	case want.Status != found.Status:
		return differs("status"+of, string(want.Status), string(found.Status))
	case want.ProductID != found.ProductID:
		return differs("product"+of, want.ProductID, found.ProductID)
	case want.SiteID != found.SiteID:
		return differs("site"+of, want.SiteID, found.SiteID)
	case !want.Cycle.Equal(found.Cycle):
		return differs("billing cycle"+of, string(want.Cycle), string(found.Cycle))
	case want.References != found.References:
		return differs("reference"+of, want.References, found.References)
	}
	return ""
}

// canceled reports whether a cancel of ours took the instance.
func (x *expectation) canceled(want *InstanceState) bool {
	seen := x.action.Seen.instance(want.ID)
	return want.Status == reconcile.StatusCanceled && seen != nil && seen.Status != want.Status
}

// tookAlong reports whether a cancel of ours may have taken the instance along,
// which the action is not about.
func (x *expectation) tookAlong(inst *InstanceState) bool {
	if inst.ID == x.action.InstanceID || slices.Contains(x.action.takes(), inst.ID) {
		return false
	}
	return dependent(x.action.Seen, x.applied, inst, len(x.action.Seen.Instances))
}

// dependent reports whether an instance depends on one that was canceled, in no
// more than so many steps.
func dependent(seen *State, applied []*Action, inst *InstanceState, steps int) bool {
	for _, a := range applied {
		if a.Fix != reconcile.FixCancel {
			continue
		}
		for _, id := range a.takes() {
			gone := seen.instance(id)
			if inst.References == id || gone != nil && gone.SiteID != "" && gone.SiteID == inst.SiteID {
				return true
			}
		}
	}
	on := seen.instance(inst.References)
	return on != nil && steps > 0 && dependent(seen, applied, on, steps-1)
}

func differs(what, planned, found string) string {
	return fmt.Sprintf("%s: planned %s, found %s", what, shown(planned), shown(found))
}
