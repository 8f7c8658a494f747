package archive

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// latest.json names the last accepted run of each scope, for people and scripts.
// The program itself reads the runs, so nothing depends on it. It is the one
// object that is overwritten. Of two runs of different scopes that end together,
// one may overwrite the entry of the other, so a writer reads the file again and
// repeats the write if its own entry is gone.

// A LatestRun is the last accepted run of a scope.
type LatestRun struct {
	RunID     string    `json:"run_id"`
	AsOf      time.Time `json:"as_of"`
	AccountID string    `json:"account_id"`
	Ledger    string    `json:"ledger"` // as typed, without secrets
}

type latestRuns struct {
	SchemaVersion int                  `json:"schema_version"`
	Scopes        map[string]LatestRun `json:"scopes"` // by scope id
}

// latestTries is how often latest.json is written until the entry stays.
const latestTries = 3

// SetLatest makes the run the last accepted one of its scope, unless there is a
// newer one. It returns a warning if the existing file was damaged.
func (a *Archive) SetLatest(ctx context.Context, s *reconcile.Summary) (warning string, err error) {
	own := LatestRun{RunID: s.RunID, AsOf: s.AsOf, AccountID: s.Scope.AccountID, Ledger: s.Scope.Ledger}
	for range latestTries {
		latest, err := a.latest(ctx)
		if missingOrCorrupt(err) && !storage.NotExist(err) {
			warning, err = fmt.Sprintf("%s is created again: %v", latestFile, err), nil
		}
		if err != nil && !storage.NotExist(err) {
			return warning, err
		}
		if current, ok := latest.Scopes[s.Scope.ID]; ok && (current.RunID == own.RunID || current.AsOf.After(own.AsOf) && !inFuture(current.AsOf, s)) {
			return warning, nil
		}
		latest.Scopes[s.Scope.ID] = own
		if err := a.dir.Replace(ctx, latestFile, func(w io.Writer) error { return indented(w, latest) }); err != nil {
			return warning, err
		}
	}
	return latestFile + " is being written by other runs: this run may be missing from it", nil
}

// latest reads latest.json; with an error it returns an empty one.
func (a *Archive) latest(ctx context.Context) (*latestRuns, error) {
	var l latestRuns
	err := a.readRecord(ctx, latestFile, &l, func() error { return checkSchema("it", l.SchemaVersion) })
	if err != nil || l.Scopes == nil {
		l = latestRuns{SchemaVersion: reconcile.SchemaVersion, Scopes: make(map[string]LatestRun)}
	}
	return &l, err
}

// inFuture reports whether an as-of is later than the present, and than the end of
// a run: a clock was ahead.
func inFuture(asOf time.Time, s *reconcile.Summary) bool {
	return asOf.After(s.Finished) && asOf.After(time.Now())
}
