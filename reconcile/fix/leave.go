package fix

import "github.com/wixrecon/wixrecon/reconcile"

// A cancel on a site that an instance is to be moved from was looked at on the
// understanding that the move comes first. Where that did not come about, the
// instance is still there, and the cancel would take its site down: it is not
// started. Moves are all through by then, because a fix ends before the next
// begins.

// movesOf gives the steps that move instances from their sites, by instance.
func movesOf(steps []*step) map[string]*step {
	moves := make(map[string]*step)
	for _, s := range steps {
		if s.action.Removal && s.action.Fix != reconcile.FixCancel {
			moves[s.action.InstanceID] = s
		}
	}
	return moves
}

// unmoved gives why a cancel is not started: an instance that depends on what it
// takes away was to be moved, and was not.
func (w *work) unmoved(a *Action) string {
	if a.Fix != reconcile.FixCancel {
		return ""
	}
	for _, id := range a.Dependants {
		if move := w.moves[id]; move != nil && move.result.Outcome != OutcomeApplied {
			return ReasonDependants + ": instance " + id + " was not moved"
		}
	}
	return ""
}
