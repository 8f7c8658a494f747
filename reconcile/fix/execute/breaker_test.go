package execute

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/wixrecon/wixrecon/reconcile/fix"
)

func TestStreaks(t *testing.T) {
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
		b := newBreaker(nil)
		for _, outcome := range strings.Fields(outcomes) {
			if reason := b.enter(context.Background()); reason != "" {
				t.Errorf("%s: %s", outcomes, reason)
			}
			b.leave(&fix.Result{Outcome: outcome}, "", "package p")
		}
		if got := b.stopReason(); (got != "") != want {
			t.Errorf("%s: stopped %q, want %t", outcomes, got, want)
		}
	}
}

// TestNoMoreInProgressThanMayFail has many workers, all of which fail.
func TestNoMoreInProgressThanMayFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(nil)
		entered := make(chan struct{}, 20)
		finish := make(chan struct{})
		for range 20 {
			go func() {
				if b.enter(t.Context()) == "" {
					entered <- struct{}{}
					<-finish
					b.leave(&fix.Result{Outcome: fix.OutcomeFailed}, "", "package p")
				}
			}()
		}
		synctest.Wait()
		if len(entered) != 3 {
			t.Errorf("%d are under way", len(entered))
		}
		close(finish)
		synctest.Wait()
		if len(entered) != 3 || b.stopReason() == "" {
			t.Errorf("%d were under way, stopped %q", len(entered), b.stopReason())
		}
	})
}

func TestWaitingForTheBreakerEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(nil)
		ctx, stop := context.WithCancel(context.Background())
		for range maxStreak {
			b.enter(ctx)
		}
		results := make(chan string, 2)
		for range 2 {
			go func() { results <- b.enter(ctx) }()
		}
		synctest.Wait()
		b.leave(&fix.Result{Outcome: fix.OutcomeApplied}, "", "package p")
		synctest.Wait()
		stop()
		if first, second := <-results, <-results; first != "" || second != stopReasonAsked {
			t.Errorf("%q and %q", first, second)
		}
		b.stop("STOP is there")
		b.stop("later")
		if got := b.enter(context.Background()); got != "STOP is there" {
			t.Errorf("reason %q", got)
		}
	})
}
