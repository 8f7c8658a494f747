package archive

import (
	"context"
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

// A run that a guard objected to is accepted by a person, with a reason. The
// record of it stands beside the runs and outlives them: a run's folder is never
// changed, and may be pruned. Its key is the run's name and it is created once,
// so that of two people who accept a run one is told that it is done.

// ErrNotAcceptable says that accepting the run would mean nothing.
var ErrNotAcceptable = errors.New("it can't be accepted")

// An acceptance as it is stored.
type acceptRecord struct {
	SchemaVersion int `json:"schema_version"`
	reconcile.Acceptance
	Objections []string `json:"objections"` // that were overruled
}

// Accept makes a complete run that a guard objected to the baseline of its
// scope, from the moment at on.
func (a *Archive) Accept(ctx context.Context, id, reason string, at time.Time) (*reconcile.Acceptance, error) {
	s, err := a.Summary(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := acceptable(s, reason); err != nil {
		return nil, fmt.Errorf("accept run %s: %w", id, err)
	}
	record := acceptRecord{reconcile.SchemaVersion, reconcile.Acceptance{
		RunID: id, ScopeID: s.Scope.ID, AsOf: s.AsOf, At: at.UTC(), Reason: strings.TrimSpace(reason),
	}, s.Objections}
	err = a.dir.Put(ctx, acceptedFolder+id+".json", func(w io.Writer) error { return indented(w, record) })
	if storage.Exist(err) {
		return nil, fmt.Errorf("accept run %s: %w: it was accepted already", id, ErrNotAcceptable)
	}
	return &record.Acceptance, err
}

func acceptable(s *reconcile.Summary, reason string) error {
	why := ""
	switch {
	case strings.TrimSpace(reason) == "":
		why = "a reason is wanted"
	case s.Acceptance != nil:
		why = "it was accepted already"
	case s.Replay:
		why = "it is a replay of a snapshot, and says nothing of Wix as it was"
	case !s.Live:
		why = "it was told its as-of, and says nothing of that moment"
	case !s.Complete:
		why = "it is incomplete: what it lacks would be taken for gone"
	case s.Accepted:
		why = "no guard objected to it, so it is accepted already"
	default:
		return nil
	}
	return fmt.Errorf("%w: %s", ErrNotAcceptable, why)
}

// Summary reads the summary of a concluded run, with its acceptance by hand.
func (a *Archive) Summary(ctx context.Context, id string) (*reconcile.Summary, error) {
	if !ValidRunID(id) || Reserved(id) {
		return nil, fmt.Errorf("run %q: %w", id, ErrNoRun)
	}
	s, err := a.summary(ctx, id, SummaryFile)
	if storage.NotExist(err) {
		return nil, a.absent(ctx, id)
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
	return accepted(s, []reconcile.Acceptance{*record}), nil
}

// absent says whether there is no run of the name, or one that died.
func (a *Archive) absent(ctx context.Context, id string) error {
	there, err := a.dir.List(ctx, id+"/", "")
	if err != nil {
		return err
	}
	if len(there) > 0 {
		return fmt.Errorf("run %s in %s has no %s: %w: it died, is still at work, or is being pruned", id, a.dir.Name, SummaryFile, ErrNoRun)
	}
	return fmt.Errorf("run %s in %s: %w", id, a.dir.Name, ErrNoRun)
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
		case damaged(err):
			warnings = append(warnings, fmt.Sprintf("that a run was accepted by hand is left out: %v", err))
		default:
			return nil, nil, err
		}
	}
	return all, warnings, nil
}

func (a *Archive) acceptance(ctx context.Context, key string) (*reconcile.Acceptance, error) {
	text, err := a.dir.Read(ctx, key)
	if err != nil {
		return nil, err
	}
	var record acceptRecord
	err = json.Unmarshal(text, &record)
	if err == nil {
		err = checkSchema("it", record.SchemaVersion)
	}
	if err == nil && key != acceptedFolder+record.RunID+".json" {
		err = fmt.Errorf("it is of run %q", record.RunID)
	}
	if err != nil {
		return nil, damage{fmt.Errorf("read %s: %w", a.Folder(key), err)}
	}
	return &record.Acceptance, nil
}

// accepted gives the run with its acceptance by hand, where there is one. The
// scope must be the run's own: another run may have got the name since.
func accepted(s *reconcile.Summary, accepts []reconcile.Acceptance) *reconcile.Summary {
	i := slices.IndexFunc(accepts, func(a reconcile.Acceptance) bool {
		return a.RunID == s.RunID && a.ScopeID == s.Scope.ID && a.AsOf.Equal(s.AsOf)
	})
	if i >= 0 {
		s.Accepted, s.Acceptance = true, &accepts[i]
	}
	return s
}

// latestOf gives the latest acceptance of the scope, or nil.
func latestOf(accepts []reconcile.Acceptance, scopeID string) *reconcile.Acceptance {
	var latest *reconcile.Acceptance
	for i := range accepts {
		if a := &accepts[i]; a.ScopeID == scopeID && (latest == nil || a.At.After(latest.At)) {
			latest = a
		}
	}
	return latest
}
