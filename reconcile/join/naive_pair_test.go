package join_test

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The second opinion on a pair: which instance each line chooses, and how the
// two differ.

// A unit is one wanted instance of a line, and the instance that it chose.
type unit struct {
	line  *reconcile.Line
	phase reconcile.Phase
	got   *reconcile.Instance
	pass  []string // the columns by which it chose
}

// pair compares a subscription with its package.
func (n *opinion) pair(s *subscription, p *pack) {
	p.class = reconcile.Matched
	n.unrecognised(s, p)
	if !p.Live() {
		n.nothingLive(s, p)
		return
	}
	if ledger := n.standing(s)[0].AccountID; ledger != p.AccountID {
		n.add(reconcile.Finding{Kind: reconcile.AccountMismatch, Field: account, LedgerValue: ledger, WixValue: p.AccountID}, s, p)
	}
	if p.linkedBy != "" {
		f := reconcile.Finding{Kind: reconcile.UnlinkedPackage, Field: "external_id", LedgerValue: s.id, WixValue: p.ExternalID}
		if p.linkedBy == place && p.ExternalID != "" {
			f.Reason = reconcile.ReasonAmbiguous
		}
		n.add(f, s, p)
	}
	units := n.choose(s, p)
	if n.has(s, reconcile.PhaseActive, reconcile.PhaseUpcoming) {
		n.instances(s, p, units)
		n.missing(s, p, units)
		n.extra(s, p, units)
		return
	}
	n.allEnded(s, p, units)
}

// nothingLive judges a pair whose package delivers nothing.
func (n *opinion) nothingLive(s *subscription, p *pack) {
	if !n.has(s, reconcile.PhaseActive) {
		setClass(reconcile.Settled, s, []*pack{p})
		return
	}
	failed := false
	for _, i := range p.Instances {
		if i.Status == reconcile.StatusFailed {
			failed = true
			n.add(reconcile.Finding{Kind: reconcile.FailedInstance, InstanceID: i.ID, Field: "status"}, s, p)
		}
	}
	if !failed {
		n.add(reconcile.Finding{Kind: reconcile.CanceledAtWix, Field: "status"}, s, p)
	}
}

// choose is rule 3: active lines first, then upcoming ones, then ended ones,
// and last what is left of the active ones, among the dead.
func (n *opinion) choose(s *subscription, p *pack) []*unit {
	var all []*unit
	for _, phase := range []reconcile.Phase{reconcile.PhaseActive, reconcile.PhaseUpcoming, reconcile.PhaseEnded} {
		for _, l := range s.lines {
			for range l.Quantity {
				if l.Phase(n.AsOf) == phase {
					all = append(all, &unit{line: l, phase: phase})
				}
			}
		}
		seek(all, phase, p, reconcile.Status.Live)
	}
	seek(all, reconcile.PhaseActive, p, reconcile.Status.Dead)
	return all
}

// passes gives the columns of each pass. The last one compares nothing.
func passes(phase reconcile.Phase) [][]string {
	all := [][]string{{instanceID}, {product, site, cycle, country}, {product, site}, {product, cycle}, {product}, {site}, {}}
	if phase == reconcile.PhaseEnded {
		return all[:5]
	}
	return all
}

// seek lets the units of a phase choose among the instances of a kind of status.
func seek(units []*unit, phase reconcile.Phase, p *pack, among func(reconcile.Status) bool) {
	for _, pass := range passes(phase) {
		for _, u := range units {
			for i := range p.Instances {
				x := &p.Instances[i]
				if u.phase == phase && u.got == nil && among(x.Status) && !chosen(units, x) && fits(u.line, x, pass) {
					u.got, u.pass = x, pass
				}
			}
		}
	}
}

func chosen(units []*unit, x *reconcile.Instance) bool {
	return slices.ContainsFunc(units, func(u *unit) bool { return u.got == x })
}

// fits reports whether a line has all cells of a pass, and the instance their values.
func fits(l *reconcile.Line, x *reconcile.Instance, pass []string) bool {
	for _, column := range pass {
		if cell(l, column) == "" || !equal(column, cell(l, column), value(x, column)) {
			return false
		}
	}
	return true
}

func cell(l *reconcile.Line, column string) string {
	return map[string]string{account: l.AccountID, currency: l.Currency, packageID: l.PackageID, instanceID: l.InstanceID,
		product: l.ProductID, site: l.SiteID, cycle: string(l.Cycle), country: l.Country}[column]
}

// value gives what Wix has in a column; floating is a value of its own.
func value(x *reconcile.Instance, column string) string {
	return map[string]string{instanceID: x.ID, product: x.ProductID, site: cmp.Or(x.SiteID, reconcile.Floating),
		cycle: string(x.Cycle), country: x.Country}[column]
}

func equal(column, a, b string) bool {
	if column == cycle {
		return reconcile.Cycle(a).Same(reconcile.Cycle(b))
	}
	return a == b
}

