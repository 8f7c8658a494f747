package job

import (
	"context"
	"fmt"
	"slices"
	"strings"

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

// otherScopes explains how other scopes of the parent account differ from a run's, and
// how to continue them; empty where there are none. Only their newest accepted runs
// count.
func (s *session) otherScopes(ctx context.Context, sum *reconcile.Summary) (string, error) {
	listed, _, err := s.archive.List(ctx, "")
	if err != nil {
		return "", err
	}
	var texts []string
	seen := map[string]bool{sum.Scope.ID: true}
	for _, l := range listed { // newest first
		other := l.Summary
		if other == nil || !other.Accepted || other.Scope.AccountID != sum.Scope.AccountID || seen[other.Scope.ID] {
			continue
		}
		seen[other.Scope.ID] = true
		if other, err = s.archive.Summary(ctx, other.RunID); err != nil { // the list has no sub-accounts
			return "", err
		}
		texts = append(texts, fmt.Sprintf("run %s of scope %s compared %s; to continue it: wixrecon runs accept %s --continues %s --reason TEXT",
			other.RunID, other.Scope.ID, scopeDifference(&other.Scope, &sum.Scope), sum.RunID, other.Scope.ID))
	}
	return strings.Join(texts, "; "), nil
}

// scopeDifference describes another scope by what differs.
func scopeDifference(other, own *reconcile.Scope) string {
	switch {
	case other.Ledger != own.Ledger:
		return fmt.Sprintf("the ledger %s, and this run %s", other.Ledger, own.Ledger)
	case !slices.Equal(other.Accounts, own.Accounts):
		return fmt.Sprintf("%s, and this run %s", accountsText(other), accountsText(own))
	}
	return "the same ledger with another column or status map"
}

func accountsText(s *reconcile.Scope) string {
	if len(s.Accounts) == 0 {
		return "all sub-accounts"
	}
	return fmt.Sprintf("%d selected sub-accounts", len(s.Accounts))
}
