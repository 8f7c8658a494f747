package join_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The test oracle: matching and the kinds of findings, written once more from the
// contract alone, as nested loops. It shares the types with the program and none
// of its decisions. It is slow, and meant to be read.

// An oracle reconciles one data set.
type oracle struct {
	reconcile.Rules
	subscriptions []*subscription
	packages      []*pkg
	bad           []reconcile.BadRow
	findings      []reconcile.Finding
	costs         []reconcile.UnitCost
	plainIDs      map[string]string // by id, once it was needed
}

// A subscription is all rows of one external id.
type subscription struct {
	id        string
	lines     []*reconcile.Line // the valid ones, in order of Compare
	invalid   bool              // a bad row has this id
	crowd     bool              // too many rows or packages have this id
	matched   []*pkg            // by external id
	linked    *pkg              // by rule 2
	ambiguous bool
	live      bool   // a candidate of it is live
	possible  string // the smallest external id of an orphan that could be its package
	class     reconcile.Class
}

// A pkg is a package and the subscription that it belongs to.
type pkg struct {
	reconcile.Package
	owner     *subscription // by external id
	linkedBy  string        // the pass of rule 2 that linked it
	ambiguous bool
	claimed   bool   // a row names it, but its subscription matched another package
	possible  string // the smallest external id of a subscription that it could be
	class     reconcile.Class
}

// The columns that rows and instances are compared by, and the passes of rule 2.
const (
	account, currency, packageID, instanceID = "account_id", "currency", "package_id", "instance_id"
	product, site, cycle, country            = "catalog_product_id", "site_id", "billing_cycle", "country_code"
	place                                    = "account + product + site"
)

// naive returns the findings of a data set in report order, and its census.
func naive(lines []reconcile.Line, bad []reconcile.BadRow, packages []reconcile.Package, rules reconcile.Rules) ([]reconcile.Finding, reconcile.Census) {
	n := newOracle(lines, bad, packages, rules)
	n.markClaimed()
	for _, pass := range []string{packageID, instanceID, place} {
		n.link(pass)
	}
	n.markNear()
	n.findPossible()
	n.unlinkMangled()
	for _, b := range bad {
		n.add(reconcile.Finding{Kind: reconcile.InvalidLedgerRow, AccountID: b.AccountID, ExternalID: b.ExternalID, PackageID: b.PackageID,
			InstanceID: b.InstanceID, Field: b.Column, LedgerValue: b.Value, Reason: b.Problem}, nil, nil)
	}
	for _, s := range n.subscriptions {
		n.matchSubscription(s)
	}
	for _, p := range n.packages {
		if p.owner == nil && p.linkedBy == "" {
			n.matchUnmatched(p)
		}
	}
	slices.SortStableFunc(n.findings, reportOrder)
	return n.findings, n.census()
}

// newOracle applies rule 1: rows and packages are grouped by external id.
func newOracle(lines []reconcile.Line, bad []reconcile.BadRow, packages []reconcile.Package, rules reconcile.Rules) *oracle {
	n := &oracle{Rules: rules, bad: bad, costs: rules.Prices.List(), plainIDs: map[string]string{}}
	for i := range lines {
		s := n.subscription(lines[i].ExternalID)
		s.lines = append(s.lines, &lines[i])
	}
	for _, b := range bad {
		if b.ExternalID != "" {
			n.subscription(b.ExternalID).invalid = true
		}
	}
	for _, s := range n.subscriptions {
		slices.SortFunc(s.lines, (*reconcile.Line).Compare)
	}
	for i := range packages {
		p := &pkg{Package: packages[i]}
		n.packages = append(n.packages, p)
		for _, s := range n.subscriptions {
			if s.id == p.ExternalID && !p.UnreadableID {
				p.owner, s.matched = s, append(s.matched, p)
			}
		}
	}
	most := cmp.Or(n.MaxGroup, 10_000)
	for _, s := range n.subscriptions {
		s.crowd = !s.invalid && (len(s.lines) > most || len(s.matched) > most)
	}
	return n
}

func (n *oracle) subscription(id string) *subscription {
	for _, s := range n.subscriptions {
		if s.id == id {
			return s
		}
	}
	n.subscriptions = append(n.subscriptions, &subscription{id: id})
	return n.subscriptions[len(n.subscriptions)-1]
}

