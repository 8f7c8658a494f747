package execute

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// One fault at a time, and what is returned, recorded and sent then.

// A fixture is a fake Wix and journal with a plan to be executed.
type fixture struct {
	*testing.T
	wix        *fakeWix
	journal    *fakeJournal
	plan       *fix.Plan
	executor   *Executor
	conditions Conditions
}

// withFixture runs a test on the packages and what is planned on them.
func withFixture(t *testing.T, packages []reconcile.Package, plan func([]reconcile.Package) []fix.Action, body func(*fixture)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		journal := newFakeJournal()
		s := &fixture{T: t, journal: journal, wix: newFakeWix(journal, packages...)}
		s.plan = planOf(time.Now(), plan(packages)...)
		s.executor = newExecutor(s.wix, journal, "run-1")
		time.Sleep(time.Second)
		body(s)
	})
}

// apply executes the plan.
func (s *fixture) apply() []fix.Result {
	s.Helper()
	results, err := s.executor.Execute(context.Background(), s.plan, s.conditions)
	if err != nil {
		s.Fatal(err)
	}
	return results
}

func (s *fixture) expect(results []fix.Result, want ...string) {
	s.Helper()
	if got := outcomesOf(results); !slices.Equal(got, want) {
		s.Errorf("outcomes %q, want %q: %+v", got, want, results)
	}
}

func outcomesOf(results []fix.Result) []string {
	var all []string
	for _, r := range results {
		all = append(all, r.Outcome)
	}
	return all
}

func onePackage() []reconcile.Package { return []reconcile.Package{pkgOf("p1", 2)} }

func oneAssign(p []reconcile.Package) []fix.Action { return []fix.Action{assignOf(&p[0], 1, "new")} }
func oneCancel(p []reconcile.Package) []fix.Action { return []fix.Action{cancelOf(&p[0], 1)} }
func oneCreate([]reconcile.Package) []fix.Action   { return []fix.Action{createOf("new")} }

func TestEveryFixIsExecuted(t *testing.T) {
	packages := []reconcile.Package{pkgOf("p1", 3), pkgOf("p2", 2)}
	plan := func(p []reconcile.Package) []fix.Action {
		return []fix.Action{
			cancelOf(&p[1], 0), createOf("new"), productOf(&p[0], 1, "premium"), cycleOf(&p[0], 1, "12 MONTH"),
			assignOf(&p[0], 2, "site-new"), unassignOf(&p[0], 3), renameOf(&p[0], "renamed"),
		}
	}
	withFixture(t, packages, plan, func(s *fixture) {
		results := s.apply()
		s.expect(results, "applied", "applied", "applied", "applied", "applied", "applied", "applied")
		p := s.wix.packages["p1"]
		got := fmt.Sprint(p.ExternalID, p.Instances[0].ProductID, p.Instances[0].Cycle, p.Instances[1].SiteID, p.Instances[2].SiteID, s.wix.packages["p2"].Live())
		if want := fmt.Sprint("renamed", "premium", "12 MONTH", "site-new", "", false); got != want {
			s.Errorf("packages are %s, want %s", got, want)
		}
		for i, r := range results {
			a := &s.plan.Actions[i]
			if r.Key != a.Key || r.Attempt != 1 || r.SentAt.IsZero() || r.Observed == nil || (r.Before == nil) != (a.Fix == reconcile.FixCreate) || (r.Created != "") != (a.Fix == reconcile.FixCreate) {
				s.Errorf("%s: %+v", a.Fix, r)
			}
			e := s.journal.entries[a.Key]
			if len(e) != 1 || e[0].Open() || e[0].Evidence.Sightings != 2 || e[0].Fence != 1 || e[0].Completion.Sends != 1 || e[0].Completion.PackageID == "" {
				s.Errorf("%s: journal %+v", a.Fix, e)
			}
		}
		var order []string
		for _, r := range s.wix.requests {
			at := slices.IndexFunc(s.plan.Actions, func(a fix.Action) bool { return a.Key == r.key })
			order = append(order, s.plan.Actions[at].Fix)
		}
		if want := "external-id unassign assign adjust adjust create cancel"; strings.Join(order, " ") != want {
			s.Errorf("sent %s, want %s", order, want)
		}
	})
}

