package archive

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Looking back must not cost more the longer an inventory is kept. The listing tells
// when each run was concluded, and that is never before its as-of; so the
// digests of the last 15 days are read, which hold all baselines of 14, and
// older ones in steps, newest first, only until a baseline and a memory of the
// scope were met. An archive that was copied, where everything looks new,
// is read as a whole: some kilobytes a run.
//
// An archive that is empty, or was lost, is that of a first run.

const (
	lookBack  = 15 * 24 * time.Hour
	stepsBack = readsAtOnce
)

// A History is what earlier runs of one scope left, as far as it matters now.
type History struct {
	reconcile.History
	Crashed  []string // runs of any scope that died, or are still at work
	Warnings []string // what was left out, and why
}

// History reads what earlier runs of the scope left. At is when it is asked.
func (a *Archive) History(ctx context.Context, scopeID string, at time.Time) (*History, error) {
	folders, foreign, err := a.folders(ctx)
	if err != nil {
		return nil, err
	}
	h := &History{Crashed: unfinished(folders, ""), Warnings: warnForeign(foreign)}
	accepts, warnings, err := a.acceptances(ctx)
	if err != nil {
		return nil, err
	}
	h.Warnings = append(h.Warnings, warnings...)
	h.Accept = latestOf(accepts, scopeID)
	folders = slices.DeleteFunc(folders, func(f folder) bool { return !f.concluded() })
	slices.SortFunc(folders, func(a, b folder) int { return b.recency().Compare(a.recency()) })
	for len(folders) > 0 && !h.enough(folders[0].recency(), at) {
		step := h.step(folders, at)
		read, err := a.digests(ctx, folders[:step])
		if err != nil {
			return nil, err
		}
		if err := h.take(read, scopeID, accepts); err != nil {
			return nil, err
		}
		folders = folders[step:]
	}
	return h, nil
}

// enough reports whether runs that were concluded before a moment matter no
// more.
func (h *History) enough(next, at time.Time) bool {
	return next.Before(at.Add(-lookBack)) && slices.ContainsFunc(h.Runs, h.baseline) && slices.ContainsFunc(h.Runs, remembers)
}

// baseline reports whether guards may measure against the run.
func (h *History) baseline(s reconcile.Summary) bool {
	return s.Accepted && (h.Accept == nil || s.RunID == h.Accept.RunID || !s.AsOf.Before(h.Accept.At))
}

// step says how many folders are read next: all recent ones, or some more.
func (h *History) step(folders []folder, at time.Time) int {
	recent := slices.IndexFunc(folders, func(f folder) bool { return f.recency().Before(at.Add(-lookBack)) })
	switch {
	case recent < 0:
		return len(folders)
	case recent > 0:
		return recent
	}
	return min(stepsBack, len(folders))
}

// take keeps the runs of the scope. One that a newer version wrote may be of
// it, and may be what a guard rests on.
func (h *History) take(read *reading, scopeID string, accepts []reconcile.Acceptance) error {
	for i, s := range read.runs {
		fault := read.faults[i]
		switch {
		case errors.Is(fault, ErrNewer):
			return fault
		case fault != nil:
			h.Warnings = append(h.Warnings, fault.Error())
		case s.Scope.ID == scopeID:
			h.Runs = append(h.Runs, *accepted(s, accepts))
		}
	}
	slices.SortFunc(h.Runs, func(a, b reconcile.Summary) int { return newestFirst(&a, &b) })
	return nil
}

// newestFirst orders runs by what they speak for.
func newestFirst(a, b *reconcile.Summary) int {
	return cmp.Or(b.AsOf.Compare(a.AsOf), b.Started.Compare(a.Started), strings.Compare(b.RunID, a.RunID))
}

// remembers reports whether the run wrote down what is known of findings.
func remembers(s reconcile.Summary) bool { return memoryOf(&s) != nil }

// memoryOf gives the run's memory file, or nil.
func memoryOf(s *reconcile.Summary) *reconcile.File {
	i := slices.IndexFunc(s.Reports, func(f reconcile.File) bool { return f.Name == KnownFindingsFile })
	if i < 0 || !s.Live {
		return nil
	}
	return &s.Reports[i]
}
