package archive

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/wixrecon/wixrecon/sources/storage"
)

// A run that is killed while it writes a local file leaves the unfinished file,
// with customers' data in it. The next run and each pruning remove such files.

// RemoveLeftovers removes the unfinished files of killed runs, and returns a
// warning for each folder that had some. The journal has many folders, so it is
// searched only if withJournal.
func (a *Archive) RemoveLeftovers(ctx context.Context, withJournal bool) (warnings []string, err error) {
	left, err := a.dir.Leftovers(ctx, func(folder string) bool { return folder == "journal" && !withJournal })
	if err != nil {
		return nil, err
	}
	var errs []error
	counts, bytes := make(map[string]int), make(map[string]int64)
	var names []string
	for _, e := range left {
		name, _, _ := strings.Cut(e.Key, "/")
		if counts[name] == 0 {
			names = append(names, name)
		}
		counts[name]++
		bytes[name] += e.Size
		errs = append(errs, a.dir.RemoveLeftover(ctx, e.Key))
	}
	for _, name := range names {
		who := "run " + name
		if !ValidRunID(name) || Reserved(name) {
			who = "a run that wrote " + name
		}
		warnings = append(warnings, fmt.Sprintf("%s crashed while it was writing: unfinished files of it are removed (%d files, %d bytes)", who, counts[name], bytes[name]))
	}
	return warnings, errors.Join(errs...)
}

// claim marks the folder of a run as taken, and shows that --out can be written.
func (a *Archive) claim(ctx context.Context, r *Run) error {
	err := a.dir.Create(ctx, r.ID+"/"+startedFile, writeJSON(map[string]any{"schema_version": 1, "run_id": r.ID}))
	if storage.Exist(err) {
		return fmt.Errorf("write run %s in %s: %w", r.ID, a.dir.Name, ErrRunExists)
	}
	return err
}

// Release removes the mark that the run is being made. A run that failed before
// it wrote anything leaves no folder then.
func (r *Run) Release(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	return r.dir.Remove(ctx, r.ID+"/"+startedFile)
}
