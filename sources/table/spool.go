package table

// A zip archive is read from its end, and a ledger may come through a pipe. So
// a workbook is kept in a temporary file without a name: it is gone with the
// process, however that ends.

import (
	"errors"
	"fmt"
	"io"
	"os"
)

func temporary() (*os.File, error) {
	f, err := os.CreateTemp("", "wixrecon-table-*")
	if err != nil {
		return nil, fmt.Errorf("create temporary file: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("unlink temporary file: %w", err), f.Close())
	}
	return f, nil
}

func spool(in io.Reader) (f *os.File, size int64, err error) {
	if f, err = temporary(); err != nil {
		return nil, 0, err
	}
	if size, err = io.Copy(f, in); err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, size, nil
}
