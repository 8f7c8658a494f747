package reconcile

import "time"

// An Acceptance records that a person accepted a complete run to which a guard
// objected. From then on that run is the first baseline; earlier ones are not.
type Acceptance struct {
	RunID   string    `json:"run_id"`
	ScopeID string    `json:"scope_id"`
	AsOf    time.Time `json:"as_of"` // of the run
	At      time.Time `json:"accepted_at"`
	Reason  string    `json:"reason"`

	// Continues is the scope whose ages, sightings and baselines the run's scope
	// continues. Then nothing starts again.
	Continues string `json:"continues,omitempty"`
}

// History is what earlier runs of one scope left behind. Each accepted run is a
// baseline of later runs.
type History struct {
	// Runs are digests of finished runs, newest first: all of the last two weeks,
	// and before them back to the newest accepted one.
	Runs []Summary
	// Accept is the latest acceptance, or nil. Sightings from before its time do
	// not count.
	Accept *Acceptance

	// Continued is the latest acceptance with which the scope continues another one, or
	// nil. Runs has that one's runs too.
	Continued *Acceptance

	Crashed  []string // ids of runs of any scope that crashed, or still run
	Warnings []string // what could not be read, and why
}

// Digest returns a compact summary of fixed size: without the coverage by account,
// the requested accounts, the inputs, the warnings and the exceptions.
func (s *Summary) Digest() Summary {
	d := *s
	d.Scope.Accounts = nil
	d.Coverage.Accounts, d.Coverage.Problems = nil, nil
	d.Inputs, d.Lists, d.Warnings, d.Exceptions = nil, nil, nil, nil
	return d
}

// OpenBySeverity counts the open findings by severity.
func (t *Tally) OpenBySeverity() [Low + 1]int {
	var open [Low + 1]int
	for _, k := range Kinds() {
		open[k.Severity()] += t.Kinds[k.String()][Open.String()]
	}
	open[InvalidLedgerRow.Severity()] -= t.HighBadRows
	open[High] += t.HighBadRows
	return open
}
