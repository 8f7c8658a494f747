package join

import (
	"context"
	"encoding/binary"
	"iter"
	"strings"
	"sync"

	"github.com/wixrecon/wixrecon/reconcile"
)

// While the groups are matched, unmatched subscriptions and packages are numbered
// and set aside with their link keys. What matched subscriptions claim is added to
// the keys. Numbers have no meaning: they depend on which goroutine was first.

// unmatched is what is known of the unmatched subscriptions and packages of a
// Table. It is safe for concurrent use.
type unmatched struct {
	aside *store // their records, by number

	mu            sync.Mutex
	keys          *sorter // rule, key, source, number
	subscriptions int     // their number
	packages      int
	unreadable    []reconcile.Package // only the accounts of packages whose external id can't be read
}

// What a key comes from.
const (
	keyClaim byte = iota
	keyCurrentRow
	keyEndedRow
	keyDeadPackage
	keyLivePackage
)

// addClaims adds the keys that a matched subscription claims.
func (u *unmatched) addClaims(keys []reconcile.LinkKey) error {
	if len(keys) == 0 {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.addKeys(keys, 0, func(*reconcile.LinkKey) byte { return keyClaim })
}

// addSubscription adds the keys of an unmatched subscription and returns its
// number.
func (u *unmatched) addSubscription(keys []reconcile.LinkKey) (number int, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	number = u.subscriptions
	u.subscriptions++
	return number, u.addKeys(keys, number, func(key *reconcile.LinkKey) byte {
		if key.Ended {
			return keyEndedRow
		}
		return keyCurrentRow
	})
}

// addPackage adds the keys of an unmatched package and returns its number.
func (u *unmatched) addPackage(p *reconcile.Package) (number int, err error) {
	keys := reconcile.PackageKeys(p)
	u.mu.Lock()
	defer u.mu.Unlock()
	number = u.packages
	u.packages++
	if p.UnreadableID {
		u.unreadable = append(u.unreadable, reconcile.Package{AccountID: strings.Clone(p.AccountID), UnreadableID: true})
	}
	return number, u.addKeys(keys, number, func(key *reconcile.LinkKey) byte {
		if key.Live {
			return keyLivePackage
		}
		return keyDeadPackage
	})
}

// addKeys adds a record for each key: its rule, the value as an idKey, what it
// comes from, and the number.
func (u *unmatched) addKeys(keys []reconcile.LinkKey, number int, source func(*reconcile.LinkKey) byte) error {
	var record [1 + len(idKey{}) + 1 + 4]byte
	for i := range keys {
		value := keyOf(keys[i].Value)
		b := append(append(record[:0], byte(keys[i].Rule)), value[:]...)
		if keys[i].Claim {
			if err := u.keys.add(binary.BigEndian.AppendUint32(append(b, keyClaim), 0)); err != nil {
				return err
			}
		}
		if err := u.keys.add(binary.BigEndian.AppendUint32(append(b, source(&keys[i])), uint32(number))); err != nil {
			return err
		}
	}
	return nil
}

// link adds all claims and then runs the link passes. The keys are sorted in the
// order of the passes.
func (u *unmatched) link(ctx context.Context) (*reconcile.Linker, error) {
	linker := reconcile.NewLinker(u.subscriptions, u.packages)
	for c, err := range u.allCandidates(ctx) {
		if err != nil {
			return nil, err
		}
		linker.AddClaim(c.Candidates)
	}
	rules := reconcile.LinkRules()
	for c, err := range u.allCandidates(ctx) {
		if err != nil {
			return nil, err
		}
		for rules[0] != c.rule {
			linker.EndPass(rules[0])
			rules = rules[1:]
		}
		linker.AddCandidates(c.rule, c.Candidates)
	}
	for _, rule := range rules {
		linker.EndPass(rule)
	}
	u.keys.close()
	return linker, nil
}

// candidates are the candidates of one key, and its rule.
type candidates struct {
	reconcile.Candidates
	rule reconcile.LinkRule
}

// allCandidates returns the candidates of each key. They are valid until the next
// ones.
func (u *unmatched) allCandidates(ctx context.Context) iter.Seq2[*candidates, error] {
	return func(yield func(*candidates, error) bool) {
		var c candidates
		var last []byte
		for record, err := range u.keys.all(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			key, source, number := splitKey(record)
			if last != nil && string(key) != string(last) {
				if !yield(&c, nil) {
					return
				}
				c.Subscriptions, c.Packages, c.Claimed = c.Subscriptions[:0], c.Packages[:0], false
			}
			last = append(last[:0], key...)
			c.rule = reconcile.LinkRule(key[0])
			c.add(source, number)
		}
		if last != nil {
			yield(&c, nil)
		}
	}
}

// splitKey splits a record that addKeys wrote.
func splitKey(record []byte) (key []byte, source byte, number int) {
	end := len(record) - 5
	return record[:end], record[end], int(binary.BigEndian.Uint32(record[end+1:]))
}

func (c *candidates) add(source byte, number int) {
	switch source {
	case keyClaim:
		c.Claimed = true
	case keyDeadPackage, keyLivePackage:
		c.Packages = append(c.Packages, reconcile.Candidate{Index: number, Live: source == keyLivePackage})
	default:
		c.Subscriptions = append(c.Subscriptions, reconcile.Candidate{Index: number, Ended: source == keyEndedRow})
	}
}

// setAside keeps an unmatched subscription: its number, external id, rows and
// shared ids.
func (w *worker) setAside(g *group) error {
	u := w.unmatched
	number, err := u.addSubscription(w.rules.SubscriptionKeys(g.Lines))
	if err != nil {
		return err
	}
	b := appendString(append(binary.AppendUvarint(w.record[:0], uint64(number)), asideSubscription), g.externalID)
	b = appendInt(b, int64(len(g.Lines)))
	for _, body := range g.bodies {
		b = append(binary.AppendUvarint(b, uint64(len(body))), body...)
	}
	b = appendInt(b, int64(len(g.Shared)))
	for _, shared := range g.Shared {
		b = appendString(appendString(b, shared.Field), shared.ID)
	}
	w.record = b
	return w.aside.add(numberHash(number), b)
}

// setPackageAside keeps an unmatched package: its number, external id and record.
func (w *worker) setPackageAside(p *reconcile.Package, body string) error {
	number, err := w.unmatched.addPackage(p)
	if err != nil {
		return err
	}
	b := appendString(append(binary.AppendUvarint(w.record[:0], uint64(number)), asidePackage), p.JoinID())
	w.record = append(b, body...)
	return w.aside.add(numberHash(number), w.record)
}

// What is set aside.
const (
	asideSubscription byte = iota
	asidePackage
)

// numberHash deals numbers evenly.
func numberHash(number int) uint64 { return mix(uint64(number)+1, 0xd6e8feb86659fd93) }

// readAside reads what follows the number into the group.
func (g *group) readAside(d *decoder) {
	kind, externalID := d.byte(), d.string()
	if kind == asidePackage {
		g.bodies = append(g.bodies, d.b)
		g.Packages = append(g.Packages, d.pkg(externalID, &g.instances))
		return
	}
	g.externalID = externalID
	for range d.count() {
		body := d.bytes(d.uint())
		rest := d.b
		d.b = body
		if g.Lines = append(g.Lines, d.line(externalID)); d.err == nil {
			d.b = rest
		}
	}
	for range d.count() {
		g.Shared = append(g.Shared, reconcile.SharedID{Field: d.string(), ID: d.string()})
	}
}
