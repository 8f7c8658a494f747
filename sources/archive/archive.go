// Package archive keeps what a run leaves for later runs, and reads it back:
// the run's folder under --out, what is known of findings, which runs were
// accepted.
package archive

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// Below --out every run has a folder of its own, and beside them stand
//
//	latest.json          the last accepted run of each scope, for people and scripts
//	accepted/<run>.json  that a run was accepted by hand
//
// with journal, lock and STOP, which have rules of their own, and the folders
// close-…, which are not this package's. Nothing that a run wrote is ever changed;
// what is read back has a schema version. A file of a newer version is an error,
// because half of what it says would be lost. A report that can't be read
// otherwise is left out with a warning: a damaged run must not keep all later ones
// from running.

// The files of a run.
const (
	SummaryFile       = "summary.json"
	SnapshotFile      = "packages.jsonl.zst"
	KnownFindingsFile = "memory.jsonl.zst"
	FindingsFile      = "findings.csv"
	PackagesFile      = "packages.csv"
	WorkbookFile      = "report.xlsx"
	PageFile          = "report.html"
	PlanFile          = "plan.json"

	indexFile = "index.json" // the summary's digest
	mark      = "pruned"     // while the folder is being removed
)

const (
	latestFile     = "latest.json"
	acceptedFolder = "accepted/"
)

// runFiles are what a folder is known by as a run's.
func runFiles() []string {
	return []string{
		SummaryFile, SnapshotFile, KnownFindingsFile, FindingsFile, PackagesFile, WorkbookFile, PageFile, PlanFile, indexFile, mark,
	}
}

// Reserved reports whether a name has a meaning of its own under --out, in any
// case, because not every file system tells case apart.
func Reserved(name string) bool {
	name = strings.ToLower(name)
	return slices.Contains([]string{latestFile, "accepted", "journal", "lock", "stop"}, name) || strings.HasPrefix(name, "close-")
}

var (
	// ErrRunExists says that the folder of the run is taken.
	ErrRunExists = errors.New("a run of this name is there already")
	// ErrNoRun says that there is no concluded run of the name.
	ErrNoRun = errors.New("there is no such run")
	// ErrNewer says that a newer version of this program wrote it.
	ErrNewer = errors.New("a newer version of wixrecon wrote it: use that one, or another --out")
)

// An Archive is the place of --out.
type Archive struct {
	dir *storage.Dir
}

// Open opens the archive called out, which need not exist.
func Open(ctx context.Context, places *storage.Opener, out string) (*Archive, error) {
	dir, err := places.OpenDir(ctx, out)
	if err != nil {
		return nil, err
	}
	return &Archive{dir: dir}, nil
}

// Name gives the archive's place, fit to be shown.
func (a *Archive) Name() string { return a.dir.Name }

// ID gives where the archive is, whatever it was called. It holds no secret.
func (a *Archive) ID() string { return a.dir.ID() }

// Close ends the use of the archive.
func (a *Archive) Close() error { return a.dir.Close() }

const runIDTime = "20060102T150405Z"

// NewRunID makes the name of a run that starts at a time.
func NewRunID(started time.Time) string {
	var random [2]byte
	_, _ = rand.Read(random[:]) // never fails
	return started.UTC().Format(runIDTime) + "-" + hex.EncodeToString(random[:])
}

// runID is what may name a folder on every kind of storage.
var runID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// ValidRunID reports whether a run may be called so: 1 to 100 letters, digits,
// dots, dashes and underscores, a letter or digit first.
func ValidRunID(id string) bool { return runID.MatchString(id) }

// ReadSummary reads a summary back. Fields that it does not know are ignored.
func ReadSummary(in io.Reader) (*reconcile.Summary, error) {
	var s reconcile.Summary
	if err := json.NewDecoder(in).Decode(&s); err != nil {
		return nil, fmt.Errorf("not a summary of a run: %w", err)
	}
	return &s, checkSchema("summary", s.SchemaVersion)
}

// checkSchema refuses what this program can't read.
func checkSchema(what string, version int) error {
	switch {
	case version > reconcile.SchemaVersion:
		return fmt.Errorf("%s has schema version %d, this program reads up to %d: %w", what, version, reconcile.SchemaVersion, ErrNewer)
	case version < 1:
		return fmt.Errorf("%s has no schema version", what)
	}
	return nil
}
