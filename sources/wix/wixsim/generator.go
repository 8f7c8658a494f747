package wixsim

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// The parts of sample data. Every id and every site is used once, so scenarios
// don't affect each other: each has the same findings in any inventory.
//
// Dates are at least ten days before the as-of, and ends at least five: nothing
// is in flight unless a scenario sets it.

// A generator makes ids, dates and labels. All of them depend on the seed.
type generator struct {
	rng      *rand.Rand
	asOf     time.Time
	accounts []account
	parent   account
	products []product
	serial   int
}

type account struct{ id, region, currency, country string }

type product struct {
	id, name, price string
	cycle           *BillingInfo
}

// newGenerator returns a generator, and the data that it is to fill.
func newGenerator(o SampleOptions) (*generator, *SampleData) {
	g := &generator{
		rng:      rand.New(rand.NewPCG(o.Seed, 0x77697872)),
		asOf:     o.AsOf.UTC(),
		products: catalog(),
		parent:   account{DefaultParent, "HQ", "EUR", "DE"},
	}
	if o.AsOf.IsZero() {
		g.asOf = time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)
	}
	regions := []account{
		{"", "DACH", "EUR", "DE"}, {"", "US, East", "USD", "US"}, {"", "France", "EUR", "FR"}, {"", "-overseas", "USD", "CA"},
	}
	d := &SampleData{Parent: g.parent.id, AsOf: g.asOf}
	for i := range cmp.Or(o.Accounts, 5) {
		a := regions[i%len(regions)]
		a.id = g.guid()
		g.accounts, d.Accounts = append(g.accounts, a), append(d.Accounts, a.id)
	}
	return g, d
}

func recurring(count int, unit string) *BillingInfo {
	return &BillingInfo{Type: "RECURRING", CycleDuration: &CycleDuration{unit, count}}
}

// catalog returns the products. Some names need quoting, or would run as a
// formula in a spreadsheet.
func catalog() []product {
	monthly, yearly := recurring(1, "MONTH"), recurring(1, "YEAR")
	return []product{
		{"3b1c0f5e-8a52-4c1b-9f3a-6d5f0a7c1101", "Business Unlimited", "24.90", monthly},
		{"3b1c0f5e-8a52-4c1b-9f3a-6d5f0a7c1102", "Business VIP, yearly", "408.00", yearly},
		{"3b1c0f5e-8a52-4c1b-9f3a-6d5f0a7c1103", "Connect Domain\n(one site)", "5.40", monthly},
		{"3b1c0f5e-8a52-4c1b-9f3a-6d5f0a7c1104", "=Combo+Mail", "12.75", monthly},
		{"3b1c0f5e-8a52-4c1b-9f3a-6d5f0a7c1105", `Mailbox "Plus"`, "6.00", monthly},
		{"3b1c0f5e-8a52-4c1b-9f3a-6d5f0a7c1106", "Domäne .de", "14.00", yearly},
	}
}

func (g *generator) guid() string { return newGUID(g.rng) }

// name returns an external id that is near no other.
func (g *generator) name() string {
	g.serial++
	return fmt.Sprintf("SUB-%06d", g.serial)
}

func (g *generator) anyAccount() account { return g.accounts[g.rng.IntN(len(g.accounts))] }

// otherAccount returns the sub-account after this one, or the parent after the
// last.
func (g *generator) otherAccount(id string) string {
	at := slices.IndexFunc(g.accounts, func(a account) bool { return a.id == id })
	if at == len(g.accounts)-1 {
		return g.parent.id
	}
	return g.accounts[at+1].id
}

// otherProduct returns another product, and not the next ones of the catalog:
// the package's other instances have those.
func (g *generator) otherProduct(id string) string {
	at := slices.IndexFunc(g.products, func(p product) bool { return p.id == id })
	return g.products[(at+len(g.products)/2)%len(g.products)].id
}

// ago returns a time that many days before the as-of, and up to 20 hours more.
func (g *generator) ago(days int) time.Time {
	return g.asOf.AddDate(0, 0, -days).Add(-time.Duration(g.rng.IntN(20*3600)) * time.Second)
}

// after returns a time between created and ten days before the as-of.
func (g *generator) after(created time.Time) time.Time {
	days := int(g.asOf.Sub(created).Hours()/24) - 10
	return created.Add(time.Duration(g.rng.IntN(max(days, 1)*24*3600)) * time.Second)
}

func (g *generator) customer() string {
	towns := [...]string{"Harbour", "Linden", "Old Mill", "Nordlicht", "Côte", "Riverside", "Kastanien", "Highgate", "Lakeview", "Sonnen"}
	trades := [...]string{"Bakery", "Dental, Dr. Moss", "Cycles", "Yoga", "Joinery & Sons", "Books", "Optik", "Florists", "Garage", "Physio", "Winery"}
	return towns[g.rng.IntN(len(towns))] + " " + trades[g.rng.IntN(len(trades))]
}

// subscription makes a subscription of n lines and its package, which agree.
// The lines differ in site and, up to the size of the catalog, in product.
func (g *generator) subscription(a account, n int) *scenario {
	name, created := g.name(), g.ago(90+g.rng.IntN(600))
	s := &scenario{g: g, packages: []Package{g.newPackage(a.id, name, created)}}
	customer, first := g.customer(), g.rng.IntN(len(g.products))
	for i := range n {
		sold := g.products[(first+i)%len(g.products)]
		in := Instance{
			InstanceID: g.guid(), SiteID: g.guid(), CatalogProductID: sold.id, Status: enabled,
			BillingInfo: sold.cycle, CountryCode: a.country, CreatedDate: created, UpdatedDate: g.after(created),
		}
		s.packages[0].ProductInstances = append(s.packages[0].ProductInstances, in)
		s.rows = append(s.rows, Row{
			ExternalID: name, AccountID: a.id, Status: "active",
			CatalogProductID: sold.id, BillingCycle: sold.cycle.String(), CountryCode: a.country, SiteID: in.SiteID,
			StartDate: formatDate(created), UpdatedDate: formatTime(g.after(created)),
			UnitPrice: sold.price, Currency: a.currency, Customer: customer, PlanName: sold.name, Region: a.region,
		})
	}
	return s
}

func (g *generator) newPackage(accountID, name string, created time.Time) Package {
	return Package{ID: g.guid(), AccountID: accountID, ExternalID: name, CreatedDate: created, UpdatedDate: g.after(created)}
}

func formatDate(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func formatTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }
