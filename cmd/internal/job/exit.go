package job

import (
	"errors"
	"fmt"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// The exit codes, by meaning. Where several hold: 1, 2, 7, 6, 4, 5, 8, 3.
const (
	ExitOK         = 0 // the run is complete
	ExitFailed     = 1 // nothing could be reported
	ExitUsage      = 2 // wrong usage or configuration, or a named file that does not exist
	ExitDrift      = 3 // complete, and drift remains (with --detailed-exitcode)
	ExitIncomplete = 4 // something in scope could not be read
	ExitRefused    = 5 // a guard or limit refused the fixes, nothing was changed
	ExitUnfixed    = 6 // some fixes failed, were not started, or their outcome is unsettled
	ExitHeld       = 7 // another run holds the lease
	ExitSuspect    = 8 // complete, but a guard objects to the inputs (with --detailed-exitcode)
)

// A UsageError is a fault of the command line or the configuration.
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }
func (e *UsageError) Unwrap() error { return e.Err }

// An InterruptedError means that a run changed something, and could not report
// all of it.
type InterruptedError struct{ Err error }

func (e *InterruptedError) Error() string { return e.Err.Error() }
func (e *InterruptedError) Unwrap() error { return e.Err }

// Usagef returns a UsageError.
func Usagef(format string, args ...any) error { return &UsageError{fmt.Errorf(format, args...)} }

// missingIsUsage makes an error wrong usage, where it means that something that a
// setting names does not exist.
func missingIsUsage(err error) error {
	if storage.NotExist(err) {
		return &UsageError{err}
	}
	return err
}

// ExitCode returns the exit code for an error that ended the program.
func ExitCode(err error) int {
	var usage *UsageError
	var refused *RefusedError
	var interrupted *InterruptedError
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &usage), errors.Is(err, archive.ErrNotExclusive):
		return ExitUsage
	case errors.As(err, &interrupted):
		return ExitUnfixed
	case errors.As(err, &refused):
		return ExitRefused
	case errors.Is(err, archive.ErrHeld), errors.Is(err, archive.ErrLost):
		return ExitHeld
	}
	for _, kind := range []error{storage.ErrName, archive.ErrRunExists, archive.ErrNoRun, archive.ErrNotAcceptable, archive.ErrNotResolvable} {
		if errors.Is(err, kind) {
			return ExitUsage
		}
	}
	return ExitFailed
}

// exitCode returns the exit code of a run that could report something; so many
// open findings remain.
func exitCode(s *reconcile.Summary, remaining int, detailed bool) int {
	switch {
	case s.Fixes != nil && s.Fixes.LeaseLost:
		return ExitHeld
	case s.Command != reconcile.CommandPlan && unfixed(s.Fixes):
		return ExitUnfixed
	case !s.Complete:
		return ExitIncomplete
	case s.Fixes != nil && len(s.Fixes.Refusals) > 0:
		return ExitRefused
	case detailed && len(s.Objections) > 0:
		return ExitSuspect
	case detailed && remaining > 0:
		return ExitDrift
	}
	return ExitOK
}

// applyExitCode returns the exit code of apply.
func applyExitCode(s *reconcile.FixSummary) int {
	switch {
	case s.LeaseLost:
		return ExitHeld
	case unfixed(s):
		return ExitUnfixed
	case len(s.Refusals) > 0:
		return ExitRefused
	}
	return ExitOK
}

// unfixed reports whether something that was due was not fixed – an action, or a
// finding that could not become one –, whether all that was due is stale, or
// whether an earlier run's change had an unexpected effect or is still unsettled.
func unfixed(s *reconcile.FixSummary) bool {
	if s == nil {
		return false
	}
	if s.Earlier[fix.FailureUnexpected]+s.Earlier[fix.OutcomeUnsettled] > 0 {
		return true
	}
	if len(s.Refusals) > 0 {
		return false
	}
	failed := 0
	for _, counts := range []map[string]int{s.Actions, s.Outcomes} {
		failed += counts[fix.OutcomeFailed] + counts[fix.OutcomeUnsettled] + counts[fix.OutcomeNotStarted]
	}
	return failed > 0 || s.Actions[fix.OutcomeStale] > 0 && s.Actions[fix.OutcomeApplied] == 0
}
