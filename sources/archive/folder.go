package archive

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/sources/storage"
)

// What stands in --out is learned from its listing alone. The journal may hold
// more objects than all runs together, so it is not listed: the folders come
// first, then what is in them, those of one first letter in one go, which for
// runs that were named by their time is all of them.

// A folder is one of --out that holds files of a run.
type folder struct {
	id    string
	files map[string]storage.Entry // by name
}

// concluded reports whether the run came to its end.
func (f *folder) concluded() bool { return f.has(SummaryFile) && !f.has(mark) }

// died reports whether the run did not come to its end, yet.
func (f *folder) died() bool { return !f.has(SummaryFile) && !f.has(mark) }

func (f *folder) has(name string) bool {
	_, ok := f.files[name]
	return ok
}

// written gives when the run was concluded by the store's clock, or when its
// last file was written.
func (f *folder) written() time.Time {
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

// recency gives a moment that is not before the run's as-of: when it was
// concluded or, where the store lost that when the archive was copied, what its
// name says.
func (f *folder) recency() time.Time {
	written := f.written()
	named, _, _ := strings.Cut(f.id, "-")
	if started, err := time.Parse(runIDTime, named); err == nil && started.After(written) {
		return started
	}
	return written
}

// folders gives the folders of runs by name. A folder that is no run's is
// counted, and nobody's business.
func (a *Archive) folders(ctx context.Context) (runs []folder, foreign int, err error) {
	names, err := a.folderNames(ctx)
	if err != nil {
		return nil, 0, err
	}
	entries, err := a.contents(ctx, names)
	if err != nil {
		return nil, 0, err
	}
	for _, id := range names {
		f := folder{id: id, files: entries[id]}
		if slices.ContainsFunc(runFiles(), f.has) {
			runs = append(runs, f)
		} else {
			foreign++
		}
	}
	return runs, foreign, nil
}

// folderNames names the folders that may be runs'.
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

// contents lists the folders of one first letter together, unless a reserved
// name may begin with it too.
func (a *Archive) contents(ctx context.Context, names []string) (map[string]map[string]storage.Entry, error) {
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
		if listed = prefix; strings.Contains("aAcCjJlLsS", prefix) { // accepted, close-, journal, lock, stop
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

// Unfinished names the runs, but the given one, whose folder has no summary:
// they died or are still at work.
func (a *Archive) Unfinished(ctx context.Context, but string) ([]string, error) {
	folders, _, err := a.folders(ctx)
	if err != nil {
		return nil, err
	}
	return unfinished(folders, but), nil
}

func unfinished(folders []folder, but string) []string {
	var died []string
	for i := range folders {
		if f := &folders[i]; f.died() && f.id != but {
			died = append(died, f.id)
		}
	}
	return died
}

// warnForeign says how many folders are no run's.
func warnForeign(n int) []string {
	switch n {
	case 0:
		return nil
	case 1:
		return []string{"1 folder in --out is no run's: it was left alone"}
	}
	return []string{fmt.Sprintf("%d folders in --out are no run's: they were left alone", n)}
}
