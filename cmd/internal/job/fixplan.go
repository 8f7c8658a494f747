package job

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/reconcile/fix/guard"
	"github.com/wixrecon/wixrecon/reconcile/join"
	"github.com/wixrecon/wixrecon/sources/archive"
)

// A plan is made from what the reconciliation found, before anything is changed,
// and in the same way whether it is to be reviewed or executed at once. A plan
// that is refused is written and shown like any other.

// usageWindow is how long an executed action counts against the limits.
// It is shorter than a day, so that a job that starts at a fixed time never counts
// the night before.
const usageWindow = 20 * time.Hour

// fixPlan is a plan with what a report needs to know about it.
type fixPlan struct {
	plan      *fix.Plan
	decisions []fix.Decision    // by finding, in their order; nil with apply
	refusals  []fix.Refusal     // why it is not executed; none: it may be
	held      map[string]string // by key: the limit that holds an action back for a later run
	reviewed  bool              // a person reviews it, or reviewed it
	stale     map[string]string // with apply, why an action is skipped, by its key
}

// planFixes makes the plan and writes it to the run's folder; nil where no fixes
// are requested.
func (s *session) planFixes(ctx context.Context, request *FixRequest, in *inputs, rec *reconciliation, judged *assessment, b *beginning) (*fixPlan, error) {
	defer s.phases.measure(reconcile.RunPhaseFix)()
	if request == nil {
		return nil, nil
	}
	s.Log.Info("planning")
	journal, unreadable, err := s.readJournal(ctx, s.started.Add(-usageWindow))
	if err != nil {
		return nil, err
	}
	sum := &rec.summary
	options := s.plannerOptions(request, in, sum, judged.known)
	options.Unsettled, options.LedgerRead = fix.UnsettledOf(journal), b.history.runs.LedgerLastRead(sum.LedgerVersion)
	proposal, err := propose(ctx, fix.NewPlanner(options), rec.result, s.pastOf(nil))
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	restart(judged.known, proposal.Restarted, sum.AsOf)
	checks := guard.Checks{
		Complete: sum.Complete, Objections: judged.objections, HasHistory: b.history.runs.HasAccepted(), Limits: s.Config.Limits,
		Usage: guard.UsageOf(journal, s.started.Add(-usageWindow)), LiveInstances: sum.Wix.LiveInstances, Reviewed: request.Review,
	}
	if !checks.HasHistory {
		if checks.OtherScopes, err = s.otherScopes(ctx, sum); err != nil {
			return nil, fmt.Errorf("read earlier runs: %w", err)
		}
	}
	refusals, held := checks.Decide(proposal.Actions, proposal.Evidence)
	refusals = append(unreadable, refusals...)
	origin, err := s.storeOrigin(ctx, request, in, judged.known, b.folder)
	if err != nil {
		return nil, err
	}
	plan, err := proposal.Plan(fix.Header{
		Out: s.archive.ID(), Scope: sum.Scope, RunID: sum.RunID, Origin: origin, Program: s.Version, CreatedAt: s.started,
		Life: s.Config.PlanLife, Inputs: slices.Concat(sum.Inputs, sum.Lists), LiveInstances: sum.Wix.LiveInstances,
	}, refusals, held)
	if err != nil {
		return nil, err
	}
	p := &fixPlan{plan: plan, refusals: plan.Refusals, held: fix.Held(held), reviewed: request.Review}
	p.decisions = proposal.Decisions(p.conditions())
	s.warnHeldBack(p)
	return p, b.folder.Put(ctx, archive.PlanFile, p.write)
}

// plannerOptions returns what may be fixed.
func (s *session) plannerOptions(request *FixRequest, in *inputs, sum *reconcile.Summary, known reconcile.KnownFindings) fix.Options {
	return fix.Options{
		Parent: sum.Scope.AccountID, Fixes: request.Fixes, Only: request.Only, Listed: setOf(in.ledger.accounts),
		UnlistedAccounts: s.Config.UnlistedAccounts, MinSightings: s.Config.MinSightings, Known: known, Cost: in.lists.lookup(),
	}
}

// conditions returns what decides which actions are sent.
func (p *fixPlan) conditions() *fix.SendConditions {
	return &fix.SendConditions{Refusals: p.refusals, Held: p.held, Reviewed: p.reviewed}
}

