package job

import (
	"context"
	"errors"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/join"
	"github.com/wixrecon/wixrecon/sources/wix"
)

// The inventory comes from the API, or from the snapshot of an earlier run.

// inventory is what is known of the inventory apart from its packages.
type inventory struct {
	coverage reconcile.Coverage
	learned  wix.Learned     // by a live read, about the API
	spool    *spool          // of a live read, where the snapshot is kept; may be nil
	file     *reconcile.File // of a replay, the snapshot
	bare     bool            // of a replay without a summary: the packages of each account are known after comparing
	content  string          // the hash of the snapshot's content; empty without a snapshot
	wixAhead time.Duration   // how far Wix's clock is ahead of this one; 0 where it is not known
}

// readInventory reads Wix into the table. Sub-accounts that the ledger names are
// read even where Wix does not list them. Keep is whether the snapshot is needed
// whatever reports were asked for.
func (s *session) readInventory(ctx context.Context, client *wix.Client, ledgerAccounts []string, learned wix.Learned, table *join.Table, keep bool) (*inventory, error) {
	defer s.phases.measure(reconcile.RunPhaseWix)()
	inv := &inventory{}
	if keep || s.Config.HasReport(config.ReportSnapshot) {
		var err error
		if inv.spool, err = newSpool(s.Config.TempDir); err != nil {
			return nil, err
		}
	}
	w, order := table.Writer(), int64(0)
	stop := s.Meter.start(s.Log)
	reading, err := wix.ReadInventory(ctx, client, wix.InventoryOptions{
		LedgerAccounts: ledgerAccounts, Only: s.onlyAccounts(), Learned: learned, Progress: s.Meter.update,
	}, func(p reconcile.Package, raw []byte, _ bool) error {
		order++ // of two copies with equal dates, the one that Wix returned for itself comes last
		return errors.Join(inv.spool.write(raw), w.AddPackage(&p, order))
	})
	stop()
	if err = errors.Join(err, w.Close()); err != nil {
		return inv, err
	}
	inv.coverage, inv.learned = reading.Coverage, reading.Learned
	inv.wixAhead, _ = client.Skew()
	if !inv.coverage.Complete() && outOfTime(ctx) {
		inv.coverage.Problems = append(inv.coverage.Problems, "the run reached its maximum duration: raise --max-duration "+s.Config.MaxDuration.String())
	}
	inv.content, err = inv.spool.complete()
	return inv, err
}

func outOfTime(ctx context.Context) bool { return errors.Is(context.Cause(ctx), wix.ErrOutOfTime) }

// onlyAccounts returns the accounts that the run is narrowed to; nil means all.
func (s *session) onlyAccounts() []string {
	if len(s.Config.Accounts) == 0 {
		return nil
	}
	return s.Config.Accounts
}
