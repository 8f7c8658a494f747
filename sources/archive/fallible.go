package archive

import (
	"errors"
	"io"
)

// fallible remembers the error of the store, so that it is not taken for a
// fault of what was read.
type fallible struct {
	in  io.Reader
	err error
}

func (f *fallible) Read(b []byte) (int, error) {
	n, err := f.in.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}
