package fix

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile"
)

// What a change did is told by a read, never by the answer to it. It is judged
// on the one thing that the action is about: the site, product or cycle of its
// instance, the external id of its package, the statuses of what it cancels.
// That thing is as was wanted, or as it was before, or neither, and what is
// neither stops a plan. What Wix changes along, such as instances that go with
// the one that they depend on, is no matter of the action.
//
// To be live is one state: an instance that is delivered while it is being
// canceled is as before. One that failed is not what was asked for.

// An effect is what a read shows of an action.
type effect int

const (
	effectNone effect = iota // it is as before
	effectDone               // it is as wanted
	effectOdd                // it is neither
)

// An aspect is the one thing of a package that an action is about, in words.
type aspect struct{ name, wanted, before, after string }

func (x *aspect) effect() effect {
	switch x.after {
	case x.wanted:
		return effectDone
	case x.before:
		return effectNone
	}
	return effectOdd
}

func (x *aspect) String() string {
	return fmt.Sprintf("%s: was %s, wanted %s, found %s", x.name, shown(x.before), shown(x.wanted), shown(x.after))
}

// shown writes a value so that an empty one can be seen.
func shown(value string) string {
	if value == "" {
		return "none"
	}
	return fmt.Sprintf("%q", value)
}

// The words for what is not there and for what is billed for.
const (
	absent = "(not there)"
	live   = "live"
)

// aspectOf gives what an action on a package is about. Before and after may be
// nil, where there is no package.
func aspectOf(a *Action, before, after *State) aspect {
	read, wanted := a.reader()
	x := aspect{name: a.about(), wanted: wanted, before: absent, after: absent}
	if before != nil {
		x.before = read(before)
	}
	if after != nil {
		x.after = read(after)
	}
	if after != nil && a.Desired.Cycle != "" && reconcile.Cycle(x.after).Equal(reconcile.Cycle(wanted)) {
		x.after = wanted // 12 MONTH is 1 YEAR
	}
	return x
}

// about names what the action is about.
func (a *Action) about() string {
	switch {
	case a.Fix == reconcile.FixExternalID:
		return "external id"
	case a.Fix == reconcile.FixCancel && a.InstanceID == "":
		return "status"
	case a.Fix == reconcile.FixCancel:
		return "status of instance " + a.InstanceID
	case a.Fix == reconcile.FixAdjust && a.Desired.ProductID != "":
		return "product of instance " + a.InstanceID
	case a.Fix == reconcile.FixAdjust:
		return "billing cycle of instance " + a.InstanceID
	}
	return "site of instance " + a.InstanceID
}

// reader gives how to read what the action is about, and what is wanted there.
func (a *Action) reader() (read func(*State) string, wanted string) {
	switch {
	case a.Fix == reconcile.FixExternalID:
		return func(s *State) string { return s.ExternalID }, reconcile.TrimID(a.Desired.ExternalID)
	case a.Fix == reconcile.FixCancel:
		return func(s *State) string { return s.statuses(a.takes()) }, string(reconcile.StatusCanceled)
	case a.Fix == reconcile.FixUnassign:
		return a.ofInstance(func(i *InstanceState) string { return i.SiteID }), ""
	case a.Fix == reconcile.FixAssign:
		return a.ofInstance(func(i *InstanceState) string { return i.SiteID }), reconcile.FoldGUID(a.Desired.SiteID)
	case a.Desired.ProductID != "":
		return a.ofInstance(func(i *InstanceState) string { return i.ProductID }), reconcile.FoldGUID(a.Desired.ProductID)
	}
	return a.ofInstance(func(i *InstanceState) string { return string(i.Cycle) }), a.Desired.Cycle
}

func (a *Action) ofInstance(read func(*InstanceState) string) func(*State) string {
	return func(s *State) string {
		if inst := s.instance(a.InstanceID); inst != nil {
			return read(inst)
		}
		return absent
	}
}

// statuses gives the status that all of the instances have, live ones being
// alike; where they differ, all that there are.
func (s *State) statuses(ids []string) string {
	var all []string
	for _, id := range ids {
		status := absent
		if inst := s.instance(id); inst != nil && inst.Status.Live() {
			status = live
		} else if inst != nil {
			status = string(inst.Status)
		}
		all = append(all, status)
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), ", ")
}
