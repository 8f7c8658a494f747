package reconcile

import (
	"fmt"
	"strconv"
)

// An ambiguity is reported with one row for each subscription and each candidate
// package. The reason of each row is what connects it to the others.
//
// A package that a row names, by its id or an instance's, under an id that is
// near to Wix's own, or that looks mangled, is not linked either: the ledger's id
// must not replace Wix's, and it is not clear that the rest of the row is right.

// setAmbiguity sets the reason and the set of an ambiguous finding with this
// external id.
func (f *Finding) setAmbiguity(g *Group, id string) {
	f.Group = g.Set
	switch g.AmbiguousBy {
	case ByNearID:
		f.Reason = nearReason(id, g.Other)
	case ByPackageID:
		f.Reason = "package_id connects it with more than one"
	case ByInstanceID:
		f.Reason = "instance_id connects it with more than one"
	case ByPlace:
		f.Reason = "account, product and site connect it with more than one"
	default:
		f.Reason = "named by a row of another subscription"
	}
}

// nearReason returns why an id is near to another one.
func nearReason(id, other string) string {
	switch {
	case id == "" || other == "":
	case isLost(id):
		return fmt.Sprintf("its id is lost: it may be any of its sub-account, such as %s", shownID(other))
	case isLost(other):
		return fmt.Sprintf("may be the one whose id is %s now", shownID(other))
	case NearID(id) == NearID(other):
		return fmt.Sprintf("differs from %s only in %s", shownID(other), idDifference(id, other))
	case near(id, other):
		return fmt.Sprintf("begins with the same digits as %s", shownID(other))
	}
	return fmt.Sprintf("a program changed the id %s", shownID(mangledOf(id, other)))
}

// shownID returns an id as people can see it.
func shownID(id string) string {
	if looksMangled(id) {
		return strconv.QuoteToASCII(id)
	}
	return id
}

func mangledOf(id, other string) string {
	if id != "" && looksMangled(id) {
		return id
	}
	return other
}

// near reports whether an id of the ledger and one of Wix are near.
func near(ledger, wix string) bool {
	const account = ""
	var m MangledIDs
	m.AddLedgerID(ledger)
	m.AddWixID(wix)
	keys := make(map[string]bool)
	for _, key := range m.wixKeys(wix, account) {
		keys[key] = true
	}
	for _, key := range m.ledgerKeys(ledger, []string{account}) {
		if keys[key] {
			return true
		}
	}
	return false
}

// linkedByMangledID reports whether a row names the package under a mangled id.
func (m *matcher) linkedByMangledID() bool {
	if m.Link != ByPackageID && m.Link != ByInstanceID {
		return false
	}
	own, wix := m.sub.representative().ExternalID, m.Packages[0].ExternalID
	return looksMangled(own) || wix != "" && near(own, wix)
}

// matchApart matches a subscription and the package that it names as ambiguous.
func (m *matcher) matchApart() {
	own, pkg := m.sub.representative().ExternalID, &m.Packages[0]
	subscription := &Group{Lines: m.Lines, LiveCandidate: pkg.Live(), Other: pkg.ExternalID}
	single := &Group{Packages: m.Packages, Other: own}
	for _, part := range [...]*Group{subscription, single} {
		part.Link, part.AmbiguousBy, part.Set = LinkAmbiguous, ByNearID, own
		of := m.newMatcher(part)
		of.matchGroup()
		result := of.result
		m.result.Findings = append(m.result.Findings, result.Findings...)
		m.result.Census.Add(&result.Census)
		copy(m.result.Classes, result.Classes)
	}
}

// setPossibleMatch records the other's id of a possible match, unless something
// else is against the fix.
func (f *Finding) setPossibleMatch(other string) {
	if other != "" && f.Reason == "" {
		f.Basis.PossibleMatch = other
		f.Reason = PossibleMatchReason(other)
	}
}

// PossibleMatchReason returns the reason of a finding with that possible match.
func PossibleMatchReason(other string) string { return ReasonPossibleMatch + " " + shownID(other) }
