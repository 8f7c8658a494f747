package join

import (
	"context"
	"encoding/binary"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A part is read whole, or in slices where it is too large. An external id that is
// a crowd is never in memory: its records are read one at a time.

// A sifted part is what is known of a part before its groups are read.
type siftedPart struct {
	number     int
	superseded map[int64]bool // orders of copies
	shared     map[sharedName]bool
	crowds     map[string]bool // external ids that are left out of the slices
	bits       int             // there are 1<<bits slices
}

// matchPart matches the groups of a part.
func (w *worker) matchPart(ctx context.Context, number int) error {
	p, err := w.sift(number)
	if err != nil {
		return err
	}
	for externalID := range p.crowds {
		if err := w.matchCrowd(ctx, p, externalID); err != nil {
			return err
		}
	}
	for slice := range 1 << p.bits {
		text, err := w.table.groups.text(number, slice, p.bits, p.crowds)
		if err != nil {
			return err
		}
		if err := w.index.build(text, p.superseded); err != nil {
			return err
		}
		if err := w.matchIndexed(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// matchIndexed matches the groups of the index.
func (w *worker) matchIndexed(ctx context.Context, p *siftedPart) error {
	for i := range w.index.groups {
		if i%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		g := &w.index.groups[i]
		if w.isCrowd(g.rows, g.packages) {
			if err := w.matchCrowd(ctx, p, g.externalID); err != nil {
				return err
			}
			continue
		}
		if err := w.group.read(&w.index, g, &w.decoder, p.shared); err != nil {
			return err
		}
		if err := w.matchGroup(); err != nil {
			return err
		}
	}
	return nil
}

// isCrowd reports whether a group is not read into memory: it is a crowd, or it has
// only packages and many of them.
func (w *worker) isCrowd(rows, packages int) bool { return w.rules.Crowded(max(rows, 1), packages) }

// sift reads what is known of a part, and decides how it is read.
func (w *worker) sift(number int) (*siftedPart, error) {
	p := &siftedPart{number: number, superseded: make(map[int64]bool), shared: make(map[sharedName]bool)}
	defer w.superseded.release(number)
	err := w.superseded.each(number, func(record []byte) error {
		p.superseded[int64(binary.BigEndian.Uint64(record))] = true
		return nil
	})
	if err != nil {
		return nil, err
	}
	defer w.shared.release(number)
	err = w.shared.each(number, func(record []byte) error {
		p.shared[splitNamed(record)] = true
		return nil
	})
	if err != nil {
		return nil, err
	}
	if size, limit := w.table.groups.size(number), w.table.options.part(); size > limit {
		if p.crowds, size, err = w.findCrowds(p); err != nil {
			return nil, err
		}
		p.bits = bitsFor(size, limit)
	}
	return p, nil
}

// findCrowds returns the external ids of a part that are crowds, and the size of the
// other records.
func (w *worker) findCrowds(p *siftedPart) (crowds map[string]bool, rest int, err error) {
	type count struct{ rows, packages, size int }
	counts := make(map[string]*count)
	err = w.eachRecord(p, func(h head) error {
		if h.alone {
			return nil
		}
		c := counts[h.externalID]
		if c == nil {
			c = &count{}
			counts[h.externalID] = c
		}
		c.size += len(w.b)
		if h.kind == recordPackage {
			c.packages++
		} else {
			c.rows++
		}
		return nil
	})
	crowds, rest = make(map[string]bool), w.table.groups.size(p.number)
	for externalID, c := range counts {
		if w.isCrowd(c.rows, c.packages) {
			crowds[externalID] = true
			rest -= c.size
		}
	}
	return crowds, rest, err
}

// eachRecord calls do for the records of a part, but for superseded copies. The
// worker's decoder is after the head; of a package, after its order.
func (w *worker) eachRecord(p *siftedPart, do func(h head) error) error {
	return w.table.groups.each(p.number, func(record []byte) error {
		w.reset(string(record))
		h := w.head()
		if h.kind == recordPackage && p.superseded[w.int()] {
			return nil
		}
		if w.err != nil {
			return w.err
		}
		return do(h)
	})
}

// matchGroup matches the worker's group, or sets it aside.
func (w *worker) matchGroup() error {
	g := &w.group
	if g.externalID != "" && len(g.Lines)+len(g.Bad) > 0 {
		w.ledger.Subscriptions++
	}
	w.addRows(g.Lines, &w.rules)
	switch {
	case g.unmatchedSubscription():
		return w.setAside(g)
	case g.unmatchedPackages():
		for i := range g.Packages {
			if err := w.setPackageAside(&g.Packages[i], g.bodies[i]); err != nil {
				return err
			}
		}
		return nil
	case len(g.Bad) == 0:
		if err := w.unmatched.addClaims(w.rules.ClaimKeys(g.Lines, g.Packages)); err != nil {
			return err
		}
	}
	return w.match(&g.Group)
}

// matchCrowd matches a group that is not in memory, in three passes: it counts the
// rows, collects what the finding shows, and adds claims and classes.
func (w *worker) matchCrowd(ctx context.Context, p *siftedPart, externalID string) error {
	externalID = strings.Clone(externalID)
	rows, bad := 0, false
	err := w.eachOf(ctx, p, externalID, func(kind byte) error {
		if kind != recordPackage {
			rows++
			bad = bad || kind == recordBad
		}
		return nil
	})
	if err != nil {
		return err
	}
	if rows == 0 {
		return w.eachOf(ctx, p, externalID, func(byte) error {
			body := w.b
			pkg := w.pkg(externalID, new([]reconcile.Instance))
			if w.err != nil {
				return w.err
			}
			return w.setPackageAside(&pkg, body)
		})
	}
	w.ledger.Subscriptions++
	return w.matchCrowdedRows(ctx, p, externalID, w.rules.NewCrowd(bad))
}

func (w *worker) matchCrowdedRows(ctx context.Context, p *siftedPart, externalID string, crowd *reconcile.Crowd) error {
	err := w.eachOf(ctx, p, externalID, func(kind byte) error { return w.addToCrowd(crowd, kind, externalID) })
	if err != nil {
		return err
	}
	result := crowd.Result()
	w.counter.census.Add(&result.Census)
	if err := w.addFindings(result.Findings); err != nil {
		return err
	}
	return w.eachOf(ctx, p, externalID, func(kind byte) error {
		switch kind {
		case recordLine:
			line := w.line(externalID)
			return w.unmatched.addClaims(crowd.Claims(&line))
		case recordPackage:
			pkg := w.pkg(externalID, new([]reconcile.Instance))
			return w.addToInventory(&pkg, crowd.Class(pkg.AccountID))
		}
		return nil
	})
}

// addToCrowd adds the record that the decoder is at. Bad rows are reported one by
// one.
func (w *worker) addToCrowd(crowd *reconcile.Crowd, kind byte, externalID string) error {
	switch kind {
	case recordLine:
		line := w.line(externalID)
		crowd.AddLine(&line)
		w.addRows([]reconcile.Line{line}, &w.rules)
	case recordPackage:
		pkg := w.pkg(externalID, new([]reconcile.Instance))
		crowd.AddPackage(&pkg)
		w.addPackage(&pkg)
	default:
		bad := w.badRow(externalID)
		if w.err == nil {
			return w.match(&reconcile.Group{Bad: []reconcile.BadRow{bad}})
		}
	}
	return w.err
}

// eachOf calls do for the records of one external id, by their kind.
func (w *worker) eachOf(ctx context.Context, p *siftedPart, externalID string, do func(kind byte) error) error {
	n := 0
	return w.eachRecord(p, func(h head) error {
		if n++; n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if h.alone || h.externalID != externalID {
			return nil
		}
		return do(h.kind)
	})
}
