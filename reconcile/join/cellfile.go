package join

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// A cellFile stores the carried cells of rows on disk. Only their offsets go
// through the sorters; the cells are read back for rows that appear in a report.
type cellFile struct {
	dir  string
	file *os.File
	w    *bufio.Writer
	size int64
	buf  []byte
}

// add writes the cells of a row and returns their offset, counted from 1; 0 where
// there are none.
func (f *cellFile) add(cells []string) (int64, error) {
	if len(cells) == 0 {
		return 0, nil
	}
	if f.file == nil {
		var err error
		if f.file, err = TempFile(f.dir); err != nil {
			return 0, err
		}
		f.w = bufio.NewWriterSize(f.file, 1<<18)
	}
	f.buf = binary.AppendUvarint(f.buf[:0], uint64(len(cells)))
	for _, cell := range cells {
		f.buf = binary.AppendUvarint(f.buf, uint64(len(cell)))
		f.buf = append(f.buf, cell...)
	}
	if _, err := f.w.Write(f.buf); err != nil {
		return 0, fmt.Errorf("write temporary file: %w", err)
	}
	offset := f.size + 1
	f.size += int64(len(f.buf))
	return offset, nil
}

// flush makes all added cells readable.
func (f *cellFile) flush() error {
	if f.w == nil {
		return nil
	}
	if err := f.w.Flush(); err != nil {
		return fmt.Errorf("write temporary file: %w", err)
	}
	return nil
}

// read returns the cells at an offset that add returned.
func (f *cellFile) read(offset int64) ([]string, error) {
	if offset == 0 {
		return nil, nil
	}
	r := bufio.NewReaderSize(io.NewSectionReader(f.file, offset-1, f.size-offset+1), 1<<10)
	n, err := binary.ReadUvarint(r)
	if err != nil {
		return nil, fmt.Errorf("read temporary file: %w", err)
	}
	cells := make([]string, n)
	for i := range cells {
		size, err := binary.ReadUvarint(r)
		if err != nil {
			return nil, fmt.Errorf("read temporary file: %w", err)
		}
		cell := make([]byte, size)
		if _, err := io.ReadFull(r, cell); err != nil {
			return nil, fmt.Errorf("read temporary file: %w", err)
		}
		cells[i] = string(cell)
	}
	return cells, nil
}

func (f *cellFile) close() {
	if f.file != nil {
		_ = f.file.Close() // the file is temporary: a failed close loses nothing
	}
	*f = cellFile{}
}
