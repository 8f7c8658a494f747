package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// A run that a guard objected to is accepted by a person, with a reason. The
// record is stored outside the run's folder, which is never changed and may be
// pruned. Its key is the run's id and it is created once, so that the second of
// two people who accept a run gets an error.

// ErrNotAcceptable means that the run can't be accepted.
var ErrNotAcceptable = errors.New("it can't be accepted")

// An acceptRecord is a stored acceptance.
type acceptRecord struct {
	SchemaVersion int `json:"schema_version"`
	reconcile.Acceptance
	Objections []string `json:"objections"` // that were overruled
}

// Accept makes a complete run that a guard objected to the baseline of its
// scope, from the time at on. With the id of another scope, or its unique beginning,
// the run's scope continues that one: then the run need not be objected to.
func (a *Archive) Accept(ctx context.Context, id, reason, continues string, at time.Time) (*reconcile.Acceptance, error) {
	s, err := a.Summary(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := checkAcceptable(s, reason, continues != ""); err != nil {
		return nil, fmt.Errorf("accept run %s: %w", id, err)
	}
	if continues != "" {
		if continues, err = a.otherScope(ctx, s, continues); err != nil {
			return nil, fmt.Errorf("accept run %s: %w", id, err)
		}
	}
	record := acceptRecord{reconcile.SchemaVersion, reconcile.Acceptance{
		RunID: id, ScopeID: s.Scope.ID, AsOf: s.AsOf, At: at.UTC(), Reason: strings.TrimSpace(reason), Continues: continues,
	}, s.Objections}
	err = a.dir.Put(ctx, acceptedFolder+id+".json", func(w io.Writer) error { return indented(w, record) })
	if storage.Exist(err) {
		return nil, fmt.Errorf("accept run %s: %w: it was already accepted", id, ErrNotAcceptable)
	}
	return &record.Acceptance, err
}

// otherScope returns the id of the one other scope of the run's parent account whose
// id begins like this.
func (a *Archive) otherScope(ctx context.Context, s *reconcile.Summary, prefix string) (string, error) {
	listed, _, err := a.List(ctx, prefix)
	if err != nil {
		return "", err
	}
	found := make(map[string]bool)
	for _, l := range listed {
		if l.Summary != nil && l.Summary.Scope.AccountID == s.Scope.AccountID && l.Summary.Scope.ID != s.Scope.ID {
			found[l.Summary.Scope.ID] = true
		}
	}
	if len(found) != 1 {
		return "", fmt.Errorf("%w: %d other scopes of account %s have an id that begins with %q: wixrecon runs lists them",
			ErrNotAcceptable, len(found), s.Scope.AccountID, prefix)
	}
	for id := range found {
		prefix = id
	}
	return prefix, nil
}

func checkAcceptable(s *reconcile.Summary, reason string, continues bool) error {
	why := ""
	switch {
	case strings.TrimSpace(reason) == "":
		why = "a reason is required"
	case s.Acceptance != nil:
		why = "it was already accepted"
	case s.Replay:
		why = "it is a replay of a snapshot, so it did not read Wix"
	case !s.Live:
		why = "its as-of was set, so it does not show Wix at that time"
	case !s.Complete:
		why = "it is incomplete: what it did not read would look as if it were gone"
	case s.Accepted && !continues:
		why = "no guard objected to it, so it is already accepted"
	default:
		return nil
	}
	return fmt.Errorf("%w: %s", ErrNotAcceptable, why)
}

// acceptances reads all records of runs that were accepted by hand.
func (a *Archive) acceptances(ctx context.Context) (all []reconcile.Acceptance, warnings []string, err error) {
	entries, err := a.dir.List(ctx, acceptedFolder, "")
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		record, err := a.acceptance(ctx, e.Key)
		switch {
		case err == nil:
			all = append(all, *record)
		case missingOrCorrupt(err):
			warnings = append(warnings, fmt.Sprintf("an acceptance by hand is ignored: %v", err))
		default:
			return nil, nil, err
		}
	}
	return all, warnings, nil
}

func (a *Archive) acceptance(ctx context.Context, key string) (*reconcile.Acceptance, error) {
	var record acceptRecord
	err := a.readRecord(ctx, key, &record, func() error {
		err := checkSchema("it", record.SchemaVersion)
		if err == nil && key != acceptedFolder+record.RunID+".json" {
			err = fmt.Errorf("it belongs to run %q", record.RunID)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &record.Acceptance, nil
}

// withAcceptance adds the acceptance by hand to a run, if there is one. The scope
// must match too: another run may have got the id since.
func withAcceptance(s *reconcile.Summary, accepts []reconcile.Acceptance) *reconcile.Summary {
	i := slices.IndexFunc(accepts, func(a reconcile.Acceptance) bool {
		return a.RunID == s.RunID && a.ScopeID == s.Scope.ID && a.AsOf.Equal(s.AsOf)
	})
	if i >= 0 {
		s.Accepted, s.Acceptance = true, &accepts[i]
	}
	return s
}

// continuedScopes returns the scope with all that it continues.
func continuedScopes(accepts []reconcile.Acceptance, scopeID string) map[string]bool {
	scopes := map[string]bool{scopeID: true}
	for grown := true; grown; {
		grown = false
		for i := range accepts {
			if a := &accepts[i]; a.Continues != "" && scopes[a.ScopeID] && !scopes[a.Continues] {
				scopes[a.Continues], grown = true, true
			}
		}
	}
	return scopes
}

// latestAcceptance returns the latest acceptance of one of the scopes, or nil: one
// with which it continues another scope, or one that starts again.
func latestAcceptance(accepts []reconcile.Acceptance, scopes map[string]bool, continues bool) *reconcile.Acceptance {
	var latest *reconcile.Acceptance
	for i := range accepts {
		if a := &accepts[i]; scopes[a.ScopeID] && (a.Continues != "") == continues && (latest == nil || a.At.After(latest.At)) {
			latest = a
		}
	}
	return latest
}