// free reports whether rule 2 may still link the subscription, or the package.
func (s *subscription) free() bool {
	return !s.invalid && !s.crowd && len(s.matched) == 0 && s.linked == nil && !s.ambiguous
}

func (p *pkg) free() bool { return p.owner == nil && p.linkedBy == "" && !p.ambiguous }

// markClaimed makes packages ambiguous that a row names, by either id, while its
// subscription matched another package, or that a row of a crowd could be about.
func (n *oracle) markClaimed() {
	for _, s := range n.subscriptions {
		for _, p := range n.packages {
			if s.crowd && p.free() && n.couldBeOf(s, p) {
				p.claimed = true
			}
			if len(s.matched) > 0 && !s.invalid && p.free() &&
				(n.names(packageID, n.notEnded(s), p) || n.names(instanceID, n.notEnded(s), p)) {
				p.claimed = true
			}
		}
	}
	for _, p := range n.packages {
		p.claimed = p.claimed || p.UnreadableID // it is not known whose it is
		p.ambiguous = p.claimed
	}
}

// couldBeOf reports whether a row of the subscription names the package in any way.
func (n *oracle) couldBeOf(s *subscription, p *pkg) bool {
	return n.near(s, p) || n.names(packageID, n.currentLines(s), p) || n.names(instanceID, n.currentLines(s), p) || n.names(place, n.currentLines(s), p)
}

