package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// What an action changes, in words: the field, what it is, what it is to be, and
// what was read afterwards. All three are said the same way, so that they can
// be held against one another. Text, Markdown and the workbook use these words.

const floating = "floating" // on no site

// changed names what an action changes.
func changed(a *fix.Action) string {
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

// wantedWords says what the action is to bring about.
func wantedWords(a *fix.Action) string {
	w := &a.Desired
	switch a.Fix {
	case reconcile.FixExternalID:
		return oneLine(w.ExternalID)
	case reconcile.FixAssign, reconcile.FixUnassign:
		return siteWords(w.SiteID)
	case reconcile.FixAdjust:
		return oneLine(w.ProductID + w.Cycle)
	case reconcile.FixCreate:
		return linesWords(w.Lines)
	}
	return oneLine(w.Status)
}

// stateWords says what the action changes as it is in a state. An action
// without a package has none.
func stateWords(a *fix.Action, s *fix.State) string {
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
		return statusWords(s.Instances)
	}
	i := slices.IndexFunc(s.Instances, func(i fix.InstanceState) bool { return i.ID == a.InstanceID })
	if i < 0 {
		return "not there"
	}
	return instanceWords(a, &s.Instances[i])
}

func instanceWords(a *fix.Action, i *fix.InstanceState) string {
	switch changed(a) {
	case "site":
		return siteWords(i.SiteID)
	case "product":
		return oneLine(i.ProductID)
	case "cycle":
		return oneLine(string(i.Cycle))
	}
	return oneLine(string(i.Status))
}

// statusWords counts instances by status, in the order in which they come.
func statusWords(all []fix.InstanceState) string {
	var names []string
	counts := make(map[string]int)
	for i := range all {
		name := oneLine(string(all[i].Status))
		if counts[name] == 0 {
			names = append(names, name)
		}
		counts[name]++
	}
	for i, name := range names {
		names[i] = grouped(strconv.Itoa(counts[name])) + " " + name
	}
	if len(names) == 0 {
		return "no instances"
	}
	return strings.Join(names, ", ")
}

func siteWords(id string) string {
	if id == "" || id == reconcile.Floating {
		return floating
	}
	return oneLine(id)
}

// linesWords lists what a package is created with.
func linesWords(lines []fix.Line) string {
	words := make([]string, len(lines))
	for i := range lines {
		l := &lines[i]
		words[i] = fmt.Sprintf("%s x %s, %s, %s, %s", grouped(strconv.Itoa(l.Quantity)), oneLine(l.ProductID),
			oneLine(string(l.Cycle)), oneLine(l.Country), placeWords(l.SiteID))
	}
	return strings.Join(words, "; ")
}

func placeWords(site string) string {
	if words := siteWords(site); words != floating {
		return "site " + words
	}
	return floating
}

// describe says what an instance is; the site, where it is on one, is left to
// stand by itself.
func describe(i *fix.InstanceState) string {
	words := fmt.Sprintf("%s, %s, %s", oneLine(i.ProductID), oneLine(string(i.Cycle)), oneLine(string(i.Status)))
	if siteWords(i.SiteID) == floating {
		words += ", " + floating
	}
	return words
}

// about gives the instances that an action is about, as they were seen: the one,
// or every live one of a package that is canceled.
func about(a *fix.Action) []fix.InstanceState {
	if a.Seen == nil || a.InstanceID == "" && a.Fix != reconcile.FixCancel {
		return nil
	}
	var all []fix.InstanceState
	for _, i := range a.Seen.Instances {
		if i.ID == a.InstanceID || a.InstanceID == "" && i.Status.Live() {
			all = append(all, i)
		}
	}
	return all
}

// costWords says what a removal takes away a month. Currencies are never added
// together, and what has no known price is never taken for nothing.
func costWords(a *fix.Action) string {
	words := make([]string, 0, len(a.Costs)+1)
	for _, c := range a.Costs {
		words = append(words, spell(c.Monthly, c.Currency)+" "+oneLine(c.Currency))
	}
	switch {
	case a.Unpriced > 0 && len(words) == 0:
		return "unknown price"
	case a.Unpriced > 0:
		words = append(words, grouped(strconv.Itoa(a.Unpriced))+" unpriced")
	}
	return strings.Join(words, ", ")
}
