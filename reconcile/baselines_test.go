package reconcile

import (
	"strings"
	"testing"
	"time"
)

// Runs that were accepted, by themselves or by hand, and no others.
func TestBaselines(t *testing.T) {
	at := time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC)
	run := func(id string, day int, accepted bool) Summary {
		return Summary{RunID: id, AsOf: at.AddDate(0, 0, day), Accepted: accepted, LedgerVersion: "ledger of " + id}
	}
	h := &History{Runs: []Summary{run("d", 3, false), run("c", 2, true), run("b", 1, false), run("a", 0, true)}}
	read := func(h *History) string {
		var ids []string
		for _, s := range h.Runs {
			if h.LedgerLastRead(s.LedgerVersion) != nil {
				ids = append(ids, s.RunID)
			}
		}
		return strings.Join(ids, " ")
	}
	baselines := func(h *History) string {
		var ids []string
		for _, s := range h.Baselines(at.AddDate(0, 0, 4)) {
			ids = append(ids, s.RunID)
		}
		return strings.Join(ids, " ")
	}
	if !h.HasAccepted() || !h.AcceptedAt().IsZero() || read(h) != "c a" || baselines(h) != "c a" {
		t.Errorf("accepted %t at %s, read by %q, baselines %q", h.HasAccepted(), h.AcceptedAt(), read(h), baselines(h))
	}
	h.Accept = &Acceptance{RunID: "b", At: at.AddDate(0, 0, 2)}
	if h.AcceptedAt() != h.Accept.At || read(h) != "c b a" || baselines(h) != "c b" {
		t.Errorf("accepted by hand at %s, read by %q, baselines %q", h.AcceptedAt(), read(h), baselines(h))
	}
	if none := (&History{Runs: []Summary{run("b", 1, false)}}); none.HasAccepted() || len(none.Baselines(at)) > 0 {
		t.Error("a run that was not accepted counts as accepted")
	}
}