// TestOneFault checks the result of each action when its only request fails, what
// the journal has then, and how a later run settles it.
func TestOneFault(t *testing.T) {
	tests := []struct {
		fault                         fault
		outcome, failure              string
		notDone                       bool
		assigned, canceled, created   string // settled later, where it stayed open
		assignedF, canceledF, createF string // its failure
	}{
		{fault: fine, outcome: "applied"},
		{fault: lostAfter, outcome: "applied"},
		{fault: refusedDone, outcome: "applied"},
		{fault: refusing, outcome: "failed", failure: fix.FailureRefused, notDone: true},
		{fault: unsent, outcome: "failed", failure: fix.FailureNotSent, notDone: true},
		{fault: throttling, outcome: "not_started", failure: fix.FailureThrottled, notDone: true},
		{fault: halfDone, outcome: "failed", failure: fix.FailureUnexpected},
		{fault: answeredHalf, outcome: "failed", failure: fix.FailureUnexpected},
		{fault: lostBefore, outcome: "unsettled", assigned: "failed", canceled: "failed", created: "failed"},
		{fault: lostLater, outcome: "unsettled", assigned: "applied", canceled: "applied", created: "applied"},
		{fault: answeredLate, outcome: "unsettled", assigned: "applied", canceled: "applied", created: "applied"},
		{fault: answeredVoid, outcome: "unsettled", assigned: "failed", canceled: "failed", created: "failed"},
	}
	kinds := []struct {
		name string
		plan func([]reconcile.Package) []fix.Action
	}{{"assign", oneAssign}, {"cancel", oneCancel}, {"create", oneCreate}}
	for _, tt := range tests {
		for _, kind := range kinds {
			t.Run(string(tt.fault)+" "+kind.name, func(t *testing.T) {
				withFixture(t, onePackage(), kind.plan, func(s *fixture) {
					s.wix.fault = func(int, *fix.Action) fault { return tt.fault }
					s.expect(s.apply(), tt.outcome)
					e := s.journal.entries[s.plan.Actions[0].Key][0]
					if tt.outcome != "unsettled" {
						if e.Open() || e.Completion.Failure != tt.failure || e.Completion.NotDone != tt.notDone || e.Unsettled != nil {
							s.Errorf("end %+v", e.Completion)
						}
						return
					}
					if !e.Open() || e.Unsettled == nil {
						s.Fatalf("entry %+v", e)
					}
					s.settlesTo(e, tt.assigned, kind.name)
				})
			})
		}
	}
}

// settlesTo checks that an open attempt stays open until its time has come.
func (s *fixture) settlesTo(e fix.Entry, outcome, kind string) {
	s.Helper()
	early := s.executor.Settle(context.Background(), []fix.Entry{e})
	s.expect(early, "unsettled")
	time.Sleep(testSettle)
	s.expect(s.executor.Settle(context.Background(), []fix.Entry{e}), outcome)
	end := s.journal.entries[e.Key][0].Completion
	if outcome == "failed" && (end.Failure != fix.FailureNoEffect || end.NotDone != (kind != "create")) {
		s.Errorf("end %+v", end)
	}
	if outcome == "applied" && (kind == "create") != (s.executor.Settle(context.Background(), []fix.Entry{{Attempt: e.Attempt, Completion: end}})[0].Created != "") {
		s.Errorf("end %+v", end)
	}
}

