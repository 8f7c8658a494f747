package reconcile

// A finding's account is the package's, else the ledger's; its external id is
// the ledger's, else Wix's. Each function here covers one case.

// addFinding adds a finding, fills in what follows from its kind, and returns it
// for the caller to complete. The pointer is valid until the next call. The
// package is nil where the finding has none.
func (m *matcher) addFinding(f Finding, p *Package, inFlight bool) *Finding {
	f.State = m.stateOf(f.AccountID, inFlight)
	f.Fix, f.Direction = kindTable[f.Kind].fix, kindTable[f.Kind].direction
	if f.Fix != "" {
		f.Basis = m.newBasis()
		if record, covered := m.Shields.Covers(&f, p); covered {
			f.Reason, f.Basis.ShieldedBy = ReasonShielded, record
		}
	}
	m.result.Findings = append(m.result.Findings, f)
	return &m.result.Findings[len(m.result.Findings)-1]
}

// addLedgerFinding adds a finding about a subscription without a package.
func (m *matcher) addLedgerFinding(kind Kind) *Finding {
	l := m.sub.representative()
	return m.addFinding(Finding{
		Kind: kind, AccountID: l.AccountID, ExternalID: l.ExternalID,
		Customer: l.Customer, Record: m.sub.record, Carried: l.Carried,
	}, nil, m.ledgerInFlight)
}

// addPackageFinding adds a finding about a package without a subscription.
func (m *matcher) addPackageFinding(kind Kind, i int) *Finding {
	p := &m.Packages[i]
	return m.addFinding(Finding{
		Kind: kind, AccountID: p.AccountID, ExternalID: p.ExternalID, PackageID: p.ID,
	}, p, m.wixInFlight[i])
}

// addPairFinding adds a finding about the subscription and one of its packages.
func (m *matcher) addPairFinding(kind Kind, i int) *Finding {
	return m.addLineFinding(kind, i, m.sub.representative())
}

// addLineFinding adds a finding about one line and one package. It is unknown if
// the subscription's own account was not read, because the right package may be
// there.
func (m *matcher) addLineFinding(kind Kind, i int, l *Line) *Finding {
	p := &m.Packages[i]
	f := m.addFinding(Finding{
		Kind: kind, AccountID: p.AccountID, ExternalID: l.ExternalID, PackageID: p.ID,
		Customer: l.Customer, Record: m.sub.record, Carried: l.Carried,
	}, p, m.wixInFlight[i] || m.ledgerInFlight)
	if !m.accountRead(m.sub.representative().AccountID) {
		f.State = Unknown
	}
	return f
}

// setField sets the field in which the two sides differ, and its values.
func (f *Finding) setField(field, ledger, wix string) *Finding {
	f.Field, f.LedgerValue, f.WixValue = field, ledger, wix
	return f
}

// blockFix records why the finding must not be fixed. The first reason stays.
func (f *Finding) blockFix(reason string) {
	if f.Reason == "" {
		f.Reason = reason
	}
}
