package main

import (
	"slices"
	"testing"

	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// What a run finds out about the API is not tried again by the next run of the
// scope, and both report the same.
func TestNextRunKnowsFilters(t *testing.T) {
	t.Parallel()
	s := newEnv(t, smallInventory(), &wixsim.Options{OnlyAccountFilter: true})
	refused := func() (n int) {
		for _, r := range s.server.Requests() {
			if r.Status == 400 {
				n++
			}
		}
		return n
	}
	s.auditNow(t, "first")
	first := refused()
	s.auditNow(t, "next")
	if first == 0 || refused() != first {
		t.Errorf("%d filters were refused in the first run, %d in the next", first, refused()-first)
	}
}

// auditNow makes a live audit, without --as-of.
func (s *testEnv) auditNow(t *testing.T, runID string) {
	t.Helper()
	args := s.args("--reports", "findings", "--run-id", runID)
	at := slices.Index(args, "--as-of")
	s.call(t.Context(), slices.Delete(args, at, at+2), "WIX_API_KEY="+s.key).requireCode(t, exitOK)
}
