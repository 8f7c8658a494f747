package reconcile

import "strings"

// LinkRule is how the packages of a group came to its lines.
type LinkRule uint8

// The rules, strongest first.
const (
	ByExternalID  LinkRule = iota // equal external ids, or one side is empty
	ByPackageID                   // a row names the package
	ByInstanceID                  // a row names an instance of it
	ByPlace                       // account, product and site
	ByNearID                      // nearly equal external ids; never a link
	ByPossible                    // account, and what both state of product and site; never a link
	LinkAmbiguous                 // several candidates; nothing is linked
)

// A Group is everything under one external id on both sides, or a subscription
// with the package that was linked to it. A package that has no external id and
// was linked to nothing is a group of its own.
type Group struct {
	Lines         []Line
	Bad           []BadRow
	Packages      []Package
	Link          LinkRule
	Shared        []SharedID // ids in its rows that rows of other groups name too
	LiveCandidate bool       // of an ambiguous subscription: one of its candidates is live
	AmbiguousBy   LinkRule   // of an ambiguous one: the rule by which; ByExternalID: a row claims it
	Other         string     // external id of a near one, or of a possible match
	Set           string     // of an ambiguous one: shared by all that are ambiguous with it
}

// Sets are the names of what is ambiguous together, by LinkResult.Set: the
// smallest external id in it, or else the smallest package id.
type Sets map[int]string

// Add adds a subscription, or a package, to its set.
func (s Sets) Add(r LinkResult, externalID, packageID string) {
	if r.Set == 0 {
		return
	}
	name := "1" + packageID // after all external ids
	if externalID != "" {
		name = "0" + externalID
	}
	if first, named := s[r.Set]; !named || name < first {
		s[r.Set] = strings.Clone(name)
	}
}

// SetLink sets what linking found for an unmatched group: a subscription, or one
// package. All must have been added to the sets.
func (g *Group) SetLink(r LinkResult, sets Sets) {
	g.Link, g.LiveCandidate, g.AmbiguousBy, g.Other = r.Rule, r.LiveCandidate, r.AmbiguousBy, r.Other
	if r.Set > 0 {
		g.Set = sets[r.Set][1:]
	}
}

// A SharedID is an id that rows of two subscriptions name.
type SharedID struct {
	Field string // package_id or instance_id
	ID    string
}

// A GroupResult is what matching a group produced. The findings are not ordered.
type GroupResult struct {
	Findings []Finding
	Census   Census
	Classes  []Class // of Packages, in the group's order
	Pairs    int     // live packages that were matched to lines
}
