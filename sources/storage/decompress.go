package storage

// Compression is detected by the first bytes, never by the name, so that a file
// that was unpacked or renamed is still read.

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// maxWindow limits the memory that a zstd stream may request, in bytes.
const maxWindow = 128 << 20

// Decompress returns the content of in, decompressed if it is gzip or zstd.
// Closing the result does not close in.
func Decompress(in io.Reader) (io.ReadCloser, error) {
	buffered := bufio.NewReaderSize(in, 64<<10)
	head, err := buffered.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		unpacked, err := newGzipReader(buffered)
		if err != nil {
			return nil, fmt.Errorf("unpack gzip: %w", err)
		}
		return &decompressor{unpacked, "gzip"}, nil
	case isZstd(head):
		unpacked, err := zstd.NewReader(buffered, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, fmt.Errorf("unpack zstd: %w", err)
		}
		return &decompressor{unpacked.IOReadCloser(), "zstd"}, nil
	}
	return io.NopCloser(buffered), nil
}

// Compressed reports whether a reader that Decompress returned decompresses.
func Compressed(plain io.Reader) bool {
	_, compressed := plain.(*decompressor)
	return compressed
}

// isZstd recognizes a frame, or a skippable frame before it.
func isZstd(head []byte) bool {
	return bytes.Equal(head, []byte{0x28, 0xb5, 0x2f, 0xfd}) ||
		len(head) == 4 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:], []byte{0x2a, 0x4d, 0x18})
}

// A decompressor names the format in its errors.
type decompressor struct {
	io.ReadCloser
	format string
}

func (d *decompressor) Read(b []byte) (int, error) {
	n, err := d.ReadCloser.Read(b)
	switch {
	case errors.Is(err, zstd.ErrMagicMismatch): // the first frame has been recognized
		err = fmt.Errorf("unpack zstd: %w", errAfterEnd)
	case err != nil && !errors.Is(err, io.EOF):
		err = fmt.Errorf("unpack %s: %w", d.format, err)
	}
	return n, err
}
