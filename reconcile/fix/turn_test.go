package fix

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Between a claim and its request lies the wait for a turn, which may be long.
// What comes up in it holds the request, as if it had come before.

// TestHeldWhileItWaitsForItsTurn lets a request wait for 20 s, and something come
// up after 10. Nothing is sent, and the attempt ends as one that did nothing.
func TestHeldWhileItWaitsForItsTurn(t *testing.T) {
	for name, tt := range map[string]struct {
		turn   time.Duration
		arrive func(s *scene, stop func())
		want   string
	}{
		"gate": {20 * time.Second, func(s *scene, _ func()) { s.shutsAfter(10 * time.Second) }, "STOP"},
		"gate that answers late": {20 * time.Second, func(s *scene, _ func()) {
			s.applier.PreSendCheck = func(context.Context) error {
				if len(s.journal.open()) > 0 {
					time.Sleep(testWindow - 20*time.Second - RequestTime + 1)
				}
				return nil
			}
		}, reasonLate},
		"gate that hangs": {20 * time.Second, func(s *scene, _ func()) {
			s.applier.PreSendCheck = func(ctx context.Context) error {
				if len(s.journal.open()) > 0 {
					<-ctx.Done()
				}
				return ctx.Err()
			}
		}, reasonLate},
		"its time":       {testWindow - RequestTime + 1, func(*scene, func()) {}, reasonLate},
		"the run's end":  {20 * time.Second, func(_ *scene, stop func()) { time.AfterFunc(10*time.Second, stop) }, reasonAsked},
		"both of them":   {time.Hour, func(_ *scene, stop func()) { time.AfterFunc(10*time.Second, stop) }, reasonAsked},
		"an endless one": {time.Hour, func(*scene, func()) {}, reasonLate},
	} {
		t.Run(name, func(t *testing.T) {
			stage(t, onePackage(), oneCancel, func(s *scene) {
				ctx, stop := context.WithCancel(context.Background())
				defer stop()
				s.wix.turn = func() time.Duration { return tt.turn }
				tt.arrive(s, stop)
				results, err := s.applier.Execute(ctx, s.plan)
				s.want(results, "not_started")
				end := s.journal.entries[s.plan.Actions[0].Key][0].End
				if err != nil || len(s.wix.requests) != 0 || end == nil || end.Failure != FailureStopped || !end.NotDone || end.Sends != 0 {
					s.Errorf("end %+v after %d requests, error %v", end, len(s.wix.requests), err)
				}
				if !strings.Contains(results[0].Reason, tt.want) {
					s.Errorf("reason %q, want %q", results[0].Reason, tt.want)
				}
				s.wix.turn, s.applier.PreSendCheck = nil, nil
				s.want(s.apply(), "applied") // by the next attempt
			})
		})
	}
}

// shutsAfter shuts the gate some time from now.
func (s *scene) shutsAfter(d time.Duration) {
	at := time.Now().Add(d)
	s.applier.PreSendCheck = func(context.Context) error {
		if time.Now().Before(at) {
			return nil
		}
		return errors.New("object STOP is there")
	}
}

// TestBreakerHoldsWhatWaitsForItsTurn lets one of three requests have another
// effect than was asked while the others wait, and then while the gate is asked
// about them.
func TestBreakerHoldsWhatWaitsForItsTurn(t *testing.T) {
	packages := []reconcile.Package{pkgOf("p1", 1), pkgOf("p2", 1), pkgOf("p3", 1)}
	plan := func(p []reconcile.Package) []Action {
		return []Action{cancelOf(&p[0], 1), cancelOf(&p[1], 1), cancelOf(&p[2], 1)}
	}
	for name, slow := range map[string]func(*scene){
		"turn": func(s *scene) {
			var waiting atomic.Int64
			s.wix.turn = func() time.Duration { return time.Duration(waiting.Add(1)-1) * 20 * time.Second }
		},
		"gate": func(s *scene) {
			var asked atomic.Int64
			s.applier.PreSendCheck = func(context.Context) error {
				if asked.Add(1) > 4 { // three claims and a request
					time.Sleep(30 * time.Second)
				}
				return nil
			}
		},
	} {
		stage(t, packages, plan, func(s *scene) {
			slow(s)
			s.wix.fault = func(int, *Action) fault { return halfDone }
			counts := map[string]int{}
			for _, r := range s.apply() {
				counts[r.Outcome]++
				if r.Outcome == OutcomeNotStarted && !strings.Contains(r.Reason, "another effect") {
					s.Errorf("%s: %+v", name, r)
				}
			}
			if len(s.wix.requests) != 1 || counts[OutcomeFailed] != 1 || counts[OutcomeNotStarted] != 2 || len(s.journal.open()) != 0 {
				s.Errorf("%s: %v after %d requests", name, counts, len(s.wix.requests))
			}
		})
	}
}

// TestTimeLeft takes the clock that sees less time left. Clocks that disagree
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
		if got := leftAt(tt.now, until); got != tt.want {
			t.Errorf("%s left, want %s", got, tt.want)
		}
	}
}
