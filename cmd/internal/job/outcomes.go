package job

import (
	"context"
	"iter"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/reconcile/join"
)

// Outcomes are counted by action, and by the finding that an action fixes.

// withOutcomes returns the findings with their outcomes; fixes is nil where none
// were requested.
func withOutcomes(ctx context.Context, result *join.Result, fixes *fixPlan, e *execution) iter.Seq2[reconcile.Reported, error] {
	if fixes == nil {
		return result.Findings(ctx)
	}
	return func(yield func(reconcile.Reported, error) bool) {
		i := 0
		for f, err := range result.Findings(ctx) {
			if err == nil {
				exception := f.Reason
				f.Outcome, f.Reason = fixes.decisions[i].After(e.results)
				if f.State == reconcile.Excepted && exception != "" && f.Reason == fix.ReasonExcepted {
					f.Reason += ": " + exception
				}
				i++
			}
			if !yield(f, err) {
				return
			}
		}
	}
}

// actionOutcome returns the outcome of an action.
func actionOutcome(a *fix.Action, p *fixPlan, e *execution) string {
	var result *fix.Result
	if r, tried := e.results[a.Key]; tried {
		result = &r
	}
	outcome, _ := a.Outcome(result, p.conditions())
	return outcome
}

// summarizeFixes sums up the actions; findings are not counted.
func summarizeFixes(p *fixPlan, e *execution) *reconcile.FixSummary {
	s := &reconcile.FixSummary{
		Requested: p.plan.Fixes, PlanID: p.plan.ID, Outcomes: make(map[string]int), Actions: make(map[string]int),
		Refusals: []reconcile.FixRefusal{}, LeaseLost: e.leaseLost,
	}
	for _, outcome := range fix.Outcomes() {
		s.Outcomes[outcome], s.Actions[outcome] = 0, 0
	}
	for i := range p.plan.Actions {
		s.Actions[actionOutcome(&p.plan.Actions[i], p, e)]++
	}
	if len(e.settled) > 0 {
		s.Earlier = make(map[string]int)
	}
	for _, r := range e.settled {
		if r.Failure == fix.FailureUnexpected {
			s.Earlier[fix.FailureUnexpected]++
		} else {
			s.Earlier[r.Outcome]++
		}
	}
	for _, r := range p.refusals {
		s.Refusals = append(s.Refusals, reconcile.FixRefusal{
			Limit: r.Limit, Value: r.Value, Need: r.Need, Flag: r.Flag, Text: r.Text, Largest: r.Largest,
		})
	}
	s.HeldBack = p.heldByLimit()
	return s
}

// countFindings adds the outcomes of findings to a summary of fixes, and returns
// how many open findings were applied.
func countFindings(s *reconcile.FixSummary, findings iter.Seq2[reconcile.Reported, error]) (applied int, err error) {
	for f, err := range findings {
		if err != nil {
			return 0, err
		}
		if f.State == reconcile.Open && f.Outcome == fix.OutcomeApplied {
			applied++
		}
		if f.Outcome != "" {
			s.Outcomes[f.Outcome]++
		}
	}
	return applied, nil
}
