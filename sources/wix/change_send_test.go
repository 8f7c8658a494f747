package wix

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wixrecon/wixrecon/reconcile/fix/execute"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// Ready, the check right before a change is sent.

var errStopped = errors.New("stopped: a line\n" + strings.Repeat("and more, ", 100))

// TestReadyRunsLast: ready is called once, after the waits for a slot and the
// rate. If it returns an error, the change is not sent, and Send wraps the error
// unchanged, even if it has several lines.
func TestReadyRunsLast(t *testing.T) {
	for _, want := range []error{nil, errStopped} {
		synctest.Test(t, func(t *testing.T) {
			s := newSim(wixsim.ChangeOptions{})
			c := newTestClient(t, s, func(o *Options) { o.Rate, o.Concurrency = 6, 1 })
			if _, err := c.Get(context.Background(), accountID(1), packageID(1)); err != nil {
				t.Fatal(err)
			}
			start, calls := time.Now(), 0
			sent := c.Send(context.Background(), sevenChanges()[CancelPackage], func(context.Context) error {
				calls++
				if waited := time.Since(start); waited != 10*time.Second || len(c.slots) != 1 || len(s.Changes()) != 0 {
					t.Errorf("called after %s, %d slots in use, %d changes arrived", waited, len(c.slots), len(s.Changes()))
				}
				return want
			})
			if calls != 1 || len(c.slots) != 0 {
				t.Errorf("%d calls, %d slots in use", calls, len(c.slots))
			}
			if want == nil {
				if sent.Err != nil || len(s.Changes()) != 1 {
					t.Errorf("error %v, %d changes arrived", sent.Err, len(s.Changes()))
				}
				return
			}
			if sent.Status != execute.NotSent || !errors.Is(sent.Err, want) || len(s.Changes()) != 0 || c.Requests().Change != 0 {
				t.Errorf("error %v, %d changes arrived, requests %+v", sent.Err, len(s.Changes()), c.Requests())
			}
		})
	}
}

// TestReadyAfterContextEnds: a change is not sent if the context ends during
// ready, and then ready is not called again.
func TestReadyAfterContextEnds(t *testing.T) {
	s, c := serveSim(t, wixsim.ChangeOptions{})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	calls := 0
	for range 2 {
		sent := c.Send(ctx, sevenChanges()[CancelPackage], func(context.Context) error { calls++; cancel(); return nil })
		err := sent.Err
		if sent.Status != execute.NotSent || !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	}
	if calls != 1 || len(s.Requests()) != 0 {
		t.Errorf("%d calls, %d requests", calls, len(s.Requests()))
	}
}

func TestReadyNotRunForInvalidChange(t *testing.T) {
	_, c := serveSim(t, wixsim.ChangeOptions{})
	sent := c.Send(context.Background(), Change{Kind: CancelPackage}, func(context.Context) error {
		t.Error("ready was called")
		return nil
	})
	if sent.Status != execute.NotSent {
		t.Errorf("%+v", sent)
	}
}
