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
	"github.com/wixrecon/wixrecon/reconcile/fix/execute"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// A plan of one cancel, executed against the simulator with the client and the
// executor of a run, in fake time.

// A memoryJournal stores one attempt.
type memoryJournal struct {
	mu    sync.Mutex
	entry fix.Entry
}

func (j *memoryJournal) store(ctx context.Context, write func()) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if ctx.Err() == nil {
		write()
	}
	return ctx.Err()
}

func (j *memoryJournal) Begin(ctx context.Context, a *fix.Attempt) error {
	return j.store(ctx, func() { j.entry.Attempt = *a })
}

func (j *memoryJournal) NoteUnsettled(ctx context.Context, n *fix.UnsettledNote) error {
	return j.store(ctx, func() { j.entry.Unsettled = n })
}

func (j *memoryJournal) Complete(ctx context.Context, c *fix.Completion) error {
	return j.store(ctx, func() { j.entry.Completion = c })
}

func (j *memoryJournal) Entries(ctx context.Context, _ string) ([]fix.Entry, error) {
	return nil, ctx.Err()
}

// A cancelPlan is a plan of one cancel, ready to be executed.
type cancelPlan struct {
	server   *wixsim.Server
	journal  *memoryJournal
	executor *execute.Executor
	plan     *fix.Plan
}

// runCancelPlan calls test with a plan for a simulator, behind a transport and with
// a rate.
func runCancelPlan(t *testing.T, o wixsim.ChangeOptions, rate int, wrap func(http.RoundTripper) http.RoundTripper, test func(*cancelPlan)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newSim(o)
		first, err := ActionClient{newTestClient(t, s)}.Get(context.Background(), accountID(1), packageID(1))
		if err != nil {
			t.Fatal(err)
		}
		a := sevenActions()[CancelPackage]
		a.Key, a.Seen, a.Removal, a.Instances = "key", fix.StateOf(first), true, 1
		m := &cancelPlan{server: s, journal: &memoryJournal{}, plan: &fix.Plan{ID: "plan", AccountID: parentID, Actions: []fix.Action{a}}}
		c := newTestClient(t, nil, func(o *Options) { o.Transport, o.Rate = wrap(handlerTransport{s}), rate })
		m.executor = &execute.Executor{
			Wix: ActionClient{c}, Journal: m.journal, SettleAfter: 5 * time.Minute, SendWindow: time.Minute, RunID: "run", Fence: 1,
		}
		test(m)
		synctest.Wait()
	})
}

func sameTransport(transport http.RoundTripper) http.RoundTripper { return transport }

// TestPreSendCheckAfterRateWait sends six requests a minute: the read before the
// cancel is sent at once, and the cancel 10 s later. A pre-send check that fails by
// then stops it.
func TestPreSendCheckAfterRateWait(t *testing.T) {
	errStop := errors.New("there is an object STOP")
	for failsAfter, want := range map[time.Duration]string{
		3 * time.Second: fix.OutcomeNotStarted, 10*time.Second - 1: fix.OutcomeNotStarted, 11 * time.Second: fix.OutcomeApplied,
	} {
		runCancelPlan(t, wixsim.ChangeOptions{}, 6, sameTransport, func(m *cancelPlan) {
			start := time.Now()
			m.executor.PreSendCheck = func(context.Context) error {
				if time.Since(start) >= failsAfter {
					return errStop
				}
				return nil
			}
			results, err := m.executor.Execute(context.Background(), m.plan, execute.Conditions{})
			if err != nil || len(results) != 1 || results[0].Outcome != want {
				t.Fatalf("%s: %+v, error %v", failsAfter, results, err)
			}
			end, changes := m.journal.entry.Completion, len(m.server.Changes())
			if want == fix.OutcomeApplied {
				if changes != 1 || end == nil || end.Outcome != want || end.SentAt.Sub(start) != 10*time.Second {
					t.Errorf("%s: %d changes arrived, end %+v", failsAfter, changes, end)
				}
				return
			}
			if changes != 0 || end == nil || end.Failure != fix.FailureStopped || !end.NotDone || end.Sends != 0 {
				t.Errorf("%s: %d changes arrived, end %+v", failsAfter, changes, end)
			}
			if p, _ := m.server.Package(packageID(1)); !strings.Contains(results[0].Reason, "STOP") || p.ProductInstances[0].Status != "ENABLED" {
				t.Errorf("%s: %+v, package %+v", failsAfter, results, p)
			}
		})
	}
}

// TestSendWindowEndsBeforeRate sends two requests a minute, and the cancel has less
// time than that: it is stopped, which is not a failure.
func TestSendWindowEndsBeforeRate(t *testing.T) {
	runCancelPlan(t, wixsim.ChangeOptions{}, 2, sameTransport, func(m *cancelPlan) {
		m.executor.SendWindow = 30 * time.Second
		start := time.Now()
		results, err := m.executor.Execute(context.Background(), m.plan, execute.Conditions{})
		if err != nil || results[0].Outcome != fix.OutcomeNotStarted || m.journal.entry.Completion.Failure != fix.FailureStopped || len(m.server.Changes()) != 0 {
			t.Errorf("%+v, error %v", results, err)
		}
		if elapsed := time.Since(start); elapsed != 30*time.Second-execute.RequestTime {
			t.Errorf("stopped after %s", elapsed)
		}
	})
}

// hangAfterChange responds to no read once a change was sent.
type hangAfterChange struct {
	http.RoundTripper
	sent   chan struct{}
	change sync.Once
}

func (h *hangAfterChange) RoundTrip(r *http.Request) (*http.Response, error) {
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

// TestStopWhileServerHangs stops the run as soon as its cancel is sent, while the
// cancel and the read after it hang: the unknown outcome is in the journal 13 s
// later, and then Execute returns.
func TestStopWhileServerHangs(t *testing.T) {
	for _, fault := range []wixsim.Fault{wixsim.Hang, wixsim.HangAfter} {
		var stop context.CancelFunc
		o := wixsim.ChangeOptions{OnChange: func(int, wixsim.Change) wixsim.Fault { stop(); return fault }}
		wrap := func(transport http.RoundTripper) http.RoundTripper {
			return &hangAfterChange{RoundTripper: transport, sent: make(chan struct{})}
		}
		runCancelPlan(t, o, 0, wrap, func(m *cancelPlan) {
			var ctx context.Context
			ctx, stop = context.WithCancel(context.Background())
			defer stop()
			start := time.Now()
			results, err := m.executor.Execute(ctx, m.plan, execute.Conditions{})
			note := m.journal.entry.Unsettled
			if err != nil || results[0].Outcome != fix.OutcomeUnsettled || note == nil || m.journal.entry.Completion != nil {
				t.Fatalf("%s: %+v, error %v", fault, results, err)
			}
			sent, elapsed := note.SentAt.Sub(start).Round(time.Second/10), time.Since(start).Round(time.Second/10) // the rate takes some milliseconds
			if sent != execute.RequestTime || elapsed != 13*time.Second {
				t.Errorf("%s: request ended after %s, Execute after %s", fault, sent, elapsed)
			}
		})
	}
}
