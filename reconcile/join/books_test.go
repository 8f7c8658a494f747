package join_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Random books. Each is printed from a few letters, so that shared ids, near
// ids and contradictions are the rule: packages first, then rows that echo
// their instances with slips, then rows of nobody, then rows that can't be
// read. The same seed gives the same book.

// An inventory is all that a reconciliation is made of.
type book struct {
	lines    []reconcile.Line
	bad      []reconcile.BadRow
	packages []reconcile.Package
	rules    reconcile.Rules
}

const bookWindow = 48 * time.Hour

// A press prints one book.
type press struct {
	*rand.Rand
	asOf     time.Time
	slips    int // of a hundred copied cells
	lost     int // of a hundred external ids
	named    int // of a hundred package and instance ids in rows
	strange  int // of a hundred instances
	moving   int // of a hundred dates
	products int
	sites    int
	ids      []string
	accounts []string
	book
}

func randomBook(seed uint64) book {
	r := rand.New(rand.NewPCG(seed, 1))
	p := &press{Rand: r, asOf: time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC)}
	p.slips, p.lost, p.named = pick(p, 0, 10, 30, 80), pick(p, 0, 10, 70), pick(p, 0, 20, 80)
	p.products, p.sites = 1+p.IntN(3), 1+p.IntN(3)
	p.strange, p.moving = pick(p, 5, 15, 50, 95), pick(p, 0, 0, 30)
	p.ids = some(p, "a-1", "A-1", "7", "007", "b 2", "b2", "\u00e9", "e\u0301", "c4", strings.Repeat("x", reconcile.MaxExternalID))
	p.accounts = some(p, idOf('a', 1), idOf('a', 2), idOf('a', 3), idOf('a', 4))
	p.packages = p.printPackages()
	p.lines = p.printLines()
	p.bad = p.printBad()
	p.rules = reconcile.Rules{AsOf: p.asOf, InFlight: bookWindow, Coverage: p.printCoverage()}
	p.rules.Prices, p.rules.Exceptions = p.printPrices(), p.printExceptions()
	p.number()
	return p.book
}

func idOf(kind rune, n int) string { return fmt.Sprintf("%c0000000-0000-4000-8000-%012d", kind, n) }

func pick[T any](p *press, of ...T) T { return of[p.IntN(len(of))] }

// some picks at least one of the values.
func some(p *press, of ...string) []string {
	p.Shuffle(len(of), func(i, j int) { of[i], of[j] = of[j], of[i] })
	return of[:1+p.IntN(len(of))]
}

// once gives true that many times in a hundred.
func (p *press) once(percent int) bool { return p.IntN(100) < percent }

func (p *press) id() string        { return pick(p, p.ids...) }
func (p *press) account() string   { return pick(p, p.accounts...) }
func (p *press) packageID() string { return idOf('b', p.IntN(8)) }

// instanceID names one of the first instances of a package.
func (p *press) instanceID() string { return idOf('c', 10*p.IntN(8)+p.IntN(2)) }

// date gives a date at, round or far from the edges that rules have.
func (p *press) date() time.Time {
	if !p.once(p.moving) {
		return p.asOf.AddDate(0, 0, -30-p.IntN(3))
	}
	edge := pick(p, p.asOf, p.asOf.Add(-bookWindow))
	return edge.Add(pick(p, -time.Hour, -1, 0, 1, time.Hour))
}

func (p *press) printPackages() []reconcile.Package {
	var packages []reconcile.Package
	for n := range p.IntN(7) {
		q := reconcile.Package{ID: idOf('b', n), AccountID: p.account(), Created: p.date(), Updated: p.date()}
		if p.once(80) {
			q.ExternalID = p.id()
		}
		for k := range 1 + p.IntN(pick(p, 1, 1, 2, 4)) {
			q.Instances = append(q.Instances, p.printInstance(idOf('c', 10*n+k)))
		}
		packages = append(packages, q)
	}
	return packages
}

func (p *press) printInstance(id string) reconcile.Instance {
	i := reconcile.Instance{ID: id, ProductID: p.product(), SiteID: p.site(), Status: reconcile.StatusEnabled, Cycle: p.cycle(), Country: p.country()}
	if p.once(p.strange) {
		i.Status = pick(p, reconcile.StatusPending, reconcile.StatusAwaitingAction, reconcile.StatusCanceled, reconcile.StatusCanceled,
			reconcile.StatusFailed, reconcile.StatusFailed, "SUSPENDED", "enabled", "")
	}
	if p.once(50) {
		i.Created, i.Updated = p.date(), p.date()
	}
	if p.once(p.slips) {
		i.Expires = p.asOf.Add(pick(p, -time.Hour, 0, time.Hour))
	}
	return i
}

func (p *press) product() string { return idOf('d', p.IntN(p.products)) }

func (p *press) site() string {
	return pick(p, "", idOf('e', p.IntN(p.sites)), idOf('e', p.IntN(p.sites)))
}

func (p *press) cycle() reconcile.Cycle {
	return pick[reconcile.Cycle](p, "12 MONTH", "1 YEAR", "7 DAY", "1 WEEK", "1 MONTH", reconcile.OneTime)
}

func (p *press) country() string { return pick(p, "DE", "FR", "") }

