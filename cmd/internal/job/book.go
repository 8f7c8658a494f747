package job

import (
	"context"
	"errors"

	"github.com/wixrecon/wixrecon/reconcile"
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
	if err := w.spool(); err != nil {
		return err
	}
	stop := w.Meter.start(w.Log)
	coverage, err := wix.ReadBook(ctx, client, wix.BookOptions{
		LedgerAccounts: w.accounts, Only: w.only(), Progress: w.Meter.show,
	}, func(p reconcile.Package, raw []byte, settled bool) error {
		return errors.Join(w.snapshot.write(raw), w.table.AddPackage(p, settled))
	})
	stop()
	w.summary.Requests = client.Requests()
	if err != nil {
		return err
	}
	w.summary.Coverage = *coverage
	return nil
}

// only gives the accounts that the run is narrowed to; nil is all.
func (w *audit) only() []string {
	if len(w.Config.Accounts) == 0 {
		return nil
	}
	return w.Config.Accounts
}
