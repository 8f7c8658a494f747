package join

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/wixrecon/wixrecon/internal/tempfile"
)

// A cellFile stores the carried cells of rows on disk. Records have only their
// offsets; the cells are read back for rows that appear in a report. Several
// goroutines can write to it, each into regions of its own.
type cellFile struct {
	dir string

	mu   sync.Mutex
	file *os.File
	size int64 // of all regions
}

// A cellWriter adds to a cellFile, for one goroutine.
type cellWriter struct {
	file   *cellFile
	region []byte // the current one, as far as it is written
	start  int64  // its offset
	cells  []byte
}

// cellRegion is the size of a region, unless one row has more cells.
const cellRegion = 64 << 10

// add writes the cells of a row and returns their offset, counted from 1; 0 where
// there are none.
func (w *cellWriter) add(cells []string) (int64, error) {
	if len(cells) == 0 {
		return 0, nil
	}
	w.cells = binary.AppendUvarint(w.cells[:0], uint64(len(cells)))
	for _, cell := range cells {
		w.cells = append(binary.AppendUvarint(w.cells, uint64(len(cell))), cell...)
	}
	if len(w.region)+len(w.cells) > cap(w.region) {
		if err := w.begin(max(cellRegion, len(w.cells))); err != nil {
			return 0, err
		}
	}
	offset := w.start + int64(len(w.region)) + 1
	w.region = append(w.region, w.cells...)
	return offset, nil
}

// begin writes the region and begins another one.
func (w *cellWriter) begin(size int) (err error) {
	if err := w.close(); err != nil {
		return err
	}
	if w.start, err = w.file.reserve(size); err != nil {
		return err
	}
	if cap(w.region) != size {
		w.region = make([]byte, 0, size)
	}
	return nil
}

// close writes what is not written yet.
func (w *cellWriter) close() error {
	if len(w.region) == 0 {
		return nil
	}
	_, err := w.file.file.WriteAt(w.region, w.start)
	if w.region = w.region[:0]; err != nil {
		return fmt.Errorf("write temporary file: %w", err)
	}
	return nil
}

// reserve returns the offset of a new region.
func (f *cellFile) reserve(size int) (start int64, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file == nil {
		if f.file, err = tempfile.Create(f.dir); err != nil {
			return 0, err
		}
	}
	start = f.size
	f.size += int64(size)
	return start, nil
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
	f.file = nil
}
