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
	keys          *sorter // rule, key, source, shape and id where a key has them, number
	record        []byte
	subscriptions int // their number
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
func (u *unmatched) addPackage(p *reconcile.Package, keys []reconcile.LinkKey) (number int, err error) {
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
	for i := range keys {
		key := &keys[i]
		if key.Claim {
			if err := u.addKey(key, keyClaim, 0); err != nil {
				return err
			}
		}
		if err := u.addKey(key, source(key), number); err != nil {
			return err
		}
	}
	return nil
}

func (u *unmatched) addKey(key *reconcile.LinkKey, source byte, number int) error {
	value := keyOf(key.Value)
	b := append(append(append(u.record[:0], byte(key.Rule)), value[:]...), source)
	switch key.Rule {
	case reconcile.ByPossible:
		b = append(appendHash(appendHash(b, key.Shape.Product), key.Shape.Site), key.ID...)
	case reconcile.ByNearID:
		b = append(b, key.ID...)
	}
	u.record = binary.BigEndian.AppendUint32(b, uint32(number))
	return u.keys.add(u.record)
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
			key, source, candidate := splitKey(record)
			if last != nil && string(key) != string(last) {
				if !yield(&c, nil) {
					return
				}
				c.Subscriptions, c.Packages, c.Claimed = c.Subscriptions[:0], c.Packages[:0], false
			}
			last = append(last[:0], key...)
			c.rule = reconcile.LinkRule(key[0])
			c.add(source, candidate)
		}
		if last != nil {
			yield(&c, nil)
		}
	}
}

// splitKey splits a record that addKey wrote.
func splitKey(record []byte) (key []byte, source byte, c reconcile.Candidate) {
	const keySize = 1 + len(idKey{})
	key, source = record[:keySize], record[keySize]
	rest, number := record[keySize+1:len(record)-4], record[len(record)-4:]
	if reconcile.LinkRule(key[0]) == reconcile.ByPossible {
		c.Shape = reconcile.Shape{Product: binary.BigEndian.Uint64(rest), Site: binary.BigEndian.Uint64(rest[8:])}
		rest = rest[16:]
	}
	c.ID, c.Index = string(rest), int(binary.BigEndian.Uint32(number))
	return key, source, c
}

func (c *candidates) add(source byte, candidate reconcile.Candidate) {
	switch source {
	case keyClaim:
		c.Claimed = true
	case keyDeadPackage, keyLivePackage:
		candidate.Live = source == keyLivePackage
		c.Packages = append(c.Packages, candidate)
	default:
		candidate.Ended = source == keyEndedRow
		c.Subscriptions = append(c.Subscriptions, candidate)
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
	number, err := w.unmatched.addPackage(p, w.rules.PackageKeys(p))
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
