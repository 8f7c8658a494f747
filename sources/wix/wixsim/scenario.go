package wixsim

import (
	"strings"
	"time"
)

// A scenario is a subscription with its packages, and the findings that must be
// reported for it.
type scenario struct {
	g        *generator
	packages []Package
	rows     []Row
	findings []Finding
}

// A variant describes a scenario: a base in which both sides agree, an edit, and
// the expected findings. A nil edit or expect does nothing.
type variant struct {
	base   func(*generator) *scenario
	edit   func(*scenario)
	expect expectation
}

// scenario makes a scenario, with drift of the kind where it has findings.
func (g *generator) scenario(v variant, kind string) *scenario {
	s := v.base(g)
	if v.edit != nil {
		v.edit(s)
	}
	if v.expect != nil {
		v.expect(s, kind)
	}
	return s
}

// inFlight makes a scenario whose last change was a few hours before the as-of.
func (g *generator) inFlight(k drift, r recent) *scenario {
	s := g.scenario(k.variants[r.variant], k.kind)
	for _, touch := range r.touch {
		touch(s, g.asOf.Add(-5*time.Hour))
	}
	for i := range s.findings {
		s.findings[i].State = "in_flight"
	}
	return s
}

// The bases.

// lines makes a subscription of n lines.
func lines(n int) func(*generator) *scenario {
	return func(g *generator) *scenario { return g.subscription(g.anyAccount(), n) }
}

// severalLines makes a subscription of two to four lines.
func severalLines(g *generator) *scenario { return lines(2 + g.rng.IntN(3))(g) }

func inParent(g *generator) *scenario { return g.subscription(g.parent, 1) }

// inUnlistedAccount makes a subscription in an account that no other row names.
func inUnlistedAccount(g *generator) *scenario {
	a := g.anyAccount()
	a.id = g.guid()
	return g.subscription(a, 1)
}

// floating makes a line of a quantity, and n equal instances without a site.
func floating(quantity string, n int) func(*generator) *scenario {
	return func(g *generator) *scenario {
		s := lines(1)(g)
		s.rows[0].Quantity, s.rows[0].SiteID = quantity, "none"
		s.instance(0).SiteID = ""
		for range n - 1 {
			next := *s.instance(0)
			next.InstanceID = g.guid()
			s.packages[0].ProductInstances = append(s.packages[0].ProductInstances, next)
		}
		return s
	}
}

// The edits that several variants use.

// instance returns the i-th instance of the first package.
func (s *scenario) instance(i int) *Instance { return &s.packages[0].ProductInstances[i] }

func dropPackages(s *scenario) { s.packages = nil }

func dropRows(s *scenario) { s.rows = nil }

// cancelLine cancels the i-th line in the ledger.
func cancelLine(i int) func(*scenario) { return func(s *scenario) { s.rows[i].Status = "canceled" } }

// status sets the status of the i-th instance.
func status(i int, text string) func(*scenario) {
	return func(s *scenario) { s.instance(i).Status = text }
}

// unlink changes the package's external id.
func (s *scenario) unlink(externalID string) { s.packages[0].ExternalID = externalID }

// duplicate adds a copy of the first package, with ids of its own.
func (s *scenario) duplicate(accountID string) *Package {
	p := s.packages[0].clone()
	p.ID, p.AccountID = s.g.guid(), accountID
	for i := range p.ProductInstances {
		p.ProductInstances[i].InstanceID = s.g.guid()
	}
	s.packages = append(s.packages, *p)
	return &s.packages[len(s.packages)-1]
}

// duplicateInAccount adds a copy in the same account.
func (s *scenario) duplicateInAccount() *Package { return s.duplicate(s.packages[0].AccountID) }

func (s *scenario) fail(i int) {
	s.instance(i).Status = failed
	s.instance(i).Failure = &Failure{"DELIVERY_TIMEOUT", "the product could not be delivered in time"}
}

// An expectation adds the findings that must be reported.
type expectation func(s *scenario, kind string)

func (s *scenario) expect(f Finding) {
	f.State = "open"
	s.findings = append(s.findings, f)
}

func all(expectations ...expectation) expectation {
	return func(s *scenario, kind string) {
		for _, e := range expectations {
			e(s, kind)
		}
	}
}

// as expects a finding of another kind than that of the variant.
func as(kind string, e expectation) expectation {
	return func(s *scenario, _ string) { e(s, kind) }
}

// onSubscription expects a finding about the ledger that names no package. An id
// that is the field of the finding can't be read, so it is empty.
func onSubscription(field string) expectation {
	return func(s *scenario, kind string) {
		f := Finding{Kind: kind, AccountID: s.rows[0].AccountID, ExternalID: s.rows[0].ExternalID, Field: field}
		switch field {
		case "account_id":
			f.AccountID = ""
		case "external_id":
			f.ExternalID = ""
		}
		s.expect(f)
	}
}

// onPackage expects a finding about the k-th package, which belongs to the k-th
// row, or to the last.
func onPackage(k int, field string) expectation {
	return func(s *scenario, kind string) {
		p, r := &s.packages[k], &s.rows[min(k, len(s.rows)-1)]
		s.expect(Finding{Kind: kind, AccountID: p.AccountID, ExternalID: r.ExternalID, PackageID: p.ID, Field: field})
	}
}

// onUnmatched expects a finding about a package that no row is matched to.
func onUnmatched(k int) expectation {
	return func(s *scenario, kind string) {
		p := &s.packages[k]
		s.expect(Finding{Kind: kind, AccountID: p.AccountID, ExternalID: strings.TrimSpace(p.ExternalID), PackageID: p.ID})
	}
}

// onInstance expects a finding about the i-th instance of the first package.
func onInstance(i int, field string) expectation {
	return func(s *scenario, kind string) {
		onPackage(0, field)(s, kind)
		s.findings[len(s.findings)-1].InstanceID = s.instance(i).InstanceID
	}
}

// onLastInstance expects a finding about the instance with the highest id: of
// equal instances the lines choose those with the lowest.
func onLastInstance(s *scenario, kind string) {
	last := 0
	for i := range s.packages[0].ProductInstances {
		if s.instance(i).InstanceID > s.instance(last).InstanceID {
			last = i
		}
	}
	onInstance(last, "")(s, kind)
}

// A recent change puts the findings of a kind in flight.
type recent struct {
	variant int
	touch   []func(*scenario, time.Time)
}

func touchRows(s *scenario, at time.Time) {
	for i := range s.rows {
		s.rows[i].UpdatedDate = formatTime(at)
	}
}

func touchPackages(s *scenario, at time.Time) {
	for i := range s.packages {
		s.packages[i].UpdatedDate = at
	}
}

// touchInstances keeps the package's own date: the reference doesn't document
// that a change of an instance moves it.
func touchInstances(s *scenario, at time.Time) {
	for i := range s.packages {
		for j := range s.packages[i].ProductInstances {
			s.packages[i].ProductInstances[j].UpdatedDate = at
		}
	}
}

func endToday(s *scenario, _ time.Time) { s.rows[0].EndDate = formatDate(s.g.asOf) }
