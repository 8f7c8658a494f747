package job

import (
	"context"
	"fmt"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// A live run goes on from what earlier runs of its scope left, and leaves as
// much to later ones. A replay and a run with --as-of speak for a moment that
// is not theirs, so they neither read nor write it: the same inputs give the
// same reports, whatever else lies in --out.

// scope says what the run is asked to look at under the parent account, which a
// replay may learn from its snapshot only.
func (w *audit) scope(parent string) reconcile.Scope {
	parts := reconcile.ScopeParts{
		AccountID: parent, Accounts: w.Config.Accounts, Ledger: w.Config.Ledger,
		Columns: make(map[string][]string), Statuses: make(map[string]string),
	}
	for _, m := range w.Config.Columns {
		parts.Columns[m.Column] = m.Headers
	}
	for _, s := range w.Config.Statuses {
		parts.Statuses[s.Word] = string(s.Status)
	}
	return reconcile.Scope{
		ID: parts.ID(), AccountID: parts.AccountID, Accounts: parts.Accounts, Ledger: storage.Redact(parts.Ledger),
	}
}

// lookBack reads what earlier runs left, and says which of them died.
func (w *audit) lookBack(ctx context.Context) error {
	died, warnings, err := w.recall(ctx)
	if err != nil {
		return fmt.Errorf("look back: %w", err)
	}
	for _, id := range died {
		w.warn(fmt.Sprintf("run %s has no %s: it died, or is still at work", id, archive.SummaryFile))
	}
	for _, text := range warnings {
		w.warn(text)
	}
	return nil
}

func (w *audit) recall(ctx context.Context) (died, warnings []string, err error) {
	if !w.summary.Live {
		died, err = w.archive.Unfinished(ctx, w.run.ID)
		return died, nil, err
	}
	if w.history, err = w.archive.History(ctx, w.summary.Scope.ID, w.started); err != nil {
		return nil, nil, err
	}
	w.memory, err = w.archive.KnownFindings(ctx, w.history, w.summary.Scope.ID)
	return w.history.Crashed, w.history.Warnings, err
}

// remember says whether the run is accepted, and what is known after it.
func (w *audit) remember(ctx context.Context) error {
	s := &w.summary
	if !s.Live {
		return nil
	}
	if err := w.weigh(ctx); err != nil {
		return fmt.Errorf("weigh the inputs: %w", err)
	}
	look := reconcile.CurrentRun{AsOf: s.AsOf, Accepted: s.Accepted, Coverage: &s.Coverage}
	memory, changes, err := w.memory.Update(look, w.result.Findings(ctx))
	if err != nil {
		return fmt.Errorf("remember the findings: %w", err)
	}
	if w.memory, err = w.count(ctx, memory); err != nil {
		return fmt.Errorf("count sightings: %w", err)
	}
	if len(w.history.Runs) > 0 {
		s.Changes = &changes
	}
	return nil
}

// count counts the run as a sighting of what it shows.
func (w *audit) count(ctx context.Context, memory reconcile.KnownFindings) (reconcile.KnownFindings, error) {
	s := &w.summary
	sightings := fix.NewSightings(fix.EarlierOf(&w.history.History), fix.SightingRun{
		AsOf: s.AsOf, Ledger: s.LedgerVersion, Accepted: s.Accepted, Gap: w.Config.SightingGap,
	})
	for f, err := range w.result.Findings(ctx) {
		if err != nil {
			return nil, err
		}
		if err := sightings.See(&f); err != nil {
			return nil, err
		}
	}
	return sightings.Count(memory), nil
}

// point names the run in the archive's pointer. The run is concluded by then:
// a pointer that could not be written is no fault of it.
func (w *audit) point(ctx context.Context) {
	if !w.summary.Accepted {
		return
	}
	warning, err := w.archive.SetLatest(ctx, &w.summary)
	if warning != "" {
		w.Log.Warn(warning)
	}
	if err != nil {
		w.Log.Warn("the run is not named as the latest", "cause", err)
	}
}
