package reconcile

import (
	"cmp"
	"fmt"
)

// An external id that more than MaxGroup rows or packages have, and at least one
// row, is no id but a placeholder such as N/A. Its group is a crowd: one
// ledger_conflict, and nothing in it is fixed. What its rows name – packages,
// instances, places, near ids – is claimed, so that it is ambiguous and not fixed
// either. Packages alone are no crowd, whatever their number: each is linked or
// reported for itself.

// MaxGroup is the number of rows, and of packages, that one external id may have.
const MaxGroup = 10_000

// Crowded reports whether an external id has too many rows or packages.
func (r *Rules) Crowded(rows, packages int) bool {
	most := cmp.Or(r.MaxGroup, MaxGroup)
	return rows > most || rows > 0 && packages > most
}

// A Crowd collects what is reported of a crowded group, whose rows and packages
// need not be in memory. With a bad row in it, all of it is invalid instead, and
// only counted here.
type Crowd struct {
	rules   *Rules
	invalid bool
	census  Census
	rows    int
	found   int // packages

	current *Line // the first one that has not ended, in the order of Compare
	first   *Line // of all
	record  int   // the smallest record number
	changed bool  // a line is in flight
	newest  *Package
}

// NewCrowd returns an empty crowd.
func (r *Rules) NewCrowd(invalid bool) *Crowd { return &Crowd{rules: r, invalid: invalid} }

// AddLine adds a line, and returns its class.
func (c *Crowd) AddLine(l *Line) {
	c.rows++
	c.census.Rows[c.Class(l.AccountID)]++
	c.first = least(c.first, l)
	if l.Phase(c.rules.AsOf) != PhaseEnded {
		c.current = least(c.current, l)
	}
	if c.record == 0 || l.Record < c.record {
		c.record = l.Record
	}
	c.changed = c.changed || c.rules.linesInFlight([]Line{*l})
}

// least returns the lesser of two lines; a may be nil. It copies b, which need not
// stay valid.
func least(a, b *Line) *Line {
	if a != nil && a.Compare(b) <= 0 {
		return a
	}
	kept := *b
	return &kept
}

// AddPackage adds a package.
func (c *Crowd) AddPackage(p *Package) {
	c.found++
	c.census.Packages[c.Class(p.AccountID)]++
	if c.newest == nil || newer(p, c.newest) {
		kept := *p
		kept.Instances = append([]Instance(nil), p.Instances...)
		c.newest = &kept
	}
}

// Class returns the class of a row or package of the account.
func (c *Crowd) Class(account string) Class {
	if c.invalid {
		return c.rules.classOf(account, Invalid)
	}
	return c.rules.classOf(account, Conflict)
}

// Claims returns the keys that a line claims, after all lines were added.
func (c *Crowd) Claims(l *Line) []LinkKey {
	phase := l.Phase(c.rules.AsOf)
	if c.invalid || phase == PhaseEnded && c.current != nil {
		return nil
	}
	near := nearKeys(l.ExternalID, c.rules.Mangled.ledgerKeys(l.ExternalID, []string{l.AccountID}))
	return append(lineKeys(l, phase), near...)
}

// Result returns the finding and the census, without the classes of packages.
func (c *Crowd) Result() GroupResult {
	if c.invalid {
		return GroupResult{Census: c.census}
	}
	g := &Group{Lines: []Line{*cmp.Or(c.current, c.first)}}
	if c.newest != nil {
		g.Packages = []Package{*c.newest}
	}
	m := c.rules.newMatcher(g)
	m.sub.record, m.ledgerInFlight = c.record, c.changed
	m.reportConflict("external_id", g.Lines[0].ExternalID)
	m.result.Findings[0].Reason = fmt.Sprintf("this is not an id: %d rows and %d packages have it", c.rows, c.found)
	c.rules.finalize(&m.result.Findings[0])
	return GroupResult{Findings: m.result.Findings, Census: c.census}
}

// matchCrowd matches a crowded group that is in memory.
func (m *matcher) matchCrowd() {
	c := m.NewCrowd(false)
	for i := range m.Lines {
		c.AddLine(&m.Lines[i])
	}
	for i := range m.Packages {
		c.AddPackage(&m.Packages[i])
		m.classifyPackage(i, Conflict)
	}
	m.classifyRows(Conflict)
	m.result.Findings = c.Result().Findings
}

// crowdClaims returns the keys that the lines of a crowded group claim.
func (r *Rules) crowdClaims(lines []Line) []LinkKey {
	c := r.NewCrowd(false)
	for i := range lines {
		c.AddLine(&lines[i])
	}
	var keys []LinkKey
	for i := range lines {
		keys = append(keys, c.Claims(&lines[i])...)
	}
	return keys
}
