package join

import (
	"context"
	"encoding/binary"
	"iter"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The first pass over the groups collects the link keys of unmatched
// subscriptions and packages, the claims of matched subscriptions, and the
// shields of bad rows. Unmatched subscriptions and packages are numbered in the
// order of the groups; the second pass numbers them in the same way.

// unmatched is the result of the first pass.
type unmatched struct {
	rules         *reconcile.Rules
	shields       reconcile.Shields
	keys          *sorter // rule, key, source, index
	subscriptions int     // their number
	packages      int
}

// What a key comes from.
const (
	keyClaim byte = iota
	keyCurrentRow
	keyEndedRow
	keyDeadPackage
	keyLivePackage
)

// findUnmatched runs the first pass.
func (t *Table) findUnmatched(ctx context.Context, rules *reconcile.Rules) (*unmatched, error) {
	u := &unmatched{rules: rules, keys: t.newSorter()}
	for g, err := range t.allGroups(ctx) {
		if err != nil {
			return nil, err
		}
		if err := u.addGroup(g); err != nil {
			return nil, err
		}
	}
	return u, nil
}

func (u *unmatched) addGroup(g *group) error {
	switch {
	case len(g.Bad) > 0:
		u.shields.AddGroup(&g.Group)
		return nil
	case g.unmatchedSubscription():
		for _, key := range u.rules.SubscriptionKeys(g.Lines) {
			source := keyCurrentRow
			if key.Ended {
				source = keyEndedRow
			}
			if err := u.addKey(key, source, u.subscriptions); err != nil {
				return err
			}
		}
		u.subscriptions++
	case g.unmatchedPackages():
		return u.addPackages(g)
	default:
		for _, key := range u.rules.ClaimKeys(g.Lines, g.Packages) {
			if err := u.addKey(key, keyClaim, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

func (u *unmatched) addPackages(g *group) error {
	for i := range g.Packages {
		u.shields.AddPackage(&g.Packages[i])
		for _, key := range reconcile.PackageKeys(&g.Packages[i]) {
			if key.Claim {
				if err := u.addKey(key, keyClaim, 0); err != nil {
					return err
				}
			}
			source := keyDeadPackage
			if key.Live {
				source = keyLivePackage
			}
			if err := u.addKey(key, source, u.packages); err != nil {
				return err
			}
		}
		u.packages++
	}
	return nil
}

func (u *unmatched) addKey(key reconcile.LinkKey, source byte, index int) error {
	record := append(appendKey([]byte{byte(key.Rule)}, key.Value), source)
	return u.keys.add(binary.BigEndian.AppendUint32(record, uint32(index)))
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
			key, source, index := splitKey(record)
			if last != nil && string(key) != string(last) {
				if !yield(&c, nil) {
					return
				}
				c.Subscriptions, c.Packages, c.Claimed = c.Subscriptions[:0], c.Packages[:0], false
			}
			last = append(last[:0], key...)
			c.rule = reconcile.LinkRule(key[0])
			c.add(source, index)
		}
		if last != nil {
			yield(&c, nil)
		}
	}
}

// splitKey splits a record that addKey wrote.
func splitKey(record []byte) (key []byte, source byte, index int) {
	end := len(record) - 5
	return record[:end], record[end], int(binary.BigEndian.Uint32(record[end+1:]))
}

func (c *candidates) add(source byte, index int) {
	switch source {
	case keyClaim:
		c.Claimed = true
	case keyDeadPackage, keyLivePackage:
		c.Packages = append(c.Packages, reconcile.Candidate{Index: index, Live: source == keyLivePackage})
	default:
		c.Subscriptions = append(c.Subscriptions, reconcile.Candidate{Index: index, Ended: source == keyEndedRow})
	}
}
