package reconcile

import (
	"slices"
	"strconv"
	"time"
)

// If a package under an external id is live, the dead ones under it are settled;
// if none is live, the newest is the match. Where every line has ended, each
// live package is compared on its own. In a package with an unrecognised status
// nothing is reported as missing or canceled, because the status may mean
// either.

// A pair is a subscription compared with one package.
type pair struct {
	*matcher
	index        int // of the package in the group
	pkg          *Package
	choice       *choice
	unrecognised bool // an instance has a status that is neither live nor dead
}

// compareLive compares the lines with each of the live packages.
func (m *matcher) compareLive(live []int) {
	for i := range m.Packages {
		if !m.Packages[i].Live() {
			m.reportUnrecognised(i)
			m.classifyPackage(i, Settled)
		}
	}
	for _, i := range live {
		pkg := &m.Packages[i]
		p := &pair{matcher: m, index: i, pkg: pkg, choice: choose(&m.sub, pkg.Instances)}
		p.compare()
		m.classifyPackage(i, Matched)
		m.result.Pairs++
	}
	m.classifyRows(Matched)
}

// compareNewestDead compares the lines with the newest package where none is
// live.
func (m *matcher) compareNewestDead() {
	unrecognised := false
	for i := range m.Packages {
		unrecognised = m.reportUnrecognised(i) || unrecognised
		m.classifyPackage(i, Settled)
	}
	if !m.sub.hasActive() {
		m.classifyRows(Settled)
		return
	}
	newest := m.newest()
	m.classifyRows(Matched)
	m.classifyPackage(newest, Matched)
	if !unrecognised {
		pkg := &m.Packages[newest]
		p := &pair{matcher: m, index: newest, pkg: pkg, choice: chooseFailed(&m.sub, pkg.Instances)}
		p.reportNothingLive()
	}
}

// reportNothingLive reports an active subscription whose package has nothing live:
// each FAILED instance, else the package as a whole.
func (p *pair) reportNothingLive() {
	first := len(p.result.Findings)
	for i := range p.pkg.Instances {
		if p.pkg.Instances[i].Status == StatusFailed {
			p.reportDead(i)
		}
	}
	if len(p.result.Findings) > first {
		p.addRemainingRevenue(&p.result.Findings[first])
		return
	}
	f := p.addPairFinding(CanceledAtWix, p.index).setField("status", string(Active), string(StatusCanceled))
	f.Monthly = p.activeRevenue(p.firstCycle())
}

// addRemainingRevenue adds to a finding what the customer pays for the units
// without a FAILED instance, because nothing of the subscription is delivered.
func (p *pair) addRemainingRevenue(f *Finding) {
	var revenue charges
	for i, line := range p.choice.line {
		if line >= 0 && p.pkg.Instances[i].ID == f.InstanceID {
			revenue.addLine(&p.Lines[line], p.pkg.Instances[i].Cycle, 1)
		}
	}
	for i := range p.Lines {
		if n := p.Lines[i].Quantity - p.choice.found[i]; n > 0 && p.sub.phases[i] == PhaseActive {
			revenue.addLine(&p.Lines[i], p.firstCycle(), n)
		}
	}
	f.Monthly = revenue.money()
}

// firstCycle returns the cycle of the package, for lines that state none.
func (p *pair) firstCycle() Cycle {
	if len(p.pkg.Instances) == 0 {
		return ""
	}
	return p.pkg.Instances[0].Cycle
}

// compare compares the subscription with a live package.
func (p *pair) compare() {
	p.unrecognised = p.reportUnrecognised(p.index)
	p.compareAccount()
	p.compareExternalID()
	if p.sub.allEnded() {
		p.reportAllEnded()
		return
	}
	for i := range p.pkg.Instances {
		p.compareInstance(i)
	}
	for i := range p.Lines {
		p.reportMissingInstances(i)
	}
}

func (p *pair) compareAccount() {
	if own := p.sub.representative().AccountID; own != p.pkg.AccountID {
		p.addPairFinding(AccountMismatch, p.index).setField("account_id", own, p.pkg.AccountID)
	}
}

// compareExternalID reports a package that was linked by something other than
// its external id. A link by place does not override an id that Wix has.
func (p *pair) compareExternalID() {
	if p.Link == ByExternalID {
		return
	}
	f := p.addPairFinding(UnlinkedPackage, p.index).setField("external_id", p.sub.representative().ExternalID, p.pkg.ExternalID)
	f.Basis.LinkedByPlace = p.Link == ByPlace
	if p.Link == ByPlace && p.pkg.ExternalID != "" {
		f.blockFix(ReasonAmbiguous)
	}
}

