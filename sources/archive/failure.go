package archive

import (
	"context"
	"fmt"
	"path"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// A command that fails leaves no folder, but failures/<run-id>.json, so that the
// list of runs shows why there is none. A record is created once: where an earlier
// failure has its name, it gets one that is made.

const failuresFolder = "failures/"

// RecordFailure stores the trace of a command that failed.
func (a *Archive) RecordFailure(ctx context.Context, f reconcile.Failure) error {
	f.SchemaVersion = reconcile.SchemaVersion
	err := a.createFailure(ctx, &f)
	if storage.Exist(err) {
		f.RunID = NewRunID(f.Time)
		err = a.createFailure(ctx, &f)
	}
	return err
}

func (a *Archive) createFailure(ctx context.Context, f *reconcile.Failure) error {
	return a.dir.Create(ctx, failuresFolder+f.RunID+".json", writeJSON(f))
}

// IsEmpty reports whether nothing is in --out.
func (a *Archive) IsEmpty(ctx context.Context) (bool, error) {
	entries, err := a.dir.List(ctx, "", "/")
	return len(entries) == 0, err
}

// listFailures returns the failed commands as runs without a summary.
func (a *Archive) listFailures(ctx context.Context) (all []ListedRun, warnings []string, err error) {
	entries, err := a.dir.List(ctx, failuresFolder, "")
	if err != nil {
		return nil, nil, err
	}
	read, faults := make([]reconcile.Failure, len(entries)), make([]error, len(entries))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(maxParallel)
	for i, e := range entries {
		group.Go(func() error {
			faults[i] = a.readRecord(groupCtx, e.Key, &read[i], func() error { return checkSchema("it", read[i].SchemaVersion) })
			if faults[i] != nil && !missingOrCorrupt(faults[i]) {
				return faults[i]
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	for i, e := range entries {
		if faults[i] != nil {
			warnings = append(warnings, fmt.Sprintf("the record of a failed run is ignored: %v", faults[i]))
			continue
		}
		f := &read[i]
		fault := fmt.Sprintf("%s failed (exit code %d): %s", f.Command, f.ExitCode, f.Error)
		all = append(all, ListedRun{ID: failureID(e.Key), Written: f.Time, Fault: fault, Failure: f})
	}
	return all, warnings, nil
}

func failureID(key string) string { return strings.TrimSuffix(path.Base(key), ".json") }

// oldFailures returns the records of failed commands before a time.
func (a *Archive) oldFailures(ctx context.Context, before time.Time) (old []PruneCandidate, err error) {
	entries, err := a.dir.List(ctx, failuresFolder, "")
	for _, e := range entries {
		if e.ModTime.Before(before) {
			old = append(old, PruneCandidate{ID: failureID(e.Key), AsOf: e.ModTime, Files: 1, Bytes: e.Size, keys: []string{e.Key}, isRecord: true})
		}
	}
	return old, err
}
