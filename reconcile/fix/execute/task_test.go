package execute

import (
	"testing"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// A cancel that was reviewed together with a move is not sent where the move was
// not done.
func TestACancelWaitsForTheMove(t *testing.T) {
	for _, c := range []struct {
		fault fault
		want  []string // of the move and the cancel
		sent  int
	}{
		{fine, []string{fix.OutcomeApplied, fix.OutcomeApplied}, 2},
		{lostBefore, []string{fix.OutcomeUnsettled, fix.OutcomeNotStarted}, 1},
		{refusing, []string{fix.OutcomeFailed, fix.OutcomeNotStarted}, 1},
	} {
		t.Run(string(c.fault), func(t *testing.T) {
			packages := []reconcile.Package{pkgOf("p1", 1), pkgOf("p2", 1)}
			plan := func(p []reconcile.Package) []fix.Action {
				cancel := cancelOf(&p[1], 0)
				cancel.Needs, cancel.Dependants = fix.NeedsReview, []string{p[0].Instances[0].ID}
				return []fix.Action{assignOf(&p[0], 1, "new"), cancel}
			}
			withFixture(t, packages, plan, func(s *fixture) {
				s.conditions.Reviewed = true
				s.wix.fault = func(_ int, a *fix.Action) fault {
					if a.Fix == reconcile.FixAssign {
						return c.fault
					}
					return fine
				}
				s.expect(s.apply(), c.want...)
				if n := len(s.wix.requests); n != c.sent {
					s.Errorf("%d requests, want %d", n, c.sent)
				}
			})
		})
	}
}
