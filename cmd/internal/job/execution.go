package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/reconcile/fix/execute"
	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/wix"
)

// A plan is executed only under the lease of --out. First, open attempts of
// earlier runs in the journal are settled. Then, unless it is refused, the plan is
// recorded as begun and executed. It is in --out before its first request, so
// that apply can continue it after a crash.

// planEndTime bounds recording the end of a plan after a run was asked to stop.
const planEndTime = 2 * time.Second

// execution is what was sent to Wix and what came of it.
type execution struct {
	begun     bool                  // the plan was begun
	results   map[string]fix.Result // by action key
	settled   []fix.Result          // of open attempts of earlier runs
	leaseLost bool                  // before the plan was executed to its end
}

// execute settles open attempts of earlier runs and executes the plan, unless it
// is refused. Without a lease it does nothing. Beside an error nothing of the plan
// was sent.
func (s *session) execute(ctx context.Context, l *lease, client *wix.Client, p *fixPlan) (*execution, error) {
	defer s.phases.measure(reconcile.RunPhaseFix)()
	if l == nil {
		return &execution{}, nil
	}
	journal := s.archive.Journal()
	executor := &execute.Executor{
		Wix: wix.ActionClient{Client: client}, Journal: journal, PreSendCheck: l.mayRequest, Log: s.Log,
		Concurrency: min(s.Config.Concurrency, s.sendersAllowed()), SettleAfter: s.Config.Settle, SendWindow: l.TTL(),
		RunID: l.holder, Fence: l.Fence(),
	}
	open, err := journal.Open(ctx)
	if archive.Unreadable(err) && len(p.refusals) > 0 { // it is one of them
		return &execution{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	settled, unsettled := s.settleEarlier(ctx, executor, p, open)
	if len(p.refusals) > 0 || !p.anyDue() {
		return &execution{settled: settled}, nil
	}
	start := archive.PlanStart{PlanID: p.plan.ID, RunID: l.holder, Fence: l.Fence(), At: time.Now().UTC()}
	state, err := journal.BeginPlan(ctx, start)
	if err != nil {
		return nil, fmt.Errorf("record the plan as begun: %w", err)
	}
	if state == archive.PlanUsed {
		return nil, &RefusedError{fmt.Errorf("use plan %s: it has been executed already", p.plan.ID)}
	}
	s.Log.Info("executing the plan", "plan", p.plan.ID)
	if s.Sending != nil {
		s.Sending.Store(true)
	}
	results, err := executor.Execute(ctx, p.plan, execute.Conditions{Reviewed: p.reviewed, Held: p.held, Stale: p.stale, Unsettled: unsettled})
	if err != nil {
		s.warn("the plan was stopped: %v", err)
	}
	another := s.endPlan(ctx, journal, start, results)
	lost := l.Remaining() == 0 && (another || anyNotStarted(results))
	return &execution{begun: true, results: byKey(results), settled: settled, leaseLost: lost}, nil
}

// anyNotStarted reports whether something is left to do. A lease that is lost
// after the last request cost nothing, unless another run ended the plan.
func anyNotStarted(results []fix.Result) bool {
	return slices.ContainsFunc(results, func(r fix.Result) bool { return r.Outcome == fix.OutcomeNotStarted })
}

func byKey(results []fix.Result) map[string]fix.Result {
	byKey := make(map[string]fix.Result, len(results))
	for _, r := range results {
		byKey[r.Key] = r
	}
	return byKey
}

// settleEarlier settles open attempts, and returns the packages whose attempts
// stay unsettled. Those of this plan are settled when it is continued; where it
// is refused, here too.
func (s *session) settleEarlier(ctx context.Context, executor *execute.Executor, p *fixPlan, open []fix.Entry) ([]fix.Result, map[string]bool) {
	earlier := slices.DeleteFunc(open, func(e fix.Entry) bool { return e.PlanID == p.plan.ID && len(p.refusals) == 0 })
	results := executor.Settle(ctx, earlier)
	var unsettled []fix.Entry
	for i, r := range results {
		if r.Outcome == fix.OutcomeUnsettled {
			unsettled = append(unsettled, earlier[i])
		}
		if r.Outcome != fix.OutcomeApplied {
			a := &earlier[i].Action
			s.warn("outcome of the change that run %s began (%s, package %s, account %s): %s: %s",
				earlier[i].RunID, a.Fix, cmp.Or(a.PackageID, a.ExternalID), a.AccountID, r.Outcome, r.Reason)
		}
	}
	return results, fix.UnsettledOf(unsettled)
}

// endPlan records that the plan has ended, where nothing of it is left to do.
// After a change with an unexpected effect, this plan never starts the rest. It
// reports whether another run has ended the plan.
func (s *session) endPlan(ctx context.Context, journal *archive.Journal, start archive.PlanStart, results []fix.Result) (another bool) {
	counts, unexpected := make(map[string]int), false
	for _, r := range results {
		counts[r.Outcome]++
		unexpected = unexpected || r.Failure == fix.FailureUnexpected
	}
	if counts[fix.OutcomeUnsettled] > 0 || counts[fix.OutcomeNotStarted] > 0 && !unexpected {
		s.Log.Warn("the plan has not ended: wixrecon apply continues it", "plan", start.PlanID)
		return false
	}
	start.At = time.Now().UTC()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), planEndTime)
	defer cancel()
	err := journal.EndPlan(ctx, archive.PlanEnd{PlanStart: start, Outcomes: counts})
	if err != nil {
		s.warn("could not record the end of the plan: %v", err)
	}
	return errors.Is(err, fix.ErrClaimed)
}

// counts counts the results by outcome.
func (e *execution) counts() map[string]int {
	counts := make(map[string]int)
	for _, r := range e.results {
		counts[r.Outcome]++
	}
	return counts
}

// inOrder returns the results in the order of the plan.
func (e *execution) inOrder(plan *fix.Plan) []fix.Result {
	var results []fix.Result
	for i := range plan.Actions {
		if r, ok := e.results[plan.Actions[i].Key]; ok {
			results = append(results, r)
		}
	}
	return results
}
