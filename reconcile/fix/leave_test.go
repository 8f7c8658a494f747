package fix

import (
	"testing"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A cancel that somebody looked at waits for the move that it was looked at
// with, and is not sent where that did not come about.
func TestACancelWaitsForTheMove(t *testing.T) {
	for _, c := range []struct {
		fault fault
		want  []string // of the move and the cancel
		sent  int
	}{
		{fine, []string{OutcomeApplied, OutcomeApplied}, 2},
		{lostBefore, []string{OutcomeUnsettled, OutcomeNotStarted}, 1},
		{refusing, []string{OutcomeFailed, OutcomeNotStarted}, 1},
	} {
		t.Run(string(c.fault), func(t *testing.T) {
			packages := []reconcile.Package{pkgOf("p1", 1), pkgOf("p2", 1)}
			plan := func(p []reconcile.Package) []Action {
				cancel := cancelOf(&p[1], 0)
				cancel.Needs, cancel.Dependants = NeedsReview, []string{p[0].Instances[0].ID}
				return []Action{assignOf(&p[0], 1, "new"), cancel}
			}
			stage(t, packages, plan, func(s *scene) {
				s.applier.Reviewed = true
				s.wix.fault = func(_ int, a *Action) fault {
					if a.Fix == reconcile.FixAssign {
						return c.fault
					}
					return fine
				}
				s.want(s.apply(), c.want...)
				if n := len(s.wix.requests); n != c.sent {
					s.Errorf("%d requests, want %d", n, c.sent)
				}
			})
		})
	}
}
