package fix_test

import (
	"testing"

	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// TestPrecedence: a finding with several actions has the outcome of the one that
// is furthest from applied, with its reason.
func TestPrecedence(t *testing.T) {
	result := func(key, outcome, reason string) fix.Result {
		return fix.Result{Key: key, Outcome: outcome, Reason: reason}
	}
	for _, c := range []struct {
		name            string
		decision        fix.Decision
		results         []fix.Result
		outcome, reason string
	}{
		{"without actions", fix.Decision{Outcome: fix.OutcomeFailed, Reason: fix.ReasonUnsendable}, nil, fix.OutcomeFailed, fix.ReasonUnsendable},
		{"not sent", fix.Decision{Reason: "ambiguous", Actions: []string{"a"}}, nil, "", "ambiguous"},
		{"applied in part", fix.Decision{Reason: "ambiguous", Actions: []string{"a"}}, []fix.Result{result("a", fix.OutcomeApplied, "")}, fix.OutcomeApplied, "ambiguous"},
		{"one failed", fix.Decision{Actions: []string{"a", "b", "c"}},
			[]fix.Result{result("a", fix.OutcomeApplied, "settled"), result("b", fix.OutcomeFailed, "status 409"), result("c", fix.OutcomeStale, "moved")}, fix.OutcomeFailed, "status 409"},
		{"the first of equals", fix.Decision{Actions: []string{"a", "b"}},
			[]fix.Result{result("a", fix.OutcomeUnsettled, "first"), result("b", fix.OutcomeUnsettled, "second")}, fix.OutcomeUnsettled, "first"},
		{"one was never tried", fix.Decision{Outcome: fix.OutcomeNotAllowed, Reason: fix.ReasonDependants, Actions: []string{"a", "b"}},
			[]fix.Result{result("a", fix.OutcomeFailed, "status 409")}, fix.OutcomeNotAllowed, fix.ReasonDependants},
		{"another plan's results", fix.Decision{Actions: []string{"a"}}, []fix.Result{result("x", fix.OutcomeFailed, "")}, "", ""},
	} {
		results := make(map[string]fix.Result)
		for _, r := range c.results {
			results[r.Key] = r
		}
		if outcome, reason := c.decision.After(results); outcome != c.outcome || reason != c.reason {
			t.Errorf("%s: got %s %q, want %s %q", c.name, outcome, reason, c.outcome, c.reason)
		}
	}
	all := fix.Outcomes()
	for i, worse := range all {
		for _, better := range all[i:] {
			for _, order := range [][]string{{worse, better}, {better, worse}} {
				d := fix.Decision{Actions: []string{"0", "1"}}
				got, _ := d.After(map[string]fix.Result{"0": {Outcome: order[0]}, "1": {Outcome: order[1]}})
				if got != worse {
					t.Errorf("%q: got %s", order, got)
				}
			}
		}
	}
}

func TestOutcomeOfAnAction(t *testing.T) {
	limit, history := fix.Refusal{Cause: fix.CauseLimit, Limit: fix.LimitCancels}, fix.Refusal{Cause: fix.CauseHistory, Limit: fix.RefusedHistory}
	waiting, review := fix.Action{Waiting: &fix.Waiting{Sightings: 1, Needed: 2}}, fix.Action{Needs: fix.NeedsReview}
	same := fix.Action{Waiting: &fix.Waiting{Sightings: 1, Needed: 2, SameLedger: "night-1"}}
	held, reviewedHeld := fix.Action{Key: "k"}, fix.Action{Key: "k", Needs: fix.NeedsReview}
	for _, c := range []struct {
		name     string
		action   fix.Action
		result   *fix.Result
		refusals []fix.Refusal
		reviewed bool
		want     string // outcome and reason
	}{
		{"held back", held, nil, nil, false, "over_limit max_cancels"},
		{"held back, and refused", held, nil, []fix.Refusal{history}, false, "not_allowed no_history"},
		{"held back, and needs a review", reviewedHeld, nil, nil, false, "not_allowed dependants"},
		{"waiting for another ledger", same, nil, nil, false, "waiting 1 of 2 sightings: the ledger is the same object that run night-1 read, and one object is one sighting"},
		{"due", fix.Action{}, nil, nil, false, "planned "},
		{"applied", fix.Action{}, &fix.Result{Outcome: fix.OutcomeApplied}, []fix.Refusal{limit}, false, "applied "},
		{"waiting", waiting, nil, []fix.Refusal{limit}, true, "waiting 1 of 2 sightings"},
		{"review", review, nil, []fix.Refusal{limit}, false, "not_allowed dependants"},
		{"reviewed", review, nil, nil, true, "planned "},
		{"over a limit", fix.Action{}, nil, []fix.Refusal{limit, history}, false, "over_limit max_cancels"},
		{"refused", fix.Action{}, nil, []fix.Refusal{history, limit}, false, "not_allowed no_history"},
	} {
		outcome, reason := c.action.Outcome(c.result, &fix.SendConditions{Refusals: c.refusals, Held: map[string]string{"k": fix.LimitCancels}, Reviewed: c.reviewed})
		if got := outcome + " " + reason; got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
