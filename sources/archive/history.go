package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Reading the history must not cost more the longer an archive is used. The
// listing has the time when each run finished, which is never before its as-of.
// So the digests of the last 15 days are read, which include all baselines of 14
// days, and older ones in batches, newest first, until a baseline and known
// findings of the scope are found. A copied archive, in which everything looks
// new, is read completely: some kilobytes a run.
//
// An empty archive, or one that was lost, is that of a first run.

const (
	historyWindow = 15 * 24 * time.Hour
	olderBatch    = maxParallel
)

// History reads the earlier runs of the scope, as far as they matter. at is the
// present.
func (a *Archive) History(ctx context.Context, scopeID string, at time.Time) (*reconcile.History, error) {
	folders, foreign, err := a.folders(ctx)
	if err != nil {
		return nil, err
	}
	h := &reconcile.History{Crashed: unfinished(folders, ""), Warnings: foreignWarning(foreign)}
	accepts, warnings, err := a.acceptances(ctx)
	if err != nil {
		return nil, err
	}
	h.Warnings = append(h.Warnings, warnings...)
	scopes := continuedScopes(accepts, scopeID)
	h.Accept = latestAcceptance(accepts, scopes, false)
	h.Continued = latestAcceptance(accepts, map[string]bool{scopeID: true}, true)
	folders = slices.DeleteFunc(folders, func(f folder) bool { return !f.finished() })
	slices.SortFunc(folders, func(a, b folder) int { return b.asOfBound().Compare(a.asOfBound()) })
	for len(folders) > 0 && !isEnough(h, folders[0].asOfBound(), at) {
		size := batchSize(folders, at)
		read, err := a.digests(ctx, folders[:size])
		if err != nil {
			return nil, err
		}
		if err := addRuns(h, read, scopes, accepts, at); err != nil {
			return nil, err
		}
		folders = folders[size:]
	}
	return h, nil
}

// isEnough reports whether runs that finished at next or earlier don't matter.
func isEnough(h *reconcile.History, next, at time.Time) bool {
	return next.Before(at.Add(-historyWindow)) && len(h.Baselines(at)) > 0 && slices.ContainsFunc(h.Runs, hasKnownFindings)
}

// batchSize returns how many folders to read next: all recent ones, or some more.
func batchSize(folders []folder, at time.Time) int {
	recent := slices.IndexFunc(folders, func(f folder) bool { return f.asOfBound().Before(at.Add(-historyWindow)) })
	switch {
	case recent < 0:
		return len(folders)
	case recent > 0:
		return recent
	}
	return min(olderBatch, len(folders))
}

// addRuns adds the runs of the scope. A run that a newer version wrote is an error: it
// may be of this scope, and a baseline.
//
// A run that is dated in the future, because a clock was ahead, is left out: the
// gap between its sightings and later ones would be negative until then.
func addRuns(h *reconcile.History, read *digestResults, scopes map[string]bool, accepts []reconcile.Acceptance, at time.Time) error {
	for i, s := range read.runs {
		fault := read.faults[i]
		switch {
		case errors.Is(fault, ErrNewer):
			return fault
		case fault != nil:
			h.Warnings = append(h.Warnings, fault.Error())
		case scopes[s.Scope.ID] && s.AsOf.After(at):
			h.Warnings = append(h.Warnings, fmt.Sprintf("run %s is dated in the future (%s): it is left out; check the clock of the machine that made it",
				s.RunID, s.AsOf.UTC().Format(time.RFC3339)))
		case scopes[s.Scope.ID]:
			h.Runs = append(h.Runs, *withAcceptance(s, accepts))
		}
	}
	slices.SortFunc(h.Runs, func(a, b reconcile.Summary) int { return newestFirst(&a, &b) })
	return nil
}

// newestFirst orders runs by their as-of.
func newestFirst(a, b *reconcile.Summary) int {
	return cmp.Or(b.AsOf.Compare(a.AsOf), b.Started.Compare(a.Started), strings.Compare(b.RunID, a.RunID))
}

// hasKnownFindings reports whether the run wrote known findings.
func hasKnownFindings(s reconcile.Summary) bool { return knownFindingsFile(&s) != nil }

// knownFindingsFile returns the run's file of known findings, or nil.
func knownFindingsFile(s *reconcile.Summary) *reconcile.File {
	i := slices.IndexFunc(s.Reports, func(f reconcile.File) bool { return f.Name == KnownFindingsFile })
	if i < 0 || !s.Live {
		return nil
	}
	return &s.Reports[i]
}
