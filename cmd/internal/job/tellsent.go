package job

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// What was sent is told whatever comes then. A run that is told to stop still
// has some seconds for its reports; one that can't write them says in its summary
// what became of the fixes, so that it is no run that died, and ends with the
// code of fixes that somebody must look at. The journal has all of it in any
// case.

// lastWords is for how long a run that was told to stop still writes reports,
// and briefTime for how long the summary that is written where they fail.
const (
	lastWords = 3 * time.Second
	briefTime = 2 * time.Second
)

// tellSent takes the steps of telling.
func (w *audit) tellSent(ctx context.Context, telling []step) error {
	long, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(lastWords, cancel) })()
	err := inTurn(long, telling)
	if err == nil {
		return nil
	}
	return &InterruptedError{errors.Join(
		fmt.Errorf("plan %s was carried out, %s; not all reports are written, and the journal has what was sent: %w", w.plan.ID, w.counted(), err),
		w.conclude(context.WithoutCancel(ctx)),
	)}
}

// conclude writes a summary without the reports that failed. It is no measure
// for later runs.
func (w *audit) conclude(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, briefTime)
	defer cancel()
	s := &w.summary
	if s.Fixes == nil {
		s.Fixes = w.fixSummary()
	}
	s.Warnings = append(s.Warnings, "not all reports are written")
	s.Accepted, s.ExitCode, s.Finished, s.Reports = false, ExitUnfixed, time.Now().UTC(), w.run.Files()
	if err := w.run.Finish(ctx, s); err != nil {
		return fmt.Errorf("write the summary: %w", err)
	}
	return nil
}

// counted tells the outcomes in a few words.
func (w *audit) counted() string {
	counts, text := make(map[string]int), ""
	for _, r := range w.results {
		counts[r.Outcome]++
	}
	for _, outcome := range []string{fix.OutcomeApplied, fix.OutcomeStale, fix.OutcomeFailed, fix.OutcomeUnsettled, fix.OutcomeNotStarted} {
		if n := counts[outcome]; n > 0 {
			text += fmt.Sprintf(", %d %s", n, outcome)
		}
	}
	if text == "" {
		return "nothing was sent"
	}
	return text[2:]
}
