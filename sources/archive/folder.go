package archive

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/sources/storage"
)

// The listing alone shows which runs are in --out and whether they finished. The
// journal may contain more objects than all runs together, so it is not listed:
// the folders are listed first, then their files, one request for all folders
// with the same first letter. Runs named by their start time all have the same.

// A folder is a folder of --out with files of a run.
type folder struct {
	id    string
	files map[string]storage.Entry // by name
}

func (f *folder) finished() bool { return f.has(SummaryFile) && !f.has(pruneMark) }

// unfinished reports whether the run crashed, or is still running.
func (f *folder) unfinished() bool { return !f.has(SummaryFile) && !f.has(pruneMark) }

func (f *folder) has(name string) bool {
	_, ok := f.files[name]
	return ok
}

// writtenAt returns when the run was finished, or else when its last file was
// written, by the store's clock.
func (f *folder) writtenAt() time.Time {
	if summary, ok := f.files[SummaryFile]; ok {
		return summary.ModTime
	}
	var last time.Time
	for _, e := range f.files {
		if e.ModTime.After(last) {
			last = e.ModTime
		}
	}
	return last
}

// asOfBound returns a time that is not before the run's as-of: when it was
// finished or, if a copy of the archive lost that time, the time in its id.
func (f *folder) asOfBound() time.Time {
	written := f.writtenAt()
	prefix, _, _ := strings.Cut(f.id, "-")
	if started, err := time.Parse(runIDTime, prefix); err == nil && started.After(written) {
		return started
	}
	return written
}

// folders returns the folders of runs, by id, and how many others there are.
func (a *Archive) folders(ctx context.Context) (runs []folder, foreign int, err error) {
	names, err := a.folderNames(ctx)
	if err != nil {
		return nil, 0, err
	}
	files, err := a.listFiles(ctx, names)
	if err != nil {
		return nil, 0, err
	}
	for _, id := range names {
		f := folder{id: id, files: files[id]}
		if slices.ContainsFunc(runFiles(), f.has) {
			runs = append(runs, f)
		} else {
			foreign++
		}
	}
	return runs, foreign, nil
}

// folderNames returns the names of folders that may be runs'.
func (a *Archive) folderNames(ctx context.Context) ([]string, error) {
	entries, err := a.dir.List(ctx, "", "/")
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Key, "/"); ok && ValidRunID(name) && !Reserved(name) {
			names = append(names, name)
		}
	}
	return names, err
}

// listFiles lists the files of the folders. Folders with the same first letter
// share a request, unless a reserved name may begin with that letter too.
func (a *Archive) listFiles(ctx context.Context, names []string) (map[string]map[string]storage.Entry, error) {
	files := make(map[string]map[string]storage.Entry, len(names))
	for _, name := range names {
		files[name] = make(map[string]storage.Entry)
	}
	listed := ""
	for _, name := range names {
		prefix := name[:1]
		if prefix == listed {
			continue
		}
		if listed = prefix; strings.Contains("aAcCfFjJlLsS", prefix) { // accepted, close-, failures, journal, lock, stop
			listed, prefix = "", name+"/"
		}
		entries, err := a.dir.List(ctx, prefix, "")
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if id, file, ok := strings.Cut(e.Key, "/"); ok && files[id] != nil {
				files[id][file] = e
			}
		}
	}
	return files, nil
}

// Unfinished returns the ids of the runs, except the given one, whose folder has
// no summary: they crashed or are still running.
func (a *Archive) Unfinished(ctx context.Context, except string) ([]string, error) {
	folders, _, err := a.folders(ctx)
	if err != nil {
		return nil, err
	}
	return unfinished(folders, except), nil
}

func unfinished(folders []folder, except string) []string {
	var ids []string
	for i := range folders {
		if f := &folders[i]; f.unfinished() && f.id != except {
			ids = append(ids, f.id)
		}
	}
	return ids
}

// foreignWarning returns the warning that n folders are not runs', if any.
func foreignWarning(n int) []string {
	switch n {
	case 0:
		return nil
	case 1:
		return []string{"1 folder in --out does not belong to a run: it was ignored"}
	}
	return []string{fmt.Sprintf("%d folders in --out do not belong to a run: they were ignored", n)}
}
