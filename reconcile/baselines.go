package reconcile

import "time"

// baselineWindow is how long a run is a baseline, even where newer ones exist.
const baselineWindow = 14 * 24 * time.Hour

// AcceptedAt returns the time of the latest acceptance by hand; zero where there
// is none.
func (h *History) AcceptedAt() time.Time {
	if h.Accept == nil {
		return time.Time{}
	}
	return h.Accept.At
}

// LastAccepted returns when a run of the scope was last accepted by hand; zero where
// none was.
func (h *History) LastAccepted() time.Time {
	if c := h.Continued; c != nil && c.At.After(h.AcceptedAt()) {
		return c.At
	}
	return h.AcceptedAt()
}

// accepted reports whether a run was accepted, by itself or by hand.
func (h *History) accepted(s *Summary) bool {
	return s.Accepted || h.Accept != nil && h.Accept.RunID == s.RunID
}

// HasAccepted reports whether any run was accepted.
func (h *History) HasAccepted() bool {
	for i := range h.Runs {
		if h.accepted(&h.Runs[i]) {
			return true
		}
	}
	return false
}

// LedgerLastRead returns the latest accepted run that read this version of the
// ledger; nil where there is none.
func (h *History) LedgerLastRead(version string) *Summary {
	var last *Summary
	for i := range h.Runs {
		if s := &h.Runs[i]; s.LedgerVersion == version && h.accepted(s) && (last == nil || s.AsOf.After(last.AsOf)) {
			last = s
		}
	}
	return last
}

// baselineSince returns since when a run is a baseline: its as-of or, where it
// was accepted by hand, the time of that. It is false for a run that is not
// accepted, or from before the latest acceptance by hand.
func (h *History) baselineSince(s *Summary) (time.Time, bool) {
	since := s.AsOf
	if h.Accept != nil && h.Accept.RunID == s.RunID && h.Accept.At.After(since) {
		since = h.Accept.At
	}
	return since, h.accepted(s) && !since.Before(h.AcceptedAt())
}

// Baselines returns the runs that a run of this as-of is compared with: the
// baselines of the last 14 days or, where there are none, the latest one.
func (h *History) Baselines(asOf time.Time) []*Summary {
	var recent []*Summary
	var latest *Summary
	var latestSince time.Time
	for i := range h.Runs {
		since, ok := h.baselineSince(&h.Runs[i])
		if !ok {
			continue
		}
		if !since.Before(asOf.Add(-baselineWindow)) {
			recent = append(recent, &h.Runs[i])
		}
		if latest == nil || since.After(latestSince) {
			latest, latestSince = &h.Runs[i], since
		}
	}
	if len(recent) == 0 && latest != nil {
		return []*Summary{latest}
	}
	return recent
}
