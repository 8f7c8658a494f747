package join_test

import (
	"cmp"
	"slices"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The oracle's findings: ids, shields, states and order; and the census.

// add completes a finding about a subscription, a package or both, and adds it if
// it is in scope. It returns the state.
func (n *oracle) add(f reconcile.Finding, s *subscription, p *pkg) reconcile.State {
	if s != nil {
		f.ExternalID, f.AccountID = s.id, n.currentLines(s)[0].AccountID
	}
	if p != nil {
		f.PackageID, f.AccountID = p.ID, p.AccountID
		if s == nil {
			f.ExternalID = p.ExternalID
		}
		if slices.ContainsFunc(p.Instances, unrecognised) && !adjustUnrecognised(&f) {
			return f.State
		}
		n.setLeak(&f, p)
	}
	if n.shielded(&f, p) {
		f.Reason = reconcile.ReasonShielded
	}
	if f.State = n.state(&f, s, p); f.State != reconcile.Unknown {
		n.applyException(&f)
	}
	if n.Coverage.InScope(f.AccountID) {
		n.findings = append(n.findings, f)
	}
	return f.State
}

// applyException silences a finding by the first exception that fits it.
func (n *oracle) applyException(f *reconcile.Finding) {
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

// adjustUnrecognised is the rule for a package with an unrecognised status: nothing
// in it is missing or canceled, and it is unclear what is extra.
func adjustUnrecognised(f *reconcile.Finding) (keep bool) {
	switch f.Kind {
	case reconcile.MissingInstance, reconcile.CanceledAtWix, reconcile.FailedInstance, reconcile.CanceledInLedger:
		return false
	case reconcile.ExtraInstance, reconcile.OrphanPackage:
		f.Reason = reconcile.ReasonAmbiguous
	}
	return true
}

// shielded reports whether a bad row, or a good row of the same subscription,
// prevents a fix of the finding.
func (n *oracle) shielded(f *reconcile.Finding, p *pkg) bool {
	shields := slices.Clone(n.bad)
	for _, s := range n.subscriptions {
		for _, l := range s.lines {
			if s.invalid {
				shields = append(shields, reconcile.BadRow{ExternalID: s.id, AccountID: "none", PackageID: l.PackageID, InstanceID: l.InstanceID})
			}
		}
	}
	return fixable(f.Kind) && slices.ContainsFunc(shields, func(b reconcile.BadRow) bool { return covers(b, f, p) }) || f.Kind == reconcile.MissingPackage && n.unreadableIn(f.AccountID)
}

// unreadableIn reports whether an account has a package whose external id can't be
// read: it may be the one that is missing.
func (n *oracle) unreadableIn(account string) bool {
	return slices.ContainsFunc(n.packages, func(p *pkg) bool { return p.UnreadableID && p.AccountID == account })
}

func fixable(k reconcile.Kind) bool {
	return slices.Contains([]reconcile.Kind{reconcile.MissingPackage, reconcile.OrphanPackage, reconcile.UnlinkedPackage,
		reconcile.CanceledInLedger, reconcile.ProductMismatch, reconcile.BillingCycleMismatch, reconcile.SiteMismatch,
		reconcile.ExtraInstance}, k)
}

func covers(b reconcile.BadRow, f *reconcile.Finding, p *pkg) bool {
	names := func(i reconcile.Instance) bool { return i.ID == b.InstanceID }
	switch {
	case b.ExternalID != "" && plain(b.ExternalID) == plain(f.ExternalID):
		return true
	case p == nil:
		return false
	case b.PackageID == p.ID, b.InstanceID != "" && slices.ContainsFunc(p.Instances, names):
		return true
	case b.ExternalID != "" && plain(b.ExternalID) == plain(p.ExternalID):
		return true
	case b.ExternalID != "" && !looksMangled(b.ExternalID):
		return false
	case b.AccountID != "":
		return b.AccountID == p.AccountID && (isAbsent(f.Kind) || f.Kind == reconcile.CanceledInLedger)
	}
	return isAbsent(f.Kind)
}

// isAbsent reports whether a finding means that the ledger does not have it.
func isAbsent(k reconcile.Kind) bool {
	return k == reconcile.OrphanPackage || k == reconcile.ExtraInstance
}

func (n *oracle) state(f *reconcile.Finding, s *subscription, p *pkg) reconcile.State {
	switch {
	case f.AccountID != "" && !n.Coverage.Read(f.AccountID):
		return reconcile.Unknown
	case s != nil && !n.Coverage.Read(n.currentLines(s)[0].AccountID):
		return reconcile.Unknown
	case f.Kind == reconcile.MissingPackage && !n.Coverage.Whole():
		return reconcile.Unknown
	case s != nil && slices.ContainsFunc(s.lines, n.changedInWindow):
		return reconcile.InFlight
	case p != nil && !p.LastChanged().Before(n.window()):
		return reconcile.InFlight
	}
	return reconcile.Open
}

// changedInWindow reports whether a row changed within the in-flight window.
func (n *oracle) changedInWindow(l *reconcile.Line) bool {
	within := func(t time.Time) bool { return !t.Before(n.window()) && !t.After(n.AsOf) }
	return within(l.Start) || within(l.End) || !l.Updated.Before(n.window())
}

func (n *oracle) window() time.Time { return n.AsOf.Add(-n.InFlight) }

func (n *oracle) has(s *subscription, phases ...reconcile.Phase) bool {
	return slices.ContainsFunc(s.lines, func(l *reconcile.Line) bool { return slices.Contains(phases, l.Phase(n.AsOf)) })
}

func (n *oracle) notEnded(s *subscription) []*reconcile.Line {
	ended := func(l *reconcile.Line) bool { return l.Phase(n.AsOf) == reconcile.PhaseEnded }
	return slices.DeleteFunc(slices.Clone(s.lines), ended)
}

// currentLines returns the rows that have not ended, or all where all have.
func (n *oracle) currentLines(s *subscription) []*reconcile.Line {
	if rows := n.notEnded(s); len(rows) > 0 {
		return rows
	}
	return s.lines
}

// census is rule 4. What belongs to an account that was not read is unknown.
func (n *oracle) census() (c reconcile.Census) {
	class := func(account string, c reconcile.Class) reconcile.Class {
		if account != "" && !n.Coverage.Read(account) {
			return reconcile.ClassUnknown
		}
		return c
	}
	for _, s := range n.subscriptions {
		for _, l := range s.lines {
			c.Rows[class(l.AccountID, s.class)]++
		}
	}
	for _, b := range n.bad {
		c.Rows[class(b.AccountID, reconcile.Invalid)]++
	}
	for _, p := range n.packages {
		c.Packages[class(p.AccountID, p.class)]++
	}
	return c
}

// reportOrder is the order of findings.csv.
func reportOrder(f, g reconcile.Finding) int {
	severity := func(f *reconcile.Finding) reconcile.Severity {
		if f.Kind == reconcile.InvalidLedgerRow && (f.ExternalID == "" || looksMangled(f.ExternalID)) {
			return reconcile.High
		}
		return f.Kind.Severity()
	}
	return cmp.Or(cmp.Compare(severity(&f), severity(&g)), cmp.Compare(f.Kind, g.Kind), cmp.Compare(f.AccountID, g.AccountID),
		cmp.Compare(f.ExternalID, g.ExternalID), cmp.Compare(f.PackageID, g.PackageID), cmp.Compare(f.InstanceID, g.InstanceID),
		cmp.Compare(f.Field, g.Field))
}
