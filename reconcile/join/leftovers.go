package join

import (
	"context"
	"encoding/binary"
	"iter"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The first look over the groups: what is left over offers its keys, what is
// joined claims ids from outside, and what can't be decided shields. Leftovers
// are numbered as they come; the second look counts them the same way.

// leftovers is what the first look finds.
type leftovers struct {
	rules         *reconcile.Rules
	keys          *sorter // rule, key, side, number
	subscriptions int
	packages      int
}

// sides of a key.
const (
	keyForeign byte = iota
	keyStanding
	keyEnded
	keyDeadPackage
	keyLivePackage
)

func (t *Table) firstLook(ctx context.Context, rules *reconcile.Rules) (*leftovers, error) {
	rules.Shields = &reconcile.Shields{}
	left := &leftovers{rules: rules, keys: t.sorter()}
	for g, err := range t.eachGroup(ctx) {
		if err != nil {
			return nil, err
		}
		if err := left.look(g); err != nil {
			return nil, err
		}
	}
	return left, nil
}

func (l *leftovers) look(g *group) error {
	switch {
	case len(g.Bad) > 0:
		l.shield(g)
		return nil
	case g.leftSubscription():
		for _, key := range l.rules.SubscriptionKeys(g.Lines) {
			side := keyStanding
			if key.Ended {
				side = keyEnded
			}
			if err := l.add(key, side, l.subscriptions); err != nil {
				return err
			}
		}
		l.subscriptions++
	case g.leftPackages():
		return l.lookAtPackages(g)
	default:
		for _, key := range l.rules.ForeignKeys(g.Lines, g.Packages) {
			if err := l.add(key, keyForeign, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *leftovers) lookAtPackages(g *group) error {
	for i := range g.Packages {
		for _, key := range reconcile.PackageKeys(&g.Packages[i]) {
			side := keyDeadPackage
			if key.Live {
				side = keyLivePackage
			}
			if err := l.add(key, side, l.packages); err != nil {
				return err
			}
		}
		l.packages++
	}
	return nil
}

func (l *leftovers) shield(g *group) {
	for i := range g.Bad {
		l.rules.Shields.AddBad(&g.Bad[i])
	}
	for i := range g.Lines {
		l.rules.Shields.AddLine(&g.Lines[i])
	}
}

func (l *leftovers) add(key reconcile.LinkKey, side byte, number int) error {
	record := append(appendKey([]byte{byte(key.Rule)}, key.Value), side)
	return l.keys.add(binary.BigEndian.AppendUint32(record, uint32(number)))
}

// link looks for claims first, and then runs the passes over the keys, which
// lie in their order.
func (l *leftovers) link(ctx context.Context) (*reconcile.Linker, error) {
	linker := reconcile.NewLinker(l.subscriptions, l.packages)
	for c, err := range l.eachKey(ctx) {
		if err != nil {
			return nil, err
		}
		linker.Claim(c.Candidates)
	}
	rules := reconcile.LinkRules()
	for c, err := range l.eachKey(ctx) {
		if err != nil {
			return nil, err
		}
		for rules[0] != c.rule {
			linker.EndPass(rules[0])
			rules = rules[1:]
		}
		linker.Offer(c.rule, c.Candidates)
	}
	for _, rule := range rules {
		linker.EndPass(rule)
	}
	l.keys.close()
	return linker, nil
}

// candidates are those of one key, and the rule of its pass.
type candidates struct {
	reconcile.Candidates
	rule reconcile.LinkRule
}

// eachKey gives the candidates of each key, valid until the next.
func (l *leftovers) eachKey(ctx context.Context) iter.Seq2[*candidates, error] {
	return func(yield func(*candidates, error) bool) {
		var c candidates
		var last []byte
		for record, err := range l.keys.all(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			key, side, number := splitKey(record)
			if last != nil && string(key) != string(last) {
				if !yield(&c, nil) {
					return
				}
				c.Subscriptions, c.Packages, c.Foreign = c.Subscriptions[:0], c.Packages[:0], false
			}
			last = append(last[:0], key...)
			c.rule = reconcile.LinkRule(key[0])
			c.add(side, number)
		}
		if last != nil {
			yield(&c, nil)
		}
	}
}

// splitKey takes a record of the key sorter apart.
func splitKey(record []byte) (key []byte, side byte, number int) {
	end := len(record) - 5
	return record[:end], record[end], int(binary.BigEndian.Uint32(record[end+1:]))
}

func (c *candidates) add(side byte, number int) {
	switch side {
	case keyForeign:
		c.Foreign = true
	case keyDeadPackage, keyLivePackage:
		c.Packages = append(c.Packages, reconcile.Candidate{Number: number, Live: side == keyLivePackage})
	default:
		c.Subscriptions = append(c.Subscriptions, reconcile.Candidate{Number: number, Ended: side == keyEnded})
	}
}
