package job

import (
	"context"
	"fmt"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/join"
	"github.com/wixrecon/wixrecon/sources/wix"
)

// A run reads everything, decides everything, and only then writes. A run that
// fails therefore leaves nothing in --out. Without a FixRequest it sends Wix
// nothing but queries. With one it makes a plan, executes it, and then writes
// the reports, which show the outcomes.

// A FixRequest is what a run is asked to fix.
type FixRequest struct {
	Fixes  []string        // names of --fix
	Only   map[string]bool // ids of findings, packages and accounts; nil means all
	Review bool            // a person reviews the plan before it is applied: this run sends nothing
}

// Run reads and compares both sides, and fixes what was requested; request is
// nil for an audit. It returns the exit code. An error means that nothing could
// be reported; ExitCode has its code.
func (j *Job) Run(ctx context.Context, request *FixRequest) (code int, err error) {
	command := reconcile.CommandRun
	if request != nil && request.Review {
		command = reconcile.CommandPlan
	}
	if request != nil {
		if err := j.checkRate(); err != nil {
			return 0, err
		}
	}
	return j.inSession(ctx, command, func(s *session) (int, error) { return s.run(ctx, request) })
}

// run puts the stages together.
func (s *session) run(ctx context.Context, request *FixRequest) (code int, err error) {
	b, err := s.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer s.release(ctx, b)
	lease, err := s.acquireLease(ctx, b.folder.ID, request != nil && !request.Review)
	if err != nil {
		return 0, err
	}
	defer lease.release(ctx)
	table := join.New(s.tableOptions(s.needsInventory(request)))
	defer table.Close()
	in, err := s.readInputs(ctx, b, table, request != nil)
	defer in.close()
	if err != nil {
		return 0, err
	}
	rec, err := s.reconcile(ctx, in, b.history.known, table)
	if err != nil {
		return 0, err
	}
	judged, err := s.assess(ctx, in.inventory, rec, b.history)
	if err != nil {
		return 0, err
	}
	fixes, err := s.planFixes(ctx, request, in, rec, judged, b)
	if err != nil {
		return 0, err
	}
	done, err := s.execute(ctx, lease, in.client, fixes)
	if err != nil {
		return 0, err
	}
	return s.reportRun(ctx, &runResult{b.folder, in, rec, judged, fixes, done})
}

// needsInventory reports whether the run uses the inventory after it is compared.
func (s *session) needsInventory(request *FixRequest) bool {
	return request != nil || len(s.Config.Canaries) > 0 || s.Config.HasReport(config.ReportPackages) || s.Config.HasReport(config.ReportXLSX)
}

// tableOptions are the resources that a comparison may use.
func (s *session) tableOptions(inventory bool) join.Options {
	return join.Options{TempDir: s.Config.TempDir, Memory: s.Config.Memory, Inventory: inventory}
}

// inputs are what a run read.
type inputs struct {
	subject   *subject // complete: a replay learns the rest from its snapshot
	lists     *lists
	ledger    *ledgerInput
	inventory *inventory
	client    *wix.Client // nil in a replay
}

// readInputs reads the ledger and the inventory into the table. A live read needs
// the sub-accounts of the ledger; the ledger of a replay may be named by the date
// of its snapshot. Keep is whether the snapshot is kept, because apply plans again
// from it. The result must be closed, also beside an error.
func (s *session) readInputs(ctx context.Context, b *beginning, table *join.Table, keep bool) (in *inputs, err error) {
	in = &inputs{subject: b.subject, lists: b.lists}
	ctx, cancel := s.readContext(ctx)
	defer cancel()
	replayed := s.Config.Snapshot != ""
	if replayed {
		if in.subject, in.inventory, err = s.replay(ctx, b.subject, table); err != nil {
			return in, err
		}
	} else if in.client, err = s.newClient(0); err != nil {
		return in, err
	}
	if in.ledger, err = s.fillLedger(ctx, in.subject.asOf, table); err != nil && outOfTime(ctx) {
		err = fmt.Errorf("%w: %w: raise --max-duration %s", err, wix.ErrOutOfTime, s.Config.MaxDuration)
	}
	if err != nil || replayed {
		return in, err
	}
	in.inventory, err = s.readInventory(ctx, in.client, in.ledger.accounts, b.history.learned, table, keep)
	return in, err
}

func (in *inputs) close() {
	if in.inventory != nil {
		in.inventory.spool.close()
	}
	if in.client != nil {
		in.client.Close()
	}
}
