package reconcile

import "time"

// What earlier runs of one scope left. A run that is accepted is a baseline for
// the ones after it. A person may accept a complete run that a guard objected
// to; from that moment on no run before it is a baseline any more, but that one.

// An Acceptance is a run that was accepted by hand.
type Acceptance struct {
	RunID   string    `json:"run_id"`
	ScopeID string    `json:"scope_id"`
	AsOf    time.Time `json:"as_of"` // of the run
	At      time.Time `json:"accepted_at"`
	Reason  string    `json:"reason"`
}

// History is what earlier runs of one scope left.
type History struct {
	// Runs are digests of concluded runs, newest first: all of the last two
	// weeks, and before them as far back as the newest accepted one.
	Runs []Summary
	// Accept is the latest acceptance by hand: its run is the first of the
	// baselines, and sightings that were counted before its moment are void. It
	// may be nil.
	Accept *Acceptance
}

// Digest gives the summary without what grows with the inventory and the ledger: the
// coverage by account, the accounts asked for, the inputs and the warnings.
func (s *Summary) Digest() Summary {
	d := *s
	d.Scope.Accounts = nil
	d.Coverage.Accounts, d.Coverage.Problems = nil, nil
	d.Inputs, d.Lists, d.Warnings, d.Exceptions = nil, nil, nil, nil
	return d
}

// OpenBySeverity counts the open findings, by severity.
func (t *Tally) OpenBySeverity() [Low + 1]int {
	var open [Low + 1]int
	for _, k := range Kinds() {
		open[k.Severity()] += t.Kinds[k.String()][Open.String()]
	}
	return open
}
