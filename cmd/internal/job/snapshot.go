package job

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"

	"github.com/wixrecon/wixrecon/internal/tempfile"
	"github.com/wixrecon/wixrecon/sources/wix"
)

// A spool collects the snapshot on disk, in a file without a name, while the
// inventory is read. A nil spool drops everything.
type spool struct {
	file       *os.File
	buffered   *bufio.Writer
	compressed *wix.SnapshotWriter
	content    hash.Hash // of the snapshot before compression
}

// newSpool opens a spool in dir; empty is the system's folder.
func newSpool(dir string) (*spool, error) {
	file, err := tempfile.Create(dir)
	if err != nil {
		return nil, err
	}
	s := &spool{file: file, buffered: bufio.NewWriterSize(file, 1<<18), content: sha256.New()}
	if s.compressed, err = wix.NewSnapshotWriter(s.buffered, s.content); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *spool) write(raw []byte) error {
	if s == nil {
		return nil
	}
	return s.compressed.Write(raw)
}

// complete ends the snapshot and returns the hash of its content.
func (s *spool) complete() (content string, err error) {
	if s == nil {
		return "", nil
	}
	err = errors.Join(s.compressed.Close(), s.buffered.Flush())
	return hex.EncodeToString(s.content.Sum(nil)), err
}

// copyTo writes a completed snapshot to out.
func (s *spool) copyTo(out io.Writer) error {
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := io.Copy(out, s.file)
	return err
}

func (s *spool) close() {
	if s != nil {
		_ = s.file.Close() // it has no name: nothing can be lost
	}
}
