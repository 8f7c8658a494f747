package join

import (
	"context"
	"encoding/binary"
	"iter"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A Result is a reconciled book. It lives as long as its Table.
type Result struct {
	Tally  reconcile.Tally
	Ledger reconcile.LedgerSide
	Wix    reconcile.WixSide

	Silenced map[int]int // findings that are shown, by Finding.Exception

	parent   string
	findings *sorter
	stock    *sorter
	carried  *sideFile
}

// decision is a Table on its way to a Result.
type decision struct {
	*Result
	rules  *reconcile.Rules
	linker *reconcile.Linker
	linked *sorter // linked subscriptions and packages, by the subscription's number
	census reconcile.Census

	accounts map[string]bool // that have a package

	subscriptions, packages int // leftovers seen
}

// Reconcile decides the whole inventory. Nothing can be added after it.
func (t *Table) Reconcile(ctx context.Context, rules reconcile.Rules) (*Result, error) {
	packages, err := t.distinctPackages(ctx)
	if err != nil {
		return nil, err
	}
	if err := t.shareIDs(ctx); err != nil {
		return nil, err
	}
	left, err := t.firstLook(ctx, &rules)
	if err != nil {
		return nil, err
	}
	linker, err := left.link(ctx)
	if err != nil {
		return nil, err
	}
	d := t.newDecision(&rules, linker)
	if err := d.secondLook(t.eachGroup(ctx)); err != nil {
		return nil, err
	}
	if err := d.decideLinked(ctx); err != nil {
		return nil, err
	}
	if err := tie(&d.census, t.rows, packages); err != nil {
		return nil, err
	}
	d.conclude(t.rows, t.badRows, packages)
	t.groups.close()
	return d.Result, t.carried.flush()
}

func (t *Table) newDecision(rules *reconcile.Rules, linker *reconcile.Linker) *decision {
	return &decision{
		Result: &Result{
			Tally: reconcile.NewTally(), Silenced: make(map[int]int), parent: rules.Parent, findings: t.sorter(), stock: t.sorter(), carried: t.carried,
		},
		rules: rules, linker: linker, linked: t.sorter(), accounts: make(map[string]bool),
	}
}

// secondLook decides every group but the linked ones, which it brings together.
func (d *decision) secondLook(groups iter.Seq2[*group, error]) error {
	for g, err := range groups {
		if err != nil {
			return err
		}
		d.countGroup(g)
		switch {
		case g.leftSubscription():
			err = d.leftSubscription(g)
		case g.leftPackages():
			err = d.leftPackages(g)
		default:
			err = d.match(&g.Group)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *decision) leftSubscription(g *group) error {
	number := d.subscriptions
	d.subscriptions++
	verdict := d.linker.Subscription(number)
	if !verdict.Linked() {
		g.Link, g.Live = verdict.Rule, verdict.Live
		return d.match(&g.Group)
	}
	for i := range g.Lines {
		record := append(appendKey(linkedKey(number), g.externalID), sideLine)
		if err := d.linked.add(appendLine(record, &g.Lines[i])); err != nil {
			return err
		}
	}
	for _, shared := range g.Shared {
		record := append(appendKey(linkedKey(number), g.externalID), sideShared)
		if err := d.linked.add(appendString(appendString(record, shared.Field), shared.ID)); err != nil {
			return err
		}
	}
	return nil
}

func (d *decision) leftPackages(g *group) error {
	for i := range g.Packages {
		verdict := d.linker.Package(d.packages)
		d.packages++
		if verdict.Linked() {
			record := append(appendKey(linkedKey(verdict.Peer), g.externalID), sidePackage)
			if err := d.linked.add(appendPackage(record, &g.Packages[i])); err != nil {
				return err
			}
			continue
		}
		if err := d.match(&reconcile.Group{Packages: g.Packages[i : i+1], Link: verdict.Rule}); err != nil {
			return err
		}
	}
	return nil
}

func linkedKey(number int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(number)) }

// decideLinked decides the linked groups, each a subscription and a package.
func (d *decision) decideLinked(ctx context.Context) error {
	g, last := &group{}, -1
	decide := func() error {
		if last < 0 {
			return nil
		}
		g.Link = d.linker.Subscription(last).Rule
		defer g.reset()
		return d.match(&g.Group)
	}
	for record, err := range d.linked.all(ctx) {
		if err != nil {
			return err
		}
		r := decoder{b: record}
		if number := int(binary.BigEndian.Uint32(r.take(4))); number != last {
			if err := decide(); err != nil {
				return err
			}
			last = number
		}
		g.externalID = r.key()
		if g.read(&r); r.err != nil {
			return r.err
		}
	}
	if err := decide(); err != nil {
		return err
	}
	d.linked.close()
	return nil
}

// match decides one group and files what it gives.
func (d *decision) match(g *reconcile.Group) error {
	out := d.rules.Match(g)
	d.census.Add(&out.Census)
	d.Wix.MatchedPairs += out.Pairs
	for i := range out.Findings {
		f := &out.Findings[i]
		if !d.rules.Coverage.Shown(f.AccountID) {
			continue
		}
		d.Tally.Add(f)
		if f.Exception > 0 {
			d.Silenced[f.Exception]++
		}
		if err := d.findings.add(appendFinding(nil, f)); err != nil {
			return err
		}
	}
	for i := range g.Packages {
		if err := d.file(&g.Packages[i], out.Classes[i]); err != nil {
			return err
		}
	}
	return nil
}

// file counts a package and puts it into the inventory.
func (d *decision) file(p *reconcile.Package, class reconcile.Class) error {
	d.accounts[p.AccountID] = true
	if p.Live() {
		d.Wix.LivePackages++
	}
	d.Wix.Instances += len(p.Instances)
	for i := range p.Instances {
		if p.Instances[i].Status.Live() {
			d.Wix.LiveInstances++
		}
	}
	record := appendKey(appendKey(appendKey(nil, p.AccountID), p.ExternalID), p.ID)
	return d.stock.add(appendPackage(append(record, byte(class)), p))
}

// countGroup counts the ledger's side of a group.
func (d *decision) countGroup(g *group) {
	if g.externalID != "" && len(g.Lines)+len(g.Bad) > 0 {
		d.Ledger.Subscriptions++
	}
	for i := range g.Lines {
		if g.Lines[i].Phase(d.rules.AsOf) == reconcile.PhaseActive {
			d.Ledger.ActiveRows++
		}
	}
}

// conclude fills in the counts of both sides.
func (d *decision) conclude(rows, badRows, packages int) {
	d.Ledger.Rows, d.Ledger.BadRows, d.Wix.Packages = rows, badRows, packages
	d.Ledger.Classes, d.Wix.Classes = make(map[string]int), make(map[string]int)
	for _, c := range reconcile.Classes() {
		d.Ledger.Classes[c.String()] = d.census.Rows[c]
		d.Wix.Classes[c.String()] = d.census.Packages[c]
	}
	d.Wix.Accounts = len(d.accounts)
	d.Tally.Round()
}

// Findings gives the findings in report order, any number of times, until the
// context ends.
func (r *Result) Findings(ctx context.Context) iter.Seq2[reconcile.Reported, error] {
	return func(yield func(reconcile.Reported, error) bool) {
		for record, err := range r.findings.all(ctx) {
			if err != nil {
				yield(reconcile.Reported{}, err)
				return
			}
			d := decoder{b: record}
			row := reconcile.Reported{Finding: d.finding()}
			row.ID = row.Finding.ID(r.parent).String()
			if err = d.err; err == nil {
				row.Cells, err = r.carried.at(row.Carried.At)
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// Stock gives the inventory by account, external id and package, any number of
// times, until the context ends.
func (r *Result) Inventory(ctx context.Context) iter.Seq2[reconcile.ClassifiedPackage, error] {
	return func(yield func(reconcile.ClassifiedPackage, error) bool) {
		for record, err := range r.stock.all(ctx) {
			if err != nil {
				yield(reconcile.ClassifiedPackage{}, err)
				return
			}
			d := decoder{b: record}
			d.key()
			d.key()
			d.key()
			row := reconcile.ClassifiedPackage{Class: reconcile.Class(d.byte())}
			row.Package = d.pkg()
			if !yield(row, d.err) || d.err != nil {
				return
			}
		}
	}
}
