package fix

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// How long an attempt goes on after its run was asked to stop, with a server and
// a journal that hang.

// A hangingWix answers no read while something is claimed.
type hangingWix struct{ *memoryWix }

func (w hangingWix) Get(ctx context.Context, account, id string) (*reconcile.Package, error) {
	if len(w.journal.open()) > 0 {
		<-ctx.Done()
		return nil, fmt.Errorf("get package %s: %w", id, context.Cause(ctx))
	}
	return w.memoryWix.Get(ctx, account, id)
}

// A hangingJournal stores claims, and then nothing.
type hangingJournal struct{ *memoryJournal }

func (j hangingJournal) Doubt(ctx context.Context, _ *Doubt) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

func (j hangingJournal) End(ctx context.Context, _ *End) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

// TestStopWhileAServerHangs asks a run to stop right before, within and right
// after a request that takes its 7 s, and lets every read hang from then on.
func TestStopWhileAServerHangs(t *testing.T) {
	for _, after := range []time.Duration{1, time.Second, RequestTime - 1, RequestTime, RequestTime + time.Minute} {
		for _, answer := range []fault{fine, lostBefore, refusing} {
			stage(t, onePackage(), oneCancel, func(s *scene) {
				s.wix.took = RequestTime
				s.wix.fault = func(int, *Action) fault { return answer }
				s.applier.Wix = hangingWix{s.wix}
				asked := s.stopsAfterSend(after)
				results, err := s.applier.Execute(asked.ctx, s.plan)
				s.want(results, "unsettled")
				e := s.journal.entries[s.plan.Actions[0].Key][0]
				if err != nil || e.Doubt == nil || !e.Open() || e.Doubt.SentAt.IsZero() {
					s.Errorf("%s, %s: entry %+v, error %v", after, answer, e, err)
				}
				if took := time.Since(asked.at); took < graceToRead || took > graceToRead+time.Second {
					s.Errorf("%s, %s: through %s after it was asked to stop", after, answer, took)
				}
				synctest.Wait()
			})
		}
	}
}

// TestStopWhileTheJournalHangsToo holds that all is over after 17 s, and that
// nothing is told to be settled.
func TestStopWhileTheJournalHangsToo(t *testing.T) {
	for name, reads := range map[string]bool{"reads hang": true, "reads": false} {
		stage(t, onePackage(), oneCancel, func(s *scene) {
			s.wix.took = RequestTime
			s.applier.Journal = hangingJournal{s.journal}
			if reads {
				s.applier.Wix = hangingWix{s.wix}
			}
			asked := s.stopsAfterSend(1)
			results, err := s.applier.Execute(asked.ctx, s.plan)
			s.want(results, "unsettled")
			if took := time.Since(asked.at); took != graceInAll || err == nil || !strings.Contains(results[0].Reason, "not in the journal") {
				s.Errorf("%s: through after %s with error %v: %+v", name, took, err, results)
			}
			synctest.Wait()
		})
	}
}

// An asking is when a run was asked to stop.
type asking struct {
	ctx context.Context
	at  time.Time
}

// stopsAfterSend asks the run to stop some time after its request has left.
func (s *scene) stopsAfterSend(d time.Duration) *asking {
	ctx, stop := context.WithCancel(context.Background())
	a := &asking{ctx: ctx}
	s.wix.before = func(*Action) {
		time.AfterFunc(d, func() { a.at = time.Now(); stop() })
	}
	return a
}

// TestUnwrittenEnds holds that what can't be journaled is told as unsettled,
// with what is known, and settled by the next run.
func TestUnwrittenEnds(t *testing.T) {
	for f, tt := range map[fault]struct{ reason, later string }{
		fine:       {"it was done; this is not in the journal", OutcomeApplied},
		lostAfter:  {"it was done; this is not in the journal", OutcomeApplied},
		refusing:   {"status 409; this is not in the journal", OutcomeFailed},
		halfDone:   {"SUSPENDED", OutcomeFailed},
		unsent:     {"no connection; this is not in the journal", OutcomeFailed},
		throttling: {"status 429; this is not in the journal", OutcomeFailed},
	} {
		stage(t, onePackage(), oneCancel, func(s *scene) {
			s.wix.fault, s.wix.wait = func(int, *Action) fault { return f }, time.Hour
			s.journal.fail = failsAt("end")
			results, err := s.applier.Execute(context.Background(), s.plan)
			s.want(results, "unsettled")
			r := results[0]
			if err == nil || r.Failure != "" || !strings.Contains(r.Reason, tt.reason) || !strings.Contains(r.Reason, "access denied") {
				s.Errorf("%s: %+v, error %v", f, r, err)
			}
			if left := f != unsent && f != throttling; left && (r.Observed == nil || r.SentAt.IsZero()) {
				s.Errorf("%s: observed %+v, sent %s", f, r.Observed, r.SentAt)
			}
			s.journal.fail = nil
			time.Sleep(testWindow + testSettle)
			s.want(s.applier.Settle(context.Background(), s.journal.open()), tt.later)
		})
	}
}

// TestUnwrittenEndOfWhatWasHeld holds that a claim which stays open is told as
// such, though nothing was sent under it.
func TestUnwrittenEndOfWhatWasHeld(t *testing.T) {
	stage(t, onePackage(), oneCancel, func(s *scene) {
		s.wix.turn = func() time.Duration { return 2 * time.Second }
		s.shutsAfter(time.Second)
		s.journal.fail = failsAt("end")
		results, err := s.applier.Execute(context.Background(), s.plan)
		s.want(results, "unsettled")
		if err == nil || len(s.wix.requests) != 0 || !strings.Contains(results[0].Reason, "STOP") {
			s.Errorf("%+v after %d requests, error %v", results, len(s.wix.requests), err)
		}
	})
}

func failsAt(op string) func(string, int) error {
	return func(called string, _ int) error {
		if called == op {
			return errors.New("bucket: access denied")
		}
		return nil
	}
}
