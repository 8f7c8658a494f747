package report

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/flate"
)

// Deflating takes most of the time of a workbook, so chunks of text are deflated
// by goroutines of their own while the next ones are being filled. A chunk refers
// to nothing before it, ends at a byte and is not the last block, so that chunks
// follow one another in any order: that is a section. The limits of chunks depend
// on the text only, so equal texts give equal bytes on any number of cores.

const (
	chunkSize    = 512 << 10
	deflateLevel = 6
)

// endOfDeflate is an empty last block, which ends a sequence of sections.
const endOfDeflate = "\x03\x00"

// A section is a deflated chunk in the spool.
type section struct {
	start, size int64 // in the spool
	raw         int64 // bytes before deflation
	crc         uint32
}

// A deflater writes chunks, deflated, to the spool in the order in which they
// were given. It is for one goroutine. After an error it writes no more.
type deflater struct {
	out    io.Writer
	offset int64
	chunks []*chunk // a ring: at is being filled, the next one is the oldest
	at     int
	err    error
}

// A chunk is text of one part.
type chunk struct {
	text     []byte
	part     *zipPart
	writer   *flate.Writer
	deflated bytes.Buffer
	done     chan struct{} // closed when deflated is complete; nil where there is nothing to write
	err      error
}

// newDeflater returns a deflater that uses that many goroutines.
func newDeflater(out io.Writer, goroutines int) (*deflater, error) {
	d := &deflater{out: out}
	for range goroutines + 1 {
		c := &chunk{text: make([]byte, 0, chunkSize+chunkSize/8)}
		var err error
		if c.writer, err = flate.NewWriter(&c.deflated, deflateLevel); err != nil {
			return nil, err
		}
		d.chunks = append(d.chunks, c)
	}
	return d, nil
}

// write adds text to a part.
func (d *deflater) write(part *zipPart, text []byte) error {
	c := d.chunks[d.at]
	if c.part != part && len(c.text) > 0 {
		c = d.next()
	}
	c.part = part
	c.text = append(c.text, text...)
	if len(c.text) >= chunkSize {
		d.next()
	}
	return d.err
}

// next deflates the current chunk, and returns the oldest one, empty.
func (d *deflater) next() *chunk {
	c := d.chunks[d.at]
	if len(c.text) > 0 {
		c.done = make(chan struct{})
		go c.deflate()
	}
	d.at = (d.at + 1) % len(d.chunks)
	oldest := d.chunks[d.at]
	d.store(oldest)
	return oldest
}

// flush writes what there is.
func (d *deflater) flush() error {
	for range d.chunks {
		d.next()
	}
	return d.err
}

// store waits for a chunk, and writes it where nothing failed before.
func (d *deflater) store(c *chunk) {
	if c.done == nil {
		return
	}
	<-c.done
	if d.err == nil {
		d.err = d.append(c)
	}
	c.text, c.done = c.text[:0], nil
	c.deflated.Reset()
}

func (d *deflater) append(c *chunk) error {
	if c.err != nil {
		return fmt.Errorf("compress workbook: %w", c.err)
	}
	n, err := d.out.Write(c.deflated.Bytes())
	if err != nil {
		return fmt.Errorf("write temporary file for a workbook: %w", err)
	}
	c.part.sections = append(c.part.sections, section{d.offset, int64(n), int64(len(c.text)), crc32.ChecksumIEEE(c.text)})
	d.offset += int64(n)
	return nil
}

func (c *chunk) deflate() {
	defer close(c.done)
	c.writer.Reset(&c.deflated)
	if _, c.err = c.writer.Write(c.text); c.err == nil {
		c.err = c.writer.Flush()
	}
}
