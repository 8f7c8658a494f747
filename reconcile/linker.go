package reconcile

import (
	"cmp"
	"slices"
)

// Unmatched subscriptions and packages are linked in passes, one for each rule:
// the package id that a row names, an instance id that it names, the place
// (account, product and site). A link needs a sole candidate on both sides. A
// subscription or package that has candidates in a pass but gets no link is
// ambiguous: it is reported and leaves all later passes. In the last pass those
// with nearly equal external ids become ambiguous too.
//
// A package is claimed if a row that has not ended names it, by its id or an
// instance's, while that row's subscription matched another package. It is
// linked to nothing, and another subscription that names it is ambiguous. The
// same holds, in the pass of the key, where the naming subscription was linked
// elsewhere or is ambiguous. A package whose external id can't be read is claimed
// too: which subscription it belongs to is not known.

// Candidates are the subscriptions and packages that share a key.
type Candidates struct {
	Subscriptions []Candidate
	Packages      []Candidate
	Claimed       bool // the packages are linked to nothing
}

// A Candidate is an unmatched subscription or package that has a key.
type Candidate struct {
	Index int  // among the unmatched of its side
	Ended bool // of a subscription: the key comes from rows that have ended
	Live  bool // of a package: it is live
}

// A LinkResult is the result of linking for one subscription or package. Rule is
// ByExternalID where it has no candidate, LinkAmbiguous where it is ambiguous.
type LinkResult struct {
	Rule          LinkRule
	Peer          int  // index on the other side, if linked
	LiveCandidate bool // of an ambiguous subscription: one of its candidates is live
}

// Linked reports whether there is a peer.
func (r LinkResult) Linked() bool { return r.Rule != ByExternalID && r.Rule != LinkAmbiguous }

// LinkRules returns the rules of the passes, in order.
func LinkRules() []LinkRule { return []LinkRule{ByPackageID, ByInstanceID, ByPlace, ByNearID} }

// A Linker links unmatched subscriptions and packages. Call AddClaim for all
// keys, then for each of LinkRules AddCandidates for its keys and EndPass.
type Linker struct {
	subscriptions, packages []node
	pairs                   []linkPair // that a key of this pass links
	ambiguous               []*node    // in this pass
}

type node struct {
	result    LinkResult
	pairs     int32 // distinct ones in this pass
	ambiguous bool  // in this pass
	claimed   bool
}

type linkPair struct{ subscription, pkg int }

// NewLinker returns a linker for that many unmatched subscriptions and packages.
func NewLinker(subscriptions, packages int) *Linker {
	return &Linker{subscriptions: make([]node, subscriptions), packages: make([]node, packages)}
}

// Subscription returns the result for a subscription.
func (l *Linker) Subscription(i int) LinkResult { return l.subscriptions[i].result }

// Package returns the result for a package.
func (l *Linker) Package(i int) LinkResult { return l.packages[i].result }

// open reports whether later passes may still link the node.
func (n *node) open() bool { return n.result.Rule == ByExternalID }

// AddClaim excludes the packages of a claimed key from linking.
func (l *Linker) AddClaim(c Candidates) {
	if !c.Claimed {
		return
	}
	for _, p := range c.Packages {
		n := &l.packages[p.Index]
		n.claimed, n.result.Rule = true, LinkAmbiguous
	}
}

// AddCandidates adds the candidates of one key to the current pass. A sole
// candidate on both sides is a pair; otherwise all of them are ambiguous.
func (l *Linker) AddCandidates(rule LinkRule, c Candidates) {
	byName := rule == ByPackageID || rule == ByInstanceID
	packages, live, ambiguous := l.candidatePackages(c.Packages, byName)
	if len(packages) == 0 {
		return
	}
	var subscriptions []int
	for _, s := range c.Subscriptions {
		n := &l.subscriptions[s.Index]
		if !n.open() {
			ambiguous = ambiguous || byName && !s.Ended // it names a package that it is not linked to
			continue
		}
		subscriptions = append(subscriptions, s.Index)
		n.result.LiveCandidate = n.result.LiveCandidate || live
	}
	subscriptions = distinct(subscriptions)
	switch {
	case len(subscriptions) == 0 && !ambiguous:
	case len(subscriptions) == 1 && len(packages) == 1 && !ambiguous && rule != ByNearID:
		l.pairs = append(l.pairs, linkPair{subscriptions[0], packages[0]})
	default:
		l.markAmbiguous(l.subscriptions, subscriptions)
		l.markAmbiguous(l.packages, packages)
	}
}

// candidatePackages returns the packages that are candidates in a pass, whether
// one of them is live, and whether one is claimed. A claimed package is a
// candidate only for subscriptions that name it.
func (l *Linker) candidatePackages(candidates []Candidate, byName bool) (packages []int, live, claimed bool) {
	for _, c := range candidates {
		if n := &l.packages[c.Index]; n.open() || byName && n.claimed {
			packages = append(packages, c.Index)
			live, claimed = live || c.Live, claimed || n.claimed
		}
	}
	return distinct(packages), live, claimed
}

func (l *Linker) markAmbiguous(nodes []node, indexes []int) {
	for _, i := range indexes {
		if n := &nodes[i]; !n.ambiguous {
			n.ambiguous = true
			l.ambiguous = append(l.ambiguous, n)
		}
	}
}

// EndPass links the sole pairs of the pass; all other candidates of it become
// ambiguous.
func (l *Linker) EndPass(rule LinkRule) {
	slices.SortFunc(l.pairs, func(a, b linkPair) int {
		return cmp.Or(cmp.Compare(a.subscription, b.subscription), cmp.Compare(a.pkg, b.pkg))
	})
	l.pairs = slices.Compact(l.pairs)
	for _, pair := range l.pairs {
		l.subscriptions[pair.subscription].pairs++
		l.packages[pair.pkg].pairs++
	}
	for _, pair := range l.pairs {
		s, p := &l.subscriptions[pair.subscription], &l.packages[pair.pkg]
		if s.linkable() && p.linkable() {
			s.result, p.result = LinkResult{Rule: rule, Peer: pair.pkg}, LinkResult{Rule: rule, Peer: pair.subscription}
		}
	}
	for _, pair := range l.pairs {
		l.subscriptions[pair.subscription].endPass()
		l.packages[pair.pkg].endPass()
	}
	for _, n := range l.ambiguous {
		n.endPass()
	}
	l.pairs, l.ambiguous = l.pairs[:0], l.ambiguous[:0]
}

func (n *node) linkable() bool { return n.pairs == 1 && !n.ambiguous }

// endPass makes a node that had candidates but was not linked ambiguous for good.
func (n *node) endPass() {
	if n.open() {
		n.result.Rule = LinkAmbiguous
	}
	n.pairs, n.ambiguous = 0, false
}

func distinct(indexes []int) []int {
	slices.Sort(indexes)
	return slices.Compact(indexes)
}
