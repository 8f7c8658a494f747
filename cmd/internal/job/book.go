package job

import (
	"context"
	"errors"
	"log/slog"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/wix"
)

// The inventory comes from the API, or from the snapshot of an earlier run. A replay
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
	client, err := w.connect()
	if err != nil {
		return err
	}
	if err := w.spool(); err != nil {
		return err
	}
	stop := w.Meter.start(w.Log)
	coverage, err := wix.ReadInventory(ctx, client, wix.InventoryOptions{
		LedgerAccounts: w.accounts, Only: w.only(), Progress: w.Meter.show,
	}, func(p reconcile.Package, raw []byte, settled bool) error {
		return errors.Join(w.snapshot.write(raw), w.table.AddPackage(p, settled))
	})
	stop()
	if err != nil {
		return err
	}
	w.summary.Coverage = *coverage
	return nil
}

// connect gives the client of the run, which has one rate for all that it sends.
func (w *audit) connect() (*wix.Client, error) {
	if w.client != nil {
		return w.client, nil
	}
	client, err := newClient(w.Config, w.Version, w.Log)
	w.client = client
	return client, err
}

// disconnect closes the client.
func (w *audit) disconnect() {
	if w.client != nil {
		w.client.Close()
	}
}

// newClient makes a client of the settings.
func newClient(c *config.Config, version string, log *slog.Logger) (*wix.Client, error) {
	client, err := wix.NewClient(wix.Options{
		BaseURL: c.BaseURL.String(), AccountID: c.AccountID, Key: c.APIKey,
		Rate: c.Rate, Concurrency: c.Concurrency, UserAgent: "wixrecon/" + version, Log: log,
	})
	if err != nil {
		return nil, &UsageError{err}
	}
	return client, nil
}

// only gives the accounts that the run is narrowed to; nil is all.
func (w *audit) only() []string {
	if len(w.Config.Accounts) == 0 {
		return nil
	}
	return w.Config.Accounts
}
