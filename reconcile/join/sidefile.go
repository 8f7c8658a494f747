package join

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// A sideFile keeps the carried cells of rows on disk. Only the place of each
// goes through the sorters; the cells are read again for the rows that end in
// a report.
type sideFile struct {
	dir  string
	file *os.File
	w    *bufio.Writer
	size int64
	buf  []byte
}

// add writes the cells of a row and gives their place; 0 where there are none.
func (s *sideFile) add(cells []string) (int64, error) {
	if len(cells) == 0 {
		return 0, nil
	}
	if s.file == nil {
		var err error
		if s.file, err = TempFile(s.dir); err != nil {
			return 0, err
		}
		s.w = bufio.NewWriterSize(s.file, 1<<18)
	}
	s.buf = binary.AppendUvarint(s.buf[:0], uint64(len(cells)))
	for _, cell := range cells {
		s.buf = binary.AppendUvarint(s.buf, uint64(len(cell)))
		s.buf = append(s.buf, cell...)
	}
	if _, err := s.w.Write(s.buf); err != nil {
		return 0, fmt.Errorf("write temporary file: %w", err)
	}
	at := s.size + 1
	s.size += int64(len(s.buf))
	return at, nil
}

// flush makes everything that was added readable.
func (s *sideFile) flush() error {
	if s.w == nil {
		return nil
	}
	if err := s.w.Flush(); err != nil {
		return fmt.Errorf("write temporary file: %w", err)
	}
	return nil
}

// at reads the cells at a place.
func (s *sideFile) at(place int64) ([]string, error) {
	if place == 0 {
		return nil, nil
	}
	r := bufio.NewReaderSize(io.NewSectionReader(s.file, place-1, s.size-place+1), 1<<10)
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

func (s *sideFile) close() {
	if s.file != nil {
		_ = s.file.Close() // it has no name: nothing can be lost
	}
	*s = sideFile{}
}
