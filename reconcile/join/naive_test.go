package join_test

import (
	"cmp"
	"slices"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The second opinion: matching and the table of drift told once more, in
// nested loops over a whole inventory, from the contract alone. It shares the nouns
// with the program and none of its decisions; it is slow, and meant to be read.

// An opinion is an inventory on its way to its findings.
type opinion struct {
	reconcile.Rules
	subs     []*subscription
	packs    []*pack
	bad      []reconcile.BadRow
	findings []reconcile.Finding
	costs    []reconcile.UnitCost
}

// A subscription is all rows of one external id.
type subscription struct {
	id        string
	lines     []*reconcile.Line // the valid ones, in order of Compare
	invalid   bool              // a bad row has this id
	joined    []*pack           // by external id
	linked    *pack             // by rule 2
	ambiguous bool
	live      bool // a candidate of it is live
	class     reconcile.Class
}

// A pack is a package and whom it belongs to.
type pack struct {
	reconcile.Package
	owner     *subscription // by external id
	linkedBy  string        // the pass of rule 2 that linked it
	ambiguous bool
	claimed   bool // a row names it whose subscription joined another package
	class     reconcile.Class
}

// The columns that rows and instances are compared by, and the passes of rule 2.
const (
	account, currency, packageID, instanceID = "account_id", "currency", "package_id", "instance_id"
	product, site, cycle, country            = "catalog_product_id", "site_id", "billing_cycle", "country_code"
	place                                    = "account + product + site"
)

// naive gives the findings of an inventory in report order, and its census.
func naive(lines []reconcile.Line, bad []reconcile.BadRow, packages []reconcile.Package, rules reconcile.Rules) ([]reconcile.Finding, reconcile.Census) {
	n := gather(lines, bad, packages, rules)
	n.claim()
	for _, pass := range []string{packageID, instanceID, place} {
		n.link(pass)
	}
	n.near()
	for _, b := range bad {
		n.add(reconcile.Finding{Kind: reconcile.InvalidLedgerRow, AccountID: b.AccountID, ExternalID: b.ExternalID, PackageID: b.PackageID,
			InstanceID: b.InstanceID, Field: b.Column, LedgerValue: b.Value, Reason: b.Problem}, nil, nil)
	}
	for _, s := range n.subs {
		n.judge(s)
	}
	for _, p := range n.packs {
		if p.owner == nil && p.linkedBy == "" {
			n.leftOver(p)
		}
	}
	slices.SortStableFunc(n.findings, reportOrder)
	return n.findings, n.census()
}

// gather is rule 1: rows group by external id, packages join by it.
func gather(lines []reconcile.Line, bad []reconcile.BadRow, packages []reconcile.Package, rules reconcile.Rules) *opinion {
	n := &opinion{Rules: rules, bad: bad, costs: rules.Prices.List()}
	for i := range lines {
		s := n.subscription(lines[i].ExternalID)
		s.lines = append(s.lines, &lines[i])
	}
	for _, b := range bad {
		if b.ExternalID != "" {
			n.subscription(b.ExternalID).invalid = true
		}
	}
	for _, s := range n.subs {
		slices.SortFunc(s.lines, (*reconcile.Line).Compare)
	}
	for i := range packages {
		p := &pack{Package: packages[i]}
		n.packs = append(n.packs, p)
		for _, s := range n.subs {
			if s.id == p.ExternalID {
				p.owner, s.joined = s, append(s.joined, p)
			}
		}
	}
	return n
}

func (n *opinion) subscription(id string) *subscription {
	for _, s := range n.subs {
		if s.id == id {
			return s
		}
	}
	n.subs = append(n.subs, &subscription{id: id})
	return n.subs[len(n.subs)-1]
}

// free reports whether rule 2 may still link the subscription, or the package.
func (s *subscription) free() bool {
	return !s.invalid && len(s.joined) == 0 && s.linked == nil && !s.ambiguous
}

func (p *pack) free() bool { return p.owner == nil && p.linkedBy == "" && !p.ambiguous }

// claim keeps packages out of rule 2 that a standing row names, by either id,
// though its subscription joined another package.
func (n *opinion) claim() {
	for _, s := range n.subs {
		for _, p := range n.packs {
			if len(s.joined) > 0 && !s.invalid && p.free() &&
				(n.names(packageID, n.notEnded(s), p) || n.names(instanceID, n.notEnded(s), p)) {
				p.claimed = true
			}
		}
	}
	for _, p := range n.packs {
		p.ambiguous = p.claimed
	}
}

// link is one pass of rule 2: the sole pair of both its ends is linked,
// everyone else who has a pair, and every package that a stranger claims, is
// ambiguous.
func (n *opinion) link(pass string) {
	type pair struct {
		s *subscription
		p *pack
	}
	var pairs []pair
	ofSub, ofPack, claimed := map[*subscription]int{}, map[*pack]int{}, map[*pack]bool{}
	for _, s := range n.subs {
		for _, p := range n.packs {
			switch {
			case !p.free() && (!p.claimed || pass == place):
			case s.free() && n.names(pass, n.standing(s), p):
				pairs = append(pairs, pair{s, p})
				ofSub[s]++
				ofPack[p]++
				claimed[p] = claimed[p] || p.claimed
				s.live = s.live || p.Live()
			case !s.free() && !s.invalid && pass != place && n.names(pass, n.notEnded(s), p):
				claimed[p] = true
			}
		}
	}
	for _, x := range pairs {
		if ofSub[x.s] == 1 && ofPack[x.p] == 1 && !claimed[x.p] {
			x.s.linked, x.p.linkedBy = x.p, pass
		} else {
			x.s.ambiguous, x.p.ambiguous = true, true
		}
	}
	for p := range claimed {
		p.ambiguous = p.ambiguous || claimed[p]
	}
}

// names reports whether one of the lines names the package in a pass.
func (n *opinion) names(pass string, lines []*reconcile.Line, p *pack) bool {
	return slices.ContainsFunc(lines, func(l *reconcile.Line) bool {
		if pass == packageID {
			return l.PackageID != "" && l.PackageID == p.ID
		}
		return slices.ContainsFunc(p.Instances, func(i reconcile.Instance) bool {
			if pass == instanceID {
				return l.InstanceID != "" && l.InstanceID == i.ID
			}
			return l.Phase(n.AsOf) == reconcile.PhaseActive && i.Status.Live() && l.AccountID == p.AccountID &&
				l.ProductID != "" && l.ProductID == i.ProductID && l.SiteID != "" && l.SiteID == i.SiteID
		})
	})
}

// near is the end of rule 2: ids that are near are nobody's guess.
func (n *opinion) near() {
	var subs []*subscription
	for _, s := range n.subs {
		if s.free() {
			subs = append(subs, s)
		}
	}
	for _, p := range n.packs {
		if !p.free() || !p.Live() || p.ExternalID == "" {
			continue
		}
		for _, s := range subs {
			if reconcile.NearID(s.id) == reconcile.NearID(p.ExternalID) {
				s.ambiguous, p.ambiguous, s.live = true, true, true
			}
		}
	}
}

// judge is the precedence of a subscription up to its absence.
func (n *opinion) judge(s *subscription) {
	own := s.joined
	if s.linked != nil {
		own = []*pack{s.linked}
	}
	field, value := n.conflict(s)
	switch {
	case s.invalid:
		setClass(reconcile.Invalid, s, own)
	case field != "":
		n.add(reconcile.Finding{Kind: reconcile.LedgerConflict, Field: field, LedgerValue: value}, s, foremost(own))
		setClass(reconcile.Conflict, s, own)
	case s.ambiguous && !s.live && !n.has(s, reconcile.PhaseActive):
		setClass(reconcile.Settled, s, nil)
	case s.ambiguous:
		n.add(reconcile.Finding{Kind: reconcile.AmbiguousMatch}, s, nil)
		setClass(reconcile.Ambiguous, s, nil)
	case len(own) > 0:
		n.group(s, own)
	case !n.has(s, reconcile.PhaseActive):
		setClass(reconcile.Settled, s, nil)
	default:
		setClass(reconcile.LedgerOnly, s, nil)
		if n.add(reconcile.Finding{Kind: reconcile.MissingPackage}, s, nil) == reconcile.Unknown {
			s.class = reconcile.UnknownClass
		}
	}
}

// foremost gives the newest of the live packages, else of all; nil of none.
func foremost(packs []*pack) *pack {
	var live []*pack
	for _, p := range packs {
		if p.Live() {
			live = append(live, p)
		}
	}
	switch {
	case len(live) > 0:
		return newest(live)
	case len(packs) > 0:
		return newest(packs)
	}
	return nil
}

func setClass(c reconcile.Class, s *subscription, packs []*pack) {
	s.class = c
	for _, p := range packs {
		p.class = c
	}
}

// conflict gives the column in which the rows of a subscription contradict one
// another or share an id with another subscription, and the values.
func (n *opinion) conflict(s *subscription) (column, value string) {
	for _, column := range []string{account, currency, packageID} {
		if values := filled(n.standing(s), column); len(values) > 1 {
			return column, strings.Join(values, ", ")
		}
	}
	for _, column := range []string{packageID, instanceID} {
		for _, id := range filled(s.lines, column) {
			for _, other := range n.subs {
				if other != s && slices.Contains(filled(other.lines, column), id) {
					return column, id
				}
			}
		}
	}
	return "", ""
}

// filled gives the distinct values of a column, sorted.
func filled(lines []*reconcile.Line, column string) []string {
	var values []string
	for _, l := range lines {
		if v := cell(l, column); v != "" {
			values = append(values, v)
		}
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// group deals out the packages of one subscription.
func (n *opinion) group(s *subscription, own []*pack) {
	var matches []*pack
	for _, p := range own {
		if p.Live() {
			matches = append(matches, p)
		}
	}
	if len(matches) == 0 && slices.ContainsFunc(own, doubtful) {
		n.nobodyKnows(s, own)
		return
	}
	if len(matches) == 0 {
		matches = []*pack{newest(own)}
	}
	s.class = reconcile.Matched
	if len(matches) > 1 && n.has(s, reconcile.PhaseActive, reconcile.PhaseUpcoming) {
		n.duplicates(s, own, matches)
		return
	}
	for _, p := range own {
		if slices.Contains(matches, p) {
			n.pair(s, p)
		} else {
			n.settle(s, p)
		}
	}
}

func doubtful(p *pack) bool { return slices.ContainsFunc(p.Instances, unrecognised) }

// nobodyKnows ends a subscription of which nothing is live, and one package has
// a status that is not known: that is all there is to say.
func (n *opinion) nobodyKnows(s *subscription, own []*pack) {
	for _, p := range own {
		n.settle(s, p)
	}
	if !n.has(s, reconcile.PhaseActive) {
		s.class = reconcile.Settled
		return
	}
	newest(own).class = reconcile.Matched
}

func newest(own []*pack) *pack {
	return slices.MaxFunc(own, func(p, q *pack) int {
		return cmp.Or(p.Created.Compare(q.Created), cmp.Compare(p.ID, q.ID))
	})
}

// duplicates ends the subscription: one row for each live package, no other kind.
func (n *opinion) duplicates(s *subscription, own, live []*pack) {
	setClass(reconcile.Settled, s, own)
	setClass(reconcile.Duplicate, s, live)
	best := n.best(s, live)
	for _, p := range live {
		f := reconcile.Finding{Kind: reconcile.DuplicatePackage}
		if p != best {
			f.Direction, f.Monthly = reconcile.Leak, counted(n.leaks(&f, p))
		}
		n.add(f, s, p)
	}
}

// settle puts a package by of which nothing is live.
func (n *opinion) settle(s *subscription, p *pack) {
	n.unrecognised(s, p)
	p.class = reconcile.Settled
}

// leftOver judges a package that has no subscription.
func (n *opinion) leftOver(p *pack) {
	switch {
	case !p.Live():
		n.settle(nil, p)
		return
	case p.ambiguous:
		n.add(reconcile.Finding{Kind: reconcile.AmbiguousMatch}, nil, p)
		p.class = reconcile.Ambiguous
		return
	case p.ExternalID != "":
		n.add(reconcile.Finding{Kind: reconcile.OrphanPackage}, nil, p)
	default:
		n.add(reconcile.Finding{Kind: reconcile.UnidentifiedPackage}, nil, p)
	}
	n.unrecognised(nil, p)
	p.class = reconcile.WixOnly
}

func (n *opinion) unrecognised(s *subscription, p *pack) {
	for _, i := range p.Instances {
		if unrecognised(i) {
			n.add(reconcile.Finding{Kind: reconcile.UnrecognisedStatus, InstanceID: i.ID, Field: "status"}, s, p)
		}
	}
}

func unrecognised(i reconcile.Instance) bool { return !i.Status.Live() && !i.Status.Dead() }
