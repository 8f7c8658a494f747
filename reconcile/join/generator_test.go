package join_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Random data sets with few distinct values, so that shared ids, near ids and
// conflicts are common: first packages, then rows that describe their instances
// with errors, unrelated rows and bad rows. A seed always makes the same data
// set.

// A dataset is the input of one reconciliation.
type dataset struct {
	lines    []reconcile.Line
	bad      []reconcile.BadRow
	packages []reconcile.Package
	rules    reconcile.Rules
}

const inFlightWindow = 48 * time.Hour

// A generator makes one data set. Its rates are percentages.
type generator struct {
	*rand.Rand
	asOf      time.Time
	errorRate int // of copied cells
	lostIDs   int // of external ids
	namedIDs  int // of package and instance ids in rows
	unusual   int // of instances: not enabled
	recent    int // of dates: near a limit
	products  int
	sites     int
	ids       []string
	accounts  []string
	dataset
}

func randomDataset(seed uint64) dataset {
	r := rand.New(rand.NewPCG(seed, 1))
	g := &generator{Rand: r, asOf: time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC)}
	g.errorRate, g.lostIDs, g.namedIDs = pick(g, 0, 10, 30, 80), pick(g, 0, 10, 70), pick(g, 0, 20, 80)
	g.products, g.sites = 1+g.IntN(3), 1+g.IntN(3)
	g.unusual, g.recent = pick(g, 5, 15, 50, 95), pick(g, 0, 0, 30)
	g.ids = someOf(g, "a-1", "A-1", "7", "007", "b 2", "b2", "\u00e9", "e\u0301", "c4",
		"a\u20131", "'7", "7.0", "1.002E+12", "1002003004003", "1.0020031E+12", "#NAME?", "c\u200b4", strings.Repeat("x", reconcile.MaxExternalID))
	g.accounts = someOf(g, idOf('a', 1), idOf('a', 2), idOf('a', 3), idOf('a', 4))
	g.packages = g.newPackages()
	g.lines = g.newLines()
	g.bad = g.newBadRows()
	g.rules = reconcile.Rules{AsOf: g.asOf, InFlight: inFlightWindow, Coverage: g.newCoverage()}
	if g.chance(10) {
		g.rules.MaxGroup = 1 + g.IntN(4)
	}
	g.rules.Prices, g.rules.Exceptions = g.newPrices(), g.newExceptions()
	g.number()
	return g.dataset
}

func idOf(kind rune, n int) string { return fmt.Sprintf("%c0000000-0000-4000-8000-%012d", kind, n) }

func pick[T any](g *generator, of ...T) T { return of[g.IntN(len(of))] }

// someOf picks at least one of the values.
func someOf(g *generator, of ...string) []string {
	g.Shuffle(len(of), func(i, j int) { of[i], of[j] = of[j], of[i] })
	return of[:1+g.IntN(len(of))]
}

// chance returns true with that probability.
func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

func (g *generator) id() string        { return pick(g, g.ids...) }
func (g *generator) account() string   { return pick(g, g.accounts...) }
func (g *generator) packageID() string { return idOf('b', g.IntN(8)) }

// instanceID returns the id of one of the first instances of a package.
func (g *generator) instanceID() string { return idOf('c', 10*g.IntN(8)+g.IntN(2)) }

// date returns a date far from, near or at a limit of the rules.
func (g *generator) date() time.Time {
	if !g.chance(g.recent) {
		return g.asOf.AddDate(0, 0, -30-g.IntN(3))
	}
	limit := pick(g, g.asOf, g.asOf.Add(-inFlightWindow))
	return limit.Add(pick(g, -time.Hour, -1, 0, 1, time.Hour))
}

