package execute

import (
	"context"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// TestSettlingWaitsForTheLatestSend checks that an attempt whose sender crashed
// is not settled as not done before its request could no longer be executed, and
// that a read which began before that proves nothing.
func TestSettlingWaitsForTheLatestSend(t *testing.T) {
	for before, want := range map[time.Duration]string{
		time.Second: "unsettled", 50 * time.Millisecond: "unsettled", 0: "failed", -time.Hour: "failed",
	} {
		withFixture(t, onePackage(), oneCancel, func(s *fixture) {
			a := s.plan.Actions[0]
			now := time.Now()
			e := fix.Entry{Attempt: fix.Attempt{
				Key: a.Key, Number: 1, Nonce: "n", Begun: now, SendBy: now.Add(testWindow), Action: a, PlanID: s.plan.ID,
			}}
			s.journal.entries[a.Key] = []fix.Entry{e}
			time.Sleep(testWindow + testSettle - before)
			results := s.executor.Settle(context.Background(), []fix.Entry{e})
			s.expect(results, want)
			if end := s.journal.entries[a.Key][0].Completion; want == "failed" && (end.Sends != -1 || !end.NotDone) {
				s.Errorf("end %+v", end)
			}
		})
	}
}

// TestSettlingComparesOnlyTheAction settles an open attempt on packages that were
// changed since in other ways.
func TestSettlingComparesOnlyTheAction(t *testing.T) {
	for name, tt := range map[string]struct {
		plan   func([]reconcile.Package) []fix.Action
		change func(*reconcile.Package)
		want   string
	}{
		"another instance":   {oneAssign, func(p *reconcile.Package) { p.Instances[1].SiteID = "moved" }, fix.FailureNoEffect},
		"its status":         {oneAssign, func(p *reconcile.Package) { p.Instances[0].Status = reconcile.StatusCanceled }, fix.FailureNoEffect},
		"its site":           {oneAssign, func(p *reconcile.Package) { p.Instances[0].SiteID = "moved" }, fix.FailureUnexpected},
		"the external id":    {oneCancel, func(p *reconcile.Package) { p.ExternalID = "moved" }, fix.FailureNoEffect},
		"a live status":      {oneCancel, func(p *reconcile.Package) { p.Instances[0].Status = reconcile.StatusPending }, fix.FailureNoEffect},
		"an unknown status":  {oneCancel, func(p *reconcile.Package) { p.Instances[0].Status = "SUSPENDED" }, fix.FailureUnexpected},
		"canceled":           {oneCancel, func(p *reconcile.Package) { p.Instances[0].Status = reconcile.StatusCanceled }, ""},
		"the instance gone":  {oneCancel, func(p *reconcile.Package) { p.Instances = p.Instances[1:] }, fix.FailureUnexpected},
		"a package under it": {oneCreate, func(p *reconcile.Package) { p.ExternalID = "new" }, fix.FailureUnexpected},
	} {
		t.Run(name, func(t *testing.T) {
			withFixture(t, onePackage(), tt.plan, func(s *fixture) {
				s.wix.fault = func(int, *fix.Action) fault { return lostBefore }
				s.expect(s.apply(), "unsettled")
				tt.change(s.wix.packages["p1"])
				time.Sleep(testSettle)
				s.executor.Settle(context.Background(), s.journal.open())
				end := s.journal.entries[s.plan.Actions[0].Key][0].Completion
				if end == nil || end.Failure != tt.want || (end.Outcome == fix.OutcomeApplied) != (tt.want == "") || end.NotDone != (tt.want == fix.FailureNoEffect) {
					s.Errorf("end %+v, want %q", end, tt.want)
				}
			})
		})
	}
}

// TestSettledByAnother checks that the completion which is written first counts.
func TestSettledByAnother(t *testing.T) {
	withFixture(t, onePackage(), oneCancel, func(s *fixture) {
		s.wix.fault = func(int, *fix.Action) fault { return lostAfter }
		s.wix.reads = func(n int) error {
			if n > 1 {
				return context.DeadlineExceeded
			}
			return nil
		}
		s.expect(s.apply(), "unsettled")
		s.wix.reads = nil
		open := s.journal.open()
		first := s.executor.Settle(context.Background(), open)
		s.executor.RunID = "run-2"
		again := s.executor.Settle(context.Background(), open)
		s.expect(append(first, again...), "applied", "applied")
		if end := s.journal.entries[open[0].Key][0].Completion; end.RunID != "run-1" {
			s.Errorf("end %+v", end)
		}
	})
}

// TestAnUnexpectedEffectStopsAPlanThatContinues checks that a plan which
// was stopped by an unexpected effect stays stopped when it is applied again.
func TestAnUnexpectedEffectStopsAPlanThatContinues(t *testing.T) {
	plan := func(p []reconcile.Package) []fix.Action {
		return []fix.Action{assignOf(&p[0], 1, "new"), cancelOf(&p[0], 2)}
	}
	withFixture(t, onePackage(), plan, func(s *fixture) {
		s.wix.fault = func(int, *fix.Action) fault { return halfDone }
		s.expect(s.apply(), "failed", "not_started")
		s.wix.packages["p1"].Instances[0].SiteID = "site-p1.1" // as if it never happened
		s.expect(s.apply(), "failed", "not_started")
	})
}
