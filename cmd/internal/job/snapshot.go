package job

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/reconcile/join"
	"github.com/wixrecon/wixrecon/sources/wix"
)

// The snapshot grows on disk while the inventory is read, in a file without a name,
// and goes into the run's folder with the other reports. Nil is no snapshot.
type snapshot struct {
	file     *os.File
	buffered *bufio.Writer
	packed   *wix.SnapshotWriter
	content  hash.Hash // of what is written before it is packed
}

// spool begins the snapshot, where it is asked for.
func (w *audit) spool() error {
	if !w.Config.HasReport(config.ReportSnapshot) {
		return nil
	}
	file, err := join.TempFile("")
	if err != nil {
		return err
	}
	s := &snapshot{file: file, buffered: bufio.NewWriterSize(file, 1<<18), content: sha256.New()}
	w.snapshot = s
	s.packed, err = wix.NewSnapshotWriter(s.buffered, s.content)
	return err
}

func (s *snapshot) write(raw []byte) error {
	if s == nil {
		return nil
	}
	return s.packed.Write(raw)
}

// copyTo ends the snapshot and writes it out, and gives the hash of its
// content.
func (s *snapshot) copyTo(out io.Writer) (content string, err error) {
	if err := errors.Join(s.packed.Close(), s.buffered.Flush()); err != nil {
		return "", err
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	_, err = io.Copy(out, s.file)
	return hex.EncodeToString(s.content.Sum(nil)), err
}

// close gives the file back.
func (s *snapshot) close() {
	if s != nil {
		_ = s.file.Close() // it has no name: nothing can be lost
	}
}
