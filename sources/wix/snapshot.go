package wix

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// The snapshot, packages.jsonl.zst, has every copy that the sink received, in
// this order, one per line: its JSON as Wix sent it, without white space outside
// of strings. Reading it returns the same packages: of two lines for one package
// the later updatedDate counts, and with equal dates the later line.

// maxLine is the maximum length of a line of a snapshot.
const maxLine = 16 << 20

// Pieces of four windows are compressed by goroutines while the next one is
// being filled. Their number is fixed, because the bytes depend on whether there
// is more than one. The fastest level makes snapshots as small as the default.
const (
	compressors       = 2
	compressionWindow = 1 << 20
)

// A SnapshotWriter writes a snapshot. It is not safe for concurrent use.
type SnapshotWriter struct {
	compressed *zstd.Encoder
	content    io.Writer
	line       bytes.Buffer
}

// NewSnapshotWriter returns a writer of a compressed snapshot to w. The lines
// are also written to content, such as a hash, before they are compressed; it
// may be nil.
func NewSnapshotWriter(w, content io.Writer) (*SnapshotWriter, error) {
	compressed, err := zstd.NewWriter(w, zstd.WithZeroFrames(true), zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithEncoderConcurrency(compressors), zstd.WithConcurrentBlocks(true), zstd.WithWindowSize(compressionWindow))
	if err != nil {
		return nil, fmt.Errorf("write the snapshot: %w", err)
	}
	if content == nil {
		content = io.Discard
	}
	return &SnapshotWriter{compressed: compressed, content: content}, nil
}

// Write adds the JSON of a package.
func (s *SnapshotWriter) Write(raw []byte) error {
	s.line.Reset()
	if err := json.Compact(&s.line, raw); err != nil {
		return fmt.Errorf("write the snapshot: package is not JSON: %w", err)
	}
	if s.line.Len() >= maxLine {
		return fmt.Errorf("write the snapshot: package of %d bytes: the maximum is %d", s.line.Len(), maxLine-1)
	}
	s.line.WriteByte('\n')
	if _, err := io.MultiWriter(s.compressed, s.content).Write(s.line.Bytes()); err != nil {
		return fmt.Errorf("write the snapshot: %w", err)
	}
	return nil
}

// Close ends the snapshot, which is truncated without it. It does not close the
// underlying writer.
func (s *SnapshotWriter) Close() error {
	if err := s.compressed.Close(); err != nil {
		return fmt.Errorf("write the snapshot: %w", err)
	}
	return nil
}
