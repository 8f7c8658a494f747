package reconcile

import (
	"cmp"
	"slices"
)

// Unmatched subscriptions and packages are linked in passes, one for each rule:
// the package id that a row names, an instance id that it names, the place
// (account, product and site). A link needs a sole candidate on both sides. A
// subscription or package that has candidates in a pass but gets no link is
// ambiguous: it is reported and leaves all later passes. Those with near external
// ids become ambiguous too, even if one of them already is (linknear.go).
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
	Index int    // among the unmatched of its side
	Ended bool   // of a subscription: the key comes from rows that have ended
	Live  bool   // of a package: it is live
	ID    string // see LinkKey
	Shape Shape
}

// A LinkResult is the result of linking for one subscription or package. Rule is
// ByExternalID where it has no candidate, LinkAmbiguous where it is ambiguous.
type LinkResult struct {
	Rule          LinkRule
	AmbiguousBy   LinkRule // the first rule by which it is; ByExternalID: a row claims it
	LiveCandidate bool     // of an ambiguous subscription: one of its candidates is live
	Peer          int      // index on the other side, if linked
	Set           int      // of an ambiguous one: the same for all that are ambiguous with it, at least 1
	Other         string   // smallest external id that is near; of one that is not ambiguous, of the possible matches
}

// Linked reports whether there is a peer.
func (r LinkResult) Linked() bool { return r.Rule != ByExternalID && r.Rule != LinkAmbiguous }

// LinkRules returns the rules of the passes, in order.
func LinkRules() []LinkRule {
	return []LinkRule{ByPackageID, ByInstanceID, ByPlace, ByNearID, ByPossible}
}

// A Linker links unmatched subscriptions and packages. Call AddClaim for all
// keys, then for each of LinkRules AddCandidates for its keys and EndPass.
type Linker struct {
	subscriptions, packages []node
	pairs                   []linkPair // that a key of this pass links
	ambiguous               []*node    // in this pass
	others                  map[*node]string
	found                   bool // something is ambiguous
}

type node struct {
	peer          int32 // index on the other side, if linked
	set           int32 // number of another node of its set, see root
	pairs         int32 // distinct ones in this pass
	rule          LinkRule
	ambiguousBy   LinkRule
	liveCandidate bool
	ambiguous     bool // in this pass
	claimed       bool
}

type linkPair struct{ subscription, pkg int }

// NewLinker returns a linker for that many unmatched subscriptions and packages.
func NewLinker(subscriptions, packages int) *Linker {
	return &Linker{subscriptions: make([]node, subscriptions), packages: make([]node, packages), others: make(map[*node]string)}
}

// Subscription returns the result for a subscription.
func (l *Linker) Subscription(i int) LinkResult { return l.result(&l.subscriptions[i], i) }

// Package returns the result for a package.
func (l *Linker) Package(i int) LinkResult {
	return l.result(&l.packages[i], len(l.subscriptions)+i)
}

func (l *Linker) result(n *node, number int) LinkResult {
	r := LinkResult{Rule: n.rule, AmbiguousBy: n.ambiguousBy, LiveCandidate: n.liveCandidate, Peer: int(n.peer), Other: l.others[n]}
	if n.rule == LinkAmbiguous {
		r.Set = l.root(number) + 1
	}
	return r
}

// HasAmbiguous reports whether anything is ambiguous.
func (l *Linker) HasAmbiguous() bool { return l.found }

// open reports whether later passes may still link the node.
func (n *node) open() bool { return n.rule == ByExternalID }

// linked reports whether the node has a peer.
func (n *node) linked() bool { return !n.open() && n.rule != LinkAmbiguous }

// AddClaim excludes the packages of a claimed key from linking.
func (l *Linker) AddClaim(c Candidates) {
	if !c.Claimed {
		return
	}
	for _, p := range c.Packages {
		n := &l.packages[p.Index]
		n.claimed, n.rule, l.found = true, LinkAmbiguous, true
	}
}

// AddCandidates adds the candidates of one key to the current pass. A sole
// candidate on both sides is a pair; otherwise all of them are ambiguous.
func (l *Linker) AddCandidates(rule LinkRule, c Candidates) {
	switch rule {
	case ByNearID:
		l.addNear(c)
	case ByPossible:
		l.addPossible(c)
	default:
		l.addLinks(rule, c)
	}
}

func (l *Linker) addLinks(rule LinkRule, c Candidates) {
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
		n.liveCandidate = n.liveCandidate || live
	}
	subscriptions = distinct(subscriptions)
	switch {
	case len(subscriptions) == 0 && !ambiguous:
	case len(subscriptions) == 1 && len(packages) == 1 && !ambiguous:
		l.pairs = append(l.pairs, linkPair{subscriptions[0], packages[0]})
	default:
		l.markAmbiguous(subscriptions, packages)
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

// markAmbiguous makes subscriptions and packages ambiguous, as one set.
func (l *Linker) markAmbiguous(subscriptions, packages []int) {
	first := -1
	mark := func(n *node, number int) {
		if !n.ambiguous {
			n.ambiguous = true
			l.ambiguous = append(l.ambiguous, n)
		}
		if first < 0 {
			first = number
		}
		l.join(first, number)
	}
	for _, i := range subscriptions {
		mark(&l.subscriptions[i], i)
	}
	for _, i := range packages {
		mark(&l.packages[i], len(l.subscriptions)+i)
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
			s.rule, s.peer, p.rule, p.peer = rule, int32(pair.pkg), rule, int32(pair.subscription)
		} else {
			l.join(pair.subscription, len(l.subscriptions)+pair.pkg)
		}
	}
	for _, pair := range l.pairs {
		l.endNode(&l.subscriptions[pair.subscription], rule)
		l.endNode(&l.packages[pair.pkg], rule)
	}
	for _, n := range l.ambiguous {
		l.endNode(n, rule)
	}
	l.pairs, l.ambiguous = l.pairs[:0], l.ambiguous[:0]
}

func (n *node) linkable() bool { return n.pairs == 1 && !n.ambiguous }

// endNode makes a node that had candidates but was not linked ambiguous for good.
func (l *Linker) endNode(n *node, rule LinkRule) {
	if n.open() {
		n.rule, n.ambiguousBy, l.found = LinkAmbiguous, rule, true
	}
	n.pairs, n.ambiguous = 0, false
}

// node returns the node of a number: subscriptions come before packages.
func (l *Linker) node(number int) *node {
	if number < len(l.subscriptions) {
		return &l.subscriptions[number]
	}
	return &l.packages[number-len(l.subscriptions)]
}

// join makes one set of the sets of two nodes, given by number.
func (l *Linker) join(a, b int) {
	if a, b = l.root(a), l.root(b); a != b {
		l.node(max(a, b)).set = int32(min(a, b)) + 1
	}
}

// root returns the number of the first node of the set, and shortens the way to
// it. A node that is the first of its set has the set 0, another one the number
// of a node before it, plus 1.
func (l *Linker) root(number int) int {
	for {
		n := l.node(number)
		if n.set == 0 {
			return number
		}
		if before := l.node(int(n.set) - 1); before.set != 0 {
			n.set = before.set
		}
		number = int(n.set) - 1
	}
}

func distinct(indexes []int) []int {
	slices.Sort(indexes)
	return slices.Compact(indexes)
}
