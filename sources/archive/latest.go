package archive

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// latest.json names the last accepted run of each scope, for people and
// scripts: the program itself looks at the runs, so that a pointer which is
// lost, or late, costs nothing. It is the one object that is written over. Two
// runs of different scopes that end together would each write what the other
// does not know; so whoever wrote reads it again, and writes once more where
// its own entry is gone.

// A Pointer names the last accepted run of a scope.
type Pointer struct {
	RunID     string    `json:"run_id"`
	AsOf      time.Time `json:"as_of"`
	AccountID string    `json:"account_id"`
	Ledger    string    `json:"ledger"` // as typed, without secrets
}

type latestRuns struct {
	SchemaVersion int                `json:"schema_version"`
	Scopes        map[string]Pointer `json:"scopes"` // by scope id
}

// pointTries is how often the pointer is written until it stays.
const pointTries = 3

// Point makes the run the last accepted one of its scope, unless a newer one
// is. It gives what was wrong with the pointer that it replaced.
func (a *Archive) SetLatest(ctx context.Context, s *reconcile.Summary) (warning string, err error) {
	own := Pointer{RunID: s.RunID, AsOf: s.AsOf, AccountID: s.Scope.AccountID, Ledger: s.Scope.Ledger}
	for range pointTries {
		latest, err := a.latest(ctx)
		if damaged(err) && !storage.NotExist(err) {
			warning, err = fmt.Sprintf("%s is made anew: %v", latestFile, err), nil
		}
		if err != nil && !storage.NotExist(err) {
			return warning, err
		}
		if there, ok := latest.Scopes[s.Scope.ID]; ok && (there.RunID == own.RunID || there.AsOf.After(own.AsOf)) {
			return warning, nil
		}
		latest.Scopes[s.Scope.ID] = own
		if err := a.dir.Replace(ctx, latestFile, func(w io.Writer) error { return indented(w, latest) }); err != nil {
			return warning, err
		}
	}
	return latestFile + " is written by others at the same time: it may lack this run", nil
}

// latest reads the pointer; beside an error it gives an empty one.
func (a *Archive) latest(ctx context.Context) (*latestRuns, error) {
	empty := func() *latestRuns {
		return &latestRuns{SchemaVersion: reconcile.SchemaVersion, Scopes: make(map[string]Pointer)}
	}
	text, err := a.dir.Read(ctx, latestFile)
	if err != nil {
		return empty(), err
	}
	var l latestRuns
	if err = json.Unmarshal(text, &l); err == nil {
		err = checkSchema("it", l.SchemaVersion)
	}
	if err != nil {
		return empty(), damage{fmt.Errorf("read %s: %w", a.Folder(latestFile), err)}
	}
	if l.Scopes == nil {
		return empty(), nil
	}
	return &l, nil
}
