package fix

import (
	"maps"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A removal waits until enough accepted runs said the same. A run counts for a
// finding that is open, where the gap since the last counted run has passed and
// no accepted run since the finding is there read the same ledger object. None
// accrue while it is excepted, in flight or unknown; when it says something
// else, or after a `runs accept`, the count starts anew, with this run the
// first.
//
// Who is there, gone and back is memory's own affair: it comes here with the
// run in it, and what was counted for a finding that is gone is gone too. A run
// that is not accepted counts for nothing.

// A Round is a run, as sightings see it.
type SightingRun struct {
	AsOf     time.Time
	Ledger   string        // identity of the ledger object that it read
	Accepted bool          // see Accepted
	Gap      time.Duration // between two counted runs
}

// Sightings count one run.
type Sightings struct {
	round   SightingRun
	earlier *Earlier
	present map[reconcile.FindingID]sight
}

// A sight is what the run says of a finding.
type sight struct {
	says uint64
	open bool
}

// NewSightings begins to count a run.
func NewSightings(e *Earlier, r SightingRun) *Sightings {
	return &Sightings{round: r, earlier: e, present: make(map[reconcile.FindingID]sight)}
}

// See takes a finding of the run. Findings of one id, as two equal lines have
// them, are one sight, open where all of them are. Of what is unknown nothing is
// said.
func (s *Sightings) See(f *reconcile.Reported) error {
	if !s.round.Accepted || f.State == reconcile.Unknown {
		return nil
	}
	id, err := reconcile.ParseFindingID(f.ID)
	if err != nil {
		return err
	}
	now := sight{says: Fingerprint(&f.Finding), open: f.State == reconcile.Open}
	if before, again := s.present[id]; again {
		now.says, now.open = now.says+before.says, now.open && before.open
	}
	s.present[id] = now
	return nil
}

// Count gives a memory that has the run in it with the run counted. The one that
// is given is left as it is.
func (s *Sightings) Count(memory reconcile.KnownFindings) reconcile.KnownFindings {
	next := maps.Clone(memory)
	accepted := s.earlier.accepted()
	for id, past := range next {
		if past.Sightings > 0 && !past.Counted.After(accepted) {
			restart(&past)
			next[id] = past
		}
	}
	for id, now := range s.present {
		if past, known := next[id]; known {
			s.count(&past, now)
			next[id] = past
		}
	}
	return next
}

// count counts the run for one finding.
func (s *Sightings) count(past *reconcile.KnownFinding, now sight) {
	if past.Sightings > 0 && past.Fingerprint != now.says {
		restart(past)
	}
	if now.open && s.counts(past) {
		past.Sightings, past.Counted, past.Fingerprint = past.Sightings+1, s.round.AsOf, now.says
	}
}

// counts reports whether the run is one more sighting.
func (s *Sightings) counts(past *reconcile.KnownFinding) bool {
	if past.Sightings == 0 {
		return true
	}
	return s.round.AsOf.Sub(past.Counted) >= s.round.Gap && !s.earlier.readAgain(s.round.Ledger, past.Since)
}

// restart forgets what was counted.
func restart(past *reconcile.KnownFinding) {
	past.Sightings, past.Counted, past.Fingerprint = 0, time.Time{}, 0
}

// Says gives what a finding decides, as a hash: its fix, why not, what is to be
// changed and to what. Who pays how much, and where a row stands, is no part of
// it. The text of an exception is none either: it hides what is said.
func Fingerprint(f *reconcile.Finding) uint64 {
	var d digest
	d.add(f.Fix, f.AccountID)
	if f.State != reconcile.Excepted {
		d.add(f.Reason)
	} else {
		d.add("")
	}
	if f.Fix != reconcile.FixCancel {
		d.add(f.LedgerValue, f.WixValue)
	}
	if f.Basis == nil {
		return d.short()
	}
	d.number(len(f.Basis.Targets))
	d.add(f.Basis.Targets...)
	if f.Basis.WholePackage {
		d.add("whole")
	}
	for _, l := range linesOf(f.Basis.Order) {
		d.add(l.ProductID, l.SiteID, string(l.Cycle), l.Country)
		d.number(l.Quantity)
	}
	return d.short()
}
