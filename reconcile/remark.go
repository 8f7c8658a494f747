package reconcile

// A finding takes its account, ids and label from where they are known best:
// the account is the package's, else the ledger's; the external id is the
// ledger's, else Wix's. Each maker here knows one such case.

// add appends a finding, gives it the state and what its kind says by itself,
// and returns it for what only the caller knows; the pointer holds until the
// next call. The package is nil where the finding has none.
func (m *matching) add(f Finding, p *Package, inFlight bool) *Finding {
	f.State = m.state(f.AccountID, inFlight)
	f.Fix, f.Direction = kindTable[f.Kind].fix, kindTable[f.Kind].direction
	if f.Fix != "" {
		f.Basis = m.basis()
		if m.Shields.Cover(&f, p) {
			f.Reason = ReasonShielded
		}
	}
	m.out.Findings = append(m.out.Findings, f)
	return &m.out.Findings[len(m.out.Findings)-1]
}

// hold notes why the finding is not fixed; the first reason stays.
func (f *Finding) hold(reason string) {
	if f.Reason == "" {
		f.Reason = reason
	}
}

// ledgerFinding is about a subscription without a package.
func (m *matching) ledgerFinding(kind Kind, field, value string) *Finding {
	face := m.sub.face()
	return m.add(Finding{
		Kind: kind, AccountID: face.AccountID, ExternalID: face.ExternalID,
		Field: field, LedgerValue: value,
		Customer: face.Customer, Record: m.sub.record, Carried: face.Carried,
	}, nil, m.changing)
}

// packageFinding is about the i-th package, without a subscription.
func (m *matching) packageFinding(kind Kind, i int) *Finding {
	p := &m.Packages[i]
	return m.add(Finding{
		Kind: kind, AccountID: p.AccountID, ExternalID: p.ExternalID, PackageID: p.ID,
	}, p, m.moving[i])
}

// pairFinding is about the i-th package, which is the subscription's.
func (m *matching) pairFinding(kind Kind, i int) *Finding {
	return m.lineFinding(kind, i, m.sub.face())
}

// lineFinding is about one line of the subscription, held against the i-th
// package. It is unknown, too, where the subscription's own account was not
// read: the package that it should be held against may lie there.
func (m *matching) lineFinding(kind Kind, i int, l *Line) *Finding {
	p := &m.Packages[i]
	f := m.add(Finding{
		Kind: kind, AccountID: p.AccountID, ExternalID: l.ExternalID, PackageID: p.ID,
		Customer: l.Customer, Record: m.sub.record, Carried: l.Carried,
	}, p, m.moving[i] || m.changing)
	if m.state(m.sub.face().AccountID, false) == Unknown {
		f.State = Unknown
	}
	return f
}

// differs fills in the field and its two values.
func (f *Finding) differs(field, ledger, wix string) *Finding {
	f.Field, f.LedgerValue, f.WixValue = field, ledger, wix
	return f
}

// activeMonthly gives what the customer pays a month for all active lines. A
// line without a cycle is paid for by the given one.
func (m *matching) activeMonthly(cycle Cycle) Money {
	var c charges
	for i := range m.Lines {
		if m.sub.phases[i] == PhaseActive {
			c.addLine(&m.Lines[i], cycle, m.Lines[i].Quantity)
		}
	}
	return c.money()
}

// lineMonthly gives what the customer pays a month for count units of a line.
func lineMonthly(l *Line, fallback Cycle, count int) Money {
	var c charges
	c.addLine(l, fallback, count)
	return c.money()
}

func (c *charges) addLine(l *Line, fallback Cycle, count int) {
	cycle := l.Cycle
	if cycle == "" {
		cycle = fallback
	}
	c.add(l.UnitPrice, cycle, count, l.Currency)
}
