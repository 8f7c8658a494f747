package reconcile

import (
	"iter"
	"time"
	"unique"
)

// Known findings are carried from run to run. A finding that an accepted run
// does not show is resolved; if it appears again, it is reopened: only its
// first-seen date is kept. A run that is not accepted resolves nothing, because
// it may have missed something, and no run resolves findings of an account that
// it did not read. A finding with the state unknown is neither seen nor gone.

// keepResolved is how long a resolved finding is remembered.
const keepResolved = 400 * 24 * time.Hour

// KnownFinding is what earlier runs recorded about a finding.
type KnownFinding struct {
	AccountID   string    // the finding's; empty where it has none
	FirstSeen   time.Time // ever
	Since       time.Time // start of the current streak, after it was last resolved
	LastSeen    time.Time
	Counted     time.Time // when it last counted as a sighting
	Sightings   int       // in the current streak
	Fingerprint uint64    // of the content that was sighted; other content starts again
	Resolved    time.Time // when it was resolved; zero if it was not
	Reopened    int       // how often it was reopened
}

// KnownFindings are the findings that earlier runs of one scope recorded.
type KnownFindings map[FindingID]KnownFinding

// CurrentRun is the run that updates the known findings.
type CurrentRun struct {
	AsOf     time.Time
	Accepted bool
	Coverage *Coverage
}

// Changes counts the findings of a run against those known before it.
type Changes struct {
	New      int `json:"new"`
	Known    int `json:"known"`    // seen before, and not resolved since
	Reopened int `json:"reopened"` // seen before, and resolved in between
	Resolved int `json:"resolved"` // seen before, and resolved by this run
}

// Update returns what is known after a run that showed the findings. Sightings of
// a streak that continues are kept. Findings with the same id count as one.
func (k KnownFindings) Update(run CurrentRun, findings iter.Seq2[Reported, error]) (KnownFindings, Changes, error) {
	next, changes := make(KnownFindings, len(k)), Changes{}
	for f, err := range findings {
		if err != nil {
			return nil, changes, err
		}
		id, err := ParseFindingID(f.ID)
		if err != nil {
			return nil, changes, err
		}
		if _, exists := next[id]; exists {
			continue
		}
		known, exists := k[id]
		if f.State != Unknown {
			next[id] = known.seen(&f.Finding, run.AsOf, &changes)
		} else if exists {
			next[id] = known
		}
	}
	for id, known := range k {
		if _, exists := next[id]; exists {
			continue
		}
		known = known.notSeen(&run, &changes)
		if known.Resolved.IsZero() || run.AsOf.Sub(known.Resolved) < keepResolved {
			next[id] = known
		}
	}
	return next, changes, nil
}

// seen returns the record of a finding that the run shows.
func (k KnownFinding) seen(f *Finding, asOf time.Time, changes *Changes) KnownFinding {
	switch {
	case k.FirstSeen.IsZero():
		changes.New++
		k = KnownFinding{FirstSeen: asOf, Since: asOf}
	case !k.Resolved.IsZero():
		changes.Reopened++
		k = KnownFinding{FirstSeen: k.FirstSeen, Since: asOf, Reopened: k.Reopened + 1}
	default:
		changes.Known++
	}
	k.AccountID = unique.Make(f.AccountID).Value() // few accounts, many findings
	k.LastSeen = asOf
	return k
}

// notSeen returns the record of a finding that the run does not show.
func (k KnownFinding) notSeen(run *CurrentRun, changes *Changes) KnownFinding {
	if !k.Resolved.IsZero() || !run.Accepted || k.AccountID != "" && !run.Coverage.Read(k.AccountID) {
		return k
	}
	changes.Resolved++
	k.Resolved, k.Counted, k.Sightings, k.Fingerprint = run.AsOf, time.Time{}, 0, 0
	return k
}

// Continue adds what another scope knows of the same findings: their ages, and the
// sightings of what was not resolved. Other content starts again when it is counted.
func (k KnownFindings) Continue(earlier KnownFindings) KnownFindings {
	next := make(KnownFindings, max(len(k), len(earlier)))
	for id, f := range k {
		next[id] = f
	}
	for id, old := range earlier {
		f, exists := next[id]
		switch {
		case !exists:
			next[id] = old
			continue
		case old.FirstSeen.Before(f.FirstSeen):
			f.FirstSeen, f.Reopened = old.FirstSeen, max(f.Reopened, old.Reopened)
		}
		if old.Resolved.IsZero() && f.Resolved.IsZero() {
			f.Since, f.Counted, f.Sightings, f.Fingerprint = old.Since, old.Counted, old.Sightings, old.Fingerprint
		}
		next[id] = f
	}
	return next
}
