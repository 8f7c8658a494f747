package job

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/storage"
	"github.com/wixrecon/wixrecon/sources/wix"
)

// The book comes from the API, or from the snapshot of an earlier run. A replay
// keeps the coverage and the as-of of the run that read it; a bare file, which
// has no summary beside it, counts as complete at its own time.

// readBook fills Wix's side of the table.
func (w *audit) readBook(ctx context.Context) error {
	if w.Config.Snapshot != "" {
		return w.replay(ctx)
	}
	return w.readLive(ctx)
}

func (w *audit) readLive(ctx context.Context) (err error) {
	client, err := wix.NewClient(wix.Options{
		BaseURL: w.Config.BaseURL.String(), AccountID: w.Config.AccountID, Key: w.Config.APIKey,
		Rate: w.Config.Rate, Concurrency: w.Config.Concurrency, UserAgent: "wixrecon/" + w.Version, Log: w.Log,
	})
	if err != nil {
		return &UsageError{err}
	}
	defer client.Close()
	if w.snapshot, err = spoolFile(); err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(w.snapshot, 1<<18)
	snapshot, err := wix.NewSnapshotWriter(buffered)
	if err != nil {
		return err
	}
	stop := w.Meter.start(w.Log)
	coverage, err := wix.ReadBook(ctx, client, wix.BookOptions{
		LedgerAccounts: w.accounts, Only: w.only(), Progress: w.Meter.show,
	}, func(p reconcile.Package, raw []byte, settled bool) error {
		return errors.Join(snapshot.Write(raw), w.table.AddPackage(p, settled))
	})
	stop()
	w.summary.Requests = client.Requests()
	if err != nil {
		return err
	}
	w.summary.Coverage = *coverage
	return errors.Join(snapshot.Close(), buffered.Flush())
}

// only gives the accounts that the run is narrowed to; nil is all.
func (w *audit) only() []string {
	if len(w.Config.Accounts) == 0 {
		return nil
	}
	return w.Config.Accounts
}

// spoolFile makes a file without a name, gone with the process.
func spoolFile() (*os.File, error) {
	f, err := os.CreateTemp("", "wixrecon-snapshot-*")
	if err != nil {
		return nil, fmt.Errorf("create temporary file: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("unlink temporary file: %w", err), f.Close())
	}
	return f, nil
}

// replay reads a snapshot in place of the API.
func (w *audit) replay(ctx context.Context) (err error) {
	in, err := w.Places.Open(ctx, w.Config.Snapshot)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	earlier, err := w.beside(ctx)
	if err != nil {
		return err
	}
	hash := sha256.New()
	only := w.only()
	accounts, err := wix.ReadSnapshot(io.TeeReader(in, hash), func(p reconcile.Package, _ []byte, settled bool) error {
		if only != nil && !slices.Contains(only, p.AccountID) {
			return nil
		}
		return w.table.AddPackage(p, settled)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", in.Name, err)
	}
	if _, err := io.Copy(hash, in); err != nil {
		return err
	}
	file := reconcile.File{Name: in.Name, Bytes: in.Size, SHA256: hex.EncodeToString(hash.Sum(nil)), Modified: in.ModTime}
	w.summary.Inputs = append(w.summary.Inputs, file)
	if earlier == nil {
		return w.replayBare(file, accounts)
	}
	return w.replayRun(earlier, file)
}

// beside reads the summary of the run that the snapshot is of; nil where there
// is none.
func (w *audit) beside(ctx context.Context) (*reconcile.Summary, error) {
	in, err := w.Places.Open(ctx, storage.Sibling(w.Config.Snapshot, archive.SummaryFile))
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

// replayBare takes the snapshot for a whole book, read when the file was
// written.
func (w *audit) replayBare(file reconcile.File, accounts map[string]int) error {
	w.warn(fmt.Sprintf("snapshot %s has no %s beside it: it counts as complete at its own time, %s",
		file.Name, archive.SummaryFile, file.Modified.UTC().Format("2006-01-02 15:04:05Z")))
	if w.Config.AsOf.IsZero() {
		w.summary.AsOf = file.Modified.UTC()
	}
	c := &w.summary.Coverage
	c.Book, c.Accounts = reconcile.BookWhole, make(map[string]*reconcile.AccountCoverage, len(accounts))
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
	if !slices.ContainsFunc(earlier.Reports, func(f reconcile.File) bool { return f.SHA256 == file.SHA256 }) {
		return fmt.Errorf("read %s: it is not the snapshot that the %s beside it tells of", file.Name, archive.SummaryFile)
	}
	w.summary.Scope.AccountID = parent
	if w.Config.AsOf.IsZero() {
		w.summary.AsOf = earlier.AsOf
	}
	w.summary.Coverage = earlier.Coverage
	w.summary.Coverage.Narrow(w.only())
	return nil
}
