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
// A package that a standing row names while that row's subscription belongs
// elsewhere – joined by external id, linked to another package or ambiguous –
// is claimed from outside: it is linked to nobody.

// A LinkKey is something that a subscription and a package may have in common.
type LinkKey struct {
	Rule  LinkRule // ByPackageID, ByInstanceID, ByPlace or ByNearID
	Value string
	Ended bool // offered by rows only that have ended: no claim from outside
}

// SubscriptionKeys gives what a subscription without a package offers. Lines
// of any phase offer ids, active ones their place.
func (r *Rules) SubscriptionKeys(lines []Line) []LinkKey {
	var keys []LinkKey
	for i := range lines {
		l := &lines[i]
		phase := l.Phase(r.AsOf)
		ended := phase == PhaseEnded
		if l.PackageID != "" {
			keys = append(keys, LinkKey{ByPackageID, l.PackageID, ended})
		}
		if l.InstanceID != "" {
			keys = append(keys, LinkKey{ByInstanceID, l.InstanceID, ended})
		}
		if phase == PhaseActive && l.ProductID != "" && l.SiteID != "" && l.SiteID != Floating {
			keys = append(keys, LinkKey{Rule: ByPlace, Value: placeKey(l.AccountID, l.ProductID, l.SiteID)})
		}
	}
	return append(keys, LinkKey{Rule: ByNearID, Value: NearID(lines[0].ExternalID)})
}

// PackageKeys gives what a package without a subscription offers.
func PackageKeys(p *Package) []LinkKey {
	keys := []LinkKey{{Rule: ByPackageID, Value: p.ID}}
	live := p.Live()
	for i := range p.Instances {
		inst := &p.Instances[i]
		keys = append(keys, LinkKey{Rule: ByInstanceID, Value: inst.ID})
		if live && inst.ProductID != "" && inst.SiteID != "" {
			keys = append(keys, LinkKey{Rule: ByPlace, Value: placeKey(p.AccountID, inst.ProductID, inst.SiteID)})
		}
	}
	if live && p.ExternalID != "" {
		keys = append(keys, LinkKey{Rule: ByNearID, Value: NearID(p.ExternalID)})
	}
	return keys
}

// ForeignKeys gives the ids that standing rows of a joined subscription name
// outside the packages that it joined.
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
	return slices.ContainsFunc(packages, func(p Package) bool { return p.ID == id })
}

func holdsInstance(packages []Package, id string) bool {
	return slices.ContainsFunc(packages, func(p Package) bool {
		return slices.ContainsFunc(p.Instances, func(i Instance) bool { return i.ID == id })
	})
}

func placeKey(account, product, site string) string {
	return account + "\x00" + product + "\x00" + site
}

// Candidates are the subscriptions and packages that offer one key, by their
// numbers among the leftovers of their side.
type Candidates struct {
	Subscriptions []Offer
	Packages      []int
	Foreign       bool // a joined subscription claims the key
}

// An Offer is a subscription's offer of a key.
type Offer struct {
	Subscription int
	Ended        bool
}

// A Verdict is what linking says of one leftover. Rule is BySameID where it
// stays alone, NotLinked where it is ambiguous.
type Verdict struct {
	Rule LinkRule
	Peer int // the number of the other side, where Rule is a link
}

// Linked reports whether the leftover has a peer.
func (v Verdict) Linked() bool { return v.Rule != BySameID && v.Rule != NotLinked }

// LinkRules gives the rules of the passes, in their order.
func LinkRules() []LinkRule { return []LinkRule{ByPackageID, ByInstanceID, ByPlace, ByNearID} }

// A Linker decides leftovers. Candidates must be told pass by pass, in the
// order of the rules, with EndPass after each.
type Linker struct {
	subscriptions, packages []node
	edges                   []edge
	doubtful                []*node // nodes that can't be linked in this pass
}

type node struct {
	verdict Verdict
	degree  int32 // distinct candidates in this pass
	doubt   bool
}

type edge struct{ subscription, pkg int }

// NewLinker makes a linker of so many leftovers.
func NewLinker(subscriptions, packages int) *Linker {
	return &Linker{subscriptions: make([]node, subscriptions), packages: make([]node, packages)}
}

// Subscription gives the verdict on a subscription.
func (l *Linker) Subscription(i int) Verdict { return l.subscriptions[i].verdict }

// Package gives the verdict on a package.
func (l *Linker) Package(i int) Verdict { return l.packages[i].verdict }

func (n *node) free() bool { return n.verdict.Rule == BySameID }

// Offer tells the linker of one key in the present pass.
func (l *Linker) Offer(rule LinkRule, c Candidates) {
	var packages, subscriptions []int
	for _, p := range c.Packages {
		if l.packages[p].free() {
			packages = append(packages, p)
		}
	}
	if len(packages) == 0 {
		return
	}
	foreign := c.Foreign
	for _, o := range c.Subscriptions {
		if l.subscriptions[o.Subscription].free() {
			subscriptions = append(subscriptions, o.Subscription)
		} else if rule == ByPackageID || rule == ByInstanceID {
			foreign = foreign || !o.Ended
		}
	}
	l.pair(distinct(subscriptions), distinct(packages), foreign || rule == ByNearID && len(subscriptions) > 0)
}

// pair notes who is a candidate of whom. Where there is more than one on a
// side, or a claim from outside, none of them can be linked.
func (l *Linker) pair(subscriptions, packages []int, doubt bool) {
	if len(subscriptions) == 1 && len(packages) == 1 {
		l.edges = append(l.edges, edge{subscriptions[0], packages[0]})
	} else if len(subscriptions) > 0 {
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
			s.verdict, p.verdict = Verdict{rule, e.pkg}, Verdict{rule, e.subscription}
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