func (g *generator) newPackages() []reconcile.Package {
	var packages []reconcile.Package
	for n := range g.IntN(7) {
		p := reconcile.Package{ID: idOf('b', n), AccountID: g.account(), Created: g.date(), Updated: g.date()}
		if g.chance(80) {
			p.ExternalID = g.id()
			p.UnreadableID = g.chance(5)
		}
		for k := range 1 + g.IntN(pick(g, 1, 1, 2, 4)) {
			p.Instances = append(p.Instances, g.newInstance(idOf('c', 10*n+k)))
		}
		packages = append(packages, p)
	}
	return packages
}

func (g *generator) newInstance(id string) reconcile.Instance {
	i := reconcile.Instance{ID: id, ProductID: g.product(), SiteID: g.site(), Status: reconcile.StatusEnabled, Cycle: g.cycle(), Country: g.country()}
	if g.chance(g.unusual) {
		i.Status = pick(g, reconcile.StatusPending, reconcile.StatusAwaitingAction, reconcile.StatusCanceled, reconcile.StatusCanceled,
			reconcile.StatusFailed, reconcile.StatusFailed, "SUSPENDED", "enabled", "")
	}
	if g.chance(50) {
		i.Created, i.Updated = g.date(), g.date()
	}
	if g.chance(g.errorRate) {
		i.Expires = g.asOf.Add(pick(g, -time.Hour, 0, time.Hour))
	}
	return i
}

func (g *generator) product() string { return idOf('d', g.IntN(g.products)) }

func (g *generator) site() string {
	return pick(g, "", idOf('e', g.IntN(g.sites)), idOf('e', g.IntN(g.sites)))
}

func (g *generator) cycle() reconcile.Cycle {
	return pick[reconcile.Cycle](g, "12 MONTH", "1 YEAR", "7 DAY", "1 WEEK", "1 MONTH", reconcile.OneTime)
}

func (g *generator) country() string { return pick(g, "DE", "FR", "") }

// newLines returns rows that describe instances, and unrelated rows.
func (g *generator) newLines() []reconcile.Line {
	var lines []reconcile.Line
	for _, p := range g.packages {
		if g.chance(15) {
			continue
		}
		id := p.ExternalID
		if id == "" || g.chance(g.lostIDs) {
			id = g.id()
		}
		for _, i := range p.Instances {
			if i.Status.Live() || g.chance(50) {
				lines = append(lines, g.lineOf(id, p, i))
			}
		}
	}
	for range g.IntN(3) {
		unrelated := reconcile.Instance{ID: g.instanceID(), ProductID: g.product(), SiteID: g.site(), Cycle: g.cycle(), Country: g.country()}
		lines = append(lines, g.lineOf(g.id(), reconcile.Package{ID: g.packageID(), AccountID: g.account()}, unrelated))
	}
	if len(lines) > 0 && g.chance(g.errorRate) {
		lines = append(lines, pick(g, lines...)) // the same row twice
	}
	return lines
}

// lineOf returns the row of an instance, with each cell right, empty or wrong.
func (g *generator) lineOf(id string, p reconcile.Package, i reconcile.Instance) reconcile.Line {
	l := reconcile.Line{ExternalID: id, AccountID: g.copyCell(p.AccountID, g.account()), Status: reconcile.Active, Quantity: 1,
		ProductID: g.cell(i.ProductID, g.product()), Cycle: reconcile.Cycle(g.cell(string(i.Cycle), string(g.cycle()))),
		Country: g.cell(i.Country, g.country()), SiteID: g.cell(g.ledgerSite(i.SiteID), g.ledgerSite(g.site())), Currency: g.cell("EUR", "USD")}
	if l.AccountID == "" {
		l.AccountID = g.account()
	}
	if g.chance(g.namedIDs) {
		l.PackageID = g.copyCell(p.ID, g.packageID())
	}
	switch {
	case g.chance(g.namedIDs):
		l.InstanceID = g.copyCell(i.ID, g.instanceID())
	case g.chance(20):
		l.Quantity = 1 + g.IntN(4)
	}
	g.setDates(&l)
	return l
}

