package reconcile

import (
	"slices"
	"strings"
)

// The first of these decides a subscription: a row that can't be read, a
// conflict, an ambiguous link, no package, several live packages. Otherwise its
// lines are compared with its package (pair.go).

// A matcher matches one group.
type matcher struct {
	*Rules
	*Group
	sub            subscription // where the group has lines
	ledgerInFlight bool
	wixInFlight    []bool // by package
	fixBasis       *Basis // what all fixes of the group depend on; nil until it is needed
	result         GroupResult
}

// Match matches a group. It sorts the group's lines and packages in place.
func (r *Rules) Match(g *Group) GroupResult {
	m := r.newMatcher(g)
	if len(g.Bad) == 0 && r.Crowded(len(g.Lines), len(g.Packages)) {
		m.matchCrowd()
	} else {
		m.matchGroup()
		for i := range m.result.Findings {
			r.finalize(&m.result.Findings[i])
		}
	}
	for _, class := range m.result.Classes {
		m.result.Census.Packages[class]++
	}
	return m.result
}

// newMatcher returns a matcher of the group, whose lines and packages it sorts.
func (r *Rules) newMatcher(g *Group) *matcher {
	slices.SortFunc(g.Lines, func(a, b Line) int { return a.Compare(&b) })
	slices.SortFunc(g.Packages, func(a, b Package) int { return strings.Compare(a.ID, b.ID) })
	m := &matcher{Rules: r, Group: g, sub: r.newSubscription(g.Lines), ledgerInFlight: r.linesInFlight(g.Lines)}
	m.result.Classes = make([]Class, len(g.Packages))
	m.wixInFlight = make([]bool, len(g.Packages))
	for i := range g.Packages {
		m.wixInFlight[i] = r.packageInFlight(&g.Packages[i])
	}
	return m
}

func (m *matcher) matchGroup() {
	switch {
	case len(m.Bad) > 0:
		m.reportBadRows()
		m.classify(Invalid)
	case len(m.Lines) == 0:
		m.reportUnmatchedPackages()
	default:
		m.matchSubscription()
	}
}

func (m *matcher) matchSubscription() {
	if field, values := m.sub.conflict(m.Shared); field != "" {
		m.reportConflict(field, values)
		m.classify(Conflict)
		return
	}
	live := m.livePackages()
	switch {
	case m.Link == LinkAmbiguous:
		m.reportAmbiguous()
	case m.linkedByMangledID():
		m.matchApart()
	case len(m.Packages) == 0:
		m.reportMissingPackage()
	case len(live) > 1 && !m.sub.allEnded():
		m.reportDuplicates(live)
	case len(live) > 0:
		m.compareLive(live)
	default:
		m.compareNewestDead()
	}
}

// classify sets the class of every row and every package of the group.
func (m *matcher) classify(c Class) {
	m.classifyRows(c)
	for i := range m.Packages {
		m.classifyPackage(i, c)
	}
}

func (m *matcher) classifyRows(c Class) {
	for i := range m.Lines {
		m.result.Census.Rows[m.classOf(m.Lines[i].AccountID, c)]++
	}
	for i := range m.Bad {
		m.result.Census.Rows[m.classOf(m.Bad[i].AccountID, c)]++
	}
}

func (m *matcher) classifyPackage(i int, c Class) {
	m.result.Classes[i] = m.classOf(m.Packages[i].AccountID, c)
}

// livePackages returns the indexes of the live packages.
func (m *matcher) livePackages() []int {
	var live []int
	for i := range m.Packages {
		if m.Packages[i].Live() {
			live = append(live, i)
		}
	}
	return live
}

// newest returns the index of the newest of the packages, the live ones first.
func (m *matcher) newest() int {
	newest := 0
	for i := range m.Packages {
		if newer(&m.Packages[i], &m.Packages[newest]) {
			newest = i
		}
	}
	return newest
}

// newer reports whether one package is newer than the other, or live where the
// other is not.
func newer(p, q *Package) bool {
	if p.Live() != q.Live() {
		return p.Live()
	}
	return compareAge(p, q) > 0
}

// reportBadRows reports each bad row. Nothing else of the subscription is
// reported.
func (m *matcher) reportBadRows() {
	for i := range m.Bad {
		b := &m.Bad[i]
		m.addFinding(Finding{
			Kind: InvalidLedgerRow, AccountID: b.AccountID, ExternalID: b.ExternalID,
			PackageID: b.PackageID, InstanceID: b.InstanceID,
			Field: b.Column, LedgerValue: b.Value, Reason: b.Problem,
			Customer: b.Customer, Record: b.Record, Cells: b.Cells, Carried: b.Carried,
		}, nil, false)
	}
}

