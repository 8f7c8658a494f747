package join

import (
	"context"
	"errors"
	"iter"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A Result is a reconciled inventory. It is valid until its Table is closed.
type Result struct {
	Tally    reconcile.Tally
	Ledger   reconcile.LedgerSide
	Wix      reconcile.WixSide
	Accounts map[string]int // packages by account

	Silenced map[int]int // number of findings in scope, by Finding.Exception

	parent    string
	findings  *sorter
	inventory *sorter // nil: not collected
	carried   *cellFile
	texts     *texts
}

// A counter counts what one goroutine has matched.
type counter struct {
	census   reconcile.Census
	ledger   reconcile.LedgerSide
	wix      reconcile.WixSide
	accounts map[string]int // packages by account
}

// addRows counts the rows of a subscription.
func (c *counter) addRows(lines []reconcile.Line, rules *reconcile.Rules) {
	for i := range lines {
		if lines[i].Phase(rules.AsOf) == reconcile.PhaseActive {
			c.ledger.ActiveRows++
		}
	}
}

// addPackage counts a package.
func (c *counter) addPackage(p *reconcile.Package) {
	addTo(c.accounts, p.AccountID)
	live := 0
	for i := range p.Instances {
		if p.Instances[i].Status.Live() {
			live++
		}
	}
	if live > 0 {
		c.wix.LivePackages++
	}
	c.wix.Instances += len(p.Instances)
	c.wix.LiveInstances += live
}

// addCounts adds what a goroutine counted.
func (r *Result) addCounts(census *reconcile.Census, c *counter) {
	census.Add(&c.census)
	r.Ledger.Subscriptions += c.ledger.Subscriptions
	r.Ledger.ActiveRows += c.ledger.ActiveRows
	r.Wix.MatchedPairs += c.wix.MatchedPairs
	r.Wix.LivePackages += c.wix.LivePackages
	r.Wix.Instances += c.wix.Instances
	r.Wix.LiveInstances += c.wix.LiveInstances
	for account, n := range c.accounts {
		r.Accounts[account] += n
	}
}

// setCounts sets the counts of both sides.
func (r *Result) setCounts(census *reconcile.Census, rows, badRows, packages int) {
	r.Ledger.Rows, r.Ledger.BadRows, r.Wix.Packages = rows, badRows, packages
	r.Ledger.Classes, r.Wix.Classes = make(map[string]int), make(map[string]int)
	for _, c := range reconcile.Classes() {
		r.Ledger.Classes[c.String()] = census.Rows[c]
		r.Wix.Classes[c.String()] = census.Packages[c]
	}
	r.Wix.Accounts = len(r.Accounts)
	r.Tally.Round()
}

// Findings returns the findings in report order, until the context ends. It can
// be called any number of times.
func (r *Result) Findings(ctx context.Context) iter.Seq2[reconcile.Reported, error] {
	return func(yield func(reconcile.Reported, error) bool) {
		for record, err := range r.findings.all(ctx) {
			if err != nil {
				yield(reconcile.Reported{}, err)
				return
			}
			d := decoder{b: string(record)}
			row := reconcile.Reported{Finding: d.finding()}
			row.ID = row.Finding.ID(r.parent).String()
			if err = d.err; err == nil {
				row.Cells, err = r.carried.read(row.Carried.Offset)
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// Inventory returns the packages ordered by account, external id and package id,
// until the context ends. It can be called any number of times, if it was asked
// for in the Options.
func (r *Result) Inventory(ctx context.Context) iter.Seq2[reconcile.ClassifiedPackage, error] {
	return func(yield func(reconcile.ClassifiedPackage, error) bool) {
		if r.inventory == nil {
			yield(reconcile.ClassifiedPackage{}, errors.New("read the inventory: it was not collected"))
			return
		}
		for record, err := range r.inventory.all(ctx) {
			if err != nil {
				yield(reconcile.ClassifiedPackage{}, err)
				return
			}
			d := decoder{b: string(record), texts: r.texts.all}
			d.key()
			externalID := d.key()
			d.key()
			row := reconcile.ClassifiedPackage{Class: reconcile.Class(d.byte())}
			row.Package = d.pkg(externalID, new([]reconcile.Instance))
			if !yield(row, d.err) || d.err != nil {
				return
			}
		}
	}
}
