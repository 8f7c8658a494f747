package reconcile

import (
	"cmp"
	"slices"
)

// What is left over on both sides is linked in passes, each by one kind of key:
// the package id that a row names, an instance id that it names, and a place
// (account, product and site). A link needs the sole candidate on both ends.
// Whoever has a candidate in a pass and gets no link there is ambiguous: it is
// reported, and leaves all later passes. Last, subscriptions and packages that
// are left with nearly equal external ids are ambiguous as well.
//
// Before all that, a package that a standing row names, by its id or an
// instance's, while the row's subscription is joined to another package by
// external id, is claimed from outside: it is linked to nobody, and a
// subscription that names it too is ambiguous. So it is, in the pass of its
// key, where that subscription was linked elsewhere or is ambiguous.
//
// Rows that have ended name something only where all rows of the subscription
// have: the history of a subscription does not make its present doubtful.

// A LinkKey is something that a subscription and a package may have in common.
type LinkKey struct {
	Rule  LinkRule // ByPackageID, ByInstanceID, ByPlace or ByNearID
	Value string
	Ended bool // offered by rows that have ended: no claim from outside
	Live  bool // offered by a live package
}

// SubscriptionKeys gives what a subscription without a package offers: the ids
// that its standing rows name, or all rows where none stands, and the places of
// its active ones.
func (r *Rules) SubscriptionKeys(lines []Line) []LinkKey {
	sub := r.newSubscription(lines)
	keys := []LinkKey{{Rule: ByNearID, Value: NearID(lines[0].ExternalID)}}
	for i := range lines {
		l, ended := &lines[i], sub.phases[i] == PhaseEnded
		if ended && !sub.allEnded() {
			continue
		}
		if l.PackageID != "" {
			keys = append(keys, LinkKey{Rule: ByPackageID, Value: l.PackageID, Ended: ended})
		}
		if l.InstanceID != "" {
			keys = append(keys, LinkKey{Rule: ByInstanceID, Value: l.InstanceID, Ended: ended})
		}
		if sub.phases[i] == PhaseActive && l.ProductID != "" && l.SiteID != "" && l.SiteID != Floating {
			keys = append(keys, LinkKey{Rule: ByPlace, Value: placeKey(l.AccountID, l.ProductID, l.SiteID)})
		}
	}
	return keys
}

// PackageKeys gives what a package without a subscription offers: its ids, and
// where it is live the places of its live instances.
func PackageKeys(p *Package) []LinkKey {
	live := p.Live()
	keys := []LinkKey{{Rule: ByPackageID, Value: p.ID, Live: live}}
	for i := range p.Instances {
		inst := &p.Instances[i]
		keys = append(keys, LinkKey{Rule: ByInstanceID, Value: inst.ID, Live: live})
		if inst.Status.Live() && inst.ProductID != "" && inst.SiteID != "" {
			keys = append(keys, LinkKey{Rule: ByPlace, Value: placeKey(p.AccountID, inst.ProductID, inst.SiteID), Live: true})
		}
	}
	if live && p.ExternalID != "" {
		keys = append(keys, LinkKey{Rule: ByNearID, Value: NearID(p.ExternalID), Live: true})
	}
	return keys
}

// ForeignKeys gives the claims of a joined subscription: the ids that its
// standing rows name outside of the packages that it joined.
func (r *Rules) ForeignKeys(lines []Line, joined []Package) []LinkKey {
	var keys []LinkKey
	for i := range lines {
		l := &lines[i]
		if l.PackageID == "" && l.InstanceID == "" || l.Phase(r.AsOf) == PhaseEnded {
			continue
		}
		if l.PackageID != "" && !holdsPackage(joined, l.PackageID) {
			keys = append(keys, LinkKey{Rule: ByPackageID, Value: l.PackageID})
		}
		if l.InstanceID != "" && !holdsInstance(joined, l.InstanceID) {
			keys = append(keys, LinkKey{Rule: ByInstanceID, Value: l.InstanceID})
		}
	}
	return keys
}

func holdsPackage(packages []Package, id string) bool {
	for i := range packages {
		if packages[i].ID == id {
			return true
		}
	}
	return false
}

func holdsInstance(packages []Package, id string) bool {
	for i := range packages {
		for j := range packages[i].Instances {
			if packages[i].Instances[j].ID == id {
				return true
			}
		}
	}
	return false
}

func placeKey(account, product, site string) string {
	return account + "\x00" + product + "\x00" + site
}

// Candidates are the subscriptions and packages that offer one key.
type Candidates struct {
	Subscriptions []Candidate
	Packages      []Candidate
	Foreign       bool // a joined subscription claims the key
}

// An Offer is one leftover's offer of a key.
type Candidate struct {
	Number int  // of the leftover among those of its side
	Ended  bool // a subscription's, by rows that have ended
	Live   bool // a package's, and it is live
}

// A Verdict is what linking says of one leftover. Rule is BySameID where it
// stays alone, NotLinked where it is ambiguous.
type LinkResult struct {
	Rule LinkRule
	Peer int  // the number of the other side, where Rule is a link
	Live bool // of an ambiguous subscription: a candidate of it is live
}

