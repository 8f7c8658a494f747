package reconcile

import (
	"cmp"
	"slices"
)

// The last two passes link nothing. Near external ids make a subscription and a
// package ambiguous, also where one of them already is: neither may be created or
// canceled. A possible match leaves both what they are, and only the other's id
// is kept: an orphan, and a subscription of its sub-account that has no package
// and could be it.

// addNear makes those near that share a near key.
func (l *Linker) addNear(c Candidates) {
	linked := func(nodes []node) func(Candidate) bool {
		return func(c Candidate) bool { return nodes[c.Index].linked() }
	}
	subscriptions := slices.DeleteFunc(slices.Clone(c.Subscriptions), linked(l.subscriptions))
	packages := slices.DeleteFunc(slices.Clone(c.Packages), linked(l.packages))
	if len(subscriptions) == 0 || len(packages) == 0 {
		return
	}
	compareIDs := func(a, b Candidate) int { return cmp.Compare(a.ID, b.ID) }
	firstSubscription, firstPackage := slices.MinFunc(subscriptions, compareIDs), slices.MinFunc(packages, compareIDs)
	for _, s := range subscriptions {
		n := &l.subscriptions[s.Index]
		n.liveCandidate = true
		l.keepOther(n, firstPackage.ID)
	}
	for _, p := range packages {
		l.keepOther(&l.packages[p.Index], firstSubscription.ID)
	}
	l.markAmbiguous(indexes(subscriptions), indexes(packages))
}

func indexes(candidates []Candidate) []int {
	all := make([]int, len(candidates))
	for i, c := range candidates {
		all[i] = c.Index
	}
	return all
}

// keepOther keeps the smallest id of the other side that was found so far.
func (l *Linker) keepOther(n *node, id string) {
	if other, found := l.others[n]; !found || id < other {
		l.others[n] = id
	}
}

// addPossible finds the possible matches of one sub-account.
func (l *Linker) addPossible(c Candidates) {
	subscriptions, packages := make(fittingIDs), make(fittingIDs)
	for _, s := range c.Subscriptions {
		if !l.subscriptions[s.Index].linked() {
			subscriptions.add(s)
		}
	}
	for _, p := range c.Packages {
		if l.packages[p.Index].open() {
			packages.add(p)
		}
	}
	for _, s := range c.Subscriptions {
		if id, found := packages.find(s.Shape); found && l.subscriptions[s.Index].open() {
			l.keepOther(&l.subscriptions[s.Index], id)
		}
	}
	for _, p := range c.Packages {
		if id, found := subscriptions.find(p.Shape); found && l.packages[p.Index].open() {
			l.keepOther(&l.packages[p.Index], id)
		}
	}
}

// fittingIDs has the smallest id for each shape. Each shape is there four times,
// with each part as it is and as anyShape, for those that do not state it.
type fittingIDs map[Shape]string

const anyShape = ^uint64(0)

func (f fittingIDs) add(c Candidate) {
	for _, product := range [...]uint64{c.Shape.Product, anyShape} {
		for _, site := range [...]uint64{c.Shape.Site, anyShape} {
			shape := Shape{product, site}
			if id, found := f[shape]; !found || c.ID < id {
				f[shape] = c.ID
			}
		}
	}
}

// find returns the smallest id of those that fit a shape.
func (f fittingIDs) find(s Shape) (smallest string, found bool) {
	for _, product := range fitting(s.Product) {
		for _, site := range fitting(s.Site) {
			if id, ok := f[Shape{product, site}]; ok && (!found || id < smallest) {
				smallest, found = id, true
			}
		}
	}
	return smallest, found
}

// fitting returns what the other side may state.
func fitting(stated uint64) []uint64 {
	if stated == 0 {
		return []uint64{anyShape}
	}
	return []uint64{stated, 0}
}