// reportAllEnded reports a live package of which every line has ended.
func (p *pair) reportAllEnded() {
	if p.unrecognised {
		return
	}
	live := p.pkg.Instances[slices.IndexFunc(p.pkg.Instances, func(i Instance) bool { return i.Status.Live() })]
	f := p.addPairFinding(CanceledInLedger, p.index).setField("status", endedStatus(p.sub.representative()), string(live.Status))
	f.Monthly = p.packageCost(p.pkg)
	byDate := p.sub.byDate
	f.Basis.WholePackage = true
	for i := range p.pkg.Instances {
		switch line := p.choice.line[i]; {
		case line >= 0:
			f.Basis.Targets = append(f.Basis.Targets, p.pkg.Instances[i].ID)
			byDate = byDate || p.Lines[line].EndedByDate()
		case p.pkg.Instances[i].Status.Live():
			f.Basis.WholePackage = false
		}
	}
	switch {
	case byDate:
		f.blockFix(ReasonEndedByDate)
	case !f.Basis.WholePackage:
		f.blockFix(ReasonAmbiguous)
	}
}

func endedStatus(l *Line) string {
	if l.EndedByDate() {
		return "ended " + l.End.UTC().Format(time.RFC3339)
	}
	return string(Canceled)
}

// compareInstance compares one instance with the line that chose it.
func (p *pair) compareInstance(i int) {
	inst, line := &p.pkg.Instances[i], p.choice.line[i]
	switch {
	case line < 0:
		if inst.Status.Live() {
			p.reportExtra(i)
		}
	case inst.Status.Dead():
		p.reportDead(i)
	case p.sub.phases[line] == PhaseEnded:
		p.reportEnded(i)
	case p.sub.phases[line] == PhaseActive:
		p.compareFields(inst, &p.Lines[line])
	}
}

func (p *pair) reportExtra(i int) {
	f := p.addPairFinding(ExtraInstance, p.index)
	f.InstanceID = p.pkg.Instances[i].ID
	f.Monthly = p.instanceCost(&p.pkg.Instances[i])
	f.Basis.Targets = []string{f.InstanceID}
	if p.unrecognised || p.choice.exchangeable(&p.sub, i, p.pkg.Instances) {
		f.blockFix(ReasonAmbiguous)
	}
}

// reportDead reports a dead instance, and the line that chose it if one did.
func (p *pair) reportDead(i int) {
	if p.unrecognised {
		return
	}
	inst, l := &p.pkg.Instances[i], p.sub.representative()
	revenue := Money{Currency: l.Currency, Known: true} // nothing where no line chose it
	if line := p.choice.line[i]; line >= 0 {
		l = &p.Lines[line]
		revenue = lineRevenue(l, inst.Cycle, 1)
	}
	kind := CanceledAtWix
	if inst.Status == StatusFailed {
		kind = FailedInstance
	}
	f := p.addLineFinding(kind, p.index, l).setField("status", string(Active), string(inst.Status))
	f.InstanceID = inst.ID
	f.Monthly = revenue
}

// reportEnded reports a live instance that an ended line chose.
func (p *pair) reportEnded(i int) {
	if p.unrecognised {
		return
	}
	inst, l := &p.pkg.Instances[i], &p.Lines[p.choice.line[i]]
	f := p.addLineFinding(CanceledInLedger, p.index, l).setField("status", endedStatus(l), string(inst.Status))
	f.InstanceID = inst.ID
	f.Monthly = p.instanceCost(inst)
	f.Basis.Targets = []string{inst.ID}
	switch {
	case l.EndedByDate():
		f.blockFix(ReasonEndedByDate)
	case p.choice.exchangeable(&p.sub, i, p.pkg.Instances):
		f.blockFix(ReasonAmbiguous)
	}
}

// reportMissingInstances reports an active line that found fewer instances than
// its quantity.
func (p *pair) reportMissingInstances(i int) {
	l, found := &p.Lines[i], p.choice.found[i]
	if p.unrecognised || p.sub.phases[i] != PhaseActive || found == l.Quantity {
		return
	}
	f := p.addLineFinding(MissingInstance, p.index, l).setField("quantity", strconv.Itoa(l.Quantity), strconv.Itoa(found))
	f.Monthly = lineRevenue(l, p.firstCycle(), l.Quantity-found)
}
