package join

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/wixrecon/wixrecon/internal/batch"
	"github.com/wixrecon/wixrecon/reconcile"
)

// A Table collects ledger rows and packages and reconciles them. Several
// goroutines can add to it, each with a Writer of its own.
type Table struct {
	groups  store // rows and packages, by external id
	copies  store // what decides between copies of a package, by package id
	named   store // ids that rows name, with a hash of the row's external id
	carried cellFile
	texts   texts

	options  Options
	overflow overflow

	mu            sync.Mutex
	sorters       []*sorter       // all, to close them
	spoiled       map[uint64]bool // hashes of the external ids of bad rows
	mangled       reconcile.MangledIDs
	rows, badRows int
	packages      int // copies
}

// The records of a group.
const (
	recordLine byte = iota
	recordBad
	recordPackage
	recordAlone byte = 0x80 // with one of these: it has no external id, so that it is a group of its own
)

// New returns an empty table. Close must be called after use.
func New(o Options) *Table {
	t := &Table{options: o.withDefaults(), spoiled: make(map[uint64]bool)}
	t.overflow.dir, t.carried.dir = o.TempDir, o.TempDir
	t.overflow.room.Store(t.options.blocks())
	t.texts.numbers = make(map[string]uint32)
	t.initStore(&t.groups, 16<<10)
	t.initStore(&t.copies, smallBlock)
	t.initStore(&t.named, smallBlock)
	return t
}

// smallBlock is the size of the blocks of stores whose records are small or few.
const smallBlock = 4 << 10

func (t *Table) initStore(s *store, blockSize int) { s.overflow, s.blockSize = &t.overflow, blockSize }

func (t *Table) newStore() *store {
	s := &store{}
	t.initStore(s, smallBlock)
	return s
}

func (t *Table) newSorter() *sorter {
	s := newSorter(t.options.TempDir, t.options.sorter())
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sorters = append(t.sorters, s)
	return s
}

// Close releases memory and temporary files. Results of the table are invalid
// after it.
func (t *Table) Close() {
	for _, s := range t.sorters {
		s.close()
	}
	t.overflow.close()
	t.carried.close()
}

// eachPart calls do for every part, by several goroutines.
func (t *Table) eachPart(ctx context.Context, do func(worker, part int) error) error {
	next := 0
	return batch.Each(ctx, t.options.Workers, func() (int, error) {
		if next == parts {
			return 0, io.EOF
		}
		next++
		return next - 1, nil
	}, func(worker, _ int, part int) error { return do(worker, part) })
}

// A Writer adds records to a Table. It is not safe for concurrent use.
type Writer struct {
	table                 *Table
	groups, copies, named dealer
	carried               cellWriter
	encoder               *encoder
	record                []byte
	mangled               reconcile.MangledIDs
	rows, badRows         int
	packages              int
}

// Writer returns a new writer. What it adds is in the table after Close.
func (t *Table) Writer() *Writer {
	return &Writer{
		table: t, groups: dealer{store: &t.groups}, copies: dealer{store: &t.copies}, named: dealer{store: &t.named},
		carried: cellWriter{file: &t.carried}, encoder: newEncoder(&t.texts),
	}
}

// Close passes what was added to the table.
func (w *Writer) Close() error {
	w.table.mu.Lock()
	w.table.mangled.Merge(&w.mangled)
	w.table.rows += w.rows
	w.table.badRows += w.badRows
	w.table.packages += w.packages
	w.table.mu.Unlock()
	return errors.Join(w.groups.close(), w.copies.close(), w.named.close(), w.carried.close())
}

// AddLine adds a valid row of the ledger and the cells that it carries into the
// reports. It sets Carried.Offset.
func (w *Writer) AddLine(l *reconcile.Line, carried []string) (err error) {
	if l.Carried.Offset, err = w.carried.add(carried); err != nil {
		return err
	}
	w.rows++
	w.mangled.AddLedgerID(l.ExternalID)
	hash := hashOf(l.ExternalID)
	w.record = w.encoder.appendLine(appendHead(w.record[:0], hash, recordLine, l.ExternalID), l)
	if err := w.groups.add(hash, w.record); err != nil {
		return err
	}
	return errors.Join(w.addNamed(namedPackage, l.PackageID, hash), w.addNamed(namedInstance, l.InstanceID, hash))
}

// AddBadRow adds a row of the ledger that can't be read.
func (w *Writer) AddBadRow(r *reconcile.BadRow, carried []string) (err error) {
	if r.Carried.Offset, err = w.carried.add(carried); err != nil {
		return err
	}
	w.rows++
	w.badRows++
	kind, hash := recordBad, hashOf(r.ExternalID)
	if r.ExternalID == "" {
		kind, hash = recordBad|recordAlone, mix(r.Cells, uint64(r.Record))
	}
	w.table.mu.Lock()
	w.table.spoiled[hash] = true
	w.table.mu.Unlock()
	w.record = appendBadRow(appendHead(w.record[:0], hash, kind, r.ExternalID), r)
	return w.groups.add(hash, w.record)
}

// AddPackage adds a copy of a package. Of several copies the one that was updated
// last is valid; of those with equal dates, the one with the highest order. No two
// copies have the same order.
func (w *Writer) AddPackage(p *reconcile.Package, order int64) error {
	w.packages++
	externalID := p.JoinID()
	w.mangled.AddWixID(externalID)
	kind, hash := recordPackage, hashOf(externalID)
	if externalID == "" {
		kind, hash = recordPackage|recordAlone, hashOf(p.ID)
	}
	w.record = appendInt(appendHead(w.record[:0], hash, kind, externalID), order)
	w.record = w.encoder.appendPackage(w.record, p)
	if err := w.groups.add(hash, w.record); err != nil {
		return err
	}
	return w.addCopy(p, order, partOf(hash))
}

// appendHead begins a record of a group.
func appendHead(b []byte, hash uint64, kind byte, externalID string) []byte {
	return appendString(append(appendHash(b, hash), kind), externalID)
}

// checkCensus checks that every row and every package has a class.
func checkCensus(census *reconcile.Census, rows, packages int) error {
	if r, p := census.Totals(); r != rows || p != packages {
		return fmt.Errorf("the census does not add up: %d of %d rows and %d of %d packages have a class", r, rows, p, packages)
	}
	return nil
}

// appendMoment appends a time so that records sort by it.
func appendMoment(b []byte, t time.Time) []byte {
	const sign = 1 << 63 // makes signed seconds sort as unsigned ones
	return appendHash(appendHash(b, uint64(t.Unix())+sign), uint64(t.Nanosecond()))
}
