package join

import (
	"encoding/binary"

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
	keyPackage
)

func (t *Table) firstLook(rules *reconcile.Rules) (*leftovers, error) {
	rules.Shields = &reconcile.Shields{}
	left := &leftovers{rules: rules, keys: t.sorter()}
	for g, err := range t.eachGroup() {
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
			if err := l.add(key, keyPackage, l.packages); err != nil {
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

// link runs the passes over the keys, which lie in the order of the passes.
func (l *leftovers) link() (*reconcile.Linker, error) {
	linker := reconcile.NewLinker(l.subscriptions, l.packages)
	rules := reconcile.LinkRules()
	var offered reconcile.Candidates
	var last []byte
	offer := func() {
		if last != nil {
			linker.Offer(reconcile.LinkRule(last[0]), offered)
			offered = reconcile.Candidates{Subscriptions: offered.Subscriptions[:0], Packages: offered.Packages[:0]}
		}
	}
	for record, err := range l.keys.all() {
		if err != nil {
			return nil, err
		}
		key, side, number := splitKey(record)
		if string(key) != string(last) {
			offer()
			for rules[0] != reconcile.LinkRule(key[0]) {
				linker.EndPass(rules[0])
				rules = rules[1:]
			}
			last = append(last[:0], key...)
		}
		addCandidate(&offered, side, number)
	}
	offer()
	for _, rule := range rules {
		linker.EndPass(rule)
	}
	l.keys.close()
	return linker, nil
}

// splitKey takes a record of the key sorter apart.
func splitKey(record []byte) (key []byte, side byte, number int) {
	end := len(record) - 5
	return record[:end], record[end], int(binary.BigEndian.Uint32(record[end+1:]))
}

func addCandidate(c *reconcile.Candidates, side byte, number int) {
	switch side {
	case keyForeign:
		c.Foreign = true
	case keyPackage:
		c.Packages = append(c.Packages, number)
	default:
		c.Subscriptions = append(c.Subscriptions, reconcile.Offer{Subscription: number, Ended: side == keyEnded})
	}
}
