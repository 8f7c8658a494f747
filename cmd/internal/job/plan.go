package job

import (
	"context"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/sources/archive"
)

// What is to be fixed is planned from what the audit decided, before anything
// is changed, and the same way whether the plan is to be reviewed or is carried
// out at once. A plan that something stands against is written and told like any
// other; it is just not sent.

// A Fix is what a run is asked to fix.
type FixRequest struct {
	Fixes  []string        // as --fix names them
	Only   map[string]bool // finding, package and account ids; nil: everything
	Review bool            // the plan is looked at before it is sent: this run sends nothing
}

// decideFixes makes the plan, where something is to be fixed.
func (w *audit) decideFixes(ctx context.Context) error {
	if w.FixRequest == nil {
		return nil
	}
	w.Log.Info("planning")
	unsettled, spent, err := w.lookAtJournal(ctx)
	if err != nil {
		return err
	}
	s := &w.summary
	planner := fix.NewPlanner(fix.Options{
		Parent: s.Scope.AccountID, Fixes: w.FixRequest.Fixes, Only: w.FixRequest.Only, Listed: setOf(w.accounts),
		UnlistedAccounts: w.Config.UnlistedAccounts, Unsettled: unsettled,
		MinSightings: w.Config.MinSightings, Known: w.memory, Cost: w.cost(),
	})
	if err := w.show(ctx, planner); err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	w.plan, err = planner.Plan(fix.Header{
		Out: w.archive.ID(), Scope: s.Scope, RunID: s.RunID, Program: w.Version,
		CreatedAt: w.started, Life: w.Config.PlanLife, Inputs: slices.Concat(s.Inputs, s.Lists),
	}, fix.Terms{
		Complete: s.Complete, Objections: w.objections, Earlier: fix.EarlierOf(&w.history.History).Any(),
		Limits: w.Config.Limits, Usage: spent, LiveInstances: s.Wix.LiveInstances, Reviewed: w.FixRequest.Review,
	})
	if err != nil {
		return err
	}
	w.decisions, w.refusals = planner.Decisions(), w.plan.Refusals
	return w.writePlanFirst(ctx)
}

// show shows a planner all findings, and the inventory twice.
func (w *audit) show(ctx context.Context, p *fix.Planner) error {
	for f, err := range w.result.Findings(ctx) {
		if err != nil {
			return err
		}
		p.Consider(f)
	}
	for _, look := range []func(reconcile.Package){p.See, p.Depend} {
		for s, err := range w.result.Inventory(ctx) {
			if err != nil {
				return err
			}
			look(s.Package)
		}
	}
	return nil
}

// lookAtJournal gives what earlier changes may still have an effect on, and what
// was sent of late.
func (w *audit) lookAtJournal(ctx context.Context) (unsettled map[string]bool, spent []fix.Usage, err error) {
	from := w.started.Add(-spentWindow)
	late, err := w.archive.Journal().Since(ctx, from)
	if err != nil {
		return nil, nil, fmt.Errorf("read the journal: %w", err)
	}
	return fix.UnsettledOf(late), fix.UsageOf(late, from), nil
}

// cost gives what Wix bills, where prices were named.
func (w *audit) cost() fix.PriceLookup {
	if w.lists.prices == nil {
		return nil
	}
	return w.lists.prices.Monthly
}

// findings gives the findings with what became of each.
func (w *audit) findings(ctx context.Context) iter.Seq2[reconcile.Reported, error] {
	if w.plan == nil {
		return w.result.Findings(ctx)
	}
	return func(yield func(reconcile.Reported, error) bool) {
		i := 0
		for f, err := range w.result.Findings(ctx) {
			if err == nil {
				own := f.Reason
				f.Outcome, f.Reason = w.outcome(&w.decisions[i])
				if f.State == reconcile.Excepted && own != "" && f.Reason == fix.ReasonExcepted {
					f.Reason += ": " + own
				}
				i++
			}
			if !yield(f, err) {
				return
			}
		}
	}
}

// writePlanFirst puts the plan where it stays, before anything of it is sent.
func (w *audit) writePlanFirst(ctx context.Context) error {
	return w.run.Put(ctx, archive.PlanFile, func(out io.Writer) error { return w.writePlan(ctx, out) })
}

func (w *audit) writePlan(_ context.Context, out io.Writer) error {
	text, err := w.plan.Encode()
	if err != nil {
		return err
	}
	_, err = out.Write(text)
	return err
}

func setOf(ids []string) map[string]bool {
	set := make(map[string]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}
