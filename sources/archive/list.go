package archive

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The list of runs has every folder of a run, whatever its state, and every command
// that failed: somebody who searches for a run must also find one that failed,
// crashed, or that another version wrote.

// A ListedRun is a run in the list of runs.
type ListedRun struct {
	ID      string
	Written time.Time          // when it was finished, by the store's clock
	Summary *reconcile.Summary // its digest, with its acceptance by hand; nil if it can't be read
	Fault   string             // why Summary is nil
	Failure *reconcile.Failure // of a command that failed; its time is Written
}

// The faults of a run without summary.
const (
	FaultCrashed = "crashed, or is still running"
	FaultPruned  = "is being pruned"
)

// List returns the runs of the scopes whose id begins with scope, newest first.
// For an empty scope it also returns the runs whose summary can't be read.
func (a *Archive) List(ctx context.Context, scope string) (list []ListedRun, warnings []string, err error) {
	folders, foreign, err := a.folders(ctx)
	if err != nil {
		return nil, nil, err
	}
	all, warnings, err := a.listRuns(ctx, folders)
	if err != nil {
		return nil, nil, err
	}
	failed, more, err := a.listFailures(ctx)
	if err != nil {
		return nil, nil, err
	}
	warnings = append(warnings, more...)
	all = slices.DeleteFunc(append(all, failed...), func(l ListedRun) bool { return !strings.HasPrefix(l.scopeID(), scope) })
	slices.SortFunc(all, func(a, b ListedRun) int {
		return cmp.Or(b.asOf().Compare(a.asOf()), b.Written.Compare(a.Written), strings.Compare(b.ID, a.ID))
	})
	return all, append(foreignWarning(foreign), warnings...), nil
}

// scopeID returns the id of the run's scope; empty where it is not known.
func (l *ListedRun) scopeID() string {
	switch {
	case l.Summary != nil:
		return l.Summary.Scope.ID
	case l.Failure != nil:
		return l.Failure.Scope.ID
	}
	return ""
}

// asOf returns the run's as-of, or when its last file was written.
func (l *ListedRun) asOf() time.Time {
	if l.Summary == nil {
		return l.Written
	}
	return l.Summary.AsOf
}

// listRuns reads the runs in the folders, in their order.
func (a *Archive) listRuns(ctx context.Context, folders []folder) ([]ListedRun, []string, error) {
	accepts, warnings, err := a.acceptances(ctx)
	if err != nil {
		return nil, nil, err
	}
	all := make([]ListedRun, len(folders))
	var finished []folder
	var indexes []int // of the finished folders
	for i := range folders {
		f := &folders[i]
		all[i] = ListedRun{ID: f.id, Written: f.writtenAt(), Fault: FaultCrashed}
		switch {
		case f.has(pruneMark):
			all[i].Fault = FaultPruned
		case f.finished():
			finished, indexes = append(finished, *f), append(indexes, i)
		}
	}
	read, err := a.digests(ctx, finished)
	if err != nil {
		return nil, nil, err
	}
	for j, i := range indexes {
		if read.faults[j] != nil {
			all[i].Fault = read.faults[j].Error()
			warnings = append(warnings, all[i].Fault)
			continue
		}
		all[i].Summary, all[i].Fault = withAcceptance(read.runs[j], accepts), ""
	}
	return all, warnings, nil
}
