package execute

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// completedAttempt returns an attempt of a plan with its completion.
func completedAttempt(a *fix.Action, plan string, number int, end fix.Completion) fix.Entry {
	return fix.Entry{Attempt: fix.Attempt{Key: a.Key, Number: number, Nonce: "n", PlanID: plan, RunID: "run-0", Action: *a}, Completion: &end}
}

func TestNextStep(t *testing.T) {
	p := pkgOf("p1", 1)
	at := longAgo.Add(time.Hour)
	applied := fix.Completion{Outcome: fix.OutcomeApplied, Sends: 1, Ended: at}
	unexpected := fix.Completion{Outcome: fix.OutcomeFailed, Failure: fix.FailureUnexpected, Sends: 1, Ended: at}
	notDone := func(failure string, sends int) fix.Completion {
		return fix.Completion{Outcome: fix.OutcomeFailed, Failure: failure, NotDone: true, Sends: sends, Ended: at}
	}
	assign, cancel, create := assignOf(&p, 1, "new"), cancelOf(&p, 1), createOf("new")
	plan := planOf(at.Add(time.Minute), assign, cancel, create)
	early := *plan
	early.CreatedAt = at.Add(-time.Minute)
	for name, tt := range map[string]struct {
		plan    *fix.Plan
		action  *fix.Action
		entries []fix.Entry
		begin   int
		outcome string
		open    bool
		sent    bool
	}{
		"nothing yet": {plan, &cancel, nil, 1, "", false, false},
		"open, of another plan": {plan, &cancel, []fix.Entry{
			completedAttempt(&cancel, "x", 1, notDone(fix.FailureNoEffect, -1)), {Attempt: fix.Attempt{Number: 2, PlanID: "x"}},
		}, 0, "", true, false},
		"open, of this plan": {plan, &cancel, []fix.Entry{{Attempt: fix.Attempt{Number: 1, PlanID: plan.ID}}}, 0, "", true, true},

		"our own, applied":      {plan, &assign, []fix.Entry{completedAttempt(&assign, plan.ID, 1, applied)}, 0, fix.OutcomeApplied, false, true},
		"our own, refused":      {plan, &assign, []fix.Entry{completedAttempt(&assign, plan.ID, 1, notDone(fix.FailureRefused, 1))}, 0, fix.OutcomeFailed, false, true},
		"our own, unexpected":   {plan, &assign, []fix.Entry{completedAttempt(&assign, plan.ID, 1, unexpected)}, 0, fix.OutcomeFailed, false, true},
		"our own, lost":         {plan, &cancel, []fix.Entry{completedAttempt(&cancel, plan.ID, 1, notDone(fix.FailureNoEffect, -1))}, 2, "", false, true},
		"our own, stopped":      {plan, &cancel, []fix.Entry{completedAttempt(&cancel, plan.ID, 1, notDone(fix.FailureStopped, 0))}, 2, "", false, false},
		"our own, throttled":    {plan, &create, []fix.Entry{completedAttempt(&create, plan.ID, 1, notDone(fix.FailureThrottled, 3))}, 2, "", false, false},
		"our own, never left":   {plan, &create, []fix.Entry{completedAttempt(&create, plan.ID, 1, notDone(fix.FailureNotSent, 0))}, 2, "", false, false},
		"our own create, lost":  {plan, &create, []fix.Entry{completedAttempt(&create, plan.ID, 1, fix.Completion{Outcome: fix.OutcomeFailed, Failure: fix.FailureNoEffect, Sends: -1})}, 0, fix.OutcomeFailed, false, true},
		"our own third attempt": {plan, &cancel, []fix.Entry{completedAttempt(&cancel, plan.ID, 1, notDone(fix.FailureStopped, 0)), completedAttempt(&cancel, plan.ID, 2, notDone(fix.FailureStopped, 0))}, 3, "", false, false},

		"another's, refused":          {plan, &cancel, []fix.Entry{completedAttempt(&cancel, "x", 1, notDone(fix.FailureRefused, 1))}, 2, "", false, false},
		"another's assign":            {plan, &assign, []fix.Entry{completedAttempt(&assign, "x", 1, applied)}, 2, "", false, false},
		"another's assign since":      {&early, &assign, []fix.Entry{completedAttempt(&assign, "x", 1, applied)}, 0, fix.OutcomeStale, false, false},
		"another's unexpected assign": {plan, &assign, []fix.Entry{completedAttempt(&assign, "x", 1, unexpected)}, 2, "", false, false},
		"another's cancel":            {plan, &cancel, []fix.Entry{completedAttempt(&cancel, "x", 1, applied)}, 0, fix.OutcomeStale, false, false},
		"another's unexpected cancel": {plan, &cancel, []fix.Entry{completedAttempt(&cancel, "x", 1, unexpected)}, 0, fix.OutcomeStale, false, false},
		"another's create":            {plan, &create, []fix.Entry{completedAttempt(&create, "x", 1, applied)}, 0, fix.OutcomeStale, false, false},
		"another's create, lost":      {plan, &create, []fix.Entry{completedAttempt(&create, "x", 1, fix.Completion{Outcome: fix.OutcomeFailed, Failure: fix.FailureNoEffect})}, 0, fix.OutcomeStale, false, false},
		"another's create, refused":   {plan, &create, []fix.Entry{completedAttempt(&create, "x", 1, notDone(fix.FailureRefused, 1))}, 2, "", false, false},
	} {
		if sent := mayBeSent(tt.plan, tt.entries); sent != tt.sent {
			t.Errorf("%s: sent %t", name, sent)
		}
		if tt.open {
			continue // it is settled first
		}
		begin, result := nextStep(tt.plan, tt.action, tt.entries)
		if begin != tt.begin || result.Outcome != tt.outcome {
			t.Errorf("%s: attempt %d, %+v", name, begin, result)
		}
		if tt.begin > 1 { // the journal's reader agrees
			next := fix.Attempt{PlanID: tt.plan.ID, Action: *tt.action}
			if err := next.Follows(&tt.entries[len(tt.entries)-1]); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestAnInterruptedPlanContinues stops a run after each of its actions, and
// checks that the next one does the rest: nothing twice, and what was done is
// expected.
func TestAnInterruptedPlanContinues(t *testing.T) {
	plan := func(p []reconcile.Package) []fix.Action {
		return []fix.Action{renameOf(&p[0], "renamed"), assignOf(&p[0], 1, "new"), cycleOf(&p[0], 1, "1 YEAR"), cancelOf(&p[0], 2)}
	}
	for n := range 5 {
		withFixture(t, onePackage(), plan, func(s *fixture) {
			s.executor.PreSendCheck = func(context.Context) error {
				if len(s.wix.requests) >= n {
					return errors.New("STOP")
				}
				return nil
			}
			s.apply()
			s.executor.PreSendCheck, s.executor.RunID = nil, "run-2"
			s.expect(s.apply(), "applied", "applied", "applied", "applied")
			if len(s.wix.requests) != 4 {
				s.Errorf("%d requests", len(s.wix.requests))
			}
		})
	}
}
