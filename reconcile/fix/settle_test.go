package fix

import (
	"context"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// TestSettlingWaitsForTheLatestSend holds that an attempt whose sender died is
// not settled as not done before its request could no longer leave, and then
// land, and that a read which began before that proves nothing.
func TestSettlingWaitsForTheLatestSend(t *testing.T) {
	for before, want := range map[time.Duration]string{
		time.Second: "unsettled", 50 * time.Millisecond: "unsettled", 0: "failed", -time.Hour: "failed",
	} {
		stage(t, onePackage(), oneCancel, func(s *scene) {
			a := s.plan.Actions[0]
			now := time.Now()
			e := Entry{Attempt: Attempt{
				Key: a.Key, Number: 1, Nonce: "n", Begun: now, SendBy: now.Add(testWindow), Action: a, PlanID: s.plan.ID,
			}}
			s.journal.entries[a.Key] = []Entry{e}
			time.Sleep(testWindow + testSettle - before)
			results := s.applier.Settle(context.Background(), []Entry{e})
			s.want(results, want)
			if end := s.journal.entries[a.Key][0].End; want == "failed" && (end.Sends != -1 || !end.NotDone) {
				s.Errorf("end %+v", end)
			}
		})
	}
}

// TestSettlingJudgesOnlyTheAction holds an open attempt against packages that
// were changed since in other ways.
func TestSettlingJudgesOnlyTheAction(t *testing.T) {
	for name, tt := range map[string]struct {
		plan  func([]reconcile.Package) []Action
		spoil func(*reconcile.Package)
		want  string
	}{
		"another instance":   {oneAssign, func(p *reconcile.Package) { p.Instances[1].SiteID = "moved" }, FailureNoEffect},
		"its status":         {oneAssign, func(p *reconcile.Package) { p.Instances[0].Status = reconcile.StatusCanceled }, FailureNoEffect},
		"its site":           {oneAssign, func(p *reconcile.Package) { p.Instances[0].SiteID = "moved" }, FailureUnexpected},
		"the external id":    {oneCancel, func(p *reconcile.Package) { p.ExternalID = "moved" }, FailureNoEffect},
		"a live status":      {oneCancel, func(p *reconcile.Package) { p.Instances[0].Status = reconcile.StatusPending }, FailureNoEffect},
		"an unknown status":  {oneCancel, func(p *reconcile.Package) { p.Instances[0].Status = "SUSPENDED" }, FailureUnexpected},
		"canceled":           {oneCancel, func(p *reconcile.Package) { p.Instances[0].Status = reconcile.StatusCanceled }, ""},
		"the instance gone":  {oneCancel, func(p *reconcile.Package) { p.Instances = p.Instances[1:] }, FailureUnexpected},
		"a package under it": {oneCreate, func(p *reconcile.Package) { p.ExternalID = "new" }, FailureUnexpected},
	} {
		t.Run(name, func(t *testing.T) {
			stage(t, onePackage(), tt.plan, func(s *scene) {
				s.wix.fault = func(int, *Action) fault { return lostBefore }
				s.want(s.apply(), "unsettled")
				tt.spoil(s.wix.packages["p1"])
				time.Sleep(testSettle)
				s.applier.Settle(context.Background(), s.journal.open())
				end := s.journal.entries[s.plan.Actions[0].Key][0].End
				if end == nil || end.Failure != tt.want || (end.Outcome == OutcomeApplied) != (tt.want == "") || end.NotDone != (tt.want == FailureNoEffect) {
					s.Errorf("end %+v, want %q", end, tt.want)
				}
			})
		})
	}
}

// TestSettledByAnother holds that the end which is written first counts.
func TestSettledByAnother(t *testing.T) {
	stage(t, onePackage(), oneCancel, func(s *scene) {
		s.wix.fault = func(int, *Action) fault { return lostAfter }
		s.wix.reads = func(n int) error {
			if n > 1 {
				return context.DeadlineExceeded
			}
			return nil
		}
		s.want(s.apply(), "unsettled")
		s.wix.reads = nil
		open := s.journal.open()
		first := s.applier.Settle(context.Background(), open)
		s.applier.RunID = "run-2"
		again := s.applier.Settle(context.Background(), open)
		s.want(append(first, again...), "applied", "applied")
		if end := s.journal.entries[open[0].Key][0].End; end.RunID != "run-1" {
			s.Errorf("end %+v", end)
		}
	})
}

// TestAnOddEffectStopsAPlanThatGoesOn holds that a plan which was stopped by an
// odd effect stays stopped when it is applied again.
func TestAnOddEffectStopsAPlanThatGoesOn(t *testing.T) {
	plan := func(p []reconcile.Package) []Action { return []Action{assignOf(&p[0], 1, "new"), cancelOf(&p[0], 2)} }
	stage(t, onePackage(), plan, func(s *scene) {
		s.wix.fault = func(int, *Action) fault { return halfDone }
		s.want(s.apply(), "failed", "not_started")
		s.wix.packages["p1"].Instances[0].SiteID = "site-p1.1" // as if it never happened
		s.want(s.apply(), "failed", "not_started")
	})
}
