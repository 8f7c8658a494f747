package execute

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// What a change did is known from a read, never from its answer. Only the one
// thing that the action changes is compared: the site, product or cycle of its
// instance, the external id of its package, the statuses of what it cancels. It
// is as desired, or as it was before, or neither, and neither stops a plan. What
// Wix changes besides, such as instances that depend on a canceled one, does not
// matter.
//
// Live is one status: an instance that is delivered while it is being canceled
// is as before. One that failed is not as desired.

// An effect is what a read shows of an action.
type effect int

const (
	effectNone       effect = iota // as before
	effectDone                     // as desired
	effectUnexpected               // neither
)

// A comparison is the one thing that an action changes, in words.
type comparison struct{ name, desired, before, after string }

func (c *comparison) effect() effect {
	switch c.after {
	case c.desired:
		return effectDone
	case c.before:
		return effectNone
	}
	return effectUnexpected
}

func (c *comparison) String() string {
	return fmt.Sprintf("%s: was %s, desired %s, found %s", c.name, quoted(c.before), quoted(c.desired), quoted(c.after))
}

// quoted writes a value so that an empty one can be seen.
func quoted(value string) string {
	if value == "" {
		return "none"
	}
	return fmt.Sprintf("%q", value)
}

// The words for what does not exist and for what is billed.
const (
	absent = "(not there)"
	live   = "live"
)

// compare returns what an action on a package changed. Before and after are nil
// where there is no package.
func compare(a *fix.Action, before, after *fix.State) comparison {
	change := changeOf(a)
	if change.value == nil {
		return comparison{name: change.field, after: "(not comparable)"}
	}
	c := comparison{name: change.field, desired: change.desired, before: absent, after: absent}
	if before != nil {
		c.before = change.value(before)
	}
	if after != nil {
		c.after = change.value(after)
	}
	if after != nil && a.Desired.Cycle != "" && reconcile.Cycle(c.after).Equal(reconcile.Cycle(c.desired)) {
		c.after = c.desired // 12 MONTH is 1 YEAR
	}
	return c
}

// A change is what an action changes.
type change struct {
	field   string
	value   func(*fix.State) string // nil: of an unknown fix, which is never done
	desired string
}

func changeOf(a *fix.Action) change {
	ofInstance := " of instance " + a.InstanceID
	switch {
	case a.Fix == reconcile.FixExternalID:
		return change{"external id", func(s *fix.State) string { return s.ExternalID }, reconcile.TrimID(a.Desired.ExternalID)}
	case a.Fix == reconcile.FixCancel && a.InstanceID == "":
		return change{"status", statusesOf(a), string(reconcile.StatusCanceled)}
	case a.Fix == reconcile.FixCancel:
		return change{"status" + ofInstance, statusesOf(a), string(reconcile.StatusCanceled)}
	case a.Fix == reconcile.FixUnassign:
		return change{"site" + ofInstance, instanceValue(a, func(i *fix.InstanceState) string { return i.SiteID }), ""}
	case a.Fix == reconcile.FixAssign:
		return change{"site" + ofInstance, instanceValue(a, func(i *fix.InstanceState) string { return i.SiteID }), reconcile.FoldGUID(a.Desired.SiteID)}
	case a.Fix == reconcile.FixAdjust && a.Desired.ProductID != "":
		return change{"product" + ofInstance, instanceValue(a, func(i *fix.InstanceState) string { return i.ProductID }), reconcile.FoldGUID(a.Desired.ProductID)}
	case a.Fix == reconcile.FixAdjust:
		return change{"billing cycle" + ofInstance, instanceValue(a, func(i *fix.InstanceState) string { return string(i.Cycle) }), a.Desired.Cycle}
	case a.Fix == reconcile.FixCreate:
		return change{"package", func(s *fix.State) string { return s.ExternalID }, reconcile.TrimID(a.ExternalID)}
	}
	return change{field: fmt.Sprintf("unknown fix %q", a.Fix)}
}

func instanceValue(a *fix.Action, value func(*fix.InstanceState) string) func(*fix.State) string {
	return func(s *fix.State) string {
		if inst := s.Instance(a.InstanceID); inst != nil {
			return value(inst)
		}
		return absent
	}
}

// statusesOf returns how to get the status of all of the instances that an action
// cancels, where live ones count as equal; where they differ, all that there are.
func statusesOf(a *fix.Action) func(*fix.State) string {
	return func(s *fix.State) string {
		var all []string
		for _, id := range a.RemovedInstances() {
			status := absent
			if inst := s.Instance(id); inst != nil && inst.Status.Live() {
				status = live
			} else if inst != nil {
				status = string(inst.Status)
			}
			all = append(all, status)
		}
		slices.Sort(all)
		return strings.Join(slices.Compact(all), ", ")
	}
}

// created compares the packages that have the external id of a create, and
// returns the one that it is about. The create is done where one has exactly the
// instances of its lines, all of them live. Another package under the id is
// neither as before nor as desired.
func created(a *fix.Action, found []reconcile.Package) (effect, *reconcile.Package) {
	for i := range found {
		if found[i].ExternalID == reconcile.TrimID(a.ExternalID) && matchesLines(found[i].Instances, a.Desired.Lines) {
			return effectDone, &found[i]
		}
	}
	if len(found) == 0 {
		return effectNone, nil
	}
	return effectUnexpected, &found[0]
}

// matchesLines reports whether the instances are those of the lines, by product,
// site and cycle. One that is not delivered yet may still lack its site.
func matchesLines(instances []reconcile.Instance, lines []fix.Line) bool {
	left, total := make([]int, len(lines)), 0
	for i, l := range lines {
		left[i] = l.Quantity
		total += l.Quantity
	}
	if total != len(instances) {
		return false
	}
	var undelivered []*reconcile.Instance
	for i := range instances {
		inst := &instances[i]
		switch {
		case !inst.Status.Live():
			return false
		case inst.SiteID == "" && inst.Status != reconcile.StatusEnabled:
			undelivered = append(undelivered, inst)
		case !matchLine(left, lines, inst, inst.SiteID):
			return false
		}
	}
	for _, inst := range undelivered {
		if !matchLine(left, lines, inst, "") && !matchLine(left, lines, inst, anySite) {
			return false
		}
	}
	return true
}

const anySite = "*"

// matchLine consumes one instance of a matching line, and reports whether there
// was one.
func matchLine(left []int, lines []fix.Line, inst *reconcile.Instance, site string) bool {
	for i, l := range lines {
		if left[i] > 0 && strings.EqualFold(l.ProductID, inst.ProductID) && l.Cycle.Equal(inst.Cycle) &&
			(site == anySite || strings.EqualFold(l.SiteID, site)) {
			left[i]--
			return true
		}
	}
	return false
}