func TestThrottledIsSentAgain(t *testing.T) {
	for _, wait := range []time.Duration{0, 10 * time.Second} {
		withFixture(t, onePackage(), oneCancel, func(s *fixture) {
			s.wix.wait = wait
			s.wix.fault = func(n int, _ *fix.Action) fault {
				if n < 4 {
					return throttling
				}
				return fine
			}
			s.expect(s.apply(), "applied")
			end := s.journal.entries[s.plan.Actions[0].Key][0].Completion
			if end.Sends != 4 || len(s.wix.requests) != 4 {
				s.Errorf("end %+v after %d requests", end, len(s.wix.requests))
			}
			if d := s.wix.requests[1].at.Sub(s.wix.requests[0].at) - s.wix.took; wait > 0 && d != wait || d < firstWait/2 {
				s.Errorf("waited %s", d)
			}
		})
	}
}

func TestThrottledForTooLong(t *testing.T) {
	withFixture(t, onePackage(), oneCancel, func(s *fixture) {
		s.wix.wait = time.Hour
		s.wix.fault = func(int, *fix.Action) fault { return throttling }
		s.expect(s.apply(), "not_started")
		if len(s.wix.requests) != 1 {
			s.Errorf("%d requests", len(s.wix.requests))
		}
	})
}

func TestStale(t *testing.T) {
	for name, change := range map[string]func(*fixture){
		"gone":     func(s *fixture) { delete(s.wix.packages, "p1") },
		"status":   func(s *fixture) { s.wix.packages["p1"].Instances[1].Status = reconcile.StatusPending },
		"date":     func(s *fixture) { s.wix.packages["p1"].Updated = time.Now() },
		"rows":     func(s *fixture) { s.conditions.Stale = map[string]string{s.plan.Actions[0].Key: "its rows changed"} },
		"another":  func(s *fixture) { s.claimedElsewhere() },
		"repeated": func(s *fixture) { s.appliedBefore() },
	} {
		t.Run(name, func(t *testing.T) {
			withFixture(t, onePackage(), oneCancel, func(s *fixture) {
				change(s)
				results := s.apply()
				s.expect(results, "stale")
				if len(s.wix.requests) != 0 || results[0].Reason == "" {
					s.Errorf("%d requests; %+v", len(s.wix.requests), results)
				}
			})
		})
	}
}

// claimedElsewhere has another run claim the action after its journal was read.
func (s *fixture) claimedElsewhere() {
	s.executor.PreSendCheck = func(context.Context) error {
		key := s.plan.Actions[0].Key
		if len(s.journal.entries[key]) == 0 {
			s.journal.entries[key] = []fix.Entry{{Attempt: fix.Attempt{Key: key, Number: 1, PlanID: "other"}}}
		}
		return nil
	}
}

// appliedBefore has another plan have canceled the same in the same state.
func (s *fixture) appliedBefore() {
	a := s.plan.Actions[0]
	s.journal.entries[a.Key] = []fix.Entry{{
		Attempt:    fix.Attempt{Key: a.Key, Number: 1, PlanID: "other", RunID: "run-0", Action: a},
		Completion: &fix.Completion{Outcome: fix.OutcomeApplied, Ended: longAgo},
	}}
}

func TestCreateOnlyWhereNothingHasTheID(t *testing.T) {
	for _, status := range []reconcile.Status{reconcile.StatusEnabled, reconcile.StatusCanceled, reconcile.StatusFailed} {
		p := pkgOf("p1", 1)
		p.ExternalID, p.Instances[0].Status = "new", status
		withFixture(t, []reconcile.Package{p}, oneCreate, func(s *fixture) {
			s.expect(s.apply(), "stale")
			if len(s.wix.requests) != 0 {
				s.Errorf("%s: %d requests", status, len(s.wix.requests))
			}
		})
	}
}

