package wix

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// A plan of one cancel, carried out against the server with the client and the
// engine that a run has. Only the journal is a short one, and time is a bubble's.

// A ledgerOfOne is a journal of one attempt.
type ledgerOfOne struct {
	mu    sync.Mutex
	entry fix.Entry
}

func (j *ledgerOfOne) note(ctx context.Context, note func()) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if ctx.Err() == nil {
		note()
	}
	return ctx.Err()
}

func (j *ledgerOfOne) Begin(ctx context.Context, a *fix.Attempt) error {
	return j.note(ctx, func() { j.entry.Attempt = *a })
}

func (j *ledgerOfOne) Doubt(ctx context.Context, d *fix.Doubt) error {
	return j.note(ctx, func() { j.entry.Doubt = d })
}

func (j *ledgerOfOne) End(ctx context.Context, e *fix.End) error {
	return j.note(ctx, func() { j.entry.End = e })
}

func (j *ledgerOfOne) Entries(ctx context.Context, _ string) ([]fix.Entry, error) {
	return nil, ctx.Err()
}

// A fixing is a plan of one cancel that is about to be applied.
type fixing struct {
	server  *wixsim.Server
	journal *ledgerOfOne
	applier *fix.Executor
	plan    *fix.Plan
}

// fixes plays a fixing against a server behind a transport, at a rate.
func fixes(t *testing.T, o wixsim.ChangeOptions, rate int, behind func(http.RoundTripper) http.RoundTripper, play func(*fixing)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := wixsim.New(simBook(), &wixsim.Options{Key: testKey, Parent: parentID, Changes: o})
		first, err := ActionClient{clientOf(t, nil, func(o *Options) { o.Transport = aborting{s} })}.Get(context.Background(), accountID(1), packageID(1))
		if err != nil {
			t.Fatal(err)
		}
		a := sevenActions()[CancelPackage]
		a.Key, a.Seen, a.Removal, a.Instances = "key", fix.StateOf(first), true, 1
		m := &fixing{server: s, journal: &ledgerOfOne{}, plan: &fix.Plan{ID: "plan", AccountID: parentID, Actions: []fix.Action{a}}}
		c := clientOf(t, nil, func(o *Options) { o.Transport, o.Rate = behind(aborting{s}), rate })
		m.applier = &fix.Executor{
			Wix: ActionClient{c}, Journal: m.journal, SettleAfter: 5 * time.Minute, SendWindow: time.Minute, RunID: "run", Fence: 1,
		}
		play(m)
		synctest.Wait()
	})
}

func asItIs(transport http.RoundTripper) http.RoundTripper { return transport }

// TestGateThatShutsWhileTheRateIsWaitedFor sends six requests a minute: the read
// before the cancel leaves at once, and the cancel 10 s later. A gate that shuts
// before that holds it.
func TestGateThatShutsWhileTheRateIsWaitedFor(t *testing.T) {
	errStop := errors.New("there is an object STOP")
	for shutsAfter, want := range map[time.Duration]string{
		3 * time.Second: fix.OutcomeNotStarted, 10*time.Second - 1: fix.OutcomeNotStarted, 11 * time.Second: fix.OutcomeApplied,
	} {
		fixes(t, wixsim.ChangeOptions{}, 6, asItIs, func(m *fixing) {
			began := time.Now()
			m.applier.PreSendCheck = func(context.Context) error {
				if time.Since(began) >= shutsAfter {
					return errStop
				}
				return nil
			}
			results, err := m.applier.Execute(context.Background(), m.plan)
			if err != nil || len(results) != 1 || results[0].Outcome != want {
				t.Fatalf("%s: %+v, error %v", shutsAfter, results, err)
			}
			end, made := m.journal.entry.End, len(m.server.Changes())
			if want == fix.OutcomeApplied {
				if made != 1 || end == nil || end.Outcome != want || end.SentAt.Sub(began) != 10*time.Second {
					t.Errorf("%s: %d changes arrived, end %+v", shutsAfter, made, end)
				}
				return
			}
			if made != 0 || end == nil || end.Failure != fix.FailureStopped || !end.NotDone || end.Sends != 0 {
				t.Errorf("%s: %d changes arrived, end %+v", shutsAfter, made, end)
			}
			if p, _ := m.server.Package(packageID(1)); !strings.Contains(results[0].Reason, "STOP") || p.ProductInstances[0].Status != "ENABLED" {
				t.Errorf("%s: %+v, package %+v", shutsAfter, results, p)
			}
		})
	}
}

// TestTimeIsOverBeforeTheRate sends two requests a minute, and gives the cancel
// less time than that: it is held, and no failure.
func TestTimeIsOverBeforeTheRate(t *testing.T) {
	fixes(t, wixsim.ChangeOptions{}, 2, asItIs, func(m *fixing) {
		m.applier.SendWindow = 30 * time.Second
		began := time.Now()
		results, err := m.applier.Execute(context.Background(), m.plan)
		if err != nil || results[0].Outcome != fix.OutcomeNotStarted || m.journal.entry.End.Failure != fix.FailureStopped || len(m.server.Changes()) != 0 {
			t.Errorf("%+v, error %v", results, err)
		}
		if took := time.Since(began); took != 30*time.Second-fix.RequestTime {
			t.Errorf("held after %s", took)
		}
	})
}

// hangsAfterChanges answers no read once a change was sent.
type hangsAfterChanges struct {
	http.RoundTripper
	sent   chan struct{}
	change sync.Once
}

func (h *hangsAfterChanges) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet {
		h.change.Do(func() { close(h.sent) })
		return h.RoundTripper.RoundTrip(r)
	}
	select {
	case <-h.sent:
		<-r.Context().Done()
		return nil, r.Context().Err()
	default:
		return h.RoundTripper.RoundTrip(r)
	}
}

// TestStopBeforeAServerThatHangs asks the run to stop as soon as its cancel has
// left, and lets the cancel and the read after it hang: the doubt is journaled
// 13 s later, and with it all is over.
func TestStopBeforeAServerThatHangs(t *testing.T) {
	for _, fault := range []wixsim.Fault{wixsim.Hang, wixsim.HangAfter} {
		var stop context.CancelFunc
		o := wixsim.ChangeOptions{OnChange: func(int, wixsim.Change) wixsim.Fault { stop(); return fault }}
		behind := func(transport http.RoundTripper) http.RoundTripper {
			return &hangsAfterChanges{RoundTripper: transport, sent: make(chan struct{})}
		}
		fixes(t, o, 0, behind, func(m *fixing) {
			var ctx context.Context
			ctx, stop = context.WithCancel(context.Background())
			defer stop()
			began := time.Now()
			results, err := m.applier.Execute(ctx, m.plan)
			doubt := m.journal.entry.Doubt
			if err != nil || results[0].Outcome != fix.OutcomeUnsettled || doubt == nil || m.journal.entry.End != nil {
				t.Fatalf("%s: %+v, error %v", fault, results, err)
			}
			if took := time.Since(began); doubt.SentAt.Sub(began) != fix.RequestTime || took != 13*time.Second {
				t.Errorf("%s: given up after %s, over after %s", fault, doubt.SentAt.Sub(began), took)
			}
		})
	}
}
