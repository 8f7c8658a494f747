package join

import (
	"context"
	"fmt"
	"math"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Options say what a Table may use.
type Options struct {
	TempDir string // where records go that do not fit in memory; empty: the system's
	Memory  int    // bytes of records that one sorter holds; 0: 32 MiB
}

// A Table takes both sides of an inventory and reconciles them. It is not safe for
// concurrent use.
type Table struct {
	packages *sorter // by package id, the copy that counts first
	groups   *sorter // by external id
	named    *sorter // ids that rows name, with the external id of the row
	carried  *sideFile
	options  Options
	sorters  []*sorter // all, to close them

	rows, badRows int
}

// sides of a group, in the order in which its records come.
const (
	sideShared byte = iota
	sideLine
	sideBad
	sidePackage
)

// New makes an empty table. Close gives back what it holds.
func New(o Options) *Table {
	if o.Memory == 0 {
		o.Memory = 32 << 20
	}
	o.Memory = min(o.Memory, math.MaxUint32)
	t := &Table{options: o, carried: &sideFile{dir: o.TempDir}}
	t.packages, t.groups, t.named = t.sorter(), t.sorter(), t.sorter()
	return t
}

func (t *Table) sorter() *sorter {
	s := newSorter(t.options.TempDir, t.options.Memory)
	t.sorters = append(t.sorters, s)
	return s
}

// Close gives memory and temporary files back. Results of the table end with it.
func (t *Table) Close() {
	for _, s := range t.sorters {
		s.close()
	}
	t.carried.close()
}

// AddLine adds a valid row of the ledger with the cells that it carries into
// the reports; its Carried.At is set here.
func (t *Table) AddLine(l reconcile.Line, carried []string) error {
	var err error
	if l.Carried.At, err = t.carried.add(carried); err != nil {
		return err
	}
	t.rows++
	record := append(groupKey(nil, l.ExternalID, ""), sideLine)
	if err := t.groups.add(appendLine(record, &l)); err != nil {
		return err
	}
	return t.nameIDs(&l)
}

// nameIDs notes the ids that the row names, to find those that stand under two
// external ids.
func (t *Table) nameIDs(l *reconcile.Line) error {
	for _, id := range [...]reconcile.SharedID{{Field: "package_id", ID: l.PackageID}, {Field: "instance_id", ID: l.InstanceID}} {
		if id.ID == "" {
			continue
		}
		record := appendKey(appendKey(appendKey(nil, id.Field), id.ID), l.ExternalID)
		if err := t.named.add(record); err != nil {
			return err
		}
	}
	return nil
}

// AddBadRow adds a row of the ledger that can't be read.
func (t *Table) AddBadRow(r reconcile.BadRow, carried []string) error {
	var err error
	if r.Carried.At, err = t.carried.add(carried); err != nil {
		return err
	}
	t.rows++
	t.badRows++
	return t.groups.add(appendBadRow(append(groupKey(nil, r.ExternalID, ""), sideBad), &r))
}

// AddPackage adds a copy of a package. Of several copies of one id the one that
// was updated last counts; among those of one date, the settled one.
func (t *Table) AddPackage(p reconcile.Package, settled bool) error {
	const sign = 1 << 63 // makes signed seconds order as unsigned ones
	record := appendKey(nil, p.ID)
	record = appendHash(record, ^(uint64(p.Updated.Unix()) + sign)) // latest first
	record = appendHash(record, ^uint64(p.Updated.Nanosecond()))
	record = appendBool(record, !settled)
	return t.packages.add(appendPackage(record, &p))
}

// groupKey gives the key under which the records of an external id lie
// together. What has none lies by itself, under an id of its own.
func groupKey(b []byte, externalID, own string) []byte {
	if externalID == "" {
		return appendKey(append(b, 0), own)
	}
	return appendKey(append(b, 1), externalID)
}

// distinctPackages moves the copies that count into their groups, and gives
// their number.
func (t *Table) distinctPackages(ctx context.Context) (int, error) {
	n, last := 0, ""
	for record, err := range t.packages.all(ctx) {
		if err != nil {
			return 0, err
		}
		d := decoder{b: record}
		id := d.key()
		if n > 0 && id == last {
			continue
		}
		n, last = n+1, id
		d.take(8 + 8 + 1)
		p := d.pkg()
		if d.err != nil {
			return 0, d.err
		}
		if err := t.groups.add(appendPackage(append(groupKey(nil, p.ExternalID, p.ID), sidePackage), &p)); err != nil {
			return 0, err
		}
	}
	t.packages.close()
	return n, nil
}

// shareIDs tells the groups of an id that stands under several external ids.
func (t *Table) shareIDs(ctx context.Context) error {
	var field, id string
	var under []string
	tell := func() error {
		if len(under) < 2 {
			return nil
		}
		for _, externalID := range under {
			record := append(groupKey(nil, externalID, ""), sideShared)
			if err := t.groups.add(appendString(appendString(record, field), id)); err != nil {
				return err
			}
		}
		return nil
	}
	for record, err := range t.named.all(ctx) {
		if err != nil {
			return err
		}
		d := decoder{b: record}
		nextField, nextID, externalID := d.key(), d.key(), d.key()
		if nextField != field || nextID != id {
			if err := tell(); err != nil {
				return err
			}
			field, id, under = nextField, nextID, under[:0]
		}
		if len(under) == 0 || under[len(under)-1] != externalID {
			under = append(under, externalID)
		}
	}
	if err := tell(); err != nil {
		return err
	}
	t.named.close()
	return nil
}

// tie checks that every row and every package ended in a class.
func tie(census *reconcile.Census, rows, packages int) error {
	if r, p := census.Totals(); r != rows || p != packages {
		return fmt.Errorf("census does not tie: %d of %d rows and %d of %d packages have a class", r, rows, p, packages)
	}
	return nil
}
