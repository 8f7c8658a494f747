// Package archive keeps what a run leaves for later runs: its folder under
// --out, with summary.json written last.
package archive

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// A run has a folder of its own, <out>/<run-id>/. Each file in it is written
// whole or not at all and never over another, and summary.json is the last: a
// folder without it is a run that died, or one that is still at work.

// The files of a run that this package knows by name.
const (
	SummaryFile  = "summary.json"
	SnapshotFile = "packages.jsonl.zst"
)

// ErrRunExists says that the folder of the run is taken.
var ErrRunExists = errors.New("a run of this name is there already")

// An Archive is the place of --out.
type Archive struct {
	dir *storage.Dir
}

// Open opens the archive called out, which need not exist.
func Open(ctx context.Context, places *storage.Places, out string) (*Archive, error) {
	dir, err := places.OpenDir(ctx, out)
	if err != nil {
		return nil, err
	}
	return &Archive{dir: dir}, nil
}

// Name gives the archive's place, fit to be shown.
func (a *Archive) Name() string { return a.dir.Name }

// Close ends the use of the archive.
func (a *Archive) Close() error { return a.dir.Close() }

// NewRunID makes the name of a run that starts at a time.
func NewRunID(started time.Time) string {
	var mark [2]byte
	_, _ = rand.Read(mark[:]) // never fails
	return started.UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(mark[:])
}

// Unfinished names the runs, but the given one, whose folder has no summary:
// they died or are still at work. A folder is a run's when it holds one of the
// named reports.
func (a *Archive) Unfinished(ctx context.Context, but string, reports []string) ([]string, error) {
	entries, err := a.dir.List(ctx, "", "")
	if err != nil {
		return nil, err
	}
	concluded := make(map[string]bool)
	for _, e := range entries {
		id, file, _ := strings.Cut(e.Key, "/")
		if file == SummaryFile || slices.Contains(reports, file) {
			concluded[id] = concluded[id] || file == SummaryFile
		}
	}
	var died []string
	for id, done := range concluded {
		if !done && id != but {
			died = append(died, id)
		}
	}
	slices.Sort(died)
	return died, nil
}

// A Run is the folder of a run that is being written.
type Run struct {
	ID    string
	dir   *storage.Dir
	files []reconcile.File
}

// NewRun names a run. A folder that holds anything is refused with
// ErrRunExists; nothing is written yet.
func (a *Archive) NewRun(ctx context.Context, id string) (*Run, error) {
	there, err := a.dir.List(ctx, id+"/", "")
	if err != nil {
		return nil, err
	}
	if len(there) > 0 {
		return nil, fmt.Errorf("write run %s in %s: %w", id, a.dir.Name, ErrRunExists)
	}
	return &Run{ID: id, dir: a.dir}, nil
}

// Put writes one report of the run.
func (r *Run) Put(ctx context.Context, name string, write func(io.Writer) error) error {
	hash := sha256.New()
	var size counter
	err := r.dir.Put(ctx, r.ID+"/"+name, func(w io.Writer) error {
		return write(io.MultiWriter(w, hash, &size))
	})
	if err != nil {
		return err
	}
	r.files = append(r.files, reconcile.File{Name: name, Bytes: int64(size), SHA256: hex.EncodeToString(hash.Sum(nil))})
	return nil
}

// Conclude writes the summary, which names the reports that were put.
func (r *Run) Conclude(ctx context.Context, s *reconcile.Summary) error {
	return r.dir.Put(ctx, r.ID+"/"+SummaryFile, func(w io.Writer) error {
		out := json.NewEncoder(w)
		out.SetIndent("", "  ")
		out.SetEscapeHTML(false)
		return out.Encode(s)
	})
}

// Files gives the reports that were put so far.
func (r *Run) Files() []reconcile.File { return slices.Clone(r.files) }

// Folder gives the place of the run, fit to be shown.
func (r *Run) Folder() string { return strings.TrimSuffix(r.dir.Name, "/") + "/" + r.ID }

// ReadSummary reads a summary back.
func ReadSummary(in io.Reader) (*reconcile.Summary, error) {
	var s reconcile.Summary
	if err := json.NewDecoder(in).Decode(&s); err != nil {
		return nil, fmt.Errorf("not a summary of a run: %w", err)
	}
	if s.SchemaVersion < 1 || s.SchemaVersion > reconcile.SchemaVersion {
		return nil, fmt.Errorf("summary has schema version %d, this program reads up to %d", s.SchemaVersion, reconcile.SchemaVersion)
	}
	return &s, nil
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