func (g *generator) setDates(l *reconcile.Line) {
	if g.chance(g.errorRate + 5) {
		l.Status = pick(g, reconcile.Pending, reconcile.Canceled, reconcile.Canceled)
	}
	if g.chance(50) {
		l.Start = g.date()
	}
	if g.chance(10) {
		l.Start = g.asOf.AddDate(0, 0, 30)
	}
	if g.chance(g.errorRate) {
		l.End = pick(g, g.date(), g.date(), g.asOf.AddDate(0, 1, 0))
	}
	if g.chance(50) {
		l.Updated = g.date()
	}
}

// copyCell returns the right value, but for errors.
func (g *generator) copyCell(right, wrong string) string {
	if g.chance(g.errorRate / 2) {
		return wrong
	}
	return right
}

// cell returns a copied or an empty cell.
func (g *generator) cell(right, wrong string) string {
	if g.chance(g.errorRate) {
		return ""
	}
	return g.copyCell(right, wrong)
}

func (g *generator) ledgerSite(site string) string {
	if site == "" {
		return reconcile.Floating
	}
	return site
}

// newBadRows returns rows that can't be read, with some of their ids.
func (g *generator) newBadRows() []reconcile.BadRow {
	var bad []reconcile.BadRow
	for range pick(g, 0, 0, 0, 1, 2) {
		b := reconcile.BadRow{Column: pick(g, "status", "end_date", ""), Value: pick(g, "?", ""), Problem: "not readable", Cells: g.Uint64()}
		if g.chance(60) {
			b.ExternalID = g.id()
		}
		if g.chance(70) {
			b.AccountID = g.account()
		}
		if g.chance(40) {
			b.PackageID = g.packageID()
		}
		if g.chance(40) {
			b.InstanceID = g.instanceID()
		}
		bad = append(bad, b)
	}
	return bad
}

// newCoverage returns a coverage: mostly whole, else a part.
func (g *generator) newCoverage() *reconcile.Coverage {
	c := &reconcile.Coverage{Inventory: reconcile.InventoryWhole, Accounts: map[string]*reconcile.AccountCoverage{}}
	if g.chance(40) {
		c.Inventory = pick(g, reconcile.InventoryPartial, reconcile.InventoryNarrowed, reconcile.InventoryNotDiscoverable)
	}
	c.Narrowed = c.Inventory == reconcile.InventoryNarrowed || c.Inventory == reconcile.InventoryPartial && g.chance(30)
	for _, a := range g.accounts {
		failed := c.Inventory == reconcile.InventoryPartial && g.chance(40)
		if g.chance(70) || failed {
			c.Accounts[a] = &reconcile.AccountCoverage{Read: !failed}
		}
	}
	return c
}

// number sets the record number of every row.
func (b *dataset) number() {
	for i := range b.lines {
		b.lines[i].Record = 2 + i
	}
	for i := range b.bad {
		b.bad[i].Record = 2 + len(b.lines) + i
	}
}

// shuffled returns the data set with rows and packages in another order.
func (b dataset) shuffled(seed uint64) dataset {
	r := rand.New(rand.NewPCG(seed, 2))
	b = b.clone()
	r.Shuffle(len(b.lines), func(i, j int) { b.lines[i], b.lines[j] = b.lines[j], b.lines[i] })
	r.Shuffle(len(b.bad), func(i, j int) { b.bad[i], b.bad[j] = b.bad[j], b.bad[i] })
	r.Shuffle(len(b.packages), func(i, j int) { b.packages[i], b.packages[j] = b.packages[j], b.packages[i] })
	b.number()
	return b
}

// clone returns a copy that may be changed.
func (b dataset) clone() dataset {
	b.lines, b.bad, b.packages = slices.Clone(b.lines), slices.Clone(b.bad), slices.Clone(b.packages)
	for i := range b.packages {
		b.packages[i].Instances = slices.Clone(b.packages[i].Instances)
	}
	return b
}
