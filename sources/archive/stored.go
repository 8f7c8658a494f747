package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// A plan is applied from what its run stored before it sent anything: the snapshot,
// its coverage and the known findings. The plan has the hash of each, so that only
// the very files are used; a run that was killed has no summary.

// A StoredRun is what a run that plans stored.
type StoredRun struct {
	archive *Archive
	runID   string
	files   []reconcile.File
}

// Stored returns what a run stored, by the files that its plan lists.
func (a *Archive) Stored(runID string, files []reconcile.File) *StoredRun {
	return &StoredRun{a, runID, files}
}

type coverageRecord struct {
	SchemaVersion int                `json:"schema_version"`
	Coverage      reconcile.Coverage `json:"coverage"`
}

// Snapshot passes the decompressed snapshot to read.
func (s *StoredRun) Snapshot(ctx context.Context, read func(io.Reader) error) error {
	return s.open(ctx, SnapshotFile, func(in io.Reader) error {
		plain, err := storage.Decompress(in)
		if err != nil {
			return err
		}
		return errors.Join(read(plain), plain.Close())
	})
}

// Coverage returns what the run read.
func (s *StoredRun) Coverage(ctx context.Context) (*reconcile.Coverage, error) {
	var record coverageRecord
	err := s.open(ctx, CoverageFile, func(in io.Reader) error {
		err := json.NewDecoder(in).Decode(&record)
		if err == nil {
			err = checkSchema("it", record.SchemaVersion)
		}
		return err
	})
	return &record.Coverage, err
}

// KnownFindings returns the known findings of a scope after the run.
func (s *StoredRun) KnownFindings(ctx context.Context, scopeID string) (known reconcile.KnownFindings, err error) {
	err = s.open(ctx, KnownFindingsFile, func(in io.Reader) error {
		known, err = decompressKnownFindings(in, scopeID)
		return err
	})
	return known, err
}

// open passes a file to read, and verifies that it is what the plan lists.
func (s *StoredRun) open(ctx context.Context, name string, read func(io.Reader) error) error {
	i := slices.IndexFunc(s.files, func(f reconcile.File) bool { return f.Name == name })
	if i < 0 {
		return fmt.Errorf("read %s: the plan does not list it", s.archive.Folder(s.runID+"/"+name))
	}
	in, err := s.archive.dir.Open(ctx, s.runID+"/"+name)
	if err != nil {
		return err
	}
	hashed := &hashedReader{in: in, hash: sha256.New()}
	err = read(hashed)
	if err == nil {
		_, err = io.Copy(io.Discard, hashed)
	}
	if err == nil && hex.EncodeToString(hashed.hash.Sum(nil)) != s.files[i].SHA256 {
		err = errors.New("it is not what the run wrote")
	}
	if err != nil {
		err = fmt.Errorf("read %s: %w", in.Name, err)
	}
	return errors.Join(err, in.Close())
}

// A hashedReader hashes what is read.
type hashedReader struct {
	in   io.Reader
	hash hash.Hash
}

func (r *hashedReader) Read(b []byte) (int, error) {
	n, err := r.in.Read(b)
	_, _ = r.hash.Write(b[:n]) // never fails
	return n, err
}
