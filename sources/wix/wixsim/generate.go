package wixsim

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// A generated book is mostly healthy: the planted cases come first, and what is
// left of the wanted number of packages agrees with the ledger. Everything
// comes from the seed and the as-of.

// GenerateOptions say how large the inventory is. The zero value is a small book
// without any drift, as of 2026-11-01.
type GenerateOptions struct {
	Seed     uint64
	Accounts int // sub-accounts beside the parent; 5 where 0
	// Packages is how many packages the inventory has; 100 where 0. It has more
	// where the planted cases need more, and one more at times.
	Packages int
	// PerKind is how many cases of each kind are planted; a kind with more
	// flavours than that has one case of each. Another case of each kind that
	// can be in flight is planted in flight. 0 plants nothing. Bad rows stay
	// below 1 % of the packages, but there is at least one.
	PerKind int
	AsOf    time.Time
}

// Planted is an inventory, its ledger, and what must be found.
type Planted struct {
	Parent   string
	AsOf     time.Time
	Accounts []string // the sub-accounts of the healthy part
	Book     []Package
	Rows     []Row
	Truth    []Finding // ordered by their fields
}

// Generate plants an inventory.
func Generate(o GenerateOptions) *Planted {
	o.Packages = cmp.Or(o.Packages, 100)
	p := newPlanter(o)
	b := p.bed(o.Packages)
	if o.PerKind > 0 {
		for _, d := range drifts() {
			b.plant(p, d, d.cases(o))
		}
		for _, d := range inFlight() {
			b.plant(p, d, len(d.growers))
		}
	}
	b.fill(p, o.Packages)
	return b
}

// cases says how many cases of the kind are planted.
func (d drift) cases(o GenerateOptions) int {
	n := max(o.PerKind, len(d.growers))
	if d.kind == invalidRow {
		n = min(n, max(1, (o.Packages-1)/100))
	}
	return n
}

func newPlanter(o GenerateOptions) *planter {
	p := &planter{
		rng:      rand.New(rand.NewPCG(o.Seed, 0x77697872)),
		asOf:     o.AsOf.UTC(),
		products: catalog(),
		parent:   account{DefaultParent, "HQ", "EUR", "DE"},
	}
	if o.AsOf.IsZero() {
		p.asOf = time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)
	}
	regions := []account{
		{"", "DACH", "EUR", "DE"}, {"", "US, East", "USD", "US"}, {"", "France", "EUR", "FR"}, {"", "-overseas", "USD", "CA"},
	}
	for i := range cmp.Or(o.Accounts, 5) {
		a := regions[i%len(regions)]
		a.id = p.guid()
		p.accounts = append(p.accounts, a)
	}
	return p
}

func (p *planter) bed(packages int) *Planted {
	b := &Planted{Parent: p.parent.id, AsOf: p.asOf}
	b.Book, b.Rows = make([]Package, 0, packages+100), make([]Row, 0, packages+packages/2+100)
	for _, a := range p.accounts {
		b.Accounts = append(b.Accounts, a.id)
	}
	return b
}

func (b *Planted) plant(p *planter, d drift, cases int) {
	for i := range cases {
		b.add(d.growers[i%len(d.growers)](p))
	}
}

func (b *Planted) add(c *plant) {
	b.Book = append(b.Book, c.packages...)
	b.Rows = append(b.Rows, c.rows...)
	for _, f := range c.findings {
		at, _ := slices.BinarySearchFunc(b.Truth, f, Finding.compare)
		b.Truth = slices.Insert(b.Truth, at, f)
	}
}

// fill adds cases without drift until the inventory has so many packages. Three of
// four are as plain as most subscriptions are.
func (b *Planted) fill(p *planter, packages int) {
	growers := quiet()
	for i := 0; len(b.Book) < packages; i++ {
		g := grower(plain)
		if i%4 == 3 {
			g = growers[i/4%len(growers)]
		}
		b.add(g(p))
	}
}

// DemoBook plants an inventory that people can read through: six sub-accounts, about
// 150 subscriptions in euros and dollars, every kind of drift, and a few in
// flight.
func DemoInventory(asOf time.Time) *Planted {
	const packages = 150
	p := newPlanter(GenerateOptions{Seed: 20, Accounts: 6, AsOf: asOf})
	b := p.bed(packages)
	for _, d := range drifts() {
		b.plant(p, d, 1)
	}
	for _, d := range inFlight()[:3] {
		b.plant(p, d, 1)
	}
	b.fill(p, packages)
	return b
}
