package wix

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// The snapshot, packages.jsonl.zst: every copy that was taken in, in the order
// of arrival, one a line, its JSON as Wix sent it but for white space outside
// of strings. Read again it gives the same packages: of two lines for one
// package the later updatedDate holds, and of equal dates the later line.

// maxLine bounds a line of a snapshot.
const maxLine = 16 << 20

// A SnapshotWriter writes a snapshot. It is not safe for use by several
// goroutines.
type SnapshotWriter struct {
	packed  *zstd.Encoder
	content io.Writer
	line    bytes.Buffer
}

// NewSnapshotWriter makes a writer of a compressed snapshot onto w. Content, a
// hash for one, gets the same lines before they are compressed; it may be nil.
func NewSnapshotWriter(w, content io.Writer) (*SnapshotWriter, error) {
	packed, err := zstd.NewWriter(w, zstd.WithZeroFrames(true), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("write the snapshot: %w", err)
	}
	if content == nil {
		content = io.Discard
	}
	return &SnapshotWriter{packed: packed, content: content}, nil
}

// Write adds a package, given as its JSON.
func (s *SnapshotWriter) Write(raw []byte) error {
	s.line.Reset()
	if err := json.Compact(&s.line, raw); err != nil {
		return fmt.Errorf("write the snapshot: package is not JSON: %w", err)
	}
	if s.line.Len() >= maxLine {
		return fmt.Errorf("write the snapshot: package of %d bytes, at most %d can be read again", s.line.Len(), maxLine-1)
	}
	s.line.WriteByte('\n')
	if _, err := io.MultiWriter(s.packed, s.content).Write(s.line.Bytes()); err != nil {
		return fmt.Errorf("write the snapshot: %w", err)
	}
	return nil
}

// Close ends the snapshot; without it the snapshot is cut short. It does not
// close what is written onto.
func (s *SnapshotWriter) Close() error {
	if err := s.packed.Close(); err != nil {
		return fmt.Errorf("write the snapshot: %w", err)
	}
	return nil
}

// ReadSnapshot reads a snapshot into the sink, compressed by zstd or gzip or
// not at all. It gives the distinct packages of each account. An error names
// the line.
func ReadSnapshot(r io.Reader, sink Sink) (map[string]int, error) {
	plain, done, err := unpack(r)
	if err != nil {
		return nil, fmt.Errorf("read the snapshot: %w", err)
	}
	defer done()
	replay := replayer{index: newIndex(), sink: sink}
	lines := bufio.NewScanner(plain)
	lines.Buffer(make([]byte, 0, 64<<10), maxLine)
	n := 0
	for lines.Scan() {
		n++
		if err := replay.take(n, lines.Bytes()); err != nil {
			return nil, fmt.Errorf("read the snapshot: line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			err = fmt.Errorf("longer than %d bytes", maxLine-1)
		}
		return nil, fmt.Errorf("read the snapshot: line %d: %w", n+1, err)
	}
	return replay.index.accounts(), nil
}

// A replayer weighs lines as a reading weighs copies.
type replayer struct {
	index *index
	sink  Sink
}

func (r *replayer) take(line int, raw []byte) error {
	if line == 1 {
		raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	}
	if raw = bytes.TrimSpace(raw); len(raw) == 0 {
		return nil
	}
	p, err := decodePackage(raw)
	if err != nil {
		return err
	}
	if p.AccountID == "" {
		return fmt.Errorf("package %s has no account id", named(p.ID))
	}
	switch r.index.weigh(&p) {
	case fresh, newer:
		return r.sink(p, raw, false)
	case conflicted:
		r.index.settle(&p)
		return r.sink(p, raw, true)
	}
	return nil
}

// unpack finds out how r is compressed by its first bytes.
func unpack(r io.Reader) (plain io.Reader, done func(), err error) {
	head := bufio.NewReader(r)
	magic, err := head.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	switch {
	case bytes.HasPrefix(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		const window = 128 << 20 // what zstd --long asks for
		d, err := zstd.NewReader(head, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(window))
		if err != nil {
			return nil, nil, err
		}
		return d, d.Close, nil
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		d, err := gzip.NewReader(head)
		return d, func() {}, err
	}
	return head, func() {}, nil
}
