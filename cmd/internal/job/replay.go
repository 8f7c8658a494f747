package job

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/storage"
	"github.com/wixrecon/wixrecon/sources/wix"
)

// A replay keeps the coverage and the as-of of the run that read the snapshot:
// they stand in the summary beside it, which tells the snapshot by a hash of
// its content, so that it may be packed anew. A bare file, which has no summary
// beside it, counts as complete at its own time.

// replay reads a snapshot in place of the API.
func (w *audit) replay(ctx context.Context) (err error) {
	in, err := w.Opener.Open(ctx, w.Config.Snapshot)
	if err != nil {
		return named(fmt.Errorf("snapshot: %w", err))
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	earlier, err := w.beside(ctx)
	if err != nil {
		return err
	}
	stored, content := sha256.New(), sha256.New()
	plain, err := storage.Decompress(io.TeeReader(in, stored))
	if err != nil {
		return fmt.Errorf("snapshot %s: %w", in.Name, err)
	}
	accounts, err := wix.ReadSnapshot(io.TeeReader(plain, content), w.replayed())
	if err := errors.Join(err, plain.Close()); err != nil {
		return fmt.Errorf("snapshot %s: %w", in.Name, err)
	}
	if _, err := io.Copy(stored, in); err != nil { // what a decompressor left unread
		return err
	}
	file := reconcile.File{Name: in.Name, Bytes: in.Size, SHA256: hex.EncodeToString(stored.Sum(nil)), Modified: in.ModTime}
	w.summary.Inputs = append(w.summary.Inputs, file)
	w.summary.SnapshotContent = hex.EncodeToString(content.Sum(nil))
	if earlier == nil {
		return w.replayBare(file, accounts)
	}
	return w.replayRun(earlier, file)
}

// replayed gives the sink of a replay, which drops what is out of scope.
func (w *audit) replayed() wix.Sink {
	shown := make(map[string]bool)
	for _, account := range w.only() {
		shown[account] = true
	}
	return func(p reconcile.Package, _ []byte, settled bool) error {
		if len(shown) > 0 && !shown[p.AccountID] {
			return nil
		}
		return w.table.AddPackage(p, settled)
	}
}

// beside reads the summary of the run that the snapshot is of; nil where there
// is none.
func (w *audit) beside(ctx context.Context) (*reconcile.Summary, error) {
	in, err := w.Opener.Open(ctx, storage.Sibling(w.Config.Snapshot, archive.SummaryFile))
	if storage.NotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s, err := archive.ReadSummary(in)
	if err != nil {
		err = fmt.Errorf("read %s: %w", in.Name, err)
	}
	return s, errors.Join(err, in.Close())
}

// replayBare takes the snapshot for a whole inventory, read when the file was
// written.
func (w *audit) replayBare(file reconcile.File, accounts map[string]int) error {
	w.warn(fmt.Sprintf("snapshot %s has no %s beside it: it counts as complete at its own time, %s",
		file.Name, archive.SummaryFile, file.Modified.UTC().Format("2006-01-02 15:04:05Z")))
	if w.Config.AsOf.IsZero() {
		w.summary.AsOf = file.Modified.UTC()
	}
	c := &w.summary.Coverage
	c.Inventory, c.Accounts = reconcile.InventoryWhole, make(map[string]*reconcile.AccountCoverage, len(accounts))
	for id, packages := range accounts {
		c.Accounts[id] = &reconcile.AccountCoverage{Read: true, By: "snapshot", Packages: packages}
	}
	c.Narrow(w.only())
	return nil
}

// replayRun takes coverage and as-of from the run that read the snapshot.
func (w *audit) replayRun(earlier *reconcile.Summary, file reconcile.File) error {
	parent := earlier.Scope.AccountID
	if own := w.Config.AccountID; own != "" && own != parent {
		return Usagef("snapshot %s is of account %s, not of %s", file.Name, parent, own)
	}
	if earlier.SnapshotContent != w.summary.SnapshotContent {
		return fmt.Errorf("read %s: it is not the snapshot that the %s beside it tells of", file.Name, archive.SummaryFile)
	}
	if err := earlier.Coverage.Check(); err != nil || earlier.Complete != earlier.Coverage.Complete() {
		return fmt.Errorf("read %s: the %s beside it contradicts itself about what was read", file.Name, archive.SummaryFile)
	}
	w.summary.Scope = w.scope(parent)
	if w.Config.AsOf.IsZero() {
		w.summary.AsOf = earlier.AsOf
	}
	w.summary.Coverage = earlier.Coverage
	w.summary.Coverage.Narrow(w.only())
	return nil
}