func TestPreSendCheck(t *testing.T) {
	for stopAt, want := range map[int]struct {
		outcomes string
		requests int
		journal  bool
	}{1: {"not_started not_started", 0, false}, 2: {"not_started not_started", 0, true}, 3: {"applied not_started", 1, true}} {
		plan := func(p []reconcile.Package) []fix.Action {
			return []fix.Action{cancelOf(&p[0], 1), cancelOf(&p[0], 2)}
		}
		withFixture(t, onePackage(), plan, func(s *fixture) {
			asked := 0
			s.executor.PreSendCheck = func(context.Context) error {
				if asked++; asked >= stopAt {
					return errors.New("object STOP is there")
				}
				return nil
			}
			results := s.apply()
			s.expect(results, strings.Fields(want.outcomes)...)
			if len(s.wix.requests) != want.requests || len(s.journal.open()) != 0 || (len(s.journal.records) > 0) != want.journal {
				s.Errorf("check fails at %d: %d requests, journal %+v", stopAt, len(s.wix.requests), s.journal.records)
			}
			if !strings.Contains(results[1].Reason, "STOP") {
				s.Errorf("%+v", results)
			}
		})
	}
}

func TestBreakerStopsAPlan(t *testing.T) {
	var packages []reconcile.Package
	for i := range 9 {
		packages = append(packages, pkgOf(fmt.Sprintf("p%d", i), 1))
	}
	plan := func(p []reconcile.Package) []fix.Action {
		var all []fix.Action
		for i := range p {
			all = append(all, cancelOf(&p[i], 1))
		}
		return all
	}
	for f, most := range map[fault]int{lostBefore: 3, refusing: 3, unsent: 3, halfDone: 3, answeredVoid: 3} {
		withFixture(t, packages, plan, func(s *fixture) {
			s.wix.fault = func(int, *fix.Action) fault { return f }
			results := s.apply()
			started := 0
			for _, r := range results {
				if r.Outcome != fix.OutcomeNotStarted {
					started++
				} else if !strings.Contains(r.Reason, "stopped after") {
					s.Errorf("%s: %+v", f, r)
				}
			}
			if len(s.wix.requests) > most || started != len(s.wix.requests) {
				s.Errorf("%s: %d requests, %d started", f, len(s.wix.requests), started)
			}
		})
	}
	withFixture(t, packages, plan, func(s *fixture) {
		s.executor.Concurrency = 1
		s.wix.fault = func(n int, _ *fix.Action) fault {
			if n%3 == 0 {
				return fine
			}
			return refusing
		}
		if results := s.apply(); results[8].Outcome == fix.OutcomeNotStarted {
			s.Errorf("stopped though every third is applied: %v", outcomesOf(results))
		}
	})
	withFixture(t, packages, plan, func(s *fixture) {
		s.wix.reads = func(int) error { return errors.New("status 503") }
		if results := s.apply(); results[0].Outcome != fix.OutcomeFailed || results[8].Outcome != fix.OutcomeNotStarted || len(s.journal.records) > 0 {
			s.Errorf("unreadable packages: %v", outcomesOf(results))
		}
	})
}

func TestUnsettledBlocksItsPackage(t *testing.T) {
	packages := []reconcile.Package{pkgOf("p1", 2), pkgOf("p2", 1)}
	plan := func(p []reconcile.Package) []fix.Action {
		return []fix.Action{assignOf(&p[0], 1, "new"), cancelOf(&p[0], 2), cancelOf(&p[1], 1)}
	}
	withFixture(t, packages, plan, func(s *fixture) {
		s.wix.fault = func(n int, _ *fix.Action) fault {
			if n == 1 {
				return lostBefore
			}
			return fine
		}
		s.expect(s.apply(), "unsettled", "not_started", "applied")
		s.executor.RunID = "run-2"
		s.expect(s.apply(), "unsettled", "not_started", "applied")
		time.Sleep(testSettle)
		s.expect(s.apply(), "applied", "applied", "applied")
		if len(s.wix.requests) != 4 || s.journal.entries[s.plan.Actions[0].Key][1].Number != 2 {
			s.Errorf("%d requests, %+v", len(s.wix.requests), s.journal.entries)
		}
	})
	withFixture(t, packages, plan, func(s *fixture) {
		s.conditions.Unsettled = map[string]bool{"p1": true}
		s.expect(s.apply(), "not_started", "not_started", "applied")
	})
}
