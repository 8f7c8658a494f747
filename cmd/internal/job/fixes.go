package job

import (
	"context"
	"slices"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// What became of fixes is told of actions, and of the findings that they are
// for. A finding with several actions has the outcome that is furthest from
// applied, so that one is never told as fixed while something of it is left.

// planned counts the actions that a plan would send once somebody looked at it.
const planned = "planned"

// outcomes gives the outcomes from the furthest from applied to it.
func outcomes() []string {
	return []string{
		fix.OutcomeFailed, fix.OutcomeUnsettled, fix.OutcomeNotStarted, fix.OutcomeStale, fix.OutcomeApplied,
		fix.OutcomeNotAllowed, fix.OutcomeWaiting, fix.OutcomeOverLimit,
	}
}

// outcome gives what became of a finding.
func (w *audit) outcome(d *fix.Decision) (outcome, reason string) {
	outcome, reason = d.Outcome, d.Reason
	if outcome != "" {
		return outcome, reason
	}
	furthest := len(outcomes())
	for _, key := range d.Actions {
		r, sent := w.results[key]
		if !sent {
			continue
		}
		if at := slices.Index(outcomes(), r.Outcome); at < furthest {
			furthest, outcome = at, r.Outcome
			if r.Reason != "" {
				reason = r.Reason
			}
		}
	}
	return outcome, reason
}

// concludeFixes sums up what became of the fixes, and what that makes of the
// run.
func (w *audit) concludeFixes(ctx context.Context) error {
	if w.plan == nil {
		return nil
	}
	s := &w.summary
	s.Fixes = w.fixSummary()
	applied := 0
	for f, err := range w.findings(ctx) {
		if err != nil {
			return err
		}
		if f.State == reconcile.Open && f.Outcome == fix.OutcomeApplied {
			applied++
		}
		if f.Outcome != "" {
			s.Fixes.Outcomes[f.Outcome]++
		}
	}
	s.ExitCode = exitCode(s, s.Findings.State(reconcile.Open)-applied, w.Config.DetailedExitcode)
	return nil
}

// fixSummary sums up the plan with its results; the findings are not counted
// yet.
func (w *audit) fixSummary() *reconcile.FixSummary {
	s := &reconcile.FixSummary{
		Asked: w.plan.Fixes, PlanID: w.plan.ID, Outcomes: make(map[string]int), Actions: make(map[string]int),
		Refusals: []reconcile.FixRefusal{}, LeaseLost: w.lost,
	}
	for _, outcome := range outcomes() {
		s.Outcomes[outcome], s.Actions[outcome] = 0, 0
	}
	for i := range w.plan.Actions {
		s.Actions[w.became(&w.plan.Actions[i])]++
	}
	if len(w.settled) > 0 {
		s.Earlier = make(map[string]int)
	}
	for _, r := range w.settled {
		if r.Failure == fix.FailureUnexpected {
			s.Earlier[fix.FailureUnexpected]++
		} else {
			s.Earlier[r.Outcome]++
		}
	}
	for _, r := range w.refusals {
		s.Refusals = append(s.Refusals, reconcile.FixRefusal{Limit: r.Limit, Value: r.Value, Need: r.Need, Flag: r.Flag, Text: r.Text, Largest: r.Largest})
	}
	return s
}

// became gives the outcome of an action.
func (w *audit) became(a *fix.Action) string {
	if r, sent := w.results[a.Key]; sent {
		return r.Outcome
	}
	if outcome, _ := a.Unsent(w.refusals, w.reviewed); outcome != "" {
		return outcome
	}
	return planned
}
