package wix

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	batches "github.com/wixrecon/wixrecon/internal/batch"
	"github.com/wixrecon/wixrecon/reconcile"
)

// A snapshot is read in batches of whole lines by several goroutines. Which copy of
// a package counts is left to the sink: it gets all of them, each with its order.

// A SnapshotSink receives the packages of a snapshot, from several goroutines:
// worker counts them from 0. Of two copies with equal dates the one with the higher
// order counts. A package is valid until the next one of the same worker. An error
// ends the reading.
type SnapshotSink func(worker int, p *reconcile.Package, order int64) error

// ReadSnapshot reads a decompressed snapshot into the sink. An error names the line.
func ReadSnapshot(ctx context.Context, plain io.Reader, workers int, sink SnapshotSink) error {
	lines := &lineBatches{in: plain, free: make(chan []byte, 2*workers+1)}
	decoders := make([]packageDecoder, workers)
	err := batches.Each(ctx, workers, lines.next, func(worker, _ int, b lineBatch) error {
		defer lines.recycle(b.text)
		return b.decode(&decoders[worker], func(p *reconcile.Package, order int64) error { return sink(worker, p, order) })
	})
	if err != nil {
		return fmt.Errorf("read the snapshot: %w", err)
	}
	return nil
}

// A lineBatch is some whole lines.
type lineBatch struct {
	text []byte
	line int   // lines before it
	off  int64 // bytes before it
}

// decode passes the packages of the batch on.
func (b *lineBatch) decode(d *packageDecoder, add func(p *reconcile.Package, order int64) error) error {
	for n, at := b.line+1, 0; at < len(b.text); n++ {
		line, _, _ := bytes.Cut(b.text[at:], []byte{'\n'})
		if err := addLine(line, n, d, func(p *reconcile.Package) error { return add(p, b.off+int64(at)) }); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		at += len(line) + 1
	}
	return nil
}

// addLine passes the package of a line on, if it has one.
func addLine(line []byte, number int, d *packageDecoder, add func(*reconcile.Package) error) error {
	if number == 1 {
		line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	}
	if len(line) >= maxLine {
		return fmt.Errorf("longer than %d bytes", maxLine-1)
	}
	if line = bytes.TrimSpace(line); len(line) == 0 {
		return nil
	}
	p, err := d.decode(line)
	if err != nil {
		return err
	}
	if p.AccountID == "" {
		return fmt.Errorf("package %s has no account id", showID(p.ID))
	}
	return add(&p)
}

// lineBatches reads batches of lines. A batch is returned by recycle after use.
type lineBatches struct {
	in   io.Reader
	free chan []byte
	rest []byte // of the last batch: a line that is not complete
	line int
	off  int64
	end  bool
}

// lineBatchSize is the size of a batch, unless a line is longer.
const lineBatchSize = 64 << 10

func (l *lineBatches) recycle(text []byte) {
	select {
	case l.free <- text:
	default:
	}
}

// buffer returns an empty buffer.
func (l *lineBatches) buffer() []byte {
	select {
	case b := <-l.free:
		return b[:0]
	default:
		return make([]byte, 0, lineBatchSize)
	}
}

// next returns the next batch, io.EOF after the last one.
func (l *lineBatches) next() (lineBatch, error) {
	text := append(l.buffer(), l.rest...)
	end := 0 // of the last whole line
	for !l.end && end == 0 {
		if len(text) > maxLine {
			return lineBatch{}, fmt.Errorf("line %d: longer than %d bytes", l.line+1, maxLine-1)
		}
		var err error
		if text, err = l.fill(text); err != nil {
			return lineBatch{}, fmt.Errorf("line %d: %w", l.line+1+bytes.Count(text, []byte{'\n'}), err)
		}
		end = bytes.LastIndexByte(text, '\n') + 1
	}
	if l.end {
		end = len(text)
	}
	if end == 0 {
		return lineBatch{}, io.EOF
	}
	b := lineBatch{text[:end], l.line, l.off}
	l.rest = append(l.rest[:0], text[end:]...)
	l.line += bytes.Count(b.text, []byte{'\n'})
	l.off += int64(end)
	return b, nil
}

// fill reads until the buffer, which it may replace by a larger one, is full. (The
// end of an input that is cut off is an error: it is not that of io.ReadFull.)
func (l *lineBatches) fill(text []byte) ([]byte, error) {
	text = slices.Grow(text, 1)
	for len(text) < cap(text) {
		n, err := l.in.Read(text[len(text):cap(text)])
		text = text[:len(text)+n]
		if errors.Is(err, io.EOF) {
			l.end = true
			return text, nil
		}
		if err != nil {
			return text, err
		}
	}
	return text, nil
}
