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

// How long an attempt continues after its run was asked to stop, with a server and
// a journal that hang.

// A hangingWix answers no read while something is claimed.
type hangingWix struct{ *fakeWix }

func (w hangingWix) Get(ctx context.Context, account, id string) (*reconcile.Package, error) {
	if len(w.journal.open()) > 0 {
		<-ctx.Done()
		return nil, fmt.Errorf("get package %s: %w", id, context.Cause(ctx))
	}
	return w.fakeWix.Get(ctx, account, id)
}

// A hangingJournal stores claims, and then nothing.
type hangingJournal struct{ *fakeJournal }

func (j hangingJournal) NoteUnsettled(ctx context.Context, _ *fix.UnsettledNote) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

func (j hangingJournal) Complete(ctx context.Context, _ *fix.Completion) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

// TestStopWhileAServerHangs asks a run to stop right before, within and right
// after a request that takes its 7 s, with every read hanging from then on.
func TestStopWhileAServerHangs(t *testing.T) {
	for _, after := range []time.Duration{1, time.Second, RequestTime - 1, RequestTime, RequestTime + time.Minute} {
		for _, answer := range []fault{fine, lostBefore, refusing} {
			withFixture(t, onePackage(), oneCancel, func(s *fixture) {
				s.wix.took = RequestTime
				s.wix.fault = func(int, *fix.Action) fault { return answer }
				s.executor.Wix = hangingWix{s.wix}
				asked := s.stopsAfterSend(after)
				results, err := s.executor.Execute(asked.ctx, s.plan, s.conditions)
				s.expect(results, "unsettled")
				e := s.journal.entries[s.plan.Actions[0].Key][0]
				if err != nil || e.Unsettled == nil || !e.Open() || e.Unsettled.SentAt.IsZero() {
					s.Errorf("%s, %s: entry %+v, error %v", after, answer, e, err)
				}
				if took := time.Since(asked.at); took < graceToRead || took > graceToRead+time.Second {
					s.Errorf("%s, %s: ended %s after it was asked to stop", after, answer, took)
				}
				synctest.Wait()
			})
		}
	}
}

// TestStopWhileTheJournalHangsToo checks that all is over after 17 s, and that
// nothing is reported as settled.
func TestStopWhileTheJournalHangsToo(t *testing.T) {
	for name, reads := range map[string]bool{"reads hang": true, "reads": false} {
		withFixture(t, onePackage(), oneCancel, func(s *fixture) {
			s.wix.took = RequestTime
			s.executor.Journal = hangingJournal{s.journal}
			if reads {
				s.executor.Wix = hangingWix{s.wix}
			}
			asked := s.stopsAfterSend(1)
			results, err := s.executor.Execute(asked.ctx, s.plan, s.conditions)
			s.expect(results, "unsettled")
			if took := time.Since(asked.at); took != graceToFinish || err == nil || !strings.Contains(results[0].Reason, "not in the journal") {
				s.Errorf("%s: ended after %s with error %v: %+v", name, took, err, results)
			}
			synctest.Wait()
		})
	}
}

// A stopRequest is when a run was asked to stop.
type stopRequest struct {
	ctx context.Context
	at  time.Time
}

// stopsAfterSend asks the run to stop some time after its request has left.
func (s *fixture) stopsAfterSend(d time.Duration) *stopRequest {
	ctx, stop := context.WithCancel(context.Background())
	a := &stopRequest{ctx: ctx}
	s.wix.before = func(*fix.Action) {
		time.AfterFunc(d, func() { a.at = time.Now(); stop() })
	}
	return a
}

// TestCompletionsThatAreNotRecorded checks that what can't be recorded is
// unsettled, with what is known, and settled by the next run.
func TestCompletionsThatAreNotRecorded(t *testing.T) {
	for f, tt := range map[fault]struct{ reason, later string }{
		fine:       {"the change was applied; this is not in the journal", fix.OutcomeApplied},
		lostAfter:  {"the change was applied; this is not in the journal", fix.OutcomeApplied},
		refusing:   {"status 409; this is not in the journal", fix.OutcomeFailed},
		halfDone:   {"SUSPENDED", fix.OutcomeFailed},
		unsent:     {"no connection; this is not in the journal", fix.OutcomeFailed},
		throttling: {"status 429; this is not in the journal", fix.OutcomeFailed},
	} {
		withFixture(t, onePackage(), oneCancel, func(s *fixture) {
			s.wix.fault, s.wix.wait = func(int, *fix.Action) fault { return f }, time.Hour
			s.journal.fail = failsAt("end")
			results, err := s.executor.Execute(context.Background(), s.plan, s.conditions)
			s.expect(results, "unsettled")
			r := results[0]
			if err == nil || r.Failure != "" || !strings.Contains(r.Reason, tt.reason) || !strings.Contains(r.Reason, "access denied") {
				s.Errorf("%s: %+v, error %v", f, r, err)
			}
			if left := f != unsent && f != throttling; left && (r.Observed == nil || r.SentAt.IsZero()) {
				s.Errorf("%s: observed %+v, sent %s", f, r.Observed, r.SentAt)
			}
			s.journal.fail = nil
			time.Sleep(testWindow + testSettle)
			s.expect(s.executor.Settle(context.Background(), s.journal.open()), tt.later)
		})
	}
}

// TestStoppedAttemptThatIsNotRecorded checks that a claim which stays open is
// unsettled, although nothing was sent under it.
func TestStoppedAttemptThatIsNotRecorded(t *testing.T) {
	withFixture(t, onePackage(), oneCancel, func(s *fixture) {
		s.wix.turn = func() time.Duration { return 2 * time.Second }
		s.checkFailsAfter(time.Second)
		s.journal.fail = failsAt("end")
		results, err := s.executor.Execute(context.Background(), s.plan, s.conditions)
		s.expect(results, "unsettled")
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
