package archive

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Pruning removes the whole folders of old runs, and nothing else: not the
// journal, the lock, acceptances or what is reserved for closed months, and no folder that is not a
// run's or can't be read. It also keeps what later runs depend on: the newest
// accepted run of a scope, the last one that was accepted by hand, the accepted
// runs of the last 15 days, which guards compare with, and the newest run of a
// scope with known findings.
//
// A folder whose removal is interrupted would look like a crashed run, or like a
// finished one whose reports are missing. So a mark is written into it first and
// removed last. A folder with the mark is not a run, and the next pruning removes
// it.

// A PruneCandidate is an old run that pruning removes or keeps.
type PruneCandidate struct {
	ID     string
	AsOf   time.Time // or when its last file was written, for an unfinished run
	Files  int
	Bytes  int64
	Reason string // why it is kept; empty if it is removed

	keys     []string
	isRecord bool // of a failed command: there is no folder
}

// PruneCandidates returns the runs that are older than keep at a time, oldest
// first. Those that are kept have a reason.
func (a *Archive) PruneCandidates(ctx context.Context, keep time.Duration, at time.Time) ([]PruneCandidate, []string, error) {
	folders, foreign, err := a.folders(ctx)
	if err != nil {
		return nil, nil, err
	}
	runs, warnings, err := a.listRuns(ctx, folders)
	if err != nil {
		return nil, nil, err
	}
	reasons := keepReasons(runs, at)
	var old []PruneCandidate
	for i := range folders {
		if runs[i].Fault != FaultPruned && !runs[i].asOf().Before(at.Add(-keep)) {
			continue
		}
		c := folders[i].candidate(runs[i].asOf())
		c.Reason = reasons[c.ID]
		old = append(old, c)
	}
	failures, err := a.oldFailures(ctx, at.Add(-keep))
	if err != nil {
		return nil, nil, err
	}
	old = append(old, failures...)
	slices.SortFunc(old, func(a, b PruneCandidate) int { return cmp.Or(a.AsOf.Compare(b.AsOf), strings.Compare(a.ID, b.ID)) })
	return old, append(foreignWarning(foreign), warnings...), nil
}

// keepReasons returns why runs must be kept, by id.
func keepReasons(runs []ListedRun, at time.Time) map[string]string {
	reasons := make(map[string]string)
	var readable []*reconcile.Summary
	for i := range runs {
		s := runs[i].Summary
		switch {
		case s != nil:
			readable = append(readable, s)
		case runs[i].Fault != FaultCrashed && runs[i].Fault != FaultPruned:
			reasons[runs[i].ID] = "it can't be read"
		}
		if s != nil && s.Accepted && s.AsOf.After(at.Add(-historyWindow)) {
			reasons[s.RunID] = "guards compare with the accepted runs of the last two weeks"
		}
	}
	for id := range newestByScope(readable, newestFirst, func(s *reconcile.Summary) bool { return hasKnownFindings(*s) }) {
		reasons[id] = "it is the newest run of its scope with known findings"
	}
	for id := range newestByScope(readable, newestFirst, func(s *reconcile.Summary) bool { return s.Accepted }) {
		reasons[id] = "it is the newest accepted run of its scope"
	}
	for id := range newestByScope(readable, latestAcceptedFirst, func(s *reconcile.Summary) bool { return s.Acceptance != nil }) {
		reasons[id] = "it was accepted by hand and is the first baseline of its scope"
	}
	return reasons
}

// newestByScope returns the ids of the runs that match and come first in the
// order, one for each scope.
func newestByScope(runs []*reconcile.Summary, order func(a, b *reconcile.Summary) int, match func(*reconcile.Summary) bool) map[string]bool {
	newest := make(map[string]*reconcile.Summary)
	for _, s := range runs {
		if !match(s) {
			continue
		}
		if best := newest[s.Scope.ID]; best == nil || order(s, best) < 0 {
			newest[s.Scope.ID] = s
		}
	}
	ids := make(map[string]bool, len(newest))
	for _, s := range newest {
		ids[s.RunID] = true
	}
	return ids
}

// latestAcceptedFirst orders runs by when they were accepted by hand.
func latestAcceptedFirst(a, b *reconcile.Summary) int {
	return b.Acceptance.At.Compare(a.Acceptance.At)
}

func (f *folder) candidate(asOf time.Time) PruneCandidate {
	c := PruneCandidate{ID: f.id, AsOf: asOf}
	for name, e := range f.files {
		if name == pruneMark {
			continue
		}
		c.Files++
		c.Bytes += e.Size
		c.keys = append(c.keys, e.Key)
	}
	return c
}

// Remove removes a run's folder, or the record of a failed command.
func (a *Archive) Remove(ctx context.Context, c *PruneCandidate) error {
	if c.isRecord {
		return a.dir.Remove(ctx, c.keys[0])
	}
	mark := c.ID + "/" + pruneMark
	exists, err := a.dir.Exists(ctx, mark)
	if err == nil && !exists {
		err = a.dir.Put(ctx, mark, func(w io.Writer) error {
			return json.NewEncoder(w).Encode(map[string]int{"schema_version": reconcile.SchemaVersion})
		})
	}
	if err != nil {
		return err
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(maxParallel)
	for _, key := range c.keys {
		group.Go(func() error { return a.dir.Remove(groupCtx, key) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return a.dir.Remove(ctx, mark)
}