// heldByLimit counts the actions that are held back, by limit.
func (p *fixPlan) heldByLimit() []reconcile.HeldBack {
	counts := make(map[string]*reconcile.HeldBack)
	for i := range p.plan.Actions {
		a := &p.plan.Actions[i]
		limit := p.held[a.Key]
		if limit == "" || len(p.refusals) > 0 {
			continue
		}
		if counts[limit] == nil {
			counts[limit] = &reconcile.HeldBack{Limit: limit, Flag: guard.Flag(limit)}
		}
		counts[limit].Actions++
		counts[limit].Instances += a.Instances
	}
	var all []reconcile.HeldBack
	for _, limit := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, *counts[limit])
	}
	return all
}

// warnHeldBack reports what is left to later runs.
func (s *session) warnHeldBack(p *fixPlan) {
	for _, h := range p.heldByLimit() {
		s.warn("fixes are held back for the next run by %s: %d actions on %d instances; those seen longest go first; to send more at once, raise %s",
			h.Limit, h.Actions, h.Instances, h.Flag)
	}
}

// readJournal returns what was sent since a moment, and a refusal where an entry can't
// be read: what it would have could be sent twice.
func (s *session) readJournal(ctx context.Context, since time.Time) ([]fix.Entry, []fix.Refusal, error) {
	entries, fault, err := s.archive.Journal().Readable(ctx, since)
	if err != nil {
		return nil, nil, fmt.Errorf("read the journal: %w", err)
	}
	if fault == nil {
		return entries, nil, nil
	}
	return entries, []fix.Refusal{{
		Cause: fix.CauseJournal, Limit: fix.RefusedJournal,
		Text: "the journal can't be read in full: " + strings.ReplaceAll(fault.Error(), "\n", "; "),
	}}, nil
}

// A pastFunc returns what the journal has of actions, by their keys.
type pastFunc func(ctx context.Context, keys map[string]bool) (map[string]fix.Past, error)

// pastOf returns a pastFunc that leaves out what one plan did; plan may be nil.
func (s *session) pastOf(plan *fix.Plan) pastFunc {
	return func(ctx context.Context, keys map[string]bool) (map[string]fix.Past, error) {
		if len(keys) == 0 {
			return nil, nil
		}
		entries, err := s.archive.Journal().Of(ctx, keys)
		if err != nil {
			return nil, fmt.Errorf("read the journal: %w", err)
		}
		entries = slices.DeleteFunc(entries, func(e fix.Entry) bool { return plan != nil && e.PlanID == plan.ID })
		return fix.PastOf(entries), nil
	}
}

// restart lets sightings of findings start again with this run.
// They last since then or, if it was in the same second, since the cancel was applied.
func restart(known reconcile.KnownFindings, applied map[reconcile.FindingID]time.Time, asOf time.Time) {
	for id, at := range applied {
		if f, ok := known[id]; ok && f.Sightings > 0 {
			f.Sightings, f.Counted, f.Since = 1, asOf, asOf
			if next := at.Truncate(time.Second).Add(time.Second); next.After(asOf) {
				f.Since = next
			}
			known[id] = f
		}
	}
}

// propose passes all findings to a planner, and the inventory twice.
func propose(ctx context.Context, p *fix.Planner, result *join.Result, past pastFunc) (*fix.Proposal, error) {
	for f, err := range result.Findings(ctx) {
		if err != nil {
			return nil, err
		}
		p.AddFinding(f)
	}
	if err := eachPackage(ctx, result, p.AddPackage); err != nil {
		return nil, err
	}
	journal, err := past(ctx, p.Keys())
	if err != nil {
		return nil, err
	}
	pending := p.Pending(journal)
	if err := eachPackage(ctx, result, pending.AddPackage); err != nil {
		return nil, err
	}
	return pending.Propose()
}

func eachPackage(ctx context.Context, result *join.Result, add func(reconcile.Package)) error {
	for c, err := range result.Inventory(ctx) {
		if err != nil {
			return err
		}
		add(c.Package)
	}
	return nil
}

// write writes the plan's file.
func (p *fixPlan) write(out io.Writer) error {
	text, err := p.plan.Encode()
	if err != nil {
		return err
	}
	_, err = out.Write(text)
	return err
}

// anyDue reports whether the plan has an action to send now.
func (p *fixPlan) anyDue() bool {
	c := p.conditions()
	return slices.ContainsFunc(p.plan.Actions, func(a fix.Action) bool { return c.Sends(&a) })
}
