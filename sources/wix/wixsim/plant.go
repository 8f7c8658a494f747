package wixsim

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// A plant is one case: the packages and the ledger rows of it, and the findings
// that they must give. Cases never touch one another, because every id and
// every site is used once: what a case gives, it gives in any book.
//
// Dates lie at least ten days before the as-of, and ends at least five: nothing
// is in flight unless a case says so.

// A Finding is a row that findings.csv must have.
type Finding struct {
	Kind       string
	State      string
	AccountID  string // the package's, else the ledger's
	ExternalID string // the ledger's, else Wix's
	PackageID  string
	InstanceID string
	Field      string
}

type plant struct {
	packages []Package
	rows     []Row
	findings []Finding
}

// inst gives the i-th instance of the first package.
func (c *plant) inst(i int) *Instance { return &c.packages[0].ProductInstances[i] }

// onSubscription expects a finding that is about the ledger and names no package.
func (c *plant) onSubscription(kind, field string) *plant {
	r := &c.rows[0]
	return c.expect(Finding{Kind: kind, AccountID: r.AccountID, ExternalID: r.ExternalID, Field: field})
}

// onPackage expects a finding on the k-th package, under the external id of
// the ledger where there is a row.
func (c *plant) onPackage(kind string, k int, field string) *plant {
	p := &c.packages[k]
	f := Finding{Kind: kind, AccountID: p.AccountID, ExternalID: p.ExternalID, PackageID: p.ID, Field: field}
	if len(c.rows) > 0 {
		f.ExternalID = c.rows[0].ExternalID
	}
	return c.expect(f)
}

// onStranger expects a finding on a package that belongs to no subscription.
func (c *plant) onStranger(kind string, k int) *plant {
	p := &c.packages[k]
	return c.expect(Finding{Kind: kind, AccountID: p.AccountID, ExternalID: p.ExternalID, PackageID: p.ID})
}

// onInstance expects a finding on the i-th instance of the first package.
func (c *plant) onInstance(kind string, i int, field string) *plant {
	c.onPackage(kind, 0, field)
	c.findings[len(c.findings)-1].InstanceID = c.inst(i).InstanceID
	return c
}

func (c *plant) expect(f Finding) *plant {
	f.State = "open"
	c.findings = append(c.findings, f)
	return c
}

// planter makes ids, dates and labels; everything of it comes from the seed.
type planter struct {
	rng      *rand.Rand
	asOf     time.Time
	accounts []account
	parent   account
	products []product
	serial   int
}

// A grower makes one case.
type grower func(*planter) *plant

type account struct {
	id       string
	region   string
	currency string
	country  string
}

type product struct {
	id    string
	name  string
	price string
	cycle *BillingInfo
}

func monthly() *BillingInfo {
	return &BillingInfo{Type: "RECURRING", CycleDuration: &CycleDuration{"MONTH", 1}}
}

func yearly() *BillingInfo {
	return &BillingInfo{Type: "RECURRING", CycleDuration: &CycleDuration{"YEAR", 1}}
}

// catalog gives what is sold. Some names need quoting, or would run as a formula.
func catalog() []product {
	return []product{
		{"3b1c0f5e-8a52-4c1b-9f3a-6d5f0a7c1101", "Business Unlimited", "24.90", monthly()},
		{"3b1c0f5e-8a52-4c1b-9f3a-6d5f0a7c1102", "Business VIP, yearly", "408.00", yearly()},
		{"3b1c0f5e-8a52-4c1b-9f3a-6d5f0a7c1103", "Connect Domain\n(one site)", "5.40", monthly()},
		{"3b1c0f5e-8a52-4c1b-9f3a-6d5f0a7c1104", "=Combo+Mail", "12.75", monthly()},
		{"3b1c0f5e-8a52-4c1b-9f3a-6d5f0a7c1105", `Mailbox "Plus"`, "6.00", monthly()},
		{"3b1c0f5e-8a52-4c1b-9f3a-6d5f0a7c1106", "Domäne .de", "14.00", yearly()},
	}
}

func (p *planter) guid() string { return guid(p.rng.Uint64(), p.rng.Uint64()) }

// name gives an external id that is near no other.
func (p *planter) name() string {
	p.serial++
	return fmt.Sprintf("SUB-%06d", p.serial)
}