// link is one pass of rule 2. A pair that is the only one on both sides is linked.
// All others, and every claimed package, are ambiguous.
func (n *oracle) link(pass string) {
	type candidate struct {
		s *subscription
		p *pkg
	}
	var pairs []candidate
	ofSub, ofPack, claimed := map[*subscription]int{}, map[*pkg]int{}, map[*pkg]bool{}
	for _, s := range n.subscriptions {
		for _, p := range n.packages {
			switch {
			case !p.free() && (!p.claimed || pass == place):
			case s.free() && n.names(pass, n.currentLines(s), p):
				pairs = append(pairs, candidate{s, p})
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
func (n *oracle) names(pass string, lines []*reconcile.Line, p *pkg) bool {
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

// matchSubscription applies the precedence of findings to a subscription.
func (n *oracle) matchSubscription(s *subscription) {
	own := s.matched
	if s.linked != nil {
		own = []*pkg{s.linked}
	}
	field, value := n.conflict(s)
	switch {
	case s.invalid:
		setClass(reconcile.Invalid, s, own)
	case s.crowd:
		n.add(reconcile.Finding{Kind: reconcile.LedgerConflict, Field: "external_id", LedgerValue: s.id,
			Reason: fmt.Sprintf("this is not an id: %d rows and %d packages have it", len(s.lines), len(own))}, s, preferred(own))
		setClass(reconcile.Conflict, s, own)
	case field != "":
		n.add(reconcile.Finding{Kind: reconcile.LedgerConflict, Field: field, LedgerValue: value}, s, preferred(own))
		setClass(reconcile.Conflict, s, own)
	case s.ambiguous && !s.live && !n.has(s, reconcile.PhaseActive):
		setClass(reconcile.Settled, s, nil)
	case s.ambiguous:
		n.add(reconcile.Finding{Kind: reconcile.AmbiguousMatch}, s, nil)
		setClass(reconcile.Ambiguous, s, nil)
	case len(own) > 0:
		n.matchPackages(s, own)
	case !n.has(s, reconcile.PhaseActive):
		setClass(reconcile.Settled, s, nil)
	default:
		setClass(reconcile.LedgerOnly, s, nil)
		if n.add(reconcile.Finding{Kind: reconcile.MissingPackage, Reason: possibleReason(s.possible)}, s, nil) == reconcile.Unknown {
			s.class = reconcile.ClassUnknown
		}
	}
}

// preferred returns the newest of the live packages, else of all; nil if there are
// none.
func preferred(packages []*pkg) *pkg {
	var live []*pkg
	for _, p := range packages {
		if p.Live() {
			live = append(live, p)
		}
	}
	switch {
	case len(live) > 0:
		return newest(live)
	case len(packages) > 0:
		return newest(packages)
	}
	return nil
}

func setClass(c reconcile.Class, s *subscription, packages []*pkg) {
	s.class = c
	for _, p := range packages {
		p.class = c
	}
}

// conflict returns the column in which the rows of a subscription differ or share
// an id with another subscription, and the values.
func (n *oracle) conflict(s *subscription) (column, value string) {
	for _, column := range []string{account, currency, packageID} {
		if values := distinctCells(n.currentLines(s), column); len(values) > 1 {
			return column, strings.Join(values, ", ")
		}
	}
	for _, column := range []string{packageID, instanceID} {
		for _, id := range distinctCells(s.lines, column) {
			for _, other := range n.subscriptions {
				if other != s && slices.Contains(distinctCells(other.lines, column), id) {
					return column, id
				}
			}
		}
	}
	return "", ""
}

// distinctCells returns the distinct values of a column, sorted.
func distinctCells(lines []*reconcile.Line, column string) []string {
	var values []string
	for _, l := range lines {
		if v := cell(l, column); v != "" {
			values = append(values, v)
		}
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// matchPackages compares the packages of one subscription.
func (n *oracle) matchPackages(s *subscription, own []*pkg) {
	var matches []*pkg
	for _, p := range own {
		if p.Live() {
			matches = append(matches, p)
		}
	}
	if len(matches) == 0 && slices.ContainsFunc(own, hasUnrecognised) {
		n.matchUnrecognised(s, own)
		return
	}
	if len(matches) == 0 {
		matches = []*pkg{newest(own)}
	}
	s.class = reconcile.Matched
	if len(matches) > 1 && n.has(s, reconcile.PhaseActive, reconcile.PhaseUpcoming) {
		n.duplicates(s, own, matches)
		return
	}
	for _, p := range own {
		if slices.Contains(matches, p) {
			n.comparePackage(s, p)
		} else {
			n.settlePackage(s, p)
		}
	}
}

func hasUnrecognised(p *pkg) bool { return slices.ContainsFunc(p.Instances, unrecognised) }

// matchUnrecognised handles a subscription with nothing live and an unrecognised
// status: only the status is reported.
func (n *oracle) matchUnrecognised(s *subscription, own []*pkg) {
	for _, p := range own {
		n.settlePackage(s, p)
	}
	if !n.has(s, reconcile.PhaseActive) {
		s.class = reconcile.Settled
		return
	}
	newest(own).class = reconcile.Matched
}

func newest(own []*pkg) *pkg {
	return slices.MaxFunc(own, func(p, q *pkg) int {
		return cmp.Or(p.Created.Compare(q.Created), cmp.Compare(p.ID, q.ID))
	})
}

// duplicates reports one finding for each live package, and no other kind.
func (n *oracle) duplicates(s *subscription, own, live []*pkg) {
	setClass(reconcile.Settled, s, own)
	setClass(reconcile.Duplicate, s, live)
	best := n.best(s, live)
	for _, p := range live {
		f := reconcile.Finding{Kind: reconcile.DuplicatePackage, Reason: "keep"}
		if p != best {
			f.Reason = "extra"
			f.Direction, f.Monthly = reconcile.Leak, parseMoney(n.leakCost(&f, p))
		}
		n.add(f, s, p)
	}
}

// settlePackage settles a package in which nothing is live.
func (n *oracle) settlePackage(s *subscription, p *pkg) {
	n.unrecognised(s, p)
	p.class = reconcile.Settled
}

// matchUnmatched reports a package that has no subscription.
func (n *oracle) matchUnmatched(p *pkg) {
	switch {
	case !p.Live():
		n.settlePackage(nil, p)
		return
	case p.ambiguous:
		n.add(reconcile.Finding{Kind: reconcile.AmbiguousMatch}, nil, p)
		p.class = reconcile.Ambiguous
		return
	case p.ExternalID != "":
		n.add(reconcile.Finding{Kind: reconcile.OrphanPackage, Reason: possibleReason(p.possible)}, nil, p)
	default:
		n.add(reconcile.Finding{Kind: reconcile.UnidentifiedPackage}, nil, p)
	}
	n.unrecognised(nil, p)
	p.class = reconcile.WixOnly
}

func (n *oracle) unrecognised(s *subscription, p *pkg) {
	for _, i := range p.Instances {
		if unrecognised(i) {
			n.add(reconcile.Finding{Kind: reconcile.UnrecognisedStatus, InstanceID: i.ID, Field: "status"}, s, p)
		}
	}
}

func unrecognised(i reconcile.Instance) bool { return !i.Status.Live() && !i.Status.Dead() }
