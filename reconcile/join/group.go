package join

import (
	"context"
	"iter"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A group is a reconcile.Group that is read from a sorter.
type group struct {
	reconcile.Group
	externalID string // empty: bad rows or a package without one
}

// unmatchedSubscription reports whether the group is a subscription without a
// package and takes part in linking.
func (g *group) unmatchedSubscription() bool {
	return len(g.Lines) > 0 && len(g.Packages) == 0 && len(g.Bad) == 0
}

// unmatchedPackages reports whether the group has only packages, which take part
// in linking.
func (g *group) unmatchedPackages() bool { return len(g.Lines) == 0 && len(g.Bad) == 0 }

// allGroups returns the groups ordered by external id, in the same order each
// time. A group is valid until the next one. Packages under an external id that
// no row has come one at a time, because there may be a million of them.
func (t *Table) allGroups(ctx context.Context) iter.Seq2[*group, error] {
	return func(yield func(*group, error) bool) {
		g, key := &group{}, []byte(nil)
		for record, err := range t.groups.all(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			d := decoder{b: record}
			id := d.groupKey()
			groupKey := record[:len(record)-len(d.b)]
			if key != nil && (string(groupKey) != string(key) || g.unmatchedPackages() && len(g.Packages) > 0) {
				if !yield(g, nil) {
					return
				}
				g.reset()
			}
			key = append(key[:0], groupKey...)
			g.externalID = id
			if g.read(&d); d.err != nil {
				yield(nil, d.err)
				return
			}
		}
		if key != nil {
			yield(g, nil)
		}
	}
}

// groupKey reads what appendGroupKey wrote and returns the external id.
func (d *decoder) groupKey() string {
	hasExternalID := d.byte() == 1
	if key := d.key(); hasExternalID {
		return key
	}
	return ""
}

func (g *group) reset() {
	g.Lines, g.Bad, g.Packages, g.Shared = g.Lines[:0], g.Bad[:0], g.Packages[:0], g.Shared[:0]
	g.Link, g.LiveCandidate = reconcile.ByExternalID, false
}

// read adds one record to the group.
func (g *group) read(d *decoder) {
	switch d.byte() {
	case recordShared:
		g.Shared = append(g.Shared, reconcile.SharedID{Field: d.string(), ID: d.string()})
	case recordLine:
		g.Lines = append(g.Lines, d.line(g.externalID))
	case recordBad:
		g.Bad = append(g.Bad, d.badRow(g.externalID))
	case recordPackage:
		g.Packages = append(g.Packages, d.pkg())
	default:
		d.fail()
	}
}
