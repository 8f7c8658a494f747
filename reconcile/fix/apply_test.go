package fix

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
)

// One thing going wrong at a time, and what is told, journaled and sent then.

// A scene is a world with a plan that is about to be applied.
type scene struct {
	*testing.T
	wix     *memoryWix
	journal *memoryJournal
	plan    *Plan
	applier *Executor
}

// stage plays a scene with the packages and what is planned on them.
func stage(t *testing.T, packages []reconcile.Package, plan func([]reconcile.Package) []Action, play func(*scene)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		journal := newMemoryJournal()
		s := &scene{T: t, journal: journal, wix: newMemoryWix(journal, packages...)}
		s.plan = planOf(time.Now(), plan(packages)...)
		s.applier = applierOf(s.wix, journal, "run-1")
		time.Sleep(time.Second)
		play(s)
	})
}

// apply carries the plan out and gives the outcomes, a word each.
func (s *scene) apply() []Result {
	s.Helper()
	results, err := s.applier.Execute(context.Background(), s.plan)
	if err != nil {
		s.Fatal(err)
	}
	return results
}

func (s *scene) want(results []Result, want ...string) {
	s.Helper()
	if got := outcomesOf(results); !slices.Equal(got, want) {
		s.Errorf("outcomes %q, want %q: %+v", got, want, results)
	}
}

func outcomesOf(results []Result) []string {
	var all []string
	for _, r := range results {
		all = append(all, r.Outcome)
	}
	return all
}

func onePackage() []reconcile.Package { return []reconcile.Package{pkgOf("p1", 2)} }

func oneAssign(p []reconcile.Package) []Action { return []Action{assignOf(&p[0], 1, "new")} }
func oneCancel(p []reconcile.Package) []Action { return []Action{cancelOf(&p[0], 1)} }
func oneCreate([]reconcile.Package) []Action   { return []Action{createOf("new")} }

func TestEveryFixIsCarriedOut(t *testing.T) {
	packages := []reconcile.Package{pkgOf("p1", 3), pkgOf("p2", 2)}
	plan := func(p []reconcile.Package) []Action {
		return []Action{
			cancelOf(&p[1], 0), createOf("new"), productOf(&p[0], 1, "premium"), cycleOf(&p[0], 1, "12 MONTH"),
			assignOf(&p[0], 2, "site-new"), unassignOf(&p[0], 3), renameOf(&p[0], "renamed"),
		}
	}
	stage(t, packages, plan, func(s *scene) {
		results := s.apply()
		s.want(results, "applied", "applied", "applied", "applied", "applied", "applied", "applied")
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
			if len(e) != 1 || e[0].Open() || e[0].Evidence.Sightings != 2 || e[0].Fence != 1 || e[0].End.Sends != 1 || e[0].End.PackageID == "" {
				s.Errorf("%s: journal %+v", a.Fix, e)
			}
		}
		var order []string
		for _, r := range s.wix.requests {
			at := slices.IndexFunc(s.plan.Actions, func(a Action) bool { return a.Key == r.key })
			order = append(order, s.plan.Actions[at].Fix)
		}
		if want := "external-id unassign assign adjust adjust create cancel"; strings.Join(order, " ") != want {
			s.Errorf("sent %s, want %s", order, want)
		}
	})
}

// TestOneFault holds what is told of each action when its only request goes
// wrong, what the journal knows then, and what a later settling makes of it.
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
		{fault: refusing, outcome: "failed", failure: FailureRefused, notDone: true},
		{fault: unsent, outcome: "failed", failure: FailureNotSent, notDone: true},
		{fault: throttling, outcome: "failed", failure: FailureThrottled, notDone: true},
		{fault: halfDone, outcome: "failed", failure: FailureUnexpected},
		{fault: answeredOdd, outcome: "failed", failure: FailureUnexpected},
		{fault: lostBefore, outcome: "unsettled", assigned: "failed", canceled: "failed", created: "failed"},
		{fault: lostLater, outcome: "unsettled", assigned: "applied", canceled: "applied", created: "applied"},
		{fault: answeredLate, outcome: "unsettled", assigned: "applied", canceled: "applied", created: "applied"},
		{fault: answeredVoid, outcome: "unsettled", assigned: "failed", canceled: "failed", created: "failed"},
	}
	kinds := []struct {
		name string
		plan func([]reconcile.Package) []Action
	}{{"assign", oneAssign}, {"cancel", oneCancel}, {"create", oneCreate}}
	for _, tt := range tests {
		for _, kind := range kinds {
			t.Run(string(tt.fault)+" "+kind.name, func(t *testing.T) {
				stage(t, onePackage(), kind.plan, func(s *scene) {
					s.wix.fault = func(int, *Action) fault { return tt.fault }
					s.want(s.apply(), tt.outcome)
					e := s.journal.entries[s.plan.Actions[0].Key][0]
					if tt.outcome != "unsettled" {
						if e.Open() || e.End.Failure != tt.failure || e.End.NotDone != tt.notDone || e.Doubt != nil {
							s.Errorf("end %+v", e.End)
						}
						return
					}
					if !e.Open() || e.Doubt == nil {
						s.Fatalf("entry %+v", e)
					}
					s.settlesTo(e, tt.assigned, kind.name)
				})
			})
		}
	}
}

