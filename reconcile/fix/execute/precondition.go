package execute

import (
	"fmt"
	"slices"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// A precondition is what a package must be for an action to be sent: what it was
// when it was planned, after our own earlier actions of the plan on it. All that
// was seen must be the same and, as long as nothing of ours was sent to the
// package, the date of its last change too.
//
// Of an instance that we canceled only the status counts: it may have lost its
// site. Instances that depend on it – that reference it, or are on its site – may
// be canceled or not. Only what the action itself changes must be as planned.
type precondition struct {
	action  *fix.Action
	applied []*fix.Action // of ours, on the package, by this plan
	dated   bool          // nothing of ours was sent to the package
}

// difference returns the first difference, in words; empty where there is none.
func (c *precondition) difference(p *reconcile.Package) string {
	if reconcile.FoldGUID(p.AccountID) != reconcile.FoldGUID(c.action.AccountID) {
		return differs("account", c.action.AccountID, p.AccountID)
	}
	want, err := stateAfter(c.action.Seen, c.applied)
	if err != nil {
		return err.Error()
	}
	found := fix.StateOf(p)
	if want.ExternalID != found.ExternalID || p.UnreadableID {
		return differs("external id", want.ExternalID, found.ExternalID)
	}
	for i := range found.Instances {
		if id := found.Instances[i].ID; want.Instance(id) == nil {
			return differs("instance", "", id)
		}
	}
	for i := range want.Instances {
		if text := c.instanceDifference(&want.Instances[i], found.Instance(want.Instances[i].ID)); text != "" {
			return text
		}
	}
	if c.dated && !sameDate(want.Updated, found.Updated) {
		return differs("updated date", want.Updated.Format(time.RFC3339Nano), found.Updated.Format(time.RFC3339Nano))
	}
	return ""
}

// instanceDifference compares one instance; found is nil where it does not exist.
func (c *precondition) instanceDifference(want, found *fix.InstanceState) string {
	if found == nil {
		return differs("instance", want.ID, "")
	}
	if found.Status == reconcile.StatusCanceled && (c.canceledByUs(want) || c.mayBeCanceled(want)) {
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

// canceledByUs reports whether a cancel of ours canceled the instance.
func (c *precondition) canceledByUs(want *fix.InstanceState) bool {
	seen := c.action.Seen.Instance(want.ID)
	return want.Status == reconcile.StatusCanceled && seen != nil && seen.Status != want.Status
}

// mayBeCanceled reports whether the instance, which the action does not change,
// depends on one that we canceled.
func (c *precondition) mayBeCanceled(inst *fix.InstanceState) bool {
	if inst.ID == c.action.InstanceID || slices.Contains(c.action.RemovedInstances(), inst.ID) {
		return false
	}
	return dependsOnCanceled(c.action.Seen, c.applied, inst, len(c.action.Seen.Instances))
}

// dependsOnCanceled reports whether an instance depends on a canceled one, over
// no more than so many references.
func dependsOnCanceled(seen *fix.State, applied []*fix.Action, inst *fix.InstanceState, depth int) bool {
	for _, a := range applied {
		if a.Fix != reconcile.FixCancel {
			continue
		}
		for _, id := range a.RemovedInstances() {
			canceled := seen.Instance(id)
			if inst.References == id || canceled != nil && canceled.SiteID != "" && canceled.SiteID == inst.SiteID {
				return true
			}
		}
	}
	referenced := seen.Instance(inst.References)
	return referenced != nil && depth > 0 && dependsOnCanceled(seen, applied, referenced, depth-1)
}

// stateAfter returns the state that a package has once the actions are done.
func stateAfter(s *fix.State, applied []*fix.Action) (*fix.State, error) {
	after := *s
	after.Instances = slices.Clone(s.Instances)
	for _, a := range applied {
		if err := apply(&after, a); err != nil {
			return nil, err
		}
	}
	return &after, nil
}

func apply(s *fix.State, a *fix.Action) error {
	switch a.Fix {
	case reconcile.FixExternalID:
		s.ExternalID = reconcile.TrimID(a.Desired.ExternalID)
	case reconcile.FixCancel:
		for _, id := range a.RemovedInstances() {
			if canceled := s.Instance(id); canceled != nil {
				canceled.Status = reconcile.StatusCanceled
			}
		}
	case reconcile.FixAssign, reconcile.FixUnassign, reconcile.FixAdjust:
		if inst := s.Instance(a.InstanceID); inst != nil {
			applyToInstance(inst, a)
		}
	case reconcile.FixCreate: // there was no package before
	default:
		return fmt.Errorf("what the unknown fix %q changes is not known", a.Fix)
	}
	return nil
}

func applyToInstance(inst *fix.InstanceState, a *fix.Action) {
	switch {
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

// idInUse returns the difference where a package has the external id of a create already.
func idInUse(p *reconcile.Package) string {
	state := "dead"
	if p.Live() {
		state = live
	}
	return fmt.Sprintf("external id: planned none, found package %s, which is %s", p.ID, state)
}

// sameDate compares two dates as far as both are precise: two calls of an API may
// write the same date with more or fewer digits.
func sameDate(a, b time.Time) bool {
	return a.Sub(b).Abs() < max(precision(a), precision(b))
}

// precision returns the smallest unit that a date has, a second at most.
func precision(t time.Time) time.Duration {
	for _, unit := range []time.Duration{time.Second, time.Millisecond, time.Microsecond} {
		if time.Duration(t.Nanosecond())%unit == 0 {
			return unit
		}
	}
	return time.Nanosecond
}

func differs(what, planned, found string) string {
	return fmt.Sprintf("%s: planned %s, found %s", what, quoted(planned), quoted(found))
}