func (p *planter) anAccount() account { return p.accounts[p.rng.IntN(len(p.accounts))] }

// anotherAccount gives a sub-account, or the parent, that is not a.
func (p *planter) anotherAccount(a account) account {
	for i, other := range p.accounts {
		if other.id == a.id {
			return append(p.accounts[i+1:len(p.accounts):len(p.accounts)], p.parent)[0]
		}
	}
	return p.accounts[0]
}

// unheard gives an account that nothing else names.
func (p *planter) unheard() account {
	a := p.anAccount()
	a.id = p.guid()
	return a
}

// ago gives a moment that many days before the as-of, and up to 20 hours more.
func (p *planter) ago(days int) time.Time {
	return p.asOf.AddDate(0, 0, -days).Add(-time.Duration(p.rng.IntN(20*3600)) * time.Second)
}

// customer gives a label for people.
func (p *planter) customer() string {
	places := [...]string{"Harbour", "Linden", "Old Mill", "Nordlicht", "Côte", "Riverside", "Kastanien", "Highgate", "Lakeview", "Sonnen"}
	trades := [...]string{"Bakery", "Dental, Dr. Moss", "Cycles", "Yoga", "Joinery & Sons", "Books", "Optik", "Florists", "Garage", "Physio", "Winery"}
	return places[p.rng.IntN(len(places))] + " " + trades[p.rng.IntN(len(trades))]
}

// pair makes a subscription of n lines and its package, which agree. The lines
// differ in product (up to the size of the catalogue) and site.
func (p *planter) pair(n int) *plant { return p.pairIn(p.anAccount(), n) }

func (p *planter) pairIn(a account, n int) *plant {
	name, created := p.name(), p.ago(90+p.rng.IntN(600))
	c := &plant{packages: []Package{p.empty(a, name, created)}}
	customer, first := p.customer(), p.rng.IntN(len(p.products))
	for i := range n {
		sold := p.products[(first+i)%len(p.products)]
		inst := p.instance(a, sold, created)
		c.packages[0].ProductInstances = append(c.packages[0].ProductInstances, inst)
		row := p.row(a, sold, name, inst.SiteID, created)
		row.Customer = customer
		c.rows = append(c.rows, row)
	}
	return c
}

func (p *planter) empty(a account, name string, created time.Time) Package {
	return Package{ID: p.guid(), AccountID: a.id, ExternalID: name, CreatedDate: created, UpdatedDate: p.since(created)}
}

func (p *planter) instance(a account, sold product, created time.Time) Instance {
	return Instance{
		InstanceID: p.guid(), SiteID: p.guid(), CatalogProductID: sold.id, Status: enabled,
		BillingInfo: sold.cycle, CountryCode: a.country, CreatedDate: created, UpdatedDate: p.since(created),
	}
}

func (p *planter) row(a account, sold product, name, site string, created time.Time) Row {
	return Row{
		ExternalID: name, AccountID: a.id, Status: "active",
		CatalogProductID: sold.id, BillingCycle: sold.cycle.String(), CountryCode: a.country, SiteID: site,
		StartDate: date(created), UpdatedDate: moment(p.since(created)),
		UnitPrice: sold.price, Currency: a.currency, PlanName: sold.name, Region: a.region,
	}
}

// since gives a moment between created and ten days before the as-of.
func (p *planter) since(created time.Time) time.Time {
	days := int(p.asOf.Sub(created).Hours()/24) - 10
	return created.Add(time.Duration(p.rng.IntN(max(days, 1)*24*3600)) * time.Second)
}

// twin makes a second package for the subscription of c, just like the first.
func (p *planter) twin(c *plant, a account) *plant {
	t := c.packages[0].clone()
	t.ID, t.AccountID = p.guid(), a.id
	for i := range t.ProductInstances {
		t.ProductInstances[i].InstanceID = p.guid()
	}
	c.packages = append(c.packages, *t)
	return c
}

// String writes a cycle as a ledger does.
func (b *BillingInfo) String() string {
	if b.CycleDuration == nil {
		return b.Type
	}
	return fmt.Sprintf("%d %s", b.CycleDuration.Count, b.CycleDuration.Unit)
}

func date(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }
