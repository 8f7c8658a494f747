package job

import (
	"context"
	"fmt"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/wix"
)

// A live run builds on earlier runs of the same scope in --out. A replay or a run
// with --as-of speaks for another moment: it neither reads what earlier runs know
// nor adds to it, so that equal inputs give equal reports, whatever is in --out.

// history is what earlier runs of the scope left.
type history struct {
	runs  *reconcile.History      // nil in a run that is not live
	known reconcile.KnownFindings // nil where there is nothing

	learned wix.Learned // about the API
}

// readHistory reads what earlier runs left, and warns of crashed ones.
func (s *session) readHistory(ctx context.Context, sub *subject) (*history, error) {
	h, crashed, warnings, err := s.earlierRuns(ctx, sub)
	if err != nil {
		return nil, fmt.Errorf("read earlier runs: %w", err)
	}
	for _, id := range crashed {
		if id == sub.runID { // this one
			continue
		}
		s.warn("run %s has no %s: it crashed, or is still running", id, archive.SummaryFile)
	}
	for _, text := range warnings {
		s.warn("%s", text)
	}
	return h, nil
}

func (s *session) earlierRuns(ctx context.Context, sub *subject) (h *history, crashed, warnings []string, err error) {
	if !sub.live {
		crashed, err = s.archive.Unfinished(ctx, sub.runID)
		return &history{}, crashed, nil, err
	}
	runs, err := s.archive.History(ctx, sub.scope.ID, s.started)
	if err != nil {
		return nil, nil, nil, err
	}
	h = &history{runs: runs}
	if h.known, err = s.archive.KnownFindings(ctx, runs, sub.scope.ID); err != nil {
		return nil, nil, nil, err
	}
	err = s.archive.Reading(ctx, runs, sub.scope.ID, &h.learned)
	return h, runs.Crashed, runs.Warnings, err
}
