package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// The folder of a run is <out>/<run-id>/. Each file in it is written completely
// or not at all and never over another, and summary.json is the last: a run
// without it crashed, or is still running.
//
// Just before it, index.json is written: the digest that later runs and the list
// of runs read. It has some kilobytes where the summary has a megabyte for
// thousands of sub-accounts.

// A Run is the folder of a run that is being written.
type Run struct {
	ID    string
	dir   *storage.Dir
	files []reconcile.File
}

// NewRun returns the folder of a new run, in which it leaves a mark until Release:
// of two runs with one id, one gets ErrRunExists, like for any folder that is not
// empty.
func (a *Archive) NewRun(ctx context.Context, id string) (*Run, error) {
	files, err := a.dir.List(ctx, id+"/", "")
	if err != nil {
		return nil, err
	}
	if len(files) > 0 {
		return nil, fmt.Errorf("write run %s in %s: %w", id, a.dir.Name, ErrRunExists)
	}
	r := &Run{ID: id, dir: a.dir}
	return r, a.claim(ctx, r)
}

// Put writes one report of the run.
func (r *Run) Put(ctx context.Context, name string, write func(io.Writer) error) error {
	hash := sha256.New()
	var size byteCounter
	err := r.dir.Put(ctx, r.ID+"/"+name, func(w io.Writer) error {
		return write(io.MultiWriter(w, hash, &size))
	})
	if err != nil {
		return err
	}
	r.files = append(r.files, reconcile.File{Name: name, Bytes: int64(size), SHA256: hex.EncodeToString(hash.Sum(nil))})
	return nil
}

// PutKnownFindings writes the known findings of a scope after the run.
func (r *Run) PutKnownFindings(ctx context.Context, scopeID string, known reconcile.KnownFindings) error {
	return r.Put(ctx, KnownFindingsFile, func(out io.Writer) error { return writeKnownFindings(out, r.ID, scopeID, known) })
}

// PutCoverage writes what the run read.
func (r *Run) PutCoverage(ctx context.Context, c *reconcile.Coverage) error {
	return r.Put(ctx, CoverageFile, func(out io.Writer) error {
		return json.NewEncoder(out).Encode(coverageRecord{reconcile.SchemaVersion, *c})
	})
}

// Has reports whether a report was put.
func (r *Run) Has(name string) bool {
	return slices.ContainsFunc(r.files, func(f reconcile.File) bool { return f.Name == name })
}

// Finish writes the summary, which lists the reports that were put.
func (r *Run) Finish(ctx context.Context, s *reconcile.Summary) error {
	err := r.dir.Put(ctx, r.ID+"/"+indexFile, func(w io.Writer) error { return json.NewEncoder(w).Encode(s.Digest()) })
	if err != nil {
		return err
	}
	return r.dir.Put(ctx, r.ID+"/"+SummaryFile, func(w io.Writer) error { return indented(w, s) })
}

// OpenReport opens a report of a run.
func (a *Archive) OpenReport(ctx context.Context, id, file string) (io.ReadCloser, error) {
	if !ValidRunID(id) || Reserved(id) {
		return nil, fmt.Errorf("run %q: %w", id, ErrNoRun)
	}
	return a.dir.Open(ctx, id+"/"+file)
}

// Amend writes the summary again: the exit code of a run that could not print its
// result is known only after the summary was written.
func (r *Run) Amend(ctx context.Context, s *reconcile.Summary) error {
	err := r.dir.Replace(ctx, r.ID+"/"+indexFile, func(w io.Writer) error { return json.NewEncoder(w).Encode(s.Digest()) })
	if err != nil {
		return err
	}
	return r.dir.Replace(ctx, r.ID+"/"+SummaryFile, func(w io.Writer) error { return indented(w, s) })
}

// Files returns the reports that were put so far.
func (r *Run) Files() []reconcile.File { return slices.Clone(r.files) }

// Folder returns the redacted name of the run's folder.
func (r *Run) Folder() string { return folderOf(r.dir, r.ID) }

// Folder returns the redacted name of a run's folder.
func (a *Archive) Folder(id string) string { return folderOf(a.dir, id) }

func folderOf(dir *storage.Dir, id string) string {
	return strings.TrimSuffix(dir.Name, "/") + "/" + id
}

// indented writes JSON for people.
func indented(w io.Writer, content any) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(content)
}

type byteCounter int64

func (c *byteCounter) Write(p []byte) (int, error) {
	*c += byteCounter(len(p))
	return len(p), nil
}
