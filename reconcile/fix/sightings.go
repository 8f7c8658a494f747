package fix

import (
	"maps"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A removal waits until enough accepted runs found the same. A run counts for an
// open finding if the gap since the last counted run has passed, and no accepted
// run since the finding is there read the same ledger object. None count while
// it is excepted, in flight or unknown. When the finding changes, or after a
// `runs accept`, counting starts again, with this run as the first.
//
// Which findings are new, gone or reopened is up to KnownFindings: the run is
// added there first, and the counts of a finding that is gone are gone too.

// A SightingRun is a run whose sightings are counted.
type SightingRun struct {
	AsOf     time.Time
	Ledger   string        // version of the ledger that it read
	Accepted bool          // a run that is not accepted counts for nothing
	Gap      time.Duration // between two counted runs
}

// Sightings count the findings of one run.
type Sightings struct {
	run        SightingRun
	voidBefore time.Time // counts up to this time are void
	lastRead   time.Time // when an earlier run read the same ledger
	seen       map[reconcile.FindingID]sighting
}

// A sighting is a finding of the run.
type sighting struct {
	fingerprint uint64
	open        bool
}

// NewSightings begins to count a run.
func NewSightings(h *reconcile.History, r SightingRun) *Sightings {
	s := &Sightings{run: r, voidBefore: h.AcceptedAt(), seen: make(map[reconcile.FindingID]sighting)}
	if last := h.LedgerLastRead(r.Ledger); last != nil {
		s.lastRead = last.AsOf
	}
	return s
}

// Add adds a finding of the run. Findings of one id, as two equal lines have
// them, are one sighting, open where all of them are. Unknown findings are left
// out.
func (s *Sightings) Add(f *reconcile.Reported) error {
	if !s.run.Accepted || f.State == reconcile.Unknown {
		return nil
	}
	id, err := reconcile.ParseFindingID(f.ID)
	if err != nil {
		return err
	}
	now := sighting{fingerprint: Fingerprint(&f.Finding), open: f.State == reconcile.Open}
	if before, again := s.seen[id]; again {
		now.fingerprint, now.open = now.fingerprint+before.fingerprint, now.open && before.open
	}
	s.seen[id] = now
	return nil
}

// Count returns a copy of the known findings, which contain the run already,
// with the run counted.
func (s *Sightings) Count(known reconcile.KnownFindings) reconcile.KnownFindings {
	next := maps.Clone(known)
	for id, f := range next {
		if f.Sightings > 0 && !f.Counted.After(s.voidBefore) {
			restart(&f)
			next[id] = f
		}
	}
	for id, now := range s.seen {
		if f, ok := next[id]; ok {
			s.count(&f, now)
			next[id] = f
		}
	}
	return next
}

// count counts the run for one finding.
func (s *Sightings) count(f *reconcile.KnownFinding, now sighting) {
	if f.Sightings > 0 && f.Fingerprint != now.fingerprint {
		restart(f)
	}
	if now.open && s.counts(f) {
		f.Sightings, f.Counted, f.Fingerprint = f.Sightings+1, s.run.AsOf, now.fingerprint
	}
}

// counts reports whether the run is one more sighting.
func (s *Sightings) counts(f *reconcile.KnownFinding) bool {
	if f.Sightings == 0 {
		return true
	}
	sameLedger := !s.lastRead.IsZero() && !s.lastRead.Before(f.Since)
	return s.run.AsOf.Sub(f.Counted) >= s.run.Gap && !sameLedger
}

func restart(f *reconcile.KnownFinding) {
	f.Sightings, f.Counted, f.Fingerprint = 0, time.Time{}, 0
}

// Fingerprint returns a hash of what a finding decides: its fix, why it is not
// fixed, what is to be changed and to what. Amounts, and the position of a row,
// are no part of it. The text of an exception is none either: it hides the
// reason.
func Fingerprint(f *reconcile.Finding) uint64 {
	var d digest
	d.add(f.Fix, f.AccountID)
	if f.State != reconcile.Excepted {
		reason, _, _ := strings.Cut(f.Reason, " ") // not which other one it could be
		d.add(reason)
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
