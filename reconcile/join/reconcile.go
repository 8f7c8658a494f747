package join

import (
	"context"
	"sync"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The groups are matched part by part, by several goroutines. Unmatched
// subscriptions and packages are set aside until the keys of all of them are known
// and linked; then they are matched too, the linked ones in pairs.

// A matcher matches the groups of a Table and collects the Result.
type matcher struct {
	*Result
	table      *Table
	rules      reconcile.Rules
	superseded *store // orders of copies, by the part of their group
	shared     *store // names of shared ids, by the part of their group
	unmatched  *unmatched
	linker     *reconcile.Linker
	sets       reconcile.Sets // names of ambiguities
	linked     *store         // linked subscriptions and packages, by the subscription's number
	census     reconcile.Census

	mu sync.Mutex // guards the tally and the sorters of the Result
}

// Reconcile matches both sides, after all writers were closed.
func (t *Table) Reconcile(ctx context.Context, rules reconcile.Rules) (*Result, error) {
	m, packages, err := t.newMatcher(ctx, &rules)
	if err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{m.matchGroups, m.link, m.nameSets, m.matchAside, m.matchLinked} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	if err := checkCensus(&m.census, t.rows, packages); err != nil {
		return nil, err
	}
	m.setCounts(&m.census, t.rows, t.badRows, packages)
	return m.Result, nil
}

// newMatcher finds out what must be known of the whole before a group can be
// matched. It returns the number of distinct packages too.
func (t *Table) newMatcher(ctx context.Context, rules *reconcile.Rules) (m *matcher, packages int, err error) {
	m = &matcher{
		Result: &Result{
			Tally: reconcile.NewTally(), Silenced: make(map[int]int), Accounts: make(map[string]int), parent: rules.Parent,
			findings: t.newSorter(), carried: &t.carried, texts: &t.texts,
		},
		table: t, rules: *rules, linked: t.newStore(), sets: make(reconcile.Sets),
		unmatched: &unmatched{aside: t.newStore(), keys: t.newSorter()},
	}
	if t.options.Inventory {
		m.inventory = t.newSorter()
	}
	m.rules.Mangled = &t.mangled
	copies := 0
	if m.superseded, copies, err = t.findSuperseded(ctx); err != nil {
		return nil, 0, err
	}
	if m.shared, err = t.findShared(ctx); err != nil {
		return nil, 0, err
	}
	m.rules.Shields, err = t.shields(ctx)
	return m, t.packages - copies, err
}

// shields returns what the rows of subscriptions with a bad row shield.
func (t *Table) shields(ctx context.Context) (*reconcile.Shields, error) {
	all := &reconcile.Shields{}
	if len(t.spoiled) == 0 {
		return all, nil
	}
	var mu sync.Mutex
	err := t.eachPart(ctx, func(_, part int) error {
		d := decoder{texts: t.texts.all}
		return t.groups.each(part, func(record []byte) error {
			if !t.spoiled[recordHash(record)] || record[8]&^recordAlone == recordPackage {
				return nil
			}
			d.reset(string(record))
			mu.Lock()
			defer mu.Unlock()
			h := d.head()
			if h.kind == recordBad {
				bad := d.badRow(h.externalID)
				all.AddBad(&bad)
			} else {
				line := d.line(h.externalID)
				all.AddLine(&line)
			}
			return d.err
		})
	})
	return all, err
}

// link links what is unmatched.
func (m *matcher) link(ctx context.Context) (err error) {
	for i := range m.unmatched.unreadable {
		m.rules.Shields.AddPackage(&m.unmatched.unreadable[i])
	}
	m.linker, err = m.unmatched.link(ctx)
	return err
}

// eachPart calls do for every part, with a worker for each goroutine, and adds up
// what they counted.
func (m *matcher) eachPart(ctx context.Context, do func(w *worker, part int) error) error {
	workers := make([]*worker, m.table.options.Workers)
	for i := range workers {
		workers[i] = m.newWorker()
	}
	err := m.table.eachPart(ctx, func(i, part int) error { return do(workers[i], part) })
	for _, w := range workers {
		m.addCounts(&m.census, &w.counter)
		for _, d := range []*dealer{&w.aside, &w.linked} {
			if closeErr := d.close(); err == nil {
				err = closeErr
			}
		}
	}
	return err
}

// nameSets names the ambiguities, before what is set aside is matched.
func (m *matcher) nameSets(ctx context.Context) error {
	if !m.linker.HasAmbiguous() {
		return nil
	}
	return m.eachPart(ctx, func(w *worker, part int) error { return m.unmatched.aside.each(part, w.nameSet) })
}

func (m *matcher) matchGroups(ctx context.Context) error {
	return m.eachPart(ctx, func(w *worker, part int) error {
		defer m.table.groups.release(part)
		return w.matchPart(ctx, part)
	})
}

// matchAside matches what is set aside, but for the linked subscriptions and
// packages, which it brings together.
func (m *matcher) matchAside(ctx context.Context) error {
	return m.eachPart(ctx, func(w *worker, part int) error {
		defer m.unmatched.aside.release(part)
		return m.unmatched.aside.each(part, w.matchAside)
	})
}

// matchLinked matches the linked groups, each a subscription and a package.
func (m *matcher) matchLinked(ctx context.Context) error {
	return m.eachPart(ctx, func(w *worker, part int) error {
		defer m.linked.release(part)
		return w.matchLinkedPart(part)
	})
}
