package execute

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// Being asked to stop, and a journal that fails.

// TestStopWhileInProgress asks a run to stop at every tenth of a second of its
// work, with slow answers, and checks that nothing is begun afterwards, that it
// ends within 17 s, and that what was sent is recorded.
func TestStopWhileInProgress(t *testing.T) {
	var packages []reconcile.Package
	for i := range 4 {
		packages = append(packages, pkgOf(fmt.Sprintf("p%d", i), 1))
	}
	plan := func(p []reconcile.Package) []fix.Action {
		return []fix.Action{assignOf(&p[0], 1, "new"), cancelOf(&p[1], 1), cancelOf(&p[2], 1), cancelOf(&p[3], 1), createOf("made")}
	}
	for tenth := range 60 {
		for _, f := range []fault{fine, answeredVoid, throttling} {
			withFixture(t, packages, plan, func(s *fixture) {
				s.wix.took = time.Second
				if f == fine {
					s.wix.took = RequestTime
				}
				s.wix.fault = func(int, *fix.Action) fault { return f }
				ctx, stop := context.WithCancel(context.Background())
				began := time.Now()
				asked := began.Add(time.Duration(tenth) * 100 * time.Millisecond)
				time.AfterFunc(asked.Sub(began), stop)
				results, err := s.executor.Execute(ctx, s.plan, s.conditions)
				s.checkStopped(results, err, asked)
				synctest.Wait()
			})
		}
	}
}

func (s *fixture) checkStopped(results []fix.Result, err error, asked time.Time) {
	s.Helper()
	if err != nil || time.Since(asked) > graceToFinish {
		s.Errorf("stopped after %s: error %v", time.Since(asked), err)
	}
	for _, r := range s.wix.requests {
		if r.at.After(asked) {
			s.Errorf("sent %s after it was asked to stop", r.at.Sub(asked))
		}
	}
	for _, n := range s.journal.records {
		if n.begin != nil && n.at.Sub(asked) > 20*time.Millisecond {
			s.Errorf("begun %s after it was asked to stop", n.at.Sub(asked))
		}
	}
	for _, e := range s.journal.open() {
		if e.Unsettled == nil {
			s.Errorf("left without a word: %+v", e)
		}
	}
	for _, r := range results {
		switch {
		case r.Outcome == "":
			s.Errorf("no outcome: %+v", r)
		case r.Outcome == fix.OutcomeApplied && s.journal.entries[r.Key][0].Completion == nil:
			s.Errorf("not journaled: %+v", r)
		}
	}
}

func TestJournalThatFails(t *testing.T) {
	plan := func(p []reconcile.Package) []fix.Action { return []fix.Action{cancelOf(&p[0], 1), cancelOf(&p[0], 2)} }
	for op, want := range map[string]struct {
		outcomes string
		requests int
	}{
		"entries":   {"not_started not_started", 0},
		"begin":     {"not_started not_started", 0},
		"end":       {"unsettled not_started", 1},
		"unsettled": {"unsettled not_started", 1},
	} {
		withFixture(t, onePackage(), plan, func(s *fixture) {
			if op == "unsettled" {
				s.wix.fault = func(int, *fix.Action) fault { return lostBefore }
			}
			s.journal.fail = func(failing string, _ int) error {
				if failing == op {
					return errors.New("bucket: access denied")
				}
				return nil
			}
			results, err := s.executor.Execute(context.Background(), s.plan, s.conditions)
			s.expect(results, strings.Fields(want.outcomes)...)
			if err == nil || !strings.Contains(err.Error(), "access denied") || len(s.wix.requests) != want.requests {
				s.Errorf("%s: error %v after %d requests", op, err, len(s.wix.requests))
			}
			if !strings.Contains(results[1].Reason, "access denied") || !strings.Contains(results[0].Reason, "access denied") {
				s.Errorf("%s: %+v", op, results)
			}
		})
	}
}

