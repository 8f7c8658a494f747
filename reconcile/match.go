package reconcile

import (
	"slices"
	"strings"
)

// The first that holds ends a subscription: a row that can't be read, a
// conflict, an ambiguous link, several live packages, no package. Only then
// are its lines held against its package (pair.go).

// matching is one group on its way to an outcome.
type matching struct {
	*Rules
	*Group
	sub      subscription // where the group has lines
	changing bool         // the lines are in flight
	moving   []bool       // by package: it is in flight
	rests    *Basis       // what all fixes of the group rest on, once it was asked for
	out      GroupResult
}

// Match decides a group. It orders the group's lines and packages in place.
func (r *Rules) Match(g *Group) GroupResult {
	slices.SortFunc(g.Lines, func(a, b Line) int { return a.Compare(&b) })
	slices.SortFunc(g.Packages, func(a, b Package) int { return strings.Compare(a.ID, b.ID) })
	m := matching{Rules: r, Group: g, sub: r.newSubscription(g.Lines), changing: r.linesInFlight(g.Lines)}
	m.moving = make([]bool, len(g.Packages))
	for i := range g.Packages {
		m.moving[i] = r.packageInFlight(&g.Packages[i])
	}
	m.out.Classes = make([]Class, len(g.Packages))
	m.decide()
	for i := range m.out.Findings {
		r.conclude(&m.out.Findings[i])
	}
	for i := range g.Packages {
		m.out.Census.Packages[m.out.Classes[i]]++
	}
	return m.out
}

func (m *matching) decide() {
	switch {
	case len(m.Bad) > 0:
		m.invalid()
	case len(m.Lines) == 0:
		m.wixOnly()
	default:
		m.subscription()
	}
}

func (m *matching) subscription() {
	if field, values := m.sub.conflict(m.Shared); field != "" {
		m.conflict(field, values)
		m.end(Conflict)
		return
	}
	live := m.livePackages()
	switch {
	case m.Link == NotLinked:
		m.ambiguous()
	case len(m.Packages) == 0:
		m.ledgerOnly()
	case len(live) > 1 && !m.sub.allEnded():
		m.duplicates(live)
	default:
		m.pairs(live)
	}
}

// ambiguous reports a subscription with several candidates, unless nothing is
// active in it and none of them is live.
func (m *matching) ambiguous() {
	if !m.sub.hasActive() && !m.Live {
		m.end(Settled)
		return
	}
	m.ledgerFinding(AmbiguousMatch, "", "")
	m.end(Ambiguous)
}

// conflict reports a subscription that contradicts itself, with the package
// that it would be held against: the newest, of the live ones where there are.
func (m *matching) conflict(field, values string) {
	if len(m.Packages) == 0 {
		m.ledgerFinding(LedgerConflict, field, values)
		return
	}
	newest := 0
	for i := range m.Packages {
		p, best := &m.Packages[i], &m.Packages[newest]
		if p.Live() != best.Live() && p.Live() || p.Live() == best.Live() && newer(p, best) > 0 {
			newest = i
		}
	}
	m.pairFinding(LedgerConflict, newest).differs(field, values, "")
}

// end puts every row and every package of the group into a class.
func (m *matching) end(c Class) {
	m.endRows(c)
	for i := range m.Packages {
		m.endPackage(i, c)
	}
}

func (m *matching) endRows(c Class) {
	for i := range m.Lines {
		m.out.Census.Rows[m.class(m.Lines[i].AccountID, c)]++
	}
	for i := range m.Bad {
		m.out.Census.Rows[m.class(m.Bad[i].AccountID, c)]++
	}
}

func (m *matching) endPackage(i int, c Class) {
	m.out.Classes[i] = m.class(m.Packages[i].AccountID, c)
}

// livePackages gives the places of the live packages.
func (m *matching) livePackages() []int {
	var live []int
	for i := range m.Packages {
		if m.Packages[i].Live() {
			live = append(live, i)
		}
	}
	return live
}

// invalid reports each bad row, and nothing else of the subscription.
func (m *matching) invalid() {
	for i := range m.Bad {
		b := &m.Bad[i]
		m.add(Finding{
			Kind: InvalidLedgerRow, AccountID: b.AccountID, ExternalID: b.ExternalID,
			PackageID: b.PackageID, InstanceID: b.InstanceID,
			Field: b.Column, LedgerValue: b.Value, Reason: b.Problem,
			Customer: b.Customer, Record: b.Record, Cells: b.Cells, Carried: b.Carried,
		}, nil, false)
	}
	m.end(Invalid)
}

// wixOnly reports packages that no subscription claims.
func (m *matching) wixOnly() {
	for i := range m.Packages {
		switch {
		case !m.Packages[i].Live():
			m.unrecognised(i)
			m.endPackage(i, Settled)
		case m.Link == NotLinked:
			m.packageFinding(AmbiguousMatch, i)
			m.endPackage(i, Ambiguous)
		default:
			m.orphan(i)
			m.endPackage(i, WixOnly)
		}
	}
}

func (m *matching) orphan(i int) {
	kind := OrphanPackage
	if m.Packages[i].ExternalID == "" {
		kind = UnidentifiedPackage
	}
	doubtful := m.unrecognised(i)
	f := m.packageFinding(kind, i)
	f.Monthly = m.leakOf(&m.Packages[i])
	if kind == OrphanPackage {
		f.Basis.Targets, f.Basis.Whole = m.Packages[i].live(), true
	}
	if doubtful && kind == OrphanPackage {
		f.hold(ReasonAmbiguous)
	}
}

// ledgerOnly reports a subscription that has no package.
func (m *matching) ledgerOnly() {
	if !m.sub.hasActive() {
		m.end(Settled)
		return
	}
	f := m.ledgerFinding(MissingPackage, "", "")
	f.Basis.Order = m.order()
	f.Monthly = m.activeMonthly("")
	if m.Coverage.Whole() {
		m.end(LedgerOnly)
		return
	}
	f.State = Unknown
	m.end(UnknownClass)
}

// duplicates reports each of several live packages; all but the best of them
// are paid for in vain.
func (m *matching) duplicates(live []int) {
	best := m.best(live)
	m.endRows(Duplicate)
	for i := range m.Packages {
		m.endPackage(i, Settled)
	}
	for _, i := range live {
		f := m.pairFinding(DuplicatePackage, i)
		if i == best {
			f.Direction = NoDirection
		} else {
			f.Monthly = m.leakOf(&m.Packages[i])
		}
		m.endPackage(i, Duplicate)
	}
}

// best gives the package that most lines which have not ended chose a live
// instance of, then the newest, then the one with the lowest id.
func (m *matching) best(live []int) int {
	best, most := -1, -1
	for _, i := range live {
		chosen := choose(&m.sub, m.Packages[i].Instances).served(&m.sub, m.Packages[i].Instances)
		if chosen > most || chosen == most && m.Packages[i].Created.After(m.Packages[best].Created) {
			best, most = i, chosen
		}
	}
	return best
}
