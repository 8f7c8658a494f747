// Package archive stores what a run keeps for later runs, and reads it back: the
// folder of each run under --out, the known findings, the acceptances, the
// journal of sent changes and the lease of the one run that may send them.
package archive

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/sources/storage"
)

// Below --out every run has a folder, and beside them are
//
//	latest.json          the last accepted run of each scope, for people and scripts
//	accepted/<run>.json  the record that a run was accepted by hand
//	failures/<run>.json  the trace of a command that failed
//	STOP                 created by a person, stops everything that is being sent
//
// with journal/ and lock/, described in journal.go and lease_acquire.go. Names
// close-… are reserved for closed months. What a run wrote is never changed, and
// what is read back has a schema version. A file of a newer version is an
// error, because a part of its meaning would be lost. Any other report that can't
// be read is ignored with a warning: one damaged run must not stop all later ones.

// The files of a run.
const (
	SummaryFile       = "summary.json"
	SnapshotFile      = "packages.jsonl.zst"
	KnownFindingsFile = "memory.jsonl.zst"
	ReadingFile       = "reading.json"
	FindingsFile      = "findings.csv"
	PackagesFile      = "packages.csv"
	WorkbookFile      = "report.xlsx"
	PageFile          = "report.html"
	PlanFile          = "plan.json"
	CoverageFile      = "coverage.json" // of a run that plans

	indexFile   = "index.json"   // the digest of the summary
	startedFile = "started.json" // exists while the run is being made
	pruneMark   = "pruned"       // exists while the folder is being removed
)

const (
	latestFile     = "latest.json"
	acceptedFolder = "accepted/"
	stopFile       = "STOP"
)

// runFiles are the files that identify a folder as a run's.
func runFiles() []string {
	return []string{
		SummaryFile, SnapshotFile, KnownFindingsFile, ReadingFile, FindingsFile, PackagesFile, WorkbookFile, PageFile, PlanFile, CoverageFile, indexFile,
		startedFile, pruneMark,
	}
}

// Reserved reports whether a name has a meaning of its own under --out. It
// ignores case, because some file systems do.
func Reserved(name string) bool {
	name = strings.ToLower(name)
	return slices.Contains([]string{latestFile, "accepted", "failures", "journal", "lock", "stop"}, name) || strings.HasPrefix(name, "close-")
}

var (
	// ErrRunExists means that the folder of the run exists.
	ErrRunExists = errors.New("a run with this id already exists")
	// ErrNoRun means that there is no finished run with the id.
	ErrNoRun = errors.New("there is no such run")
	// ErrNewer means that a newer version of this program wrote the file.
	ErrNewer = errors.New("it was written by a newer version of wixrecon: use that version, or another --out")
)

// An Archive is the folder or bucket of --out.
type Archive struct {
	dir *storage.Dir
}

// Open opens the archive called out, which need not exist.
func Open(ctx context.Context, opener *storage.Opener, out string) (*Archive, error) {
	dir, err := opener.OpenDir(ctx, out)
	if err != nil {
		return nil, err
	}
	return &Archive{dir: dir}, nil
}

// Name returns the redacted name of the archive.
func (a *Archive) Name() string { return a.dir.Name }

// ID identifies the archive, however its name was written. It contains no secret.
func (a *Archive) ID() string { return a.dir.ID() }

// Close closes the archive.
func (a *Archive) Close() error { return a.dir.Close() }

// StopRequested reports whether the object STOP exists. Its content does not
// matter, so that anybody can create it by any means, and the program never
// removes it. After an error the answer is unknown, and nothing may be sent.
func (a *Archive) StopRequested(ctx context.Context) (bool, error) {
	return a.dir.Exists(ctx, stopFile)
}

const runIDTime = "20060102T150405Z"

// NewRunID returns the id of a run that starts at a time.
func NewRunID(started time.Time) string {
	var random [2]byte
	_, _ = rand.Read(random[:]) // never fails
	return started.UTC().Format(runIDTime) + "-" + hex.EncodeToString(random[:])
}

// runID matches what can name a folder in every kind of store.
var runID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// ValidRunID reports whether a run can have the id: 1 to 100 letters, digits,
// dots, dashes and underscores, starting with a letter or digit.
func ValidRunID(id string) bool { return runID.MatchString(id) }

// writeJSON returns a write function for a value, as JSON for people.
func writeJSON(content any) func(io.Writer) error {
	return func(w io.Writer) error { return indented(w, content) }
}

// writeString returns a write function for a text.
func writeString(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}
