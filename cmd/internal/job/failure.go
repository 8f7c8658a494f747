package job

import (
	"context"
	"errors"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/archive"
)

// A command that ends with an error leaves a trace in --out, where that can be
// written: the list of runs shows why there is no run of that night. A run that
// left a summary needs none.

// failureTime bounds the writing of a trace after a run was asked to stop.
const failureTime = 3 * time.Second

// recordFailure leaves the trace of a session that ended with an error.
func (s *session) recordFailure(ctx context.Context, failure error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), failureTime)
	defer cancel()
	id := s.runID
	if errors.Is(failure, archive.ErrRunExists) { // the id is another run's
		id = archive.NewRunID(s.started)
	} else if _, err := s.archive.Summary(ctx, id); err == nil {
		return
	}
	s.record(ctx, s.archive, id, s.command, failure)
}

func (j *Job) record(ctx context.Context, a *archive.Archive, id, command string, failure error) {
	scope := reconcile.Scope{}
	if j.Config.Ledger != "" {
		scope = j.scope(j.Config.AccountID)
	}
	err := a.RecordFailure(ctx, reconcile.Failure{
		RunID: id, Command: command, Version: j.Version, Time: j.startTime(), Scope: scope,
		ExitCode: ExitCode(failure), Error: j.Config.APIKey.Redact(failure.Error()),
	})
	if err != nil {
		j.Log.Info("the failure was not recorded in --out", "cause", err)
	}
}

// RecordUsage leaves the trace of a command whose settings are wrong, where --out
// has runs already: a typing error must not create it.
func (j *Job) RecordUsage(ctx context.Context, command string, failure error) {
	_ = j.withArchive(ctx, func(a *archive.Archive) error { // the settings are reported, whatever happens here
		if empty, err := a.IsEmpty(ctx); err != nil || empty {
			return err
		}
		j.record(ctx, a, archive.NewRunID(j.startTime()), command, failure)
		return nil
	})
}
