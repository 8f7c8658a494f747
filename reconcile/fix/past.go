package fix

import (
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// What the journal has of an action decides whether it is planned again:
//
//	Wix refused it in the same way in three runs → it is not, until the finding
//	    changes, which makes another action of it, or a person settles it
//	the same cancel was applied, and the package is live again → it needs the
//	    sightings again, and a review: somebody may have brought it back on purpose

// maxRefused is in how many runs Wix may refuse an action in the same way.
const maxRefused = 3

// Past is what the journal has of an action.
type Past struct {
	Refused int       // in how many runs, in a row and in the same way
	Applied time.Time // when it was applied last; zero where nothing applied it, or something came after
}

// PastOf returns what the journal has of actions, by their keys. The attempts of
// each are in their order.
func PastOf(entries []Entry) map[string]Past {
	byKey := make(map[string][]Entry)
	for i := range entries {
		byKey[entries[i].Key] = append(byKey[entries[i].Key], entries[i])
	}
	past := make(map[string]Past, len(byKey))
	for key, attempts := range byKey {
		past[key] = Past{Refused: len(RefusedRuns(attempts)), Applied: appliedAt(attempts)}
	}
	return past
}

// RefusedRuns returns the runs whose last attempts Wix refused in the same way,
// latest first. Attempts that were not sent to Wix are left out.
func RefusedRuns(attempts []Entry) []string {
	var runs []string
	reason := ""
	for i := len(attempts) - 1; i >= 0; i-- {
		e := &attempts[i]
		if e.Resolution != nil || e.Open() {
			break
		}
		switch e.Completion.Failure {
		case FailureStopped, FailureNotSent, FailureThrottled:
			continue
		}
		if e.Completion.Failure != FailureRefused || reason != "" && !SameRefusal(reason, e.Completion.Reason) {
			break
		}
		reason = e.Completion.Reason
		if len(runs) == 0 || runs[len(runs)-1] != e.RunID {
			runs = append(runs, e.RunID)
		}
	}
	return runs
}

// SameRefusal reports whether Wix refused in the same way: the reasons are equal but
// for the id of the request.
func SameRefusal(a, b string) bool {
	a, _, _ = strings.Cut(a, "(request id")
	b, _, _ = strings.Cut(b, "(request id")
	return a == b
}

func appliedAt(attempts []Entry) time.Time {
	last := &attempts[len(attempts)-1]
	if last.Resolution != nil || last.Open() || last.Completion.Outcome != OutcomeApplied || last.Action.Fix != reconcile.FixCancel {
		return time.Time{}
	}
	return last.Completion.Ended
}

// applyPast drops what Wix always refuses, and marks what is live again.
func (p *Planner) applyPast(actions []pendingAction, past map[string]Past) []pendingAction {
	var kept []pendingAction
	for _, a := range actions {
		before := past[a.Key]
		if before.Refused >= maxRefused {
			for _, c := range a.candidates {
				p.decisions[c.finding] = Decision{Outcome: OutcomeNotAllowed, Reason: ReasonRefused}
			}
			continue
		}
		if !before.Applied.IsZero() {
			p.markLiveAgain(&a, before.Applied)
		}
		kept = append(kept, a)
	}
	return kept
}

// markLiveAgain marks a cancel that was applied at a moment. Only sightings after
// it count; where that is not known, they start again with this run.
func (p *Planner) markLiveAgain(a *pendingAction, applied time.Time) {
	a.LiveAgain = true
	for _, c := range a.candidates {
		if !c.known.Since.After(applied) {
			c.known.Sightings = min(c.known.Sightings, 1)
			if p.restarted == nil {
				p.restarted = make(map[reconcile.FindingID]time.Time)
			}
			p.restarted[c.Finding.ID(p.options.Parent)] = applied
		}
	}
	p.options.wait(a)
}
