package job

import (
	"context"
	"fmt"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/join"
)

// reconciliation is the result of comparing both sides.
type reconciliation struct {
	result  *join.Result
	summary reconcile.Summary // what was read and found; assessment, fixes and reports are not in it
}

// reconcile compares what is in the table.
func (s *session) reconcile(ctx context.Context, in *inputs, known reconcile.KnownFindings, table *join.Table) (*reconciliation, error) {
	defer s.phases.measure(reconcile.RunPhaseReconcile)()
	s.Log.Info("reconciling")
	exceptions, asOf, coverage := in.lists.exceptions, in.subject.asOf, in.inventory.coverage
	result, err := table.Reconcile(ctx, reconcile.Rules{
		AsOf: asOf, InFlight: s.Config.InFlight, Coverage: &coverage, Parent: in.subject.scope.AccountID, Known: known,
		Prices: in.lists.prices, Exceptions: reconcile.NewExceptions(exceptions, asOf),
	})
	if err != nil {
		return nil, fmt.Errorf("reconcile: %w", err)
	}
	if in.inventory.bare {
		countPackages(&coverage, result.Accounts)
	}
	sum := s.newSummary(in.subject)
	sum.Lists, sum.Inputs, sum.LedgerVersion = in.lists.files, in.ledger.files, reconcile.LedgerVersion(in.ledger.files)
	if in.inventory.file != nil {
		sum.Inputs = append(sum.Inputs[:len(sum.Inputs):len(sum.Inputs)], *in.inventory.file)
	}
	sum.Coverage, sum.Complete, sum.SnapshotContent = coverage, coverage.Complete(), in.inventory.content
	sum.AccountsFailed = coverage.Failed()
	sum.Findings, sum.Ledger, sum.Wix = result.Tally, result.Ledger, result.Wix
	sum.Exceptions = reconcile.ExceptionUses(exceptions, asOf, result.Silenced)
	return &reconciliation{result: result, summary: sum}, nil
}
