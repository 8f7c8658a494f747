package join

import (
	"context"
	"iter"

	"github.com/wixrecon/wixrecon/reconcile"
)

// group is a group as it lies in the sorter.
type group struct {
	reconcile.Group
	externalID string // empty: bad rows or a package without one
}

// leftSubscription reports whether the group is a subscription that is left
// over: it takes part in linking.
func (g *group) leftSubscription() bool {
	return len(g.Lines) > 0 && len(g.Packages) == 0 && len(g.Bad) == 0
}

// leftPackages reports whether the packages of the group are left over.
func (g *group) leftPackages() bool { return len(g.Lines) == 0 && len(g.Bad) == 0 }

// eachGroup gives the groups in the order of their external ids, the same order
// each time. A group is valid until the next. Packages under an id that no row
// has come one by one: nothing joins them, and there may be a million.
func (t *Table) eachGroup(ctx context.Context) iter.Seq2[*group, error] {
	return func(yield func(*group, error) bool) {
		g, key := &group{}, []byte(nil)
		for record, err := range t.groups.all(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			d := decoder{b: record}
			id := d.groupKey()
			own := record[:len(record)-len(d.b)]
			if key != nil && (string(own) != string(key) || g.leftPackages() && len(g.Packages) > 0) {
				if !yield(g, nil) {
					return
				}
				g.reset()
			}
			key = append(key[:0], own...)
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

func (d *decoder) groupKey() string {
	if named := d.byte() == 1; named {
		return d.key()
	}
	d.key()
	return ""
}

func (g *group) reset() {
	g.Lines, g.Bad, g.Packages, g.Shared = g.Lines[:0], g.Bad[:0], g.Packages[:0], g.Shared[:0]
	g.Link, g.Live = reconcile.BySameID, false
}

// read adds one record to the group.
func (g *group) read(d *decoder) {
	switch d.byte() {
	case sideShared:
		g.Shared = append(g.Shared, reconcile.SharedID{Field: d.string(), ID: d.string()})
	case sideLine:
		g.Lines = append(g.Lines, d.line(g.externalID))
	case sideBad:
		g.Bad = append(g.Bad, d.badRow(g.externalID))
	case sidePackage:
		g.Packages = append(g.Packages, d.pkg())
	default:
		d.fail()
	}
}
