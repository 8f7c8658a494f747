package job

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/reconcile/fix/execute"
	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/wix"
)

// A plan is executed only under the lease of --out. First, open attempts of
// earlier runs in the journal are settled. Then, unless it is refused, the plan is
// recorded as begun and executed. It is in --out before its first request, so
// that apply can continue it after a crash.

const (
	// leaseMargin must be left of the lease beyond the time of a request.
	leaseMargin = time.Second
	// releaseTime and planEndTime bound what is still written after a run was
	// asked to stop.
	releaseTime = 2 * time.Second
	planEndTime = 2 * time.Second
)

var errStopObject = errors.New("there is an object STOP in --out")

// lease is the lease of a session; nil where nothing is to be sent.
type lease struct {
	*archive.Lease
	session *session
	holder  string // id of the run
}

// acquireLease acquires the lease, if the session may send something.
func (s *session) acquireLease(ctx context.Context, runID string, sends bool) (*lease, error) {
	if !sends {
		return nil, nil
	}
	l, err := s.archive.Lease(ctx, archive.LeaseOptions{Holder: runID, Command: s.command, TTL: s.LeaseTTL})
	if err != nil {
		return nil, fmt.Errorf("acquire the lease of %s: %w", s.archive.Name(), err)
	}
	return &lease{l, s, runID}, nil
}

// release releases the lease, also after the run was asked to stop.
func (l *lease) release(ctx context.Context) {
	if l == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
	defer cancel()
	if err := l.Release(ctx); err != nil {
		l.session.Log.Warn("the lease was not released: it will expire", "cause", err)
	}
}

// mayRequest reports why no request may be sent now. The lease is checked last,
// because a slow store uses it up.
func (l *lease) mayRequest(ctx context.Context) error {
	stop, err := l.session.archive.StopRequested(ctx)
	if err == nil && stop {
		err = errStopObject
	}
	if err != nil {
		return err
	}
	return l.Check(execute.RequestTime + leaseMargin)
}

// execution is what was sent to Wix and what came of it.
type execution struct {
	begun     bool                  // the plan was begun
	results   map[string]fix.Result // by action key
	settled   []fix.Result          // of open attempts of earlier runs
	leaseLost bool                  // while the plan was executed
}

// execute settles open attempts of earlier runs and executes the plan, unless it
// is refused. Without a lease it does nothing. Beside an error nothing of the plan
// was sent.
func (s *session) execute(ctx context.Context, l *lease, client *wix.Client, p *fixPlan) (*execution, error) {
	e := &execution{}
	if l == nil {
		return e, nil
	}
	journal := s.archive.Journal()
	executor := &execute.Executor{
		Wix: wix.ActionClient{Client: client}, Journal: journal, PreSendCheck: l.mayRequest, Log: s.Log,
		Concurrency: s.Config.Concurrency, SettleAfter: s.Config.Settle, SendWindow: l.TTL(),
		RunID: l.holder, Fence: l.Fence(),
	}
	open, err := journal.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	settled, unsettled := s.settleEarlier(ctx, executor, p, open)
	e.settled = settled
	if len(p.refusals) > 0 || !p.anyDue() {
		return e, nil
	}
	start := archive.PlanStart{PlanID: p.plan.ID, RunID: l.holder, Fence: l.Fence(), At: time.Now().UTC()}
	state, err := journal.BeginPlan(ctx, start)
	if err != nil {
		return nil, fmt.Errorf("record the plan as begun: %w", err)
	}
	if state == archive.PlanUsed {
		return nil, &RefusedError{fmt.Errorf("use plan %s: it has been executed already", p.plan.ID)}
	}
	s.send(ctx, executor, p.plan, execute.Conditions{Reviewed: p.reviewed, Stale: p.stale, Unsettled: unsettled}, e)
	s.endPlan(ctx, journal, start, e)
	e.leaseLost = l.Remaining() == 0
	return e, nil
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
			s.warn("the change that run %s began (%s, package %s, account %s) is %s: %s",
				earlier[i].RunID, a.Fix, a.PackageID, a.AccountID, r.Outcome, r.Reason)
		}
	}
	return results, fix.UnsettledOf(unsettled)
}

// send executes the plan.
func (s *session) send(ctx context.Context, executor *execute.Executor, plan *fix.Plan, conditions execute.Conditions, e *execution) {
	s.Log.Info("executing the plan", "plan", plan.ID)
	e.begun = true
	if s.Sending != nil {
		s.Sending.Store(true)
	}
	results, err := executor.Execute(ctx, plan, conditions)
	e.results = make(map[string]fix.Result, len(results))
	for _, r := range results {
		e.results[r.Key] = r
	}
	if err != nil {
		s.warn("the plan was stopped: %v", err)
	}
}

// endPlan records that the plan has ended, where nothing of it is left to do.
// After a change with an unexpected effect, this plan never starts the rest.
func (s *session) endPlan(ctx context.Context, journal *archive.Journal, start archive.PlanStart, e *execution) {
	counts, unexpected := e.counts(), false
	for _, r := range e.results {
		unexpected = unexpected || r.Failure == fix.FailureUnexpected
	}
	if counts[fix.OutcomeUnsettled] > 0 || counts[fix.OutcomeNotStarted] > 0 && !unexpected {
		s.Log.Warn("the plan has not ended: wixrecon apply continues it", "plan", start.PlanID)
		return
	}
	start.At = time.Now().UTC()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), planEndTime)
	defer cancel()
	if err := journal.EndPlan(ctx, archive.PlanEnd{PlanStart: start, Outcomes: counts}); err != nil {
		s.warn("could not record the end of the plan: %v", err)
	}
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
