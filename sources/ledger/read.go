package ledger

// The rows of a ledger are read in batches, by one goroutine or by several. Each has
// a rowReader of its own; the notes of the batches are merged in their order, so that
// messages are the same whatever the number of goroutines.

import (
	"context"
	"errors"
	"io"
	"iter"
	"slices"
	"sync"

	"github.com/wixrecon/wixrecon/internal/batch"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/table"
)

// rowReader reads the rows of one batch after another.
type rowReader struct {
	*Ledger
	*notes  // of the current batch
	parser  cellParser
	line    reconcile.Line
	carried []string
}

func (l *Ledger) newRowReader() *rowReader {
	r := &rowReader{Ledger: l, parser: l.parser}
	r.parser.memos = newMemos()
	r.begin()
	return r
}

// begin begins the notes of a batch.
func (r *rowReader) begin() {
	r.notes = newNotes()
	r.parser.notes = r.notes
}

// Rows returns the rows; it can be ranged over once. It ends with the first
// error. The last error may be that there were no rows or too many bad ones, so
// rows must not be used before Rows has ended without an error.
func (l *Ledger) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		reader, stopped := l.newRowReader(), false
		for !stopped {
			b, err := l.table.NextBatch()
			if errors.Is(err, io.EOF) {
				break
			}
			if err == nil {
				reader.begin()
				err = reader.read(l.ctx, b, func(row *Row) error {
					stopped = stopped || !yield(*row, nil)
					return stopIf(stopped)
				})
				l.total.merge(reader.notes)
			}
			if err != nil && !stopped {
				stopped = true
				yield(Row{}, l.wrap(err))
			}
		}
		_ = l.table.Close() // its rows have been read
		if err := l.checkCounts(); err != nil && !stopped {
			yield(Row{}, l.wrap(err))
		}
	}
}

// errStopped ends the reading of rows that nobody uses.
var errStopped = errors.New("stopped")

func stopIf(stopped bool) error {
	if stopped {
		return errStopped
	}
	return nil
}

// EachRow reads the rows by several goroutines, and calls add for each, in no certain
// order: worker counts the goroutines from 0. The error is the one that a single
// goroutine would have met first. Rows must not be used before EachRow has returned
// without an error. A row is valid until add returns.
func (l *Ledger) EachRow(workers int, add func(worker int, row *Row) error) error {
	readers := make([]*rowReader, workers)
	for i := range readers {
		readers[i] = l.newRowReader()
	}
	merged := notesInOrder{total: l.total, waiting: make(map[int]*notes)}
	var unended *table.Batch // depends on all other rows, so that it is read after them
	next := func() (*table.Batch, error) {
		b, err := l.table.NextBatch()
		if err == nil && b.Unended {
			unended = b
			return nil, io.EOF
		}
		return b, l.wrapRead(err)
	}
	do := func(worker, number int, b *table.Batch) error {
		r := readers[worker]
		r.begin()
		var addErr error
		err := r.read(l.ctx, b, func(row *Row) error {
			addErr = add(worker, row)
			return addErr
		})
		merged.add(number, r.notes)
		if addErr != nil {
			return addErr
		}
		return l.wrap(err)
	}
	err := batch.Each(l.ctx, workers, next, do)
	if err == nil && unended != nil {
		err = do(0, merged.next, unended)
	}
	_ = l.table.Close() // its rows have been read
	if err != nil {
		return err
	}
	return l.wrap(l.checkCounts())
}

// wrapRead names the ledger in an error of reading, except for its end.
func (l *Ledger) wrapRead(err error) error {
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	return l.wrap(err)
}

// notesInOrder merges the notes of batches in their order.
type notesInOrder struct {
	mu      sync.Mutex
	total   *notes
	waiting map[int]*notes // by number
	next    int            // number of the batch to be merged next
}

func (o *notesInOrder) add(number int, n *notes) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waiting[number] = n
	for o.waiting[o.next] != nil {
		o.total.merge(o.waiting[o.next])
		delete(o.waiting, o.next)
		o.next++
	}
}

// contextEvery is the number of rows between two checks of the context.
const contextEvery = 256

// read passes the rows of a batch to add.
func (r *rowReader) read(ctx context.Context, b *table.Batch, add func(*Row) error) error {
	for n := 0; ; n++ {
		if n%contextEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		record, err := b.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		row, err := r.next(&record)
		if err == nil && row.isRow() {
			err = add(&row)
		}
		if err != nil {
			return err
		}
	}
}

// next returns the row of a record; it is empty where the record is not a row.
func (r *rowReader) next(record *table.Row) (Row, error) {
	if r.isIgnored(record, r.notes) {
		return Row{}, nil
	}
	row, err := r.row(record)
	if err != nil {
		return Row{}, err
	}
	r.counts.Rows++
	r.countNotUTF8(record)
	if row.Bad != nil {
		r.counts.Bad++
		r.bad.add(record, row.Bad)
	}
	r.noteBelow(record, &row)
	return row, nil
}

// noteBelow notes whether a row may be below the table.
func (r *rowReader) noteBelow(record *table.Row, row *Row) {
	if row.Bad != nil && r.isBelow(record) {
		r.below.add(record, r.example(record))
		return
	}
	r.good = true
	if r.below.n > 0 {
		r.below = rowExamples{}
	}
}

// countNotUTF8 counts the cells of a record that were read as Windows-1252.
func (r *rowReader) countNotUTF8(record *table.Row) {
	for _, at := range record.Invalid {
		if r.mustBeUTF8(at) {
			continue // it makes its row a bad row
		}
		if r.notUTF8 == 0 {
			r.firstNotUTF8 = record.Position()
		}
		r.notUTF8++
	}
}

// mustBeUTF8 reports whether the cell at an index must be UTF-8.
func (l *Ledger) mustBeUTF8(at int) bool {
	i := slices.IndexFunc(l.indices, func(indices []int) bool { return slices.Contains(indices, at) })
	return i >= 0 && (l.columns[i].id || l.strict)
}
