package archive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sync/errgroup"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// Lists and histories read the index.json of a finished run; if that is missing
// or damaged, its summary.json. A damaged run is reported and ignored.

// maxParallel is how many objects are read or removed at a time.
const maxParallel = 16

// Summary reads the summary of a finished run, with its acceptance by hand.
func (a *Archive) Summary(ctx context.Context, id string) (*reconcile.Summary, error) {
	if !ValidRunID(id) || Reserved(id) {
		return nil, fmt.Errorf("run %q: %w", id, ErrNoRun)
	}
	s, err := a.summary(ctx, id, SummaryFile)
	if storage.NotExist(err) {
		return nil, a.notFound(ctx, id)
	}
	if err != nil {
		return nil, err
	}
	record, err := a.acceptance(ctx, acceptedFolder+id+".json")
	if storage.NotExist(err) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	return withAcceptance(s, []reconcile.Acceptance{*record}), nil
}

// notFound returns the error for a run without summary: it does not exist, or is
// not finished.
func (a *Archive) notFound(ctx context.Context, id string) error {
	files, err := a.dir.List(ctx, id+"/", "")
	if err != nil {
		return err
	}
	if len(files) > 0 {
		return fmt.Errorf("run %s in %s has no %s: %w: it crashed, is still running, or is being pruned", id, a.dir.Name, SummaryFile, ErrNoRun)
	}
	return fmt.Errorf("run %s in %s: %w", id, a.dir.Name, ErrNoRun)
}

// digestResults are the digests of some runs, in the order of their folders.
type digestResults struct {
	runs   []*reconcile.Summary // nil for a run with a fault
	faults []error
}

// digests reads the digests of finished runs. Its error is the store's.
func (a *Archive) digests(ctx context.Context, folders []folder) (*digestResults, error) {
	r := &digestResults{runs: make([]*reconcile.Summary, len(folders)), faults: make([]error, len(folders))}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxParallel)
	for i := range folders {
		group.Go(func() error {
			s, err := a.digest(ctx, &folders[i])
			switch {
			case err == nil:
				r.runs[i] = s
			case missingOrCorrupt(err) || errors.Is(err, ErrNewer):
				r.faults[i] = fmt.Errorf("run %s is ignored: %w", folders[i].id, err)
			default:
				return err
			}
			return nil
		})
	}
	return r, group.Wait()
}

func (a *Archive) digest(ctx context.Context, f *folder) (*reconcile.Summary, error) {
	if f.has(indexFile) {
		if s, err := a.summary(ctx, f.id, indexFile); err == nil || !missingOrCorrupt(err) {
			return s, err
		}
	}
	s, err := a.summary(ctx, f.id, SummaryFile)
	if err != nil {
		return nil, err
	}
	digest := s.Digest()
	return &digest, nil
}

// summary reads a summary, or the digest of one.
func (a *Archive) summary(ctx context.Context, id, file string) (*reconcile.Summary, error) {
	in, err := a.dir.Open(ctx, id+"/"+file)
	if err != nil {
		return nil, err
	}
	recorder := &errorRecorder{in: in}
	s, err := ReadSummary(recorder)
	if err == nil && s.RunID != id {
		err = fmt.Errorf("it belongs to run %q", s.RunID)
	}
	return s, errors.Join(recorder.classify(in.Name, err), in.Close())
}

// ReadSummary decodes a summary. It ignores unknown fields.
func ReadSummary(in io.Reader) (*reconcile.Summary, error) {
	var s reconcile.Summary
	if err := json.NewDecoder(in).Decode(&s); err != nil {
		return nil, fmt.Errorf("not a summary of a run: %w", err)
	}
	return &s, checkSchema("summary", s.SchemaVersion)
}

// checkSchema returns an error for a version that this program can't read.
func checkSchema(name string, version int) error {
	switch {
	case version > reconcile.SchemaVersion:
		return fmt.Errorf("%s has schema version %d, this program reads up to %d: %w", name, version, reconcile.SchemaVersion, ErrNewer)
	case version < 1:
		return fmt.Errorf("%s has no schema version", name)
	}
	return nil
}

// readRecord decodes a small JSON object into record, which check then verifies.
func (a *Archive) readRecord(ctx context.Context, key string, record any, check func() error) error {
	text, err := a.dir.Read(ctx, key)
	if err != nil {
		return err
	}
	if err = json.Unmarshal(text, record); err == nil {
		err = check()
	}
	if err != nil {
		return corruptError{fmt.Errorf("read %s: %w", a.Folder(key), err)}
	}
	return nil
}

// A corruptError is a fault of one object, not of the store.
type corruptError struct{ error }

func (e corruptError) Unwrap() error { return e.error }

// Unreadable reports whether the fault is of an object that can't be read, and not
// of the store.
func Unreadable(err error) bool { return errors.As(err, new(corruptError)) }

// missingOrCorrupt reports whether the fault is of one object, so that others
// can still be read.
func missingOrCorrupt(err error) bool {
	return storage.NotExist(err) || errors.As(err, new(corruptError)) && !errors.Is(err, ErrNewer)
}

// An errorRecorder keeps the error of the store, so that it is not mistaken for
// a fault of the content.
type errorRecorder struct {
	in  io.Reader
	err error
}

func (r *errorRecorder) Read(b []byte) (int, error) {
	n, err := r.in.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

// classify returns the store's error or, for a fault of the content, a
// corruptError that names the object.
func (r *errorRecorder) classify(name string, err error) error {
	switch {
	case r.err != nil:
		return r.err
	case err != nil:
		return corruptError{fmt.Errorf("read %s: %w", name, err)}
	}
	return nil
}
