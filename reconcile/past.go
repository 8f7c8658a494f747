package reconcile

import (
	"encoding/hex"
	"fmt"
	"iter"
	"time"
	"unique"
)

// Memory is carried from run to run. A finding that a run shows is there, one
// that an accepted run does not show is resolved, and one that comes back after
// that is reopened: it keeps when it was first seen, and all else starts anew.
// A run that is not accepted resolves nothing, because what it lacks may be what
// it could not read. Neither does any run in an account that it did not read:
// there are books of which only the accounts that the ledger names can be read.
// A finding whose state is unknown says nothing: it is neither seen nor gone.

// keepResolved is how long a resolved finding is remembered.
const keepResolved = 400 * 24 * time.Hour

// A FindingID is the stable id of a finding.
type FindingID [10]byte

func (id FindingID) String() string { return hex.EncodeToString(id[:]) }

// ParseFindingID reads an id as String writes it.
func ParseFindingID(text string) (FindingID, error) {
	var id FindingID
	if len(text) != 2*len(id) {
		return id, fmt.Errorf("%q: not the id of a finding", text)
	}
	if _, err := hex.Decode(id[:], []byte(text)); err != nil {
		return id, fmt.Errorf("%q: not the id of a finding", text)
	}
	return id, nil
}

// Past is what earlier runs know of a finding.
type KnownFinding struct {
	AccountID   string    // the finding's; empty where it has none
	FirstSeen   time.Time // ever
	Since       time.Time // of the present streak: it is new after it was resolved
	LastSeen    time.Time
	Counted     time.Time // when it was last counted as a sighting
	Sightings   int       // in the present streak
	Fingerprint uint64    // what the counted sightings said: another content starts anew
	Resolved    time.Time // since when it is gone; zero while it is there
	Reopened    int       // how often it came back
}

// Memory is what earlier runs of one scope know, by finding.
type KnownFindings map[FindingID]KnownFinding

// A Look is the run that looks at what earlier runs know.
type CurrentRun struct {
	AsOf     time.Time
	Accepted bool
	Coverage *Coverage
}

// Changes counts the findings of a run against what was known before it.
type Changes struct {
	New      int `json:"new"`
	Known    int `json:"known"`    // seen before, and not resolved since
	Reopened int `json:"reopened"` // seen before, and resolved in between
	Resolved int `json:"resolved"` // seen before, and gone by this run
}

// After gives what is known after a run that showed the findings. What was
// counted as sightings stays as it was in streaks that go on. Findings of one
// id are one.
func (m KnownFindings) Update(look CurrentRun, findings iter.Seq2[Reported, error]) (KnownFindings, Changes, error) {
	next, changes := make(KnownFindings, len(m)), Changes{}
	for f, err := range findings {
		if err != nil {
			return nil, changes, err
		}
		id, err := ParseFindingID(f.ID)
		if err != nil {
			return nil, changes, err
		}
		if _, twice := next[id]; twice {
			continue
		}
		past, known := m[id]
		if f.State != Unknown {
			past = past.seen(&f.Finding, look.AsOf, &changes)
		} else if !known {
			continue
		}
		next[id] = past
	}
	for id, past := range m {
		if _, there := next[id]; there {
			continue
		}
		if past = past.unseen(&look, &changes); past.Resolved.IsZero() || look.AsOf.Sub(past.Resolved) < keepResolved {
			next[id] = past
		}
	}
	return next, changes, nil
}

// seen gives what is known of a finding that the run shows.
func (p KnownFinding) seen(f *Finding, asOf time.Time, changes *Changes) KnownFinding {
	switch {
	case p.FirstSeen.IsZero():
		changes.New++
		p = KnownFinding{FirstSeen: asOf, Since: asOf}
	case !p.Resolved.IsZero():
		changes.Reopened++
		p = KnownFinding{FirstSeen: p.FirstSeen, Since: asOf, Reopened: p.Reopened + 1}
	default:
		changes.Known++
	}
	p.AccountID = unique.Make(f.AccountID).Value() // few accounts, many findings
	p.LastSeen = asOf
	return p
}

// unseen gives what is known of a finding that the run does not show.
func (p KnownFinding) unseen(look *CurrentRun, changes *Changes) KnownFinding {
	if !p.Resolved.IsZero() || !look.Accepted || p.AccountID != "" && !look.Coverage.Read(p.AccountID) {
		return p
	}
	changes.Resolved++
	p.Resolved, p.Counted, p.Sightings, p.Fingerprint = look.AsOf, time.Time{}, 0, 0
	return p
}