// reportConflict reports a subscription whose rows are in conflict, on the
// package that it would be compared with.
func (m *matcher) reportConflict(field, values string) {
	if len(m.Packages) == 0 {
		m.addLedgerFinding(LedgerConflict).setField(field, values, "")
		return
	}
	m.addPairFinding(LedgerConflict, m.newest()).setField(field, values, "")
}

// reportAmbiguous reports a subscription with several candidates, unless nothing
// in it is active and no candidate is live.
func (m *matcher) reportAmbiguous() {
	if !m.sub.hasActive() && !m.LiveCandidate {
		m.classify(Settled)
		return
	}
	m.addLedgerFinding(AmbiguousMatch).setAmbiguity(m.Group, m.sub.representative().ExternalID)
	m.classify(Ambiguous)
}

// reportMissingPackage reports an active subscription without a package.
func (m *matcher) reportMissingPackage() {
	if !m.sub.hasActive() {
		m.classify(Settled)
		return
	}
	f := m.addLedgerFinding(MissingPackage)
	f.Basis.Order = m.orderLines()
	f.setPossibleMatch(m.Other)
	f.Monthly = m.activeRevenue("")
	if m.Coverage.Whole() {
		m.classify(LedgerOnly)
		return
	}
	f.State = Unknown
	m.classify(ClassUnknown)
}

// reportUnmatchedPackages reports packages that belong to no subscription.
func (m *matcher) reportUnmatchedPackages() {
	for i := range m.Packages {
		switch {
		case !m.Packages[i].Live():
			m.reportUnrecognised(i)
			m.classifyPackage(i, Settled)
		case m.Link == LinkAmbiguous:
			m.reportAmbiguousPackage(i)
			m.classifyPackage(i, Ambiguous)
		default:
			m.reportOrphan(i)
			m.classifyPackage(i, WixOnly)
		}
	}
}

func (m *matcher) reportAmbiguousPackage(i int) {
	f := m.addPackageFinding(AmbiguousMatch, i)
	f.setAmbiguity(m.Group, f.ExternalID)
	if m.Packages[i].UnreadableID {
		f.Reason = "its external id can't be read"
	}
}

// reportOrphan reports a live package without a subscription. With an
// unrecognised status in it, it is not clear that it may be canceled.
func (m *matcher) reportOrphan(i int) {
	p, unrecognised := &m.Packages[i], m.reportUnrecognised(i)
	if p.ExternalID == "" {
		m.addPackageFinding(UnidentifiedPackage, i).Monthly = m.packageCost(p)
		return
	}
	f := m.addPackageFinding(OrphanPackage, i)
	f.Monthly = m.packageCost(p)
	f.Basis.Targets, f.Basis.WholePackage = p.liveIDs(), true
	if unrecognised {
		f.blockFix(ReasonAmbiguous)
	}
	f.setPossibleMatch(m.Other)
}

// reportUnrecognised reports each instance of the package whose status is
// neither live nor dead, and returns whether there is one.
func (m *matcher) reportUnrecognised(i int) bool {
	found := false
	for _, inst := range m.Packages[i].Instances {
		if inst.Status.Live() || inst.Status.Dead() {
			continue
		}
		found = true
		add := m.addPackageFinding
		if len(m.Lines) > 0 {
			add = m.addPairFinding
		}
		add(UnrecognisedStatus, i).setField("status", "", string(inst.Status)).InstanceID = inst.ID
	}
	return found
}

// reportDuplicates reports each of several live packages. All but the best of
// them cost money for nothing.
func (m *matcher) reportDuplicates(live []int) {
	best := m.bestDuplicate(live)
	m.classifyRows(Duplicate)
	for i := range m.Packages {
		m.classifyPackage(i, Settled)
	}
	for _, i := range live {
		f := m.addPairFinding(DuplicatePackage, i)
		f.Group, f.Reason = f.ExternalID, ReasonExtra
		if i == best {
			f.Direction, f.Reason = NoDirection, ReasonKeep
		} else {
			f.Monthly = m.packageCost(&m.Packages[i])
		}
		m.classifyPackage(i, Duplicate)
	}
}

// bestDuplicate returns the package that serves the most lines, then the newest,
// then the one with the lowest id.
func (m *matcher) bestDuplicate(live []int) int {
	best, most := -1, -1
	for _, i := range live {
		served := choose(&m.sub, m.Packages[i].Instances).servedLines(&m.sub, m.Packages[i].Instances)
		if served > most || served == most && m.Packages[i].Created.After(m.Packages[best].Created) {
			best, most = i, served
		}
	}
	return best
}