// instances judges each instance that a line chose.
func (n *opinion) instances(s *subscription, p *pack, units []*unit) {
	for _, u := range units {
		if u.got == nil {
			continue
		}
		f := reconcile.Finding{InstanceID: u.got.ID, Field: "status"}
		switch {
		case u.phase == reconcile.PhaseActive && u.got.Status.Live():
			n.delivered(s, p, u)
			continue
		case u.phase == reconcile.PhaseUpcoming:
			continue
		case u.phase == reconcile.PhaseEnded:
			f.Kind = reconcile.CanceledInLedger
			switch {
			case u.line.EndedByDate():
				f.Reason = reconcile.ReasonEndedByDate
			case slices.ContainsFunc(units, func(v *unit) bool { return mixable(u, v) }):
				f.Reason = reconcile.ReasonAmbiguous
			}
		case u.got.Status == reconcile.StatusFailed:
			f.Kind = reconcile.FailedInstance
		default:
			f.Kind = reconcile.CanceledAtWix
		}
		n.add(f, s, p)
	}
}

// delivered compares an active line with its live instance.
func (n *opinion) delivered(s *subscription, p *pack, u *unit) {
	kinds := map[string]reconcile.Kind{product: reconcile.ProductMismatch, cycle: reconcile.BillingCycleMismatch,
		country: reconcile.CountryMismatch, site: reconcile.SiteMismatch}
	for column, kind := range kinds {
		want, got := cell(u.line, column), value(u.got, column)
		if want != "" && !equal(column, want, got) {
			f := reconcile.Finding{Kind: kind, InstanceID: u.got.ID, Field: column, LedgerValue: want, WixValue: got}
			f.Direction, f.Monthly = n.difference(column, u)
			n.add(f, s, p)
		}
	}
	since := u.got.Changed()
	if since.IsZero() {
		since = (&reconcile.Instance{Created: p.Created, Updated: p.Updated}).Changed()
	}
	if u.got.Status != reconcile.StatusEnabled && since.Before(n.window()) {
		n.add(reconcile.Finding{Kind: reconcile.StuckInstance, InstanceID: u.got.ID, Field: "status"}, s, p)
	}
	if !u.got.Expires.IsZero() && !u.got.Expires.After(n.AsOf) {
		n.add(reconcile.Finding{Kind: reconcile.ExpiredInstance, InstanceID: u.got.ID, Field: "expiration_date"}, s, p)
	}
}

// missing gives one row for each active line that lacks instances.
func (n *opinion) missing(s *subscription, p *pack, units []*unit) {
	for _, l := range s.lines {
		found := 0
		for _, u := range units {
			if u.line == l && u.got != nil {
				found++
			}
		}
		if l.Phase(n.AsOf) == reconcile.PhaseActive && found < l.Quantity {
			n.add(reconcile.Finding{Kind: reconcile.MissingInstance, Field: "quantity",
				LedgerValue: strconv.Itoa(l.Quantity), WixValue: strconv.Itoa(found)}, s, p)
		}
	}
}

// extra gives one row for each live instance that no line chose.
func (n *opinion) extra(s *subscription, p *pack, units []*unit) {
	for i := range p.Instances {
		x := &p.Instances[i]
		if !x.Status.Live() || chosen(units, x) {
			continue
		}
		f := reconcile.Finding{Kind: reconcile.ExtraInstance, InstanceID: x.ID}
		if slices.ContainsFunc(units, func(u *unit) bool { return exchangeable(u, x) }) {
			f.Reason = reconcile.ReasonAmbiguous
		}
		n.add(f, s, p)
	}
}

// exchangeable reports whether a unit might as well have chosen x, which
// matters where one of the two is on a site. No other instance has the
// instance_id that one was chosen by.
func exchangeable(u *unit, x *reconcile.Instance) bool {
	if u.got == nil {
		return false
	}
	for _, column := range u.pass {
		if !equal(column, value(u.got, column), value(x, column)) {
			return false
		}
	}
	return u.got.SiteID != "" || x.SiteID != ""
}

// mixable reports whether an ended unit and one that has not ended might as
// well have chosen each other's instance.
func mixable(ended, v *unit) bool {
	switch {
	case v.got == nil || v.phase == reconcile.PhaseEnded || !v.got.Status.Live():
		return false
	case slices.Contains(ended.pass, instanceID) || slices.Contains(v.pass, instanceID):
		return false
	}
	return exchangeable(v, ended.got) && exchangeable(&unit{got: ended.got, pass: ended.pass}, v.got)
}

// allEnded gives the one row of a live package of which no line is left.
func (n *opinion) allEnded(s *subscription, p *pack, units []*unit) {
	f := reconcile.Finding{Kind: reconcile.CanceledInLedger, Field: "status"}
	for i := range p.Instances {
		if p.Instances[i].Status.Live() && !chosen(units, &p.Instances[i]) {
			f.Reason = reconcile.ReasonAmbiguous
		}
	}
	byDate := true
	for _, u := range units {
		if u.got != nil && u.line.EndedByDate() {
			f.Reason = reconcile.ReasonEndedByDate
		}
		byDate = byDate && u.line.EndedByDate()
	}
	if byDate {
		f.Reason = reconcile.ReasonEndedByDate
	}
	n.add(f, s, p)
}
