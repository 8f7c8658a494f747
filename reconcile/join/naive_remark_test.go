package join_test

import (
	"cmp"
	"slices"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The second opinion on a finding by itself: whose it is, whether a shield
// covers it, its state and its place; and the census.

// add completes a finding about a subscription, a package or both, and keeps
// it where it is shown. It gives the state.
func (n *opinion) add(f reconcile.Finding, s *subscription, p *pack) reconcile.State {
	if s != nil {
		f.ExternalID, f.AccountID = s.id, n.standing(s)[0].AccountID
	}
	if p != nil {
		f.PackageID, f.AccountID = p.ID, p.AccountID
		if s == nil {
			f.ExternalID = p.ExternalID
		}
		if slices.ContainsFunc(p.Instances, unrecognised) && !temper(&f) {
			return f.State
		}
		n.leak(&f, p)
	}
	if n.shielded(&f, p) {
		f.Reason = reconcile.ReasonShielded
	}
	if f.State = n.state(&f, s, p); f.State != reconcile.Unknown {
		n.except(&f)
	}
	if n.Coverage.Shown(f.AccountID) {
		n.findings = append(n.findings, f)
	}
	return f.State
}

// except silences a finding by the first exception that fits it.
func (n *opinion) except(f *reconcile.Finding) {
	if n.Exceptions == nil {
		return
	}
	fits := func(want, got string) bool { return want == "" || want == "*" || want == got }
	for i, e := range n.Exceptions.List {
		if f.Exception == 0 && e.Expires.After(n.AsOf) && fits(e.Kind, f.Kind.String()) && fits(e.ExternalID, f.ExternalID) &&
			fits(e.PackageID, f.PackageID) && fits(e.AccountID, f.AccountID) {
			f.State, f.Reason, f.Exception = reconcile.Excepted, e.Reason, i+1
		}
	}
}

// temper is the rule of a package that holds an unrecognised status: nothing is
// missing or canceled in it, and what is too much may be just that.
func temper(f *reconcile.Finding) (keep bool) {
	switch f.Kind {
	case reconcile.MissingInstance, reconcile.CanceledAtWix, reconcile.FailedInstance, reconcile.CanceledInLedger:
		return false
	case reconcile.ExtraInstance, reconcile.OrphanPackage:
		f.Reason = reconcile.ReasonAmbiguous
	}
	return true
}

// shielded reports whether a bad row, or a row beside one, keeps the finding
// from being fixed.
func (n *opinion) shielded(f *reconcile.Finding, p *pack) bool {
	shields := slices.Clone(n.bad)
	for _, s := range n.subs {
		for _, l := range s.lines {
			if s.invalid {
				shields = append(shields, reconcile.BadRow{ExternalID: s.id, PackageID: l.PackageID, InstanceID: l.InstanceID})
			}
		}
	}
	return fixable(f.Kind) && slices.ContainsFunc(shields, func(b reconcile.BadRow) bool { return covers(b, f, p) })
}

func fixable(k reconcile.Kind) bool {
	return slices.Contains([]reconcile.Kind{reconcile.MissingPackage, reconcile.OrphanPackage, reconcile.UnlinkedPackage,
		reconcile.CanceledInLedger, reconcile.ProductMismatch, reconcile.BillingCycleMismatch, reconcile.SiteMismatch,
		reconcile.ExtraInstance}, k)
}

func covers(b reconcile.BadRow, f *reconcile.Finding, p *pack) bool {
	names := func(i reconcile.Instance) bool { return i.ID == b.InstanceID }
	switch {
	case b.ExternalID != "" && b.ExternalID == f.ExternalID:
		return true
	case p == nil:
		return false
	case b.PackageID == p.ID, b.InstanceID != "" && slices.ContainsFunc(p.Instances, names):
		return true
	}
	return f.Kind == reconcile.OrphanPackage && b.ExternalID == "" && (b.AccountID == "" || b.AccountID == p.AccountID)
}

func (n *opinion) state(f *reconcile.Finding, s *subscription, p *pack) reconcile.State {
	switch {
	case f.AccountID != "" && !n.Coverage.Read(f.AccountID):
		return reconcile.Unknown
	case s != nil && !n.Coverage.Read(n.standing(s)[0].AccountID):
		return reconcile.Unknown
	case f.Kind == reconcile.MissingPackage && !n.Coverage.Whole():
		return reconcile.Unknown
	case s != nil && slices.ContainsFunc(s.lines, n.moving):
		return reconcile.InFlight
	case p != nil && !p.Changed().Before(n.window()):
		return reconcile.InFlight
	}
	return reconcile.Open
}

// moving reports whether a row changed within the window.
func (n *opinion) moving(l *reconcile.Line) bool {
	within := func(t time.Time) bool { return !t.Before(n.window()) && !t.After(n.AsOf) }
	return within(l.Start) || within(l.End) || !l.Updated.Before(n.window())
}

func (n *opinion) window() time.Time { return n.AsOf.Add(-n.InFlight) }

func (n *opinion) has(s *subscription, phases ...reconcile.Phase) bool {
	return slices.ContainsFunc(s.lines, func(l *reconcile.Line) bool { return slices.Contains(phases, l.Phase(n.AsOf)) })
}

func (n *opinion) notEnded(s *subscription) []*reconcile.Line {
	ended := func(l *reconcile.Line) bool { return l.Phase(n.AsOf) == reconcile.PhaseEnded }
	return slices.DeleteFunc(slices.Clone(s.lines), ended)
}

// standing gives the rows that speak for a subscription: those not ended, or all.
func (n *opinion) standing(s *subscription) []*reconcile.Line {
	if rows := n.notEnded(s); len(rows) > 0 {
		return rows
	}
	return s.lines
}

// census is rule 4; what belongs to an account that was not read is unknown.
func (n *opinion) census() (c reconcile.Census) {
	class := func(account string, c reconcile.Class) reconcile.Class {
		if account != "" && !n.Coverage.Read(account) {
			return reconcile.UnknownClass
		}
		return c
	}
	for _, s := range n.subs {
		for _, l := range s.lines {
			c.Rows[class(l.AccountID, s.class)]++
		}
	}
	for _, b := range n.bad {
		c.Rows[class(b.AccountID, reconcile.Invalid)]++
	}
	for _, p := range n.packs {
		c.Packages[class(p.AccountID, p.class)]++
	}
	return c
}

// reportOrder is the order of findings.csv.
func reportOrder(f, g reconcile.Finding) int {
	return cmp.Or(cmp.Compare(f.Kind.Severity(), g.Kind.Severity()), cmp.Compare(f.Kind, g.Kind), cmp.Compare(f.AccountID, g.AccountID),
		cmp.Compare(f.ExternalID, g.ExternalID), cmp.Compare(f.PackageID, g.PackageID), cmp.Compare(f.InstanceID, g.InstanceID),
		cmp.Compare(f.Field, g.Field))
}
