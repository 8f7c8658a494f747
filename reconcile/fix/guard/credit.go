package guard

import (
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// A cancel that the journal has as applied removed a live package, and with it a
// matched pair. Such a loss is no sign of a bad export.
//
// A package is credited once, where nothing in it is live any more. An orphan was
// not a pair, unless its finding is newer than the baseline: then the baseline still
// had its subscription. Counts of the ledger are never credited, because a cancel
// removes no row: a ledger that loses some rows every night must be noticed,
// however many of their packages were canceled in the meantime.

// A credit is what our own cancels removed from the counts of a baseline.
type credit struct{ livePackages, matchedPairs int }

// creditSince returns what applied cancels removed after a moment.
func creditSince(entries []fix.Entry, since time.Time) credit {
	var c credit
	credited := make(map[string]bool)
	for i := range entries {
		e := &entries[i]
		if credited[e.Action.PackageID] || !endsPackage(e) || !e.Completion.Ended.After(since) {
			continue
		}
		credited[e.Action.PackageID] = true
		c.livePackages++
		if e.Action.Kind != reconcile.OrphanPackage.String() || e.Evidence.FirstSeen.After(since) {
			c.matchedPairs++
		}
	}
	return c
}

// endsPackage reports whether an attempt canceled the last live instance of its
// package.
func endsPackage(e *fix.Entry) bool {
	if e.Open() || e.Completion.Outcome != fix.OutcomeApplied || e.Action.Fix != reconcile.FixCancel {
		return false
	}
	left := e.Completion.Observed
	return e.Action.InstanceID == "" || left != nil && !left.Live()
}
