package join

import (
	"bufio"
	"bytes"
	"cmp"
	"container/heap"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"

	"github.com/wixrecon/wixrecon/internal/tempfile"
)

// A sorter accepts records and returns them in byte order, any number of times.
// Beyond its memory limit it writes sorted runs to a temporary file and merges
// them while they are read.
type sorter struct {
	dir   string
	limit int // bytes of records in memory

	arena []byte
	spans []span
	file  *os.File
	runs  []run
	size  int64 // of file
	done  bool  // no more records are added
}

// A span is a record in the arena. The prefix is its first eight bytes.
type span struct {
	prefix   uint64
	off, len uint32
}

// A run is a sorted part of the file.
type run struct{ off, len int64 }

func newSorter(dir string, limit int) *sorter { return &sorter{dir: dir, limit: limit} }

// add adds a copy of the record.
func (s *sorter) add(record []byte) error {
	if len(s.arena)+len(record)+len(s.spans)*spanSize > s.limit && len(s.spans) > 0 {
		if err := s.spill(); err != nil {
			return err
		}
	}
	s.spans = append(s.spans, span{prefix(record), uint32(len(s.arena)), uint32(len(record))})
	s.arena = append(s.arena, record...)
	return nil
}

const spanSize = 16

func prefix(record []byte) uint64 {
	if len(record) >= 8 {
		return binary.BigEndian.Uint64(record)
	}
	var first [8]byte
	copy(first[:], record)
	return binary.BigEndian.Uint64(first[:])
}

func (s *sorter) record(sp span) []byte { return s.arena[sp.off : sp.off+sp.len] }

func (s *sorter) sort() {
	slices.SortFunc(s.spans, func(a, b span) int {
		if a.prefix != b.prefix {
			return cmp.Compare(a.prefix, b.prefix)
		}
		return bytes.Compare(s.record(a), s.record(b))
	})
}

// spill writes the records in memory as a run.
func (s *sorter) spill() error {
	if s.file == nil {
		var err error
		if s.file, err = tempfile.Create(s.dir); err != nil {
			return err
		}
	}
	s.sort()
	w := bufio.NewWriterSize(s.file, 1<<18)
	start := s.size
	for _, sp := range s.spans {
		head := binary.AppendUvarint(nil, uint64(sp.len))
		s.size += int64(len(head)) + int64(sp.len)
		if _, err := w.Write(head); err != nil {
			return fmt.Errorf("write temporary file: %w", err)
		}
		if _, err := w.Write(s.record(sp)); err != nil {
			return fmt.Errorf("write temporary file: %w", err)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write temporary file: %w", err)
	}
	s.runs = append(s.runs, run{start, s.size - start})
	s.arena, s.spans = s.arena[:0], s.spans[:0]
	return nil
}

// finish sorts the records in memory. Nothing can be added after it.
func (s *sorter) finish() error {
	if s.done {
		return nil
	}
	s.done = true
	if len(s.runs) == 0 {
		s.sort()
		return nil
	}
	if len(s.spans) > 0 {
		if err := s.spill(); err != nil {
			return err
		}
	}
	s.arena, s.spans = nil, nil
	return nil
}

// all returns the records in order, until the context ends. A record is valid
// until the next one.
func (s *sorter) all(ctx context.Context) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		if err := s.finish(); err != nil {
			yield(nil, err)
			return
		}
		each := s.walk
		if len(s.runs) > 0 {
			each = s.merge
		}
		n := 0
		each(func(record []byte, err error) bool {
			if n++; err == nil && n%1024 == 0 && ctx.Err() != nil {
				record, err = nil, ctx.Err()
			}
			return yield(record, err) && err == nil
		})
	}
}

// walk yields the records in memory.
func (s *sorter) walk(yield func([]byte, error) bool) {
	for _, sp := range s.spans {
		if !yield(s.record(sp), nil) {
			return
		}
	}
}

// merge yields the records of all runs.
func (s *sorter) merge(yield func([]byte, error) bool) {
	var h merger
	for _, r := range s.runs {
		c := &cursor{r: bufio.NewReaderSize(io.NewSectionReader(s.file, r.off, r.len), 1<<16)}
		if err := c.next(); err != nil {
			yield(nil, err)
			return
		}
		h = append(h, c)
	}
	heap.Init(&h)
	for len(h) > 0 {
		c := h[0]
		if !yield(c.record, nil) {
			return
		}
		switch err := c.next(); {
		case err == nil:
			heap.Fix(&h, 0)
		case errors.Is(err, io.EOF):
			heap.Pop(&h)
		default:
			yield(nil, err)
			return
		}
	}
}

// close releases the memory and the file.
func (s *sorter) close() {
	if s.file != nil {
		_ = s.file.Close() // the file is temporary: a failed close loses nothing
	}
	*s = sorter{done: true}
}

// A cursor reads the records of a run.
type cursor struct {
	r      *bufio.Reader
	record []byte
	prefix uint64
}

func (c *cursor) next() error {
	n, err := binary.ReadUvarint(c.r)
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	if err != nil {
		return fmt.Errorf("read temporary file: %w", err)
	}
	c.record = slices.Grow(c.record[:0], int(n))[:n]
	if _, err := io.ReadFull(c.r, c.record); err != nil {
		return fmt.Errorf("read temporary file: %w", noEOF(err))
	}
	c.prefix = prefix(c.record)
	return nil
}

// noEOF turns an end of file inside a record into an unexpected one.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// A merger is a heap of cursors, ordered by their record.
type merger []*cursor

func (m merger) Len() int { return len(m) }
func (m merger) Less(i, j int) bool {
	if m[i].prefix != m[j].prefix {
		return m[i].prefix < m[j].prefix
	}
	return bytes.Compare(m[i].record, m[j].record) < 0
}
func (m merger) Swap(i, j int) { m[i], m[j] = m[j], m[i] }
func (m *merger) Push(x any)   { *m = append(*m, x.(*cursor)) }
func (m *merger) Pop() any {
	old := *m
	last := old[len(old)-1]
	*m = old[:len(old)-1]
	return last
}
