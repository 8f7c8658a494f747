package job

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/reconcile/fix/guard"
	"github.com/wixrecon/wixrecon/reconcile/join"
)

// assessment is whether a run is accepted, and what is known of findings after
// it. Guards are evaluated in every live run, with --fix or without: a run that
// one of them objects to still produces reports, but is not used as a baseline
// for later runs until somebody accepts it.
type assessment struct {
	objections []guard.Objection
	accepted   bool
	changes    *reconcile.Changes      // nil where there is no earlier run
	known      reconcile.KnownFindings // nil in a run that is not live
}

func (s *session) assess(ctx context.Context, inv *inventory, rec *reconciliation, past *history) (*assessment, error) {
	sum := &rec.summary
	if !sum.Live {
		return &assessment{}, nil
	}
	canaries, err := s.findCanaries(ctx, rec.result)
	if err != nil {
		return nil, fmt.Errorf("find canaries: %w", err)
	}
	a := &assessment{}
	a.objections, err = s.evaluateGuards(ctx, &guard.Inputs{
		Run: sum, LedgerModified: oldest(sum.Inputs), LedgerNewest: newest(sum.Inputs), MissingCanaries: canaries.Missing(),
		WixAhead: inv.wixAhead,
	}, past.runs)
	if err != nil {
		return nil, err
	}
	a.accepted = guard.Accepted(sum.Complete, a.objections)
	run := reconcile.CurrentRun{AsOf: sum.AsOf, Accepted: a.accepted, Coverage: &sum.Coverage}
	known, changes, err := past.known.Update(run, rec.result.Findings(ctx))
	if err != nil {
		return nil, fmt.Errorf("update known findings: %w", err)
	}
	if len(past.runs.Runs) > 0 {
		a.changes = &changes
	}
	counted := fix.SightingRun{AsOf: sum.AsOf, Ledger: sum.LedgerVersion, Accepted: a.accepted, Gap: s.Config.SightingGap}
	if a.known, err = s.countSightings(ctx, rec, counted, past, known); err != nil {
		return nil, fmt.Errorf("count sightings: %w", err)
	}
	return a, nil
}

// evaluateGuards evaluates the guards. The journal has what our own cancels
// removed; it may be large, so it is read only where a count shrank. An entry that
// can't be read credits nothing.
func (s *session) evaluateGuards(ctx context.Context, in *guard.Inputs, h *reconcile.History) ([]guard.Objection, error) {
	objections := s.Config.Guards.Evaluate(in, h)
	shrank := slices.ContainsFunc(objections, func(o guard.Objection) bool { return o.Guard == fix.GuardShrink })
	if !shrank {
		return objections, nil
	}
	oldest := in.Run.AsOf
	for _, b := range h.Baselines(in.Run.AsOf) {
		if b.AsOf.Before(oldest) {
			oldest = b.AsOf
		}
	}
	entries, fault, err := s.archive.Journal().Readable(ctx, oldest)
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	if fault != nil {
		s.warn("what our own cancels removed is not known in full: %v", fault)
	}
	in.Journal = entries
	return s.Config.Guards.Evaluate(in, h), nil
}

// findCanaries checks which canaries are matched on both sides.
func (s *session) findCanaries(ctx context.Context, result *join.Result) (*guard.Canaries, error) {
	canaries := guard.NewCanaries(s.Config.Canaries)
	if len(s.Config.Canaries) == 0 {
		return canaries, nil
	}
	for f, err := range result.Findings(ctx) {
		if err != nil {
			return nil, err
		}
		canaries.AddFinding(&f.Finding)
	}
	for p, err := range result.Inventory(ctx) {
		if err != nil {
			return nil, err
		}
		canaries.AddPackage(&p)
	}
	return canaries, nil
}

// countSightings counts the run as a sighting of its findings.
func (s *session) countSightings(ctx context.Context, rec *reconciliation, run fix.SightingRun, past *history, known reconcile.KnownFindings) (reconcile.KnownFindings, error) {
	sightings := fix.NewSightings(past.runs, run)
	for f, err := range rec.result.Findings(ctx) {
		if err != nil {
			return nil, err
		}
		if err := sightings.Add(&f); err != nil {
			return nil, err
		}
	}
	return sightings.Count(known), nil
}

// fill adds the assessment to a summary.
func (a *assessment) fill(sum *reconcile.Summary) {
	sum.Accepted, sum.Changes = a.accepted, a.changes
	for _, o := range a.objections {
		sum.Objections = append(sum.Objections, o.Text)
	}
}

// newest returns when the newest part of the ledger was written.
func newest(parts []reconcile.File) time.Time {
	var at time.Time
	for _, part := range parts {
		if part.Modified.After(at) {
			at = part.Modified
		}
	}
	return at
}

// oldest returns when the oldest part of the ledger was written; zero where one
// of them has no time.
func oldest(parts []reconcile.File) time.Time {
	var at time.Time
	for i, part := range parts {
		if i == 0 || part.Modified.Before(at) {
			at = part.Modified
		}
	}
	return at
}