// settlesTo holds that an open attempt stays open until its time has come.
func (s *scene) settlesTo(e Entry, outcome, kind string) {
	s.Helper()
	early := s.applier.Settle(context.Background(), []Entry{e})
	s.want(early, "unsettled")
	time.Sleep(testSettle)
	s.want(s.applier.Settle(context.Background(), []Entry{e}), outcome)
	end := s.journal.entries[e.Key][0].End
	if outcome == "failed" && (end.Failure != FailureNoEffect || end.NotDone != (kind != "create")) {
		s.Errorf("end %+v", end)
	}
	if outcome == "applied" && (kind == "create") != (s.applier.Settle(context.Background(), []Entry{{Attempt: e.Attempt, End: end}})[0].Created != "") {
		s.Errorf("end %+v", end)
	}
}

func TestThrottledIsSentAgain(t *testing.T) {
	for _, wait := range []time.Duration{0, 10 * time.Second} {
		stage(t, onePackage(), oneCancel, func(s *scene) {
			s.wix.wait = wait
			s.wix.fault = func(n int, _ *Action) fault {
				if n < 4 {
					return throttling
				}
				return fine
			}
			s.want(s.apply(), "applied")
			end := s.journal.entries[s.plan.Actions[0].Key][0].End
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
	stage(t, onePackage(), oneCancel, func(s *scene) {
		s.wix.wait = time.Hour
		s.wix.fault = func(int, *Action) fault { return throttling }
		s.want(s.apply(), "failed")
		if len(s.wix.requests) != 1 {
			s.Errorf("%d requests", len(s.wix.requests))
		}
	})
}

func TestStale(t *testing.T) {
	for name, spoil := range map[string]func(*scene){
		"gone":     func(s *scene) { delete(s.wix.packages, "p1") },
		"status":   func(s *scene) { s.wix.packages["p1"].Instances[1].Status = reconcile.StatusPending },
		"date":     func(s *scene) { s.wix.packages["p1"].Updated = time.Now() },
		"rows":     func(s *scene) { s.applier.Stale = map[string]string{s.plan.Actions[0].Key: "its rows changed"} },
		"another":  func(s *scene) { s.claimedElsewhere() },
		"repeated": func(s *scene) { s.doneBefore() },
	} {
		t.Run(name, func(t *testing.T) {
			stage(t, onePackage(), oneCancel, func(s *scene) {
				spoil(s)
				results := s.apply()
				s.want(results, "stale")
				if len(s.wix.requests) != 0 || results[0].Reason == "" {
					s.Errorf("%d requests; %+v", len(s.wix.requests), results)
				}
			})
		})
	}
}

// claimedElsewhere has another run claim the action after its journal was read.
func (s *scene) claimedElsewhere() {
	s.applier.PreSendCheck = func(context.Context) error {
		key := s.plan.Actions[0].Key
		if len(s.journal.entries[key]) == 0 {
			s.journal.entries[key] = []Entry{{Attempt: Attempt{Key: key, Number: 1, PlanID: "other"}}}
		}
		return nil
	}
}

// doneBefore has another plan have canceled the same in the same state.
func (s *scene) doneBefore() {
	a := s.plan.Actions[0]
	s.journal.entries[a.Key] = []Entry{{
		Attempt: Attempt{Key: a.Key, Number: 1, PlanID: "other", RunID: "run-0", Action: a},
		End:     &End{Outcome: OutcomeApplied, Ended: longAgo},
	}}
}

func TestCreateOnlyWhereNothingHasTheID(t *testing.T) {
	for _, status := range []reconcile.Status{reconcile.StatusEnabled, reconcile.StatusCanceled, reconcile.StatusFailed} {
		p := pkgOf("p1", 1)
		p.ExternalID, p.Instances[0].Status = "new", status
		stage(t, []reconcile.Package{p}, oneCreate, func(s *scene) {
			s.want(s.apply(), "stale")
			if len(s.wix.requests) != 0 {
				s.Errorf("%s: %d requests", status, len(s.wix.requests))
			}
		})
	}
}

func TestGate(t *testing.T) {
	for shutAt, want := range map[int]struct {
		outcomes string
		requests int
		journal  bool
	}{1: {"not_started not_started", 0, false}, 2: {"not_started not_started", 0, true}, 3: {"applied not_started", 1, true}} {
		plan := func(p []reconcile.Package) []Action {
			return []Action{cancelOf(&p[0], 1), cancelOf(&p[0], 2)}
		}
		stage(t, onePackage(), plan, func(s *scene) {
			asked := 0
			s.applier.PreSendCheck = func(context.Context) error {
				if asked++; asked >= shutAt {
					return errors.New("object STOP is there")
				}
				return nil
			}
			results := s.apply()
			s.want(results, strings.Fields(want.outcomes)...)
			if len(s.wix.requests) != want.requests || len(s.journal.open()) != 0 || (len(s.journal.notes) > 0) != want.journal {
				s.Errorf("shut at %d: %d requests, journal %+v", shutAt, len(s.wix.requests), s.journal.notes)
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
	plan := func(p []reconcile.Package) []Action {
		var all []Action
		for i := range p {
			all = append(all, cancelOf(&p[i], 1))
		}
		return all
	}
	for f, most := range map[fault]int{lostBefore: 3, refusing: 3, unsent: 3, halfDone: 3, answeredVoid: 3} {
		stage(t, packages, plan, func(s *scene) {
			s.wix.fault = func(int, *Action) fault { return f }
			results := s.apply()
			started := 0
			for _, r := range results {
				if r.Outcome != OutcomeNotStarted {
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
	stage(t, packages, plan, func(s *scene) {
		s.applier.Concurrency = 1
		s.wix.fault = func(n int, _ *Action) fault {
			if n%3 == 0 {
				return fine
			}
			return refusing
		}
		if results := s.apply(); results[8].Outcome == OutcomeNotStarted {
			s.Errorf("stopped though every third is applied: %v", outcomesOf(results))
		}
	})
	stage(t, packages, plan, func(s *scene) {
		s.wix.reads = func(int) error { return errors.New("status 503") }
		if results := s.apply(); results[0].Outcome != OutcomeFailed || results[8].Outcome != OutcomeNotStarted || len(s.journal.notes) > 0 {
			s.Errorf("unreadable packages: %v", outcomesOf(results))
		}
	})
}

func TestUnsettledBlocksItsPackage(t *testing.T) {
	packages := []reconcile.Package{pkgOf("p1", 2), pkgOf("p2", 1)}
	plan := func(p []reconcile.Package) []Action {
		return []Action{assignOf(&p[0], 1, "new"), cancelOf(&p[0], 2), cancelOf(&p[1], 1)}
	}
	stage(t, packages, plan, func(s *scene) {
		s.wix.fault = func(n int, _ *Action) fault {
			if n == 1 {
				return lostBefore
			}
			return fine
		}
		s.want(s.apply(), "unsettled", "not_started", "applied")
		s.applier.RunID = "run-2"
		s.want(s.apply(), "unsettled", "not_started", "applied")
		time.Sleep(testSettle)
		s.want(s.apply(), "applied", "applied", "applied")
		if len(s.wix.requests) != 4 || s.journal.entries[s.plan.Actions[0].Key][1].Number != 2 {
			s.Errorf("%d requests, %+v", len(s.wix.requests), s.journal.entries)
		}
	})
	stage(t, packages, plan, func(s *scene) {
		s.applier.Unsettled = map[string]bool{"p1": true}
		s.want(s.apply(), "not_started", "not_started", "applied")
	})
}
