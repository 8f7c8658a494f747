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

// A run has a folder of its own, <out>/<run-id>/. Each file in it is written
// whole or not at all and never over another, and summary.json is the last: a
// folder without it is a run that died, or one that is still at work.
//
// Right before it goes index.json, its digest: what later runs and the list of
// runs ask of this one, some kilobytes where the summary has a megabyte for
// thousands of sub-accounts.

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

// PutMemory writes what is known of the findings of a scope after the run.
func (r *Run) PutKnownFindings(ctx context.Context, scopeID string, memory reconcile.KnownFindings) error {
	return r.Put(ctx, KnownFindingsFile, func(out io.Writer) error { return writeMemory(out, r.ID, scopeID, memory) })
}

// Conclude writes the summary, which names the reports that were put.
func (r *Run) Finish(ctx context.Context, s *reconcile.Summary) error {
	err := r.dir.Put(ctx, r.ID+"/"+indexFile, func(w io.Writer) error { return json.NewEncoder(w).Encode(s.Digest()) })
	if err != nil {
		return err
	}
	return r.dir.Put(ctx, r.ID+"/"+SummaryFile, func(w io.Writer) error { return indented(w, s) })
}

// Files gives the reports that were put so far.
func (r *Run) Files() []reconcile.File { return slices.Clone(r.files) }

// Folder gives the place of the run, fit to be shown.
func (r *Run) Folder() string { return folderOf(r.dir, r.ID) }

// Folder gives the place of a run, fit to be shown.
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

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
