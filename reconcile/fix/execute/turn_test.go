package execute

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// Between a claim and its request is the wait for a turn, which may be long. What
// stops the plan in the meantime stops the request too.

// TestStoppedWhileWaitingForItsTurn lets a request wait for 20 s, and stops
// it after 10. Nothing is sent, and the attempt ends as one that did nothing.
func TestStoppedWhileWaitingForItsTurn(t *testing.T) {
	for name, tt := range map[string]struct {
		turn   time.Duration
		arrive func(s *fixture, stop func())
		want   string
	}{
		"check": {20 * time.Second, func(s *fixture, _ func()) { s.checkFailsAfter(10 * time.Second) }, "STOP"},
		"a check that takes long": {20 * time.Second, func(s *fixture, _ func()) {
			s.executor.PreSendCheck = func(context.Context) error {
				if len(s.journal.open()) > 0 {
					time.Sleep(testWindow - 20*time.Second - RequestTime + 1)
				}
				return nil
			}
		}, stopReasonLate},
		"a check that hangs": {20 * time.Second, func(s *fixture, _ func()) {
			s.executor.PreSendCheck = func(ctx context.Context) error {
				if len(s.journal.open()) > 0 {
					<-ctx.Done()
				}
				return ctx.Err()
			}
		}, stopReasonLate},
		"its time":       {testWindow - RequestTime + 1, func(*fixture, func()) {}, stopReasonLate},
		"the run's end":  {20 * time.Second, func(_ *fixture, stop func()) { time.AfterFunc(10*time.Second, stop) }, stopReasonAsked},
		"both of them":   {time.Hour, func(_ *fixture, stop func()) { time.AfterFunc(10*time.Second, stop) }, stopReasonAsked},
		"an endless one": {time.Hour, func(*fixture, func()) {}, stopReasonLate},
	} {
		t.Run(name, func(t *testing.T) {
			withFixture(t, onePackage(), oneCancel, func(s *fixture) {
				ctx, stop := context.WithCancel(context.Background())
				defer stop()
				s.wix.turn = func() time.Duration { return tt.turn }
				tt.arrive(s, stop)
				results, err := s.executor.Execute(ctx, s.plan, s.conditions)
				s.expect(results, "not_started")
				end := s.journal.entries[s.plan.Actions[0].Key][0].Completion
				if err != nil || len(s.wix.requests) != 0 || end == nil || end.Failure != fix.FailureStopped || !end.NotDone || end.Sends != 0 {
					s.Errorf("end %+v after %d requests, error %v", end, len(s.wix.requests), err)
				}
				if !strings.Contains(results[0].Reason, tt.want) {
					s.Errorf("reason %q, want %q", results[0].Reason, tt.want)
				}
				s.wix.turn, s.executor.PreSendCheck = nil, nil
				s.expect(s.apply(), "applied") // by the next attempt
			})
		})
	}
}

// checkFailsAfter lets the pre-send check fail some time from now.
func (s *fixture) checkFailsAfter(d time.Duration) {
	at := time.Now().Add(d)
	s.executor.PreSendCheck = func(context.Context) error {
		if time.Now().Before(at) {
			return nil
		}
		return errors.New("object STOP is there")
	}
}

// TestBreakerStopsWhatWaitsForItsTurn lets one of three requests have an
// unexpected effect while the others wait, and then while they are in the pre-send
// check.
func TestBreakerStopsWhatWaitsForItsTurn(t *testing.T) {
	packages := []reconcile.Package{pkgOf("p1", 1), pkgOf("p2", 1), pkgOf("p3", 1)}
	plan := func(p []reconcile.Package) []fix.Action {
		return []fix.Action{cancelOf(&p[0], 1), cancelOf(&p[1], 1), cancelOf(&p[2], 1)}
	}
	for name, slow := range map[string]func(*fixture){
		"turn": func(s *fixture) {
			var waiting atomic.Int64
			s.wix.turn = func() time.Duration { return time.Duration(waiting.Add(1)-1) * 20 * time.Second }
		},
		"check": func(s *fixture) {
			var asked atomic.Int64
			s.executor.PreSendCheck = func(context.Context) error {
				if asked.Add(1) > 4 { // three claims and a request
					time.Sleep(30 * time.Second)
				}
				return nil
			}
		},
	} {
		withFixture(t, packages, plan, func(s *fixture) {
			slow(s)
			s.wix.fault = func(int, *fix.Action) fault { return halfDone }
			counts := map[string]int{}
			for _, r := range s.apply() {
				counts[r.Outcome]++
				if r.Outcome == fix.OutcomeNotStarted && !strings.Contains(r.Reason, "unexpected effect") {
					s.Errorf("%s: %+v", name, r)
				}
			}
			if len(s.wix.requests) != 1 || counts[fix.OutcomeFailed] != 1 || counts[fix.OutcomeNotStarted] != 2 || len(s.journal.open()) != 0 {
				s.Errorf("%s: %v after %d requests", name, counts, len(s.wix.requests))
			}
		})
	}
}

// TestTimeLeft uses the clock that has less time left. Clocks that disagree
// can't be made in a test; a time without a monotonic reading stands for the
// wall's.
func TestTimeLeft(t *testing.T) {
	now := time.Now()
	until := now.Add(time.Minute)
	for _, tt := range []struct {
		now  time.Time
		want time.Duration
	}{
		{now, time.Minute},
		{now.Round(0).Add(time.Hour), -59 * time.Minute},
		{now.Add(time.Minute), 0},
	} {
		if got := timeLeft(tt.now, until); got != tt.want {
			t.Errorf("%s left, want %s", got, tt.want)
		}
	}
}
