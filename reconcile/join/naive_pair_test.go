package join_test

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The oracle's pairs: which instance each line chooses, and how the two differ.

// A unit is one of a line's quantity, and the instance that it chose.
type unit struct {
	line  *reconcile.Line
	phase reconcile.Phase
	got   *reconcile.Instance
	pass  []string // the columns by which it chose
}

// comparePackage compares a subscription with its package.
func (n *oracle) comparePackage(s *subscription, p *pkg) {
	p.class = reconcile.Matched
	n.unrecognised(s, p)
	if !p.Live() {
		n.reportNothingLive(s, p)
		return
	}
	if ledger := n.currentLines(s)[0].AccountID; ledger != p.AccountID {
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
		n.compareInstances(s, p, units)
		n.reportMissing(s, p, units)
		n.reportExtra(s, p, units)
		return
	}
	n.reportAllEnded(s, p, units)
}

// reportNothingLive reports a package in which nothing is live.
func (n *oracle) reportNothingLive(s *subscription, p *pkg) {
	if !n.has(s, reconcile.PhaseActive) {
		setClass(reconcile.Settled, s, []*pkg{p})
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

// choose is rule 3: active lines choose first, then upcoming and ended ones. Active
// ones that found nothing choose among the dead.
func (n *oracle) choose(s *subscription, p *pkg) []*unit {
	var all []*unit
	for _, phase := range []reconcile.Phase{reconcile.PhaseActive, reconcile.PhaseUpcoming, reconcile.PhaseEnded} {
		for _, l := range s.lines {
			for range l.Quantity {
				if l.Phase(n.AsOf) == phase {
					all = append(all, &unit{line: l, phase: phase})
				}
			}
		}
		runPasses(all, phase, p, reconcile.Status.Live)
	}
	runPasses(all, reconcile.PhaseActive, p, reconcile.Status.Dead)
	return all
}

// passes returns the columns of each pass. The last one compares nothing.
func passes(phase reconcile.Phase) [][]string {
	all := [][]string{{instanceID}, {product, site, cycle, country}, {product, site}, {product, cycle}, {product}, {site}, {}}
	if phase == reconcile.PhaseEnded {
		return all[:5]
	}
	return all
}

// runPasses lets the units of a phase choose among the instances with an eligible
// status.
func runPasses(units []*unit, phase reconcile.Phase, p *pkg, eligible func(reconcile.Status) bool) {
	for _, pass := range passes(phase) {
		for _, u := range units {
			for i := range p.Instances {
				x := &p.Instances[i]
				if u.phase == phase && u.got == nil && eligible(x.Status) && !chosen(units, x) && fits(u.line, x, pass) {
					u.got, u.pass = x, pass
				}
			}
		}
	}
}

func chosen(units []*unit, x *reconcile.Instance) bool {
	return slices.ContainsFunc(units, func(u *unit) bool { return u.got == x })
}

// fits reports whether a line has all cells of a pass filled and the instance has
// the same values.
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

// value returns Wix's value of a column. Floating is a value of its own.
func value(x *reconcile.Instance, column string) string {
	return map[string]string{instanceID: x.ID, product: x.ProductID, site: cmp.Or(x.SiteID, reconcile.Floating),
		cycle: string(x.Cycle), country: x.Country}[column]
}

func equal(column, a, b string) bool {
	if column == cycle {
		return reconcile.Cycle(a).Equal(reconcile.Cycle(b))
	}
	return a == b
}

// compareInstances compares each chosen instance with its line.
func (n *oracle) compareInstances(s *subscription, p *pkg, units []*unit) {
	for _, u := range units {
		if u.got == nil {
			continue
		}
		f := reconcile.Finding{InstanceID: u.got.ID, Field: "status"}
		switch {
		case u.phase == reconcile.PhaseActive && u.got.Status.Live():
			n.compareFields(s, p, u)
			continue
		case u.phase == reconcile.PhaseUpcoming:
			continue
		case u.phase == reconcile.PhaseEnded:
			f.Kind = reconcile.CanceledInLedger
			switch {
			case u.line.EndedByDate():
				f.Reason = reconcile.ReasonEndedByDate
			case slices.ContainsFunc(units, func(v *unit) bool { return swappable(u, v) }):
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

// compareFields compares an active line with its live instance.
func (n *oracle) compareFields(s *subscription, p *pkg, u *unit) {
	kinds := map[string]reconcile.Kind{product: reconcile.ProductMismatch, cycle: reconcile.BillingCycleMismatch,
		country: reconcile.CountryMismatch, site: reconcile.SiteMismatch}
	for column, kind := range kinds {
		want, got := cell(u.line, column), value(u.got, column)
		if want != "" && !equal(column, want, got) {
			f := reconcile.Finding{Kind: kind, InstanceID: u.got.ID, Field: column, LedgerValue: want, WixValue: got}
			f.Direction, f.Monthly = n.mismatchMoney(column, u)
			n.add(f, s, p)
		}
	}
	since := u.got.LastChanged()
	if since.IsZero() {
		since = (&reconcile.Instance{Created: p.Created, Updated: p.Updated}).LastChanged()
	}
	if u.got.Status != reconcile.StatusEnabled && since.Before(n.window()) {
		n.add(reconcile.Finding{Kind: reconcile.StuckInstance, InstanceID: u.got.ID, Field: "status"}, s, p)
	}
	if !u.got.Expires.IsZero() && !u.got.Expires.After(n.AsOf) {
		n.add(reconcile.Finding{Kind: reconcile.ExpiredInstance, InstanceID: u.got.ID, Field: "expiration_date"}, s, p)
	}
}

// reportMissing reports each active line that lacks instances.
func (n *oracle) reportMissing(s *subscription, p *pkg, units []*unit) {
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

// reportExtra reports each live instance that no line chose.
func (n *oracle) reportExtra(s *subscription, p *pkg, units []*unit) {
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

// exchangeable reports whether a unit could have chosen x in place of its own
// instance, while one of the two is on a site.
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

// swappable reports whether an ended unit and one that has not ended could have
// chosen each other's instance.
func swappable(ended, v *unit) bool {
	switch {
	case v.got == nil || v.phase == reconcile.PhaseEnded || !v.got.Status.Live():
		return false
	case slices.Contains(ended.pass, instanceID) || slices.Contains(v.pass, instanceID):
		return false
	}
	return exchangeable(v, ended.got) && exchangeable(&unit{got: ended.got, pass: ended.pass}, v.got)
}

// reportAllEnded reports a live package of which every line has ended.
func (n *oracle) reportAllEnded(s *subscription, p *pkg, units []*unit) {
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
