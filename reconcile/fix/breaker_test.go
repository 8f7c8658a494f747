package fix

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
)

func TestRows(t *testing.T) {
	for outcomes, want := range map[string]bool{
		"":                                   false,
		"failed failed":                      false,
		"failed unsettled failed":            true,
		"failed failed applied failed":       false,
		"failed stale failed":                false,
		"failed stale failed stale failed":   true,
		"failed not_started failed failed":   true,
		"unsettled unsettled unsettled":      true,
		"failed failed applied failed stale": false,
	} {
		b := newBreaker()
		for _, outcome := range strings.Fields(outcomes) {
			if reason := b.enter(context.Background()); reason != "" {
				t.Errorf("%s: %s", outcomes, reason)
			}
			b.leave(outcome, "package p")
		}
		if got := b.stopped(); (got != "") != want {
			t.Errorf("%s: stopped %q, want %t", outcomes, got, want)
		}
	}
}

// TestNoMoreUnderWayThanMayFail lets many workers through, all of which fail.
func TestNoMoreUnderWayThanMayFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker()
		entered := make(chan struct{}, 20)
		leave := make(chan struct{})
		for range 20 {
			go func() {
				if b.enter(t.Context()) == "" {
					entered <- struct{}{}
					<-leave
					b.leave(OutcomeFailed, "package p")
				}
			}()
		}
		synctest.Wait()
		if len(entered) != 3 {
			t.Errorf("%d are under way", len(entered))
		}
		close(leave)
		synctest.Wait()
		if len(entered) != 3 || b.stopped() == "" {
			t.Errorf("%d were under way, stopped %q", len(entered), b.stopped())
		}
	})
}

func TestWaitingForTheBreakerEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker()
		ctx, stop := context.WithCancel(context.Background())
		for range maxRow {
			b.enter(ctx)
		}
		told := make(chan string, 2)
		for range 2 {
			go func() { told <- b.enter(ctx) }()
		}
		synctest.Wait()
		b.leave(OutcomeApplied, "package p")
		synctest.Wait()
		stop()
		if first, second := <-told, <-told; first != "" || second != reasonAsked {
			t.Errorf("%q and %q", first, second)
		}
		b.stop("STOP is there")
		b.stop("later")
		if got := b.enter(context.Background()); got != "STOP is there" {
			t.Errorf("reason %q", got)
		}
	})
}
