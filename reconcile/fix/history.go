package fix

import (
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// What guards and sightings know of earlier runs is who was accepted, when, and
// what those runs read. Which runs are of the present scope is not asked here:
// a scope begins with nothing.

// Earlier is what is known of the accepted runs of a scope.
type Earlier struct {
	Runs   []Baseline            // in any order
	Accept *reconcile.Acceptance // the latest by hand; nil where there is none
}

// A Baseline is an accepted run.
type Baseline struct {
	RunID  string
	AsOf   time.Time
	Ledger string // identity of the ledger object that it read
	Counts Counts
}

// EarlierOf gives what a history knows.
func EarlierOf(h *reconcile.History) *Earlier {
	e := &Earlier{Accept: h.Accept}
	for i := range h.Runs {
		s := &h.Runs[i]
		if s.Accepted || h.Accept != nil && h.Accept.RunID == s.RunID {
			e.Runs = append(e.Runs, Baseline{RunID: s.RunID, AsOf: s.AsOf, Ledger: s.LedgerVersion, Counts: CountsOf(s)})
		}
	}
	return e
}

// Any reports whether there is an accepted run.
func (e *Earlier) Any() bool { return len(e.Runs) > 0 }

// accepted gives the moment of the latest acceptance by hand; zero where there
// is none.
func (e *Earlier) accepted() time.Time {
	if e.Accept == nil {
		return time.Time{}
	}
	return e.Accept.At
}

// since gives from when a run is a baseline: its as-of or, where it was accepted
// by hand, the moment of that.
func (e *Earlier) since(b *Baseline) time.Time {
	if e.Accept != nil && e.Accept.RunID == b.RunID && e.Accept.At.After(b.AsOf) {
		return e.Accept.At
	}
	return b.AsOf
}

// baselineWindow is how long a run is a baseline, beyond the latest.
const baselineWindow = 14 * 24 * time.Hour

// baselines gives the runs that a reading is held against: those of the window
// or, where there is none, the latest before; in either case none from before
// the latest acceptance by hand.
func (e *Earlier) baselines(asOf time.Time) []Baseline {
	var within []Baseline
	var latest *Baseline
	for i := range e.Runs {
		b := &e.Runs[i]
		since := e.since(b)
		if since.Before(e.accepted()) {
			continue
		}
		if !since.Before(asOf.Add(-baselineWindow)) {
			within = append(within, *b)
		}
		if latest == nil || since.After(e.since(latest)) {
			latest = b
		}
	}
	if len(within) == 0 && latest != nil {
		return []Baseline{*latest}
	}
	return within
}

// readAgain reports whether an accepted run from a moment on read the same
// ledger object.
func (e *Earlier) readAgain(ledger string, from time.Time) bool {
	for i := range e.Runs {
		if e.Runs[i].Ledger == ledger && !e.Runs[i].AsOf.Before(from) {
			return true
		}
	}
	return false
}
