package join

import (
	"context"
	"encoding/binary"
	"iter"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A Result is a reconciled inventory. It is valid until its Table is closed.
type Result struct {
	Tally  reconcile.Tally
	Ledger reconcile.LedgerSide
	Wix    reconcile.WixSide

	Silenced map[int]int // number of findings in scope, by Finding.Exception

	parent    string
	findings  *sorter
	inventory *sorter
	carried   *cellFile
}

// A matcher matches the groups of a Table and collects the Result.
type matcher struct {
	*Result
	rules  reconcile.Rules // with the shields of the first pass
	linker *reconcile.Linker
	linked *sorter // linked subscriptions and packages, by the subscription's index
	census reconcile.Census

	accounts map[string]bool // that have a package

	subscriptions, packages int // unmatched ones so far
}

// Reconcile matches both sides. Nothing can be added after it.
func (t *Table) Reconcile(ctx context.Context, rules reconcile.Rules) (*Result, error) {
	packages, err := t.distinctPackages(ctx)
	if err != nil {
		return nil, err
	}
	if err := t.addSharedIDs(ctx); err != nil {
		return nil, err
	}
	unmatched, err := t.findUnmatched(ctx, &rules)
	if err != nil {
		return nil, err
	}
	linker, err := unmatched.link(ctx)
	if err != nil {
		return nil, err
	}
	m := t.newMatcher(&rules, &unmatched.shields, linker)
	if err := m.matchGroups(t.allGroups(ctx)); err != nil {
		return nil, err
	}
	if err := m.matchLinked(ctx); err != nil {
		return nil, err
	}
	if err := checkCensus(&m.census, t.rows, packages); err != nil {
		return nil, err
	}
	m.setCounts(t.rows, t.badRows, packages)
	t.groups.close()
	return m.Result, t.carried.flush()
}

func (t *Table) newMatcher(rules *reconcile.Rules, shields *reconcile.Shields, linker *reconcile.Linker) *matcher {
	m := &matcher{
		Result: &Result{
			Tally: reconcile.NewTally(), Silenced: make(map[int]int), parent: rules.Parent,
			findings: t.newSorter(), inventory: t.newSorter(), carried: t.carried,
		},
		rules: *rules, linker: linker, linked: t.newSorter(), accounts: make(map[string]bool),
	}
	m.rules.Shields = shields
	return m
}

// matchGroups is the second pass: it matches all groups but the linked ones, of
// which it sorts the two sides together.
func (m *matcher) matchGroups(groups iter.Seq2[*group, error]) error {
	for g, err := range groups {
		if err != nil {
			return err
		}
		m.countGroup(g)
		switch {
		case g.unmatchedSubscription():
			err = m.addSubscription(g)
		case g.unmatchedPackages():
			err = m.addPackages(g)
		default:
			err = m.match(&g.Group)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// addSubscription matches a subscription that is not linked, and keeps a linked
// one for later.
func (m *matcher) addSubscription(g *group) error {
	index := m.subscriptions
	m.subscriptions++
	link := m.linker.Subscription(index)
	if !link.Linked() {
		g.Link, g.LiveCandidate = link.Rule, link.LiveCandidate
		return m.match(&g.Group)
	}
	for i := range g.Lines {
		record := append(appendKey(linkedKey(index), g.externalID), recordLine)
		if err := m.linked.add(appendLine(record, &g.Lines[i])); err != nil {
			return err
		}
	}
	for _, shared := range g.Shared {
		record := append(appendKey(linkedKey(index), g.externalID), recordShared)
		if err := m.linked.add(appendString(appendString(record, shared.Field), shared.ID)); err != nil {
			return err
		}
	}
	return nil
}

// addPackages matches packages that are not linked, and keeps linked ones for
// later.
func (m *matcher) addPackages(g *group) error {
	for i := range g.Packages {
		link := m.linker.Package(m.packages)
		m.packages++
		if link.Linked() {
			record := append(appendKey(linkedKey(link.Peer), g.externalID), recordPackage)
			if err := m.linked.add(appendPackage(record, &g.Packages[i])); err != nil {
				return err
			}
			continue
		}
		if err := m.match(&reconcile.Group{Packages: g.Packages[i : i+1], Link: link.Rule}); err != nil {
			return err
		}
	}
	return nil
}

func linkedKey(index int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(index)) }

// matchLinked matches the linked groups, each a subscription and a package.
func (m *matcher) matchLinked(ctx context.Context) error {
	g, last := &group{}, -1
	matchLast := func() error {
		if last < 0 {
			return nil
		}
		g.Link = m.linker.Subscription(last).Rule
		defer g.reset()
		return m.match(&g.Group)
	}
	for record, err := range m.linked.all(ctx) {
		if err != nil {
			return err
		}
		r := decoder{b: record}
		if index := int(binary.BigEndian.Uint32(r.bytes(4))); index != last {
			if err := matchLast(); err != nil {
				return err
			}
			last = index
		}
		g.externalID = r.key()
		if g.read(&r); r.err != nil {
			return r.err
		}
	}
	if err := matchLast(); err != nil {
		return err
	}
	m.linked.close()
	return nil
}

// match matches one group and collects its result.
func (m *matcher) match(g *reconcile.Group) error {
	result := m.rules.Match(g)
	m.census.Add(&result.Census)
	m.Wix.MatchedPairs += result.Pairs
	for i := range result.Findings {
		f := &result.Findings[i]
		if !m.rules.Coverage.InScope(f.AccountID) {
			continue
		}
		m.Tally.Add(f)
		if f.Exception > 0 {
			m.Silenced[f.Exception]++
		}
		if err := m.findings.add(appendFinding(nil, f)); err != nil {
			return err
		}
	}
	for i := range g.Packages {
		if err := m.addToInventory(&g.Packages[i], result.Classes[i]); err != nil {
			return err
		}
	}
	return nil
}

// addToInventory counts a package and adds it to the inventory.
func (m *matcher) addToInventory(p *reconcile.Package, class reconcile.Class) error {
	m.accounts[p.AccountID] = true
	if p.Live() {
		m.Wix.LivePackages++
	}
	m.Wix.Instances += len(p.Instances)
	for i := range p.Instances {
		if p.Instances[i].Status.Live() {
			m.Wix.LiveInstances++
		}
	}
	record := appendKey(appendKey(appendKey(nil, p.AccountID), p.ExternalID), p.ID)
	return m.inventory.add(appendPackage(append(record, byte(class)), p))
}

// countGroup counts the ledger side of a group.
func (m *matcher) countGroup(g *group) {
	if g.externalID != "" && len(g.Lines)+len(g.Bad) > 0 {
		m.Ledger.Subscriptions++
	}
	for i := range g.Lines {
		if g.Lines[i].Phase(m.rules.AsOf) == reconcile.PhaseActive {
			m.Ledger.ActiveRows++
		}
	}
}

// setCounts sets the counts of both sides.
func (m *matcher) setCounts(rows, badRows, packages int) {
	m.Ledger.Rows, m.Ledger.BadRows, m.Wix.Packages = rows, badRows, packages
	m.Ledger.Classes, m.Wix.Classes = make(map[string]int), make(map[string]int)
	for _, c := range reconcile.Classes() {
		m.Ledger.Classes[c.String()] = m.census.Rows[c]
		m.Wix.Classes[c.String()] = m.census.Packages[c]
	}
	m.Wix.Accounts = len(m.accounts)
	m.Tally.Round()
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
			d := decoder{b: record}
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
// until the context ends. It can be called any number of times.
func (r *Result) Inventory(ctx context.Context) iter.Seq2[reconcile.ClassifiedPackage, error] {
	return func(yield func(reconcile.ClassifiedPackage, error) bool) {
		for record, err := range r.inventory.all(ctx) {
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
