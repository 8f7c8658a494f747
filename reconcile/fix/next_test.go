package fix

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// ended gives an attempt of a plan with its end.
func ended(a *Action, plan string, number int, end End) Entry {
	return Entry{Attempt: Attempt{Key: a.Key, Number: number, Nonce: "n", PlanID: plan, RunID: "run-0", Action: *a}, End: &end}
}

func TestPermits(t *testing.T) {
	p := pkgOf("p1", 1)
	at := longAgo.Add(time.Hour)
	applied := End{Outcome: OutcomeApplied, Sends: 1, Ended: at}
	odd := End{Outcome: OutcomeFailed, Failure: FailureUnexpected, Sends: 1, Ended: at}
	notDone := func(failure string, sends int) End {
		return End{Outcome: OutcomeFailed, Failure: failure, NotDone: true, Sends: sends, Ended: at}
	}
	assign, cancel, create := assignOf(&p, 1, "new"), cancelOf(&p, 1), createOf("new")
	plan := planOf(at.Add(time.Minute), assign, cancel, create)
	early := *plan
	early.CreatedAt = at.Add(-time.Minute)
	for name, tt := range map[string]struct {
		plan    *Plan
		action  *Action
		entries []Entry
		begin   int
		outcome string
		open    bool
		sent    bool
	}{
		"nothing yet": {plan, &cancel, nil, 1, "", false, false},
		"open, of another plan": {plan, &cancel, []Entry{
			ended(&cancel, "x", 1, notDone(FailureNoEffect, -1)), {Attempt: Attempt{Number: 2, PlanID: "x"}},
		}, 0, "", true, false},
		"open, of this plan": {plan, &cancel, []Entry{{Attempt: Attempt{Number: 1, PlanID: plan.ID}}}, 0, "", true, true},

		"our own, applied":      {plan, &assign, []Entry{ended(&assign, plan.ID, 1, applied)}, 0, OutcomeApplied, false, true},
		"our own, refused":      {plan, &assign, []Entry{ended(&assign, plan.ID, 1, notDone(FailureRefused, 1))}, 0, OutcomeFailed, false, true},
		"our own, odd":          {plan, &assign, []Entry{ended(&assign, plan.ID, 1, odd)}, 0, OutcomeFailed, false, true},
		"our own, lost":         {plan, &cancel, []Entry{ended(&cancel, plan.ID, 1, notDone(FailureNoEffect, -1))}, 2, "", false, true},
		"our own, held":         {plan, &cancel, []Entry{ended(&cancel, plan.ID, 1, notDone(FailureStopped, 0))}, 2, "", false, false},
		"our own, throttled":    {plan, &create, []Entry{ended(&create, plan.ID, 1, notDone(FailureThrottled, 3))}, 2, "", false, false},
		"our own, never left":   {plan, &create, []Entry{ended(&create, plan.ID, 1, notDone(FailureNotSent, 0))}, 2, "", false, false},
		"our own create, lost":  {plan, &create, []Entry{ended(&create, plan.ID, 1, End{Outcome: OutcomeFailed, Failure: FailureNoEffect, Sends: -1})}, 0, OutcomeFailed, false, true},
		"our own third attempt": {plan, &cancel, []Entry{ended(&cancel, plan.ID, 1, notDone(FailureStopped, 0)), ended(&cancel, plan.ID, 2, notDone(FailureStopped, 0))}, 3, "", false, false},

		"another's, refused":        {plan, &cancel, []Entry{ended(&cancel, "x", 1, notDone(FailureRefused, 1))}, 2, "", false, false},
		"another's assign":          {plan, &assign, []Entry{ended(&assign, "x", 1, applied)}, 2, "", false, false},
		"another's assign since":    {&early, &assign, []Entry{ended(&assign, "x", 1, applied)}, 0, OutcomeStale, false, false},
		"another's odd assign":      {plan, &assign, []Entry{ended(&assign, "x", 1, odd)}, 2, "", false, false},
		"another's cancel":          {plan, &cancel, []Entry{ended(&cancel, "x", 1, applied)}, 0, OutcomeStale, false, false},
		"another's odd cancel":      {plan, &cancel, []Entry{ended(&cancel, "x", 1, odd)}, 0, OutcomeStale, false, false},
		"another's create":          {plan, &create, []Entry{ended(&create, "x", 1, applied)}, 0, OutcomeStale, false, false},
		"another's create, lost":    {plan, &create, []Entry{ended(&create, "x", 1, End{Outcome: OutcomeFailed, Failure: FailureNoEffect})}, 0, OutcomeStale, false, false},
		"another's create, refused": {plan, &create, []Entry{ended(&create, "x", 1, notDone(FailureRefused, 1))}, 2, "", false, false},
	} {
		permit := permitOf(tt.plan, tt.action, tt.entries)
		outcome := ""
		if permit.result != nil {
			outcome = permit.result.Outcome
		}
		if permit.begin != tt.begin || outcome != tt.outcome || (permit.settle != nil) != tt.open || permit.sent != tt.sent {
			t.Errorf("%s: %+v with outcome %q", name, permit, outcome)
		}
		if tt.begin > 1 { // what the journal's reader makes of it
			next := Attempt{PlanID: tt.plan.ID, Action: *tt.action}
			if err := next.Follows(&tt.entries[len(tt.entries)-1]); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestAnInterruptedPlanGoesOn stops a run after each of its actions, and holds
// that the next one does the rest: nothing twice, and what was done is expected.
func TestAnInterruptedPlanGoesOn(t *testing.T) {
	plan := func(p []reconcile.Package) []Action {
		return []Action{renameOf(&p[0], "renamed"), assignOf(&p[0], 1, "new"), cycleOf(&p[0], 1, "1 YEAR"), cancelOf(&p[0], 2)}
	}
	for n := range 5 {
		stage(t, onePackage(), plan, func(s *scene) {
			s.applier.PreSendCheck = func(context.Context) error {
				if len(s.wix.requests) >= n {
					return errors.New("STOP")
				}
				return nil
			}
			s.apply()
			s.applier.PreSendCheck, s.applier.RunID = nil, "run-2"
			s.want(s.apply(), "applied", "applied", "applied", "applied")
			if len(s.wix.requests) != 4 {
				s.Errorf("%d requests", len(s.wix.requests))
			}
		})
	}
}
