package join

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A worker matches groups, for one goroutine.
type worker struct {
	*matcher
	decoder
	counter
	group   group
	index   index
	encoder *encoder
	aside   dealer
	linked  dealer
	record  []byte
}

func (m *matcher) newWorker() *worker {
	return &worker{
		matcher: m, decoder: decoder{texts: m.table.texts.all}, counter: counter{accounts: make(map[string]int)},
		encoder: newEncoder(&m.table.texts), aside: dealer{store: m.unmatched.aside}, linked: dealer{store: m.linked},
	}
}

// matchAside matches one record that was set aside, or deals it on if it is linked.
func (w *worker) matchAside(record []byte) error {
	text := string(record)
	w.reset(text)
	number := int(w.uint())
	rest := w.b
	subscription := rest != "" && rest[0] == asideSubscription
	link := w.linkOf(subscription, number)
	if link.Linked() {
		if !subscription {
			number = link.Peer
		}
		w.record = append(binary.AppendUvarint(w.record[:0], uint64(number)), rest...)
		return w.linked.add(numberHash(number), w.record)
	}
	w.group.reset()
	w.group.readAside(&w.decoder)
	if w.err != nil {
		return w.err
	}
	w.group.SetLink(link, w.sets)
	return w.match(&w.group.Group)
}

// nameSet adds one record that was set aside to the set that it is ambiguous in.
func (w *worker) nameSet(record []byte) error {
	w.reset(string(record))
	number := int(w.uint())
	subscription := w.b != "" && w.b[0] == asideSubscription
	link := w.linkOf(subscription, number)
	if link.Set == 0 {
		return nil
	}
	w.byte() // the kind
	externalID, packageID := w.string(), ""
	if !subscription {
		packageID = w.string()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sets.Add(link, externalID, packageID)
	return w.err
}

func (w *worker) linkOf(subscription bool, number int) reconcile.LinkResult {
	if subscription {
		return w.linker.Subscription(number)
	}
	return w.linker.Package(number)
}

// matchLinkedPart matches the linked groups of a part.
func (w *worker) matchLinkedPart(part int) error {
	type side struct {
		number int
		record string
	}
	var sides []side
	err := w.matcher.linked.each(part, func(record []byte) error {
		w.reset(string(record))
		number := int(w.uint())
		sides = append(sides, side{number, w.b})
		return w.err
	})
	if err != nil {
		return err
	}
	slices.SortFunc(sides, func(a, b side) int { return a.number - b.number })
	for first := 0; first < len(sides); first += 2 {
		w.group.reset()
		for _, s := range sides[first:min(first+2, len(sides))] {
			w.reset(s.record)
			w.group.readAside(&w.decoder)
		}
		if w.err != nil {
			return w.err
		}
		w.group.Link = w.linker.Subscription(sides[first].number).Rule
		if err := w.match(&w.group.Group); err != nil {
			return err
		}
	}
	return nil
}

// match matches one group and collects its result.
func (w *worker) match(g *reconcile.Group) error {
	result := w.rules.Match(g)
	w.counter.census.Add(&result.Census)
	w.wix.MatchedPairs += result.Pairs
	for i := range g.Packages {
		w.addPackage(&g.Packages[i])
	}
	if err := w.addFindings(result.Findings); err != nil {
		return err
	}
	for i := range g.Packages {
		if err := w.addToInventory(&g.Packages[i], result.Classes[i]); err != nil {
			return err
		}
	}
	return nil
}

// addFindings adds the findings that are in scope.
func (w *worker) addFindings(findings []reconcile.Finding) error {
	for i := range findings {
		f := &findings[i]
		if !w.rules.Coverage.InScope(f.AccountID) {
			continue
		}
		w.record = appendFinding(w.record[:0], f)
		if err := w.addFinding(f, w.record); err != nil {
			return err
		}
	}
	return nil
}

func (m *matcher) addFinding(f *reconcile.Finding, record []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.Tally.Add(f)
	if f.Exception > 0 {
		m.Silenced[f.Exception]++
	}
	return m.findings.add(record)
}

// addToInventory adds a package to the inventory, where that was asked for.
func (w *worker) addToInventory(p *reconcile.Package, class reconcile.Class) error {
	if w.inventory == nil {
		return nil
	}
	w.record = appendKey(appendKey(appendKey(w.record[:0], p.AccountID), p.ExternalID), p.ID)
	w.record = w.encoder.appendPackage(append(w.record, byte(class)), p)
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.inventory.add(w.record)
}

// addTo counts an account. The map has a copy of the name, which may be a part of
// something large.
func addTo(counts map[string]int, account string) {
	if n, known := counts[account]; known {
		counts[account] = n + 1
		return
	}
	counts[strings.Clone(account)] = 1
}

// bitsFor returns the number of bits that make slices of a part small enough.
func bitsFor(size, limit int) int { return min(16, bits.Len(uint(size/max(1, limit)))) }
