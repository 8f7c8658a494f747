package join

import (
	"github.com/wixrecon/wixrecon/reconcile"
)

// A group is a reconcile.Group that is read from a part.
type group struct {
	reconcile.Group
	externalID string   // empty: a bad row or a package without one
	bodies     []string // the records of the lines, then of the packages, without their heads
	instances  []reconcile.Instance
}

// unmatchedSubscription reports whether the group is a subscription without a
// package and takes part in linking.
func (g *group) unmatchedSubscription() bool {
	return len(g.Lines) > 0 && len(g.Packages) == 0 && len(g.Bad) == 0
}

// unmatchedPackages reports whether the group has only packages, which take part
// in linking.
func (g *group) unmatchedPackages() bool { return len(g.Lines) == 0 && len(g.Bad) == 0 }

func (g *group) reset() {
	g.Lines, g.Bad, g.Packages, g.Shared = g.Lines[:0], g.Bad[:0], g.Packages[:0], g.Shared[:0]
	g.SetLink(reconcile.LinkResult{}, nil)
	g.Set = ""
	g.bodies, g.instances = g.bodies[:0], g.instances[:0]
}

// read reads a group from the index.
func (g *group) read(x *index, from *groupEntry, d *decoder, shared map[sharedName]bool) error {
	g.reset()
	g.externalID = from.externalID
	for n := from.first; n >= 0 && d.err == nil; n = x.entries[n].next {
		if e := &x.entries[n]; e.kind != recordPackage {
			d.reset(x.text[e.body:e.end])
			g.readRow(e.kind, d)
		}
	}
	g.addShared(from.hash, shared)
	for n := from.first; n >= 0 && d.err == nil; n = x.entries[n].next {
		if e := &x.entries[n]; e.kind == recordPackage {
			d.reset(x.text[e.body:e.end])
			g.readPackage(d)
		}
	}
	return d.err
}

// readRow reads a row.
func (g *group) readRow(kind byte, d *decoder) {
	if kind == recordBad {
		g.Bad = append(g.Bad, d.badRow(g.externalID))
		return
	}
	g.bodies = append(g.bodies, d.b)
	g.Lines = append(g.Lines, d.line(g.externalID))
}

// readPackage reads a package.
func (g *group) readPackage(d *decoder) {
	d.int() // the order, which the index has seen
	g.bodies = append(g.bodies, d.b)
	g.Packages = append(g.Packages, d.pkg(g.externalID, &g.instances))
}
