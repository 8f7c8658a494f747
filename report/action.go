package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// What an action changes, in words: the field, its present state, the desired
// one, and the one that was observed afterwards. Plan, journal and workbook
// share these texts, so that the three states can be compared.

const floating = "floating" // on no site

// changedField names what an action changes.
func changedField(a *fix.Action) string {
	switch a.Fix {
	case reconcile.FixExternalID:
		return "external id"
	case reconcile.FixAssign, reconcile.FixUnassign:
		return "site"
	case reconcile.FixAdjust:
		if a.Desired.ProductID != "" {
			return "product"
		}
		return "cycle"
	case reconcile.FixCreate:
		return "package"
	}
	return "status"
}

// desiredText returns the state that the action is to reach.
func desiredText(a *fix.Action) string {
	d := &a.Desired
	switch a.Fix {
	case reconcile.FixExternalID:
		return oneLine(d.ExternalID)
	case reconcile.FixAssign, reconcile.FixUnassign:
		return siteText(d.SiteID)
	case reconcile.FixAdjust:
		return oneLine(d.ProductID + d.Cycle)
	case reconcile.FixCreate:
		return lineText(d.Lines)
	}
	return oneLine(d.Status)
}

// stateText returns the field that the action changes as it is in s, which may
// be nil. An action without a package has "none".
func stateText(a *fix.Action, s *fix.State) string {
	switch {
	case s == nil && a.PackageID == "":
		return "none"
	case s == nil:
		return ""
	case a.Fix == reconcile.FixExternalID:
		if s.ExternalID == "" {
			return "none"
		}
		return oneLine(s.ExternalID)
	case a.Fix == reconcile.FixCreate, a.InstanceID == "":
		return statusCounts(s.Instances)
	}
	i := slices.IndexFunc(s.Instances, func(i fix.InstanceState) bool { return i.ID == a.InstanceID })
	if i < 0 {
		return "not found"
	}
	switch inst := &s.Instances[i]; changedField(a) {
	case "site":
		return siteText(inst.SiteID)
	case "product":
		return oneLine(inst.ProductID)
	case "cycle":
		return oneLine(string(inst.Cycle))
	default:
		return oneLine(string(inst.Status))
	}
}

// statusCounts counts instances by status, in the order in which they come.
func statusCounts(instances []fix.InstanceState) string {
	var names []string
	counts := make(map[string]int)
	for i := range instances {
		name := oneLine(string(instances[i].Status))
		if counts[name] == 0 {
			names = append(names, name)
		}
		counts[name]++
	}
	for i, name := range names {
		names[i] = formatCount(counts[name]) + " " + name
	}
	if len(names) == 0 {
		return "no instances"
	}
	return strings.Join(names, ", ")
}

func siteText(id string) string {
	if id == "" || id == reconcile.Floating {
		return floating
	}
	return oneLine(id)
}

// onSite is siteText for the middle of a sentence.
func onSite(id string) string {
	if text := siteText(id); text != floating {
		return "site " + text
	}
	return floating
}

// lineText lists the lines of a package to be created.
func lineText(lines []fix.Line) string {
	parts := make([]string, len(lines))
	for i := range lines {
		l := &lines[i]
		parts[i] = fmt.Sprintf("%s x %s, %s, %s, %s", formatCount(l.Quantity), oneLine(l.ProductID),
			oneLine(string(l.Cycle)), oneLine(l.Country), onSite(l.SiteID))
	}
	return strings.Join(parts, "; ")
}

// instanceText describes an instance. A site has a line of its own elsewhere.
func instanceText(i *fix.InstanceState) string {
	text := fmt.Sprintf("%s, %s, %s", oneLine(i.ProductID), oneLine(string(i.Cycle)), oneLine(string(i.Status)))
	if siteText(i.SiteID) == floating {
		text += ", " + floating
	}
	return text
}

// affectedInstances returns the instances that an action changes, as they were
// seen: the one, or every live one of a package that is canceled.
func affectedInstances(a *fix.Action) []fix.InstanceState {
	if a.Seen == nil || a.InstanceID == "" && a.Fix != reconcile.FixCancel {
		return nil
	}
	var instances []fix.InstanceState
	for _, i := range a.Seen.Instances {
		if i.ID == a.InstanceID || a.InstanceID == "" && i.Status.Live() {
			instances = append(instances, i)
		}
	}
	return instances
}

// costText returns the monthly cost of what a removal cancels or moves, a dash
// where there is none. Currencies are never added together, and an unknown
// price is never shown as zero.
func costText(a *fix.Action) string {
	parts := make([]string, 0, len(a.Costs)+1)
	for _, c := range a.Costs {
		parts = append(parts, formatAmount(c.Monthly, c.Currency)+" "+oneLine(c.Currency))
	}
	switch {
	case a.Unpriced > 0 && len(parts) == 0:
		return "unknown price"
	case a.Unpriced > 0:
		parts = append(parts, formatCount(a.Unpriced)+" unpriced")
	case len(parts) == 0:
		return "-"
	}
	return strings.Join(parts, ", ")
}
