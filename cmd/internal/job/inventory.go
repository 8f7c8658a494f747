package job

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/join"
	"github.com/wixrecon/wixrecon/sources/wix"
)

// The inventory comes from the API, or from the snapshot of an earlier run.

// inventory is what is known of the inventory apart from its packages.
type inventory struct {
	coverage reconcile.Coverage
	spool    *spool          // of a live read, where the snapshot was asked for; may be nil
	file     *reconcile.File // of a replay, the snapshot
	content  string          // of a replay, the hash of the snapshot's content
}

// readInventory reads Wix into the table. Sub-accounts that the ledger names are
// read even where Wix does not list them.
func (s *session) readInventory(ctx context.Context, client *wix.Client, ledgerAccounts []string, table *join.Table) (*inventory, error) {
	inv := &inventory{}
	if s.Config.HasReport(config.ReportSnapshot) {
		var err error
		if inv.spool, err = newSpool(); err != nil {
			return nil, err
		}
	}
	stop := s.Meter.start(s.Log)
	coverage, err := wix.ReadInventory(ctx, client, wix.InventoryOptions{
		LedgerAccounts: ledgerAccounts, Only: s.onlyAccounts(), Progress: s.Meter.update,
	}, func(p reconcile.Package, raw []byte, settled bool) error {
		return errors.Join(inv.spool.write(raw), table.AddPackage(p, settled))
	})
	stop()
	if err != nil {
		return inv, err
	}
	inv.coverage = *coverage
	return inv, nil
}

// onlyAccounts returns the accounts that the run is narrowed to; nil means all.
func (s *session) onlyAccounts() []string {
	if len(s.Config.Accounts) == 0 {
		return nil
	}
	return s.Config.Accounts
}

// A spool collects the snapshot on disk, in a file without a name, while the
// inventory is read. A nil spool drops everything.
type spool struct {
	file       *os.File
	buffered   *bufio.Writer
	compressed *wix.SnapshotWriter
	content    hash.Hash // of the snapshot before compression
}

func newSpool() (*spool, error) {
	file, err := join.TempFile("")
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

// copyTo completes the snapshot, writes it to out, and returns the hash of its
// content.
func (s *spool) copyTo(out io.Writer) (content string, err error) {
	if err := errors.Join(s.compressed.Close(), s.buffered.Flush()); err != nil {
		return "", err
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	_, err = io.Copy(out, s.file)
	return hex.EncodeToString(s.content.Sum(nil)), err
}

func (s *spool) close() {
	if s != nil {
		_ = s.file.Close() // it has no name: nothing can be lost
	}
}
