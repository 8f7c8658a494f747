package join

import (
	"context"
	"fmt"
	"math"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Options are the resources that a Table may use.
type Options struct {
	TempDir string // for records that do not fit in memory; empty: the system's folder
	Memory  int    // bytes of records that one sorter keeps in memory; 0: 32 MiB
}

// A Table collects ledger rows and packages and reconciles them. It is not safe
// for concurrent use.
type Table struct {
	packages *sorter // by package id, the valid copy first
	groups   *sorter // by external id
	named    *sorter // ids that rows name, with the external id of the row
	carried  *cellFile
	options  Options
	sorters  []*sorter // all, to close them

	rows, badRows int
}

// The records of a group, in the order in which they are sorted.
const (
	recordShared byte = iota
	recordLine
	recordBad
	recordPackage
)

// New returns an empty table. Close must be called after use.
func New(o Options) *Table {
	if o.Memory == 0 {
		o.Memory = 32 << 20
	}
	o.Memory = min(o.Memory, math.MaxUint32)
	t := &Table{options: o, carried: &cellFile{dir: o.TempDir}}
	t.packages, t.groups, t.named = t.newSorter(), t.newSorter(), t.newSorter()
	return t
}

func (t *Table) newSorter() *sorter {
	s := newSorter(t.options.TempDir, t.options.Memory)
	t.sorters = append(t.sorters, s)
	return s
}

// Close releases memory and temporary files. Results of the table are invalid
// after it.
func (t *Table) Close() {
	for _, s := range t.sorters {
		s.close()
	}
	t.carried.close()
}

// AddLine adds a valid row of the ledger and the cells that it carries into the
// reports. It sets Carried.Offset.
func (t *Table) AddLine(l reconcile.Line, carried []string) error {
	var err error
	if l.Carried.Offset, err = t.carried.add(carried); err != nil {
		return err
	}
	t.rows++
	record := append(appendGroupKey(nil, l.ExternalID, ""), recordLine)
	if err := t.groups.add(appendLine(record, &l)); err != nil {
		return err
	}
	return t.addNamedIDs(&l)
}

// addNamedIDs records the package and instance ids that the row names, to find
// those that rows of two subscriptions name.
func (t *Table) addNamedIDs(l *reconcile.Line) error {
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
	if r.Carried.Offset, err = t.carried.add(carried); err != nil {
		return err
	}
	t.rows++
	t.badRows++
	return t.groups.add(appendBadRow(append(appendGroupKey(nil, r.ExternalID, ""), recordBad), &r))
}

// AddPackage adds a copy of a package. Of several copies the one that was updated
// last is valid; of those with equal dates, the resolved one, which Wix returned
// when it was asked for the package.
func (t *Table) AddPackage(p reconcile.Package, resolved bool) error {
	const sign = 1 << 63 // makes signed seconds sort as unsigned ones
	record := appendKey(nil, p.ID)
	record = appendHash(record, ^(uint64(p.Updated.Unix()) + sign)) // latest first
	record = appendHash(record, ^uint64(p.Updated.Nanosecond()))
	record = appendBool(record, !resolved)
	return t.packages.add(appendPackage(record, &p))
}

// appendGroupKey appends the key that the records of one external id share.
// Without an external id, the record's own id keeps it separate.
func appendGroupKey(b []byte, externalID, ownID string) []byte {
	if externalID == "" {
		return appendKey(append(b, 0), ownID)
	}
	return appendKey(append(b, 1), externalID)
}

// distinctPackages moves the valid copy of each package into its group and
// returns the number of packages.
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
		d.bytes(8 + 8 + 1)
		p := d.pkg()
		if d.err != nil {
			return 0, d.err
		}
		if err := t.groups.add(appendPackage(append(appendGroupKey(nil, p.JoinID(), p.ID), recordPackage), &p)); err != nil {
			return 0, err
		}
	}
	t.packages.close()
	return n, nil
}

// addSharedIDs adds to the groups the ids that rows of several groups name.
func (t *Table) addSharedIDs(ctx context.Context) error {
	var field, id string
	var externalIDs []string // of the rows that name the id
	addShared := func() error {
		if len(externalIDs) < 2 {
			return nil
		}
		for _, externalID := range externalIDs {
			record := append(appendGroupKey(nil, externalID, ""), recordShared)
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
			if err := addShared(); err != nil {
				return err
			}
			field, id, externalIDs = nextField, nextID, externalIDs[:0]
		}
		if len(externalIDs) == 0 || externalIDs[len(externalIDs)-1] != externalID {
			externalIDs = append(externalIDs, externalID)
		}
	}
	if err := addShared(); err != nil {
		return err
	}
	t.named.close()
	return nil
}

// checkCensus checks that every row and every package has a class.
func checkCensus(census *reconcile.Census, rows, packages int) error {
	if r, p := census.Totals(); r != rows || p != packages {
		return fmt.Errorf("the census does not add up: %d of %d rows and %d of %d packages have a class", r, rows, p, packages)
	}
	return nil
}
