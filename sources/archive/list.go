package archive

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The list of runs shows every folder of a run, whatever became of it: who
// looks for a run must not be told that there is none because it died, or
// because another version wrote it.

// Listed is a run as the list of runs shows it.
type ListedRun struct {
	ID      string
	Written time.Time          // when it was concluded, by the store's clock
	Summary *reconcile.Summary // its digest, with its acceptance by hand; nil where there is none
	Fault   string             // why there is none
}

// What became of a run that has no summary.
const (
	FaultCrashed = "died, or is still at work"
	FaultPruned  = "is being pruned"
)

// List gives the runs of the scopes whose id begins so, newest first. Without a
// scope it gives those without a summary too, which are of no known one.
func (a *Archive) List(ctx context.Context, scope string) (list []ListedRun, warnings []string, err error) {
	folders, foreign, err := a.folders(ctx)
	if err != nil {
		return nil, nil, err
	}
	all, warnings, err := a.listed(ctx, folders)
	if err != nil {
		return nil, nil, err
	}
	all = slices.DeleteFunc(all, func(l ListedRun) bool {
		return scope != "" && (l.Summary == nil || !strings.HasPrefix(l.Summary.Scope.ID, scope))
	})
	slices.SortFunc(all, func(a, b ListedRun) int {
		return cmp.Or(b.Moment().Compare(a.Moment()), b.Written.Compare(a.Written), strings.Compare(b.ID, a.ID))
	})
	return all, append(warnForeign(foreign), warnings...), nil
}

// Moment gives what the run speaks for, or when its last file was written.
func (l *ListedRun) Moment() time.Time {
	if l.Summary == nil {
		return l.Written
	}
	return l.Summary.AsOf
}

// listed reads what the folders hold, in their order.
func (a *Archive) listed(ctx context.Context, folders []folder) ([]ListedRun, []string, error) {
	accepts, warnings, err := a.acceptances(ctx)
	if err != nil {
		return nil, nil, err
	}
	all := make([]ListedRun, len(folders))
	var concluded []folder
	var at []int
	for i := range folders {
		f := &folders[i]
		all[i] = ListedRun{ID: f.id, Written: f.written(), Fault: FaultCrashed}
		switch {
		case f.has(mark):
			all[i].Fault = FaultPruned
		case f.concluded():
			concluded, at = append(concluded, *f), append(at, i)
		}
	}
	read, err := a.digests(ctx, concluded)
	if err != nil {
		return nil, nil, err
	}
	for j, i := range at {
		if read.faults[j] != nil {
			all[i].Fault = read.faults[j].Error()
			warnings = append(warnings, all[i].Fault)
			continue
		}
		all[i].Summary, all[i].Fault = accepted(read.runs[j], accepts), ""
	}
	return all, warnings, nil
}

// newestOf names the run of each scope that comes first of those that are so.
func newestOf(runs []*reconcile.Summary, order func(a, b *reconcile.Summary) int, is func(*reconcile.Summary) bool) map[string]bool {
	newest := make(map[string]*reconcile.Summary)
	for _, s := range runs {
		if !is(s) {
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
