package storage

// A gzip file is one or more members. Tapes, block devices and some transfers
// fill it up with zeros, which gzip itself passes over. Anything else after the
// last member means that the file was damaged or appended to.

import (
	"bufio"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
)

var errAfterEnd = errors.New("the compressed data ends, and something else follows it: the file is damaged, or was appended to: export it again")

// A gzipReader decompresses the members of a gzip file.
type gzipReader struct {
	in     *bufio.Reader
	member *gzip.Reader
}

func newGzipReader(in *bufio.Reader) (*gzipReader, error) {
	member, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	member.Multistream(false)
	return &gzipReader{in: in, member: member}, nil
}

func (r *gzipReader) Read(b []byte) (n int, err error) {
	for n == 0 && err == nil && len(b) > 0 {
		if n, err = r.member.Read(b); errors.Is(err, io.EOF) {
			err = r.nextMember()
		}
	}
	return n, err
}

// nextMember begins the next member; io.EOF means that there is none.
func (r *gzipReader) nextMember() error {
	head, err := r.in.Peek(2)
	switch {
	case len(head) == 0:
		return err
	case head[0] == 0:
		return r.skipZeros()
	case len(head) < 2 || head[0] != 0x1f || head[1] != 0x8b:
		return errAfterEnd
	}
	if err := r.member.Reset(r.in); err != nil {
		return err
	}
	r.member.Multistream(false)
	return nil
}

// skipZeros returns io.EOF where only zeros are left.
func (r *gzipReader) skipZeros() error {
	for {
		b, err := r.in.ReadByte()
		if err != nil {
			return err
		}
		if b != 0 {
			return errAfterEnd
		}
	}
}

func (r *gzipReader) Close() error { return r.member.Close() }