// TestClaimThatTookTooLong checks that a request whose time is over is not sent.
func TestClaimThatTookTooLong(t *testing.T) {
	withFixture(t, onePackage(), oneCancel, func(s *fixture) {
		asked := 0
		s.executor.PreSendCheck = func(context.Context) error {
			if asked++; asked == 2 {
				time.Sleep(testWindow - RequestTime + 1)
			}
			return nil
		}
		s.expect(s.apply(), "not_started")
		end := s.journal.entries[s.plan.Actions[0].Key][0].Completion
		if len(s.wix.requests) != 0 || end == nil || end.Failure != fix.FailureStopped || !end.NotDone || end.Sends != 0 {
			s.Errorf("end %+v after %d requests", end, len(s.wix.requests))
		}
		s.expect(s.apply(), "applied")
	})
}

func TestOurOwnActionsAreExpected(t *testing.T) {
	p := pkgOf("p1", 4)
	p.Instances[1].References = p.Instances[0].ID
	p.Instances[2].SiteID = p.Instances[0].SiteID
	plan := func(p []reconcile.Package) []fix.Action {
		return []fix.Action{renameOf(&p[0], "renamed"), assignOf(&p[0], 4, "new"), cancelOf(&p[0], 1), cancelOf(&p[0], 2), cancelOf(&p[0], 4)}
	}
	withFixture(t, []reconcile.Package{p}, plan, func(s *fixture) {
		s.wix.before = func(a *fix.Action) { // the first cancel cancels others too, and its site is gone
			if a.InstanceID == "p1.1" {
				s.wix.packages["p1"].Instances[1].Status = reconcile.StatusCanceled
				s.wix.packages["p1"].Instances[2].Status = reconcile.StatusCanceled
				s.wix.packages["p1"].Instances[0].SiteID = ""
			}
		}
		results := s.apply()
		s.expect(results, "applied", "applied", "applied", "stale", "applied")
		if !strings.Contains(results[3].Reason, "p1.2: planned \"ENABLED\", found \"CANCELED\"") {
			s.Errorf("reason %q", results[3].Reason)
		}
	})
	withFixture(t, []reconcile.Package{p}, plan, func(s *fixture) {
		s.wix.before = func(a *fix.Action) { // somebody moves an instance between two actions of ours
			if a.Fix == reconcile.FixAssign {
				s.wix.packages["p1"].Instances[2].SiteID = "moved"
			}
		}
		s.expect(s.apply(), "applied", "applied", "stale", "stale", "stale")
	})
}

func TestAReadThatLagsBehind(t *testing.T) {
	withFixture(t, onePackage(), oneCancel, func(s *fixture) {
		s.wix.fault = func(int, *fix.Action) fault { return answeredLate }
		s.wix.delay = func() time.Duration { return 5 * time.Second }
		s.expect(s.apply(), "applied")
	})
}

// TestOnlyWhatIsDue checks that what waits, or needs a review, is neither sent
// nor has a result.
func TestOnlyWhatIsDue(t *testing.T) {
	plan := func(p []reconcile.Package) []fix.Action {
		waiting, review := cancelOf(&p[0], 1), cancelOf(&p[0], 2)
		waiting.Waiting, review.Needs = &fix.Waiting{Sightings: 1, Needed: 2}, fix.NeedsReview
		return []fix.Action{waiting, review}
	}
	for reviewed, want := range map[bool]int{false: 0, true: 1} {
		withFixture(t, onePackage(), plan, func(s *fixture) {
			s.conditions.Reviewed = reviewed
			if results := s.apply(); len(results) != want || len(s.wix.requests) != want {
				s.Errorf("%+v after %d requests", results, len(s.wix.requests))
			}
		})
	}
}

func TestAnExecutorThatLacksSomething(t *testing.T) {
	_, err := (&Executor{}).Execute(context.Background(), planOf(time.Now()), Conditions{})
	for _, want := range []string{"journal is missing", "time to settle", "send window"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}