// printLines gives rows that echo instances, and rows of nobody.
func (p *press) printLines() []reconcile.Line {
	var lines []reconcile.Line
	for _, q := range p.packages {
		if p.once(15) {
			continue
		}
		id := q.ExternalID
		if id == "" || p.once(p.lost) {
			id = p.id()
		}
		for _, i := range q.Instances {
			if i.Status.Live() || p.once(50) {
				lines = append(lines, p.echo(id, q, i))
			}
		}
	}
	for range p.IntN(3) {
		stray := reconcile.Instance{ID: p.instanceID(), ProductID: p.product(), SiteID: p.site(), Cycle: p.cycle(), Country: p.country()}
		lines = append(lines, p.echo(p.id(), reconcile.Package{ID: p.packageID(), AccountID: p.account()}, stray))
	}
	if len(lines) > 0 && p.once(p.slips) {
		lines = append(lines, pick(p, lines...)) // the same row twice
	}
	return lines
}

// echo gives the row of an instance, each cell right, empty or wrong.
func (p *press) echo(id string, q reconcile.Package, i reconcile.Instance) reconcile.Line {
	l := reconcile.Line{ExternalID: id, AccountID: p.copied(q.AccountID, p.account()), Status: reconcile.Active, Quantity: 1,
		ProductID: p.cell(i.ProductID, p.product()), Cycle: reconcile.Cycle(p.cell(string(i.Cycle), string(p.cycle()))),
		Country: p.cell(i.Country, p.country()), SiteID: p.cell(p.floats(i.SiteID), p.floats(p.site())), Currency: p.cell("EUR", "USD")}
	if l.AccountID == "" {
		l.AccountID = p.account()
	}
	if p.once(p.named) {
		l.PackageID = p.copied(q.ID, p.packageID())
	}
	switch {
	case p.once(p.named):
		l.InstanceID = p.copied(i.ID, p.instanceID())
	case p.once(20):
		l.Quantity = 1 + p.IntN(4)
	}
	p.dateLine(&l)
	return l
}

func (p *press) dateLine(l *reconcile.Line) {
	if p.once(p.slips + 5) {
		l.Status = pick(p, reconcile.Pending, reconcile.Canceled, reconcile.Canceled)
	}
	if p.once(50) {
		l.Start = p.date()
	}
	if p.once(10) {
		l.Start = p.asOf.AddDate(0, 0, 30)
	}
	if p.once(p.slips) {
		l.End = pick(p, p.date(), p.date(), p.asOf.AddDate(0, 1, 0))
	}
	if p.once(50) {
		l.Updated = p.date()
	}
}

// copied gives what is right, but for slips.
func (p *press) copied(right, wrong string) string {
	if p.once(p.slips / 2) {
		return wrong
	}
	return right
}

// cell gives a copied cell, or one that is not filled.
func (p *press) cell(right, wrong string) string {
	if p.once(p.slips) {
		return ""
	}
	return p.copied(right, wrong)
}

func (p *press) floats(site string) string {
	if site == "" {
		return reconcile.Floating
	}
	return site
}

// printBad gives rows that can't be read, with some of their ids.
func (p *press) printBad() []reconcile.BadRow {
	var bad []reconcile.BadRow
	for range pick(p, 0, 0, 0, 1, 2) {
		b := reconcile.BadRow{Column: pick(p, "status", "end_date", ""), Value: pick(p, "?", ""), Problem: "not readable", Cells: p.Uint64()}
		if p.once(60) {
			b.ExternalID = p.id()
		}
		if p.once(70) {
			b.AccountID = p.account()
		}
		if p.once(40) {
			b.PackageID = p.packageID()
		}
		if p.once(40) {
			b.InstanceID = p.instanceID()
		}
		bad = append(bad, b)
	}
	return bad
}

// printCoverage says how much was read: mostly all, else a part.
func (p *press) printCoverage() *reconcile.Coverage {
	c := &reconcile.Coverage{Inventory: reconcile.InventoryWhole, Accounts: map[string]*reconcile.AccountCoverage{}}
	if p.once(40) {
		c.Inventory = pick(p, reconcile.InventoryPartial, reconcile.InventoryNarrowed, reconcile.InventoryNotDiscoverable)
	}
	c.Narrowed = c.Inventory == reconcile.InventoryNarrowed || c.Inventory == reconcile.InventoryPartial && p.once(30)
	for _, a := range p.accounts {
		failed := c.Inventory == reconcile.InventoryPartial && p.once(40)
		if p.once(70) || failed {
			c.Accounts[a] = &reconcile.AccountCoverage{Read: !failed}
		}
	}
	return c
}

// number gives every row its record, as they stand.
func (b *book) number() {
	for i := range b.lines {
		b.lines[i].Record = 2 + i
	}
	for i := range b.bad {
		b.bad[i].Record = 2 + len(b.lines) + i
	}
}

// shuffled gives the inventory with rows and packages in another order.
func (b book) shuffled(seed uint64) book {
	r := rand.New(rand.NewPCG(seed, 2))
	b = b.clone()
	r.Shuffle(len(b.lines), func(i, j int) { b.lines[i], b.lines[j] = b.lines[j], b.lines[i] })
	r.Shuffle(len(b.bad), func(i, j int) { b.bad[i], b.bad[j] = b.bad[j], b.bad[i] })
	r.Shuffle(len(b.packages), func(i, j int) { b.packages[i], b.packages[j] = b.packages[j], b.packages[i] })
	b.number()
	return b
}

// clone gives an inventory that may be changed.
func (b book) clone() book {
	b.lines, b.bad, b.packages = slices.Clone(b.lines), slices.Clone(b.bad), slices.Clone(b.packages)
	for i := range b.packages {
		b.packages[i].Instances = slices.Clone(b.packages[i].Instances)
	}
	return b
}
