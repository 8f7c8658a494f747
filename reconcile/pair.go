package reconcile

import (
	"slices"
	"strconv"
	"time"
)

// If any package under an id is live, its dead ones are settled; if none is,
// the newest is the match, unless one of them has a status that nobody knows. Where every line has ended each live package is a
// pair of its own. In a package with a status that is neither live nor dead
// nothing is missing and nothing is canceled: nobody knows what it stands for.

// A pair is the subscription held against one package.
type pair struct {
	*matching
	at       int // of the package in the group
	pkg      *Package
	choice   *choice
	doubtful bool // an instance has a status that is not known
}

func (m *matching) newPair(i int) *pair {
	p := &m.Packages[i]
	return &pair{matching: m, at: i, pkg: p, choice: choose(&m.sub, p.Instances)}
}

// pairs holds the lines against the live packages, or the newest dead one.
func (m *matching) pairs(live []int) {
	rows := Matched
	if len(live) == 0 {
		rows = m.dead()
	} else {
		m.settleOthers(live)
		for _, i := range live {
			m.newPair(i).live()
			m.endPackage(i, Matched)
			m.out.Pairs++
		}
	}
	m.endRows(rows)
}

// settleOthers settles the packages that are not held against the lines.
func (m *matching) settleOthers(held []int) {
	for i := range m.Packages {
		if !slices.Contains(held, i) {
			m.unrecognised(i)
			m.endPackage(i, Settled)
		}
	}
}

// dead holds the lines against the newest package, where none is live, and
// gives the class of the rows.
func (m *matching) dead() Class {
	newest := 0
	for i := range m.Packages {
		if newer(&m.Packages[i], &m.Packages[newest]) > 0 {
			newest = i
		}
	}
	doubtful := false
	for i := range m.Packages {
		doubtful = m.unrecognised(i) || doubtful
		m.endPackage(i, Settled)
	}
	if !m.sub.hasActive() {
		return Settled
	}
	m.endPackage(newest, Matched)
	if !doubtful {
		m.newPair(newest).dead()
	}
	return Matched
}

// unrecognised reports each instance of the i-th package whose status is neither live nor dead,
// and whether there is one.
func (m *matching) unrecognised(i int) bool {
	found := false
	for _, inst := range m.Packages[i].Instances {
		status := inst.Status
		if status.Live() || status.Dead() {
			continue
		}
		found = true
		var f *Finding
		if len(m.Lines) > 0 {
			f = m.pairFinding(UnrecognisedStatus, i)
		} else {
			f = m.packageFinding(UnrecognisedStatus, i)
		}
		f.differs("status", "", string(status)).InstanceID = inst.ID
	}
	return found
}

// dead reports a package with nothing live in it to an active line: each FAILED
// instance, or the package.
func (p *pair) dead() {
	p.choice = chooseFailed(&p.sub, p.pkg.Instances)
	first := len(p.out.Findings)
	for i := range p.pkg.Instances {
		if p.pkg.Instances[i].Status == StatusFailed {
			p.deadInstance(FailedInstance, i)
		}
	}
	if len(p.out.Findings) > first {
		p.chargeRest(&p.out.Findings[first])
		return
	}
	f := p.pairFinding(CanceledAtWix, p.at).differs("status", string(Active), string(StatusCanceled))
	f.Monthly = p.activeMonthly(p.firstCycle())
}

// chargeRest adds to a finding what the customer pays for the units that no
// FAILED instance stands for: nothing of the subscription is delivered.
func (p *pair) chargeRest(f *Finding) {
	var rest charges
	for i, line := range p.choice.line {
		if line >= 0 && p.pkg.Instances[i].ID == f.InstanceID {
			rest.addLine(&p.Lines[line], p.pkg.Instances[i].Cycle, 1)
		}
	}
	for i := range p.Lines {
		if left := p.Lines[i].Quantity - p.choice.found[i]; left > 0 && p.sub.phases[i] == PhaseActive {
			rest.addLine(&p.Lines[i], p.firstCycle(), left)
		}
	}
	f.Monthly = rest.money()
}

// firstCycle gives the cycle of the package, for lines that name none.
func (p *pair) firstCycle() Cycle {
	if len(p.pkg.Instances) == 0 {
		return ""
	}
	return p.pkg.Instances[0].Cycle
}

// live reports a package with something live in it.
func (p *pair) live() {
	p.doubtful = p.unrecognised(p.at)
	p.account()
	p.unlinked()
	if p.sub.allEnded() {
		p.endedWhole()
		return
	}
	for i := range p.pkg.Instances {
		p.instance(i)
	}
	for i := range p.Lines {
		p.missing(i)
	}
}

func (p *pair) account() {
	if own := p.sub.face().AccountID; own != p.pkg.AccountID {
		p.pairFinding(AccountMismatch, p.at).differs("account_id", own, p.pkg.AccountID)
	}
}

