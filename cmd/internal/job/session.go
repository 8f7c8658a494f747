package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/wix"
)

// A session is one execution of run, plan or apply. It is the part of a command
// that all its stages share: the job, the archive, and the log of warnings.
// Everything else a stage needs is a parameter, and what it finds out is its
// result:
//
//	begin                                                → beginning (folder, subject, history, lists)
//	readInputs   beginning                               → inputs (ledger, inventory)
//	reconcile    inputs, known findings                  → reconciliation
//	assess       reconciliation, history                 → assessment
//	planFixes    reconciliation, assessment, history     → fixPlan
//	execute      lease, client, fixPlan                  → execution
//	reportRun    all of these                            → the run's folder, standard output
type session struct {
	*Job
	command  string // reconcile.Command…
	runID    string
	started  time.Time
	until    time.Time // when reading ends; zero means never
	archive  *archive.Archive
	warnings *[]string // for the summary
	phases   *phases   // for the summary

	unprinted error // why a plan could not be printed before it was executed
}

// withArchive opens the archive for a function.
func (j *Job) withArchive(ctx context.Context, do func(*archive.Archive) error) error {
	a, err := archive.Open(ctx, j.Opener, j.Config.Out)
	if err != nil {
		return missingIsUsage(fmt.Errorf("out: %w", err))
	}
	return errors.Join(do(a), a.Close())
}

// inSession opens the archive for a command. A command that ends with an error
// leaves a trace.
func (j *Job) inSession(ctx context.Context, command string, do func(*session) (code int, err error)) (code int, err error) {
	s := &session{Job: j, command: command, started: j.startTime(), warnings: &[]string{}, phases: new(phases)}
	s.runID = cmp.Or(j.Config.RunID, archive.NewRunID(s.started))
	if j.Config.MaxDuration > 0 {
		s.until = time.Now().Add(j.Config.MaxDuration)
	}
	err = j.withArchive(ctx, func(a *archive.Archive) (err error) {
		s.archive = a
		code, err = do(s)
		if err != nil {
			s.recordFailure(ctx, err)
		}
		return err
	})
	return code, err
}

// readContext returns a context for reading, which ends with the time for it.
func (s *session) readContext(ctx context.Context) (context.Context, context.CancelFunc) {
	if s.until.IsZero() {
		return context.WithCancel(ctx)
	}
	return context.WithDeadlineCause(ctx, s.until, wix.ErrOutOfTime)
}

// warn adds a warning to the log and the summary.
func (s *session) warn(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	*s.warnings = append(*s.warnings, text)
	s.Log.Warn(text)
}