// Linked reports whether the leftover has a peer.
func (v LinkResult) Linked() bool { return v.Rule != BySameID && v.Rule != NotLinked }

// LinkRules gives the rules of the passes, in their order.
func LinkRules() []LinkRule { return []LinkRule{ByPackageID, ByInstanceID, ByPlace, ByNearID} }

// A Linker decides leftovers. First it is told of all claims; then candidates
// pass by pass, in the order of the rules, with EndPass after each.
type Linker struct {
	subscriptions, packages []node
	edges                   []edge
	doubtful                []*node // nodes that can't be linked in this pass
}

type node struct {
	verdict LinkResult
	degree  int32 // distinct candidates in this pass
	doubt   bool
	claimed bool // from outside, before the first pass
}

type edge struct{ subscription, pkg int }

// NewLinker makes a linker of so many leftovers.
func NewLinker(subscriptions, packages int) *Linker {
	return &Linker{subscriptions: make([]node, subscriptions), packages: make([]node, packages)}
}

// Subscription gives the verdict on a subscription.
func (l *Linker) Subscription(i int) LinkResult { return l.subscriptions[i].verdict }

// Package gives the verdict on a package.
func (l *Linker) Package(i int) LinkResult { return l.packages[i].verdict }

func (n *node) free() bool { return n.verdict.Rule == BySameID }

// Claim tells the linker of one key, before the first pass: where a joined
// subscription claims it, its packages are linked to nobody.
func (l *Linker) Claim(c Candidates) {
	if !c.Foreign {
		return
	}
	for _, offer := range c.Packages {
		n := &l.packages[offer.Number]
		n.claimed, n.verdict.Rule = true, NotLinked
	}
}

// Offer tells the linker of one key in the present pass.
func (l *Linker) Offer(rule LinkRule, c Candidates) {
	named := rule == ByPackageID || rule == ByInstanceID
	packages, live, doubt := l.candidates(c.Packages, named)
	if len(packages) == 0 {
		return
	}
	var subscriptions []int
	for _, offer := range c.Subscriptions {
		n := &l.subscriptions[offer.Number]
		if !n.free() {
			doubt = doubt || named && !offer.Ended // it names what it did not get
			continue
		}
		subscriptions = append(subscriptions, offer.Number)
		n.verdict.Live = n.verdict.Live || live
	}
	if len(subscriptions) > 0 {
		l.pair(distinct(subscriptions), packages, doubt || rule == ByNearID)
	} else if doubt {
		l.pair(nil, packages, true)
	}
}

// candidates gives the packages that may be had in a pass, whether one of them
// is live, and whether one is claimed from outside: that one is seen only by
// who names it.
func (l *Linker) candidates(offers []Candidate, named bool) (packages []int, live, claimed bool) {
	for _, offer := range offers {
		if n := &l.packages[offer.Number]; n.free() || named && n.claimed {
			packages = append(packages, offer.Number)
			live, claimed = live || offer.Live, claimed || n.claimed
		}
	}
	return distinct(packages), live, claimed
}

// pair notes who is a candidate of whom. Where there is more than one on a
// side, or a claim from outside, none of them can be linked.
func (l *Linker) pair(subscriptions, packages []int, doubt bool) {
	if len(subscriptions) == 1 && len(packages) == 1 {
		l.edges = append(l.edges, edge{subscriptions[0], packages[0]})
	} else {
		doubt = true
	}
	if !doubt {
		return
	}
	for _, s := range subscriptions {
		l.doubt(&l.subscriptions[s])
	}
	for _, p := range packages {
		l.doubt(&l.packages[p])
	}
}

func (l *Linker) doubt(n *node) {
	if !n.doubt {
		n.doubt = true
		l.doubtful = append(l.doubtful, n)
	}
}

// EndPass decides everyone who had a candidate in the pass.
func (l *Linker) EndPass(rule LinkRule) {
	slices.SortFunc(l.edges, func(a, b edge) int {
		return cmp.Or(cmp.Compare(a.subscription, b.subscription), cmp.Compare(a.pkg, b.pkg))
	})
	l.edges = slices.Compact(l.edges)
	for _, e := range l.edges {
		l.subscriptions[e.subscription].degree++
		l.packages[e.pkg].degree++
	}
	for _, e := range l.edges {
		s, p := &l.subscriptions[e.subscription], &l.packages[e.pkg]
		if s.sole() && p.sole() {
			s.verdict, p.verdict = LinkResult{Rule: rule, Peer: e.pkg}, LinkResult{Rule: rule, Peer: e.subscription}
		}
	}
	for _, e := range l.edges {
		l.subscriptions[e.subscription].close()
		l.packages[e.pkg].close()
	}
	for _, n := range l.doubtful {
		n.close()
	}
	l.edges, l.doubtful = l.edges[:0], l.doubtful[:0]
}

func (n *node) sole() bool { return n.degree == 1 && !n.doubt }

// close makes a node that was not linked ambiguous, and readies it for nothing.
func (n *node) close() {
	if n.free() {
		n.verdict.Rule = NotLinked
	}
	n.degree, n.doubt = 0, false
}

func distinct(numbers []int) []int {
	slices.Sort(numbers)
	return slices.Compact(numbers)
}