// unlinked reports a package that belongs to the subscription by another mark
// than its external id. A mere place does not overrule an id that Wix has.
func (p *pair) unlinked() {
	if p.Link == BySameID {
		return
	}
	f := p.pairFinding(UnlinkedPackage, p.at).differs("external_id", p.sub.face().ExternalID, p.pkg.ExternalID)
	f.Basis.LinkedByPlace = p.Link == ByPlace
	if p.Link == ByPlace && p.pkg.ExternalID != "" {
		f.hold(ReasonAmbiguous)
	}
}

// endedWhole reports a live package of which every line has ended.
func (p *pair) endedWhole() {
	if p.doubtful {
		return
	}
	f := p.pairFinding(CanceledInLedger, p.at).differs("status", p.endedStatus(p.sub.face()), p.liveStatus())
	f.Monthly = p.leakOf(p.pkg)
	byDate, left := p.sub.endedByDate(), false
	for i := range p.pkg.Instances {
		switch line := p.choice.line[i]; {
		case line >= 0:
			f.Basis.Targets = append(f.Basis.Targets, p.pkg.Instances[i].ID)
			byDate = byDate || p.Lines[line].EndedByDate()
		case p.pkg.Instances[i].Status.Live():
			left = true
		}
	}
	f.Basis.Whole = !left
	switch {
	case byDate:
		f.hold(ReasonEndedByDate)
	case left:
		f.hold(ReasonAmbiguous)
	}
}

func (p *pair) endedStatus(l *Line) string {
	if l.EndedByDate() {
		return "ended " + l.End.UTC().Format(time.RFC3339)
	}
	return string(Canceled)
}

// liveStatus gives the status of the first live instance.
func (p *pair) liveStatus() string {
	for i := range p.pkg.Instances {
		if p.pkg.Instances[i].Status.Live() {
			return string(p.pkg.Instances[i].Status)
		}
	}
	return ""
}

// instance reports what is to be said of one instance and of the line that
// took it.
func (p *pair) instance(i int) {
	inst, line := &p.pkg.Instances[i], p.choice.line[i]
	switch {
	case line < 0:
		if inst.Status.Live() {
			p.extra(i)
		}
	case inst.Status == StatusFailed:
		p.deadLine(FailedInstance, i)
	case inst.Status == StatusCanceled:
		p.deadLine(CanceledAtWix, i)
	case p.sub.phases[line] == PhaseEnded:
		p.endedLine(i)
	case p.sub.phases[line] == PhaseActive:
		p.delivered(i)
	}
}

func (p *pair) extra(i int) {
	f := p.pairFinding(ExtraInstance, p.at)
	f.InstanceID = p.pkg.Instances[i].ID
	f.Monthly = p.costOf(&p.pkg.Instances[i])
	f.Basis.Targets = []string{f.InstanceID}
	if p.doubtful || p.choice.exchangeable(&p.sub, i, p.pkg.Instances) {
		f.hold(ReasonAmbiguous)
	}
}

// deadLine reports an active line that found only a dead instance.
func (p *pair) deadLine(kind Kind, i int) {
	if !p.doubtful {
		p.deadInstance(kind, i)
	}
}

// deadInstance reports a dead instance, by the line that took it if one did.
func (p *pair) deadInstance(kind Kind, i int) {
	inst, line := &p.pkg.Instances[i], p.choice.line[i]
	l := p.sub.face()
	if line >= 0 {
		l = &p.Lines[line]
	}
	f := p.lineFinding(kind, p.at, l).differs("status", string(Active), string(inst.Status))
	f.InstanceID = inst.ID
	f.Monthly = Money{Currency: l.Currency, Known: true} // nobody pays for it by itself
	if line >= 0 {
		f.Monthly = lineMonthly(l, inst.Cycle, 1)
	}
}

func (p *pair) endedLine(i int) {
	if p.doubtful {
		return
	}
	inst, l := &p.pkg.Instances[i], &p.Lines[p.choice.line[i]]
	f := p.lineFinding(CanceledInLedger, p.at, l).differs("status", p.endedStatus(l), string(inst.Status))
	f.InstanceID = inst.ID
	f.Monthly = p.costOf(inst)
	f.Basis.Targets = []string{inst.ID}
	switch {
	case l.EndedByDate():
		f.hold(ReasonEndedByDate)
	case p.choice.exchangeable(&p.sub, i, p.pkg.Instances):
		f.hold(ReasonAmbiguous)
	}
}

// missing reports a line that wants more instances than there are.
func (p *pair) missing(i int) {
	l, found := &p.Lines[i], p.choice.found[i]
	if p.doubtful || p.sub.phases[i] != PhaseActive || found == l.Quantity {
		return
	}
	f := p.lineFinding(MissingInstance, p.at, l).differs("quantity", strconv.Itoa(l.Quantity), strconv.Itoa(found))
	f.Monthly = lineMonthly(l, p.firstCycle(), l.Quantity-found)
}
