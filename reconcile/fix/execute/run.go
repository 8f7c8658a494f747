package execute

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// A run is one plan that is being executed.
//
// An action that failed leaves its package as it was expected, and the next one
// of the package continues from there. After one that is unsettled nothing more
// is done to the package.
type run struct {
	*Executor
	Conditions
	plan    *fix.Plan
	tasks   []*task
	moves   moveDependencies
	breaker *breaker
}

// Execute executes what is due of a verified plan and returns what became of it,
// in the plan's order. It fails where the journal can't be read or written, or
// where the executor lacks something, and still returns what is known by then.
//
// When the context ends nothing new is started. What is in progress then is
// finished and recorded within 17 s.
func (ex *Executor) Execute(ctx context.Context, p *fix.Plan, c Conditions) ([]fix.Result, error) {
	if err := ex.validate(); err != nil {
		return nil, fmt.Errorf("apply plan %s: %w", p.ID, err)
	}
	tasks := newTasks(p, &c)
	r := &run{Executor: ex, Conditions: c, plan: p, tasks: tasks, moves: newMoveDependencies(tasks), breaker: newBreaker(ex.PreSendCheck)}
	r.prepare(ctx)
	for _, phase := range r.phases() {
		r.executePhase(ctx, phase)
	}
	results := make([]fix.Result, len(tasks))
	for i, t := range tasks {
		results[i] = t.result
	}
	if len(r.breaker.faults) > 0 {
		return results, fmt.Errorf("apply plan %s: %w", p.ID, errors.Join(r.breaker.faults...))
	}
	return results, nil
}

// prepare reads the journal for all tasks, settles what is open of them, and
// resumes what the plan itself did before it was interrupted.
func (r *run) prepare(ctx context.Context) {
	var g errgroup.Group
	g.SetLimit(r.workers())
	outcomes := make([]outcome, len(r.tasks))
	for i, t := range r.tasks {
		g.Go(func() error { outcomes[i] = r.resume(ctx, t); return nil })
	}
	_ = g.Wait() // faults are in the outcomes
	for i, t := range r.tasks {
		r.add(t, outcomes[i])
	}
}

// add records the outcome of a task for the task, its package and the plan.
func (r *run) add(t *task, o outcome) {
	t.result = o.result
	t.progress.add(t.action, o)
	if o.result.Failure == fix.FailureUnexpected {
		r.breaker.stopUnexpected(object(t.action), o.result.Reason)
	}
	if o.fault != nil {
		r.breaker.fail(o.fault)
	}
}

// phases returns the tasks by fix, in the order of fixes; each by package, in the
// plan's order. What Wix refused before goes last in its phase, so that nothing waits
// behind it.
func (r *run) phases() [][][]*task {
	fixes := fix.Fixes()
	phases := make([][][]*task, len(fixes))
	packages := make(map[string]int) // by fix and package: its index in the phase
	for _, t := range r.tasks {
		phase := &phases[slices.Index(fixes, t.action.Fix)]
		key := t.action.Fix + " " + packageKey(t.action)
		at, known := packages[key]
		if !known {
			at = len(*phase)
			packages[key] = at
			*phase = append(*phase, nil)
		}
		(*phase)[at] = append((*phase)[at], t)
	}
	refused := func(t *task) bool { return t.refusal != "" }
	for _, phase := range phases {
		slices.SortStableFunc(phase, func(a, b []*task) int {
			switch before, after := slices.ContainsFunc(a, refused), slices.ContainsFunc(b, refused); {
			case before == after:
				return 0
			case after:
				return -1
			}
			return 1
		})
	}
	return phases
}

func (r *run) executePhase(ctx context.Context, phase [][]*task) {
	var g errgroup.Group
	g.SetLimit(r.workers())
	for _, tasks := range phase {
		g.Go(func() error {
			for _, t := range tasks {
				r.executeTask(ctx, t)
			}
			return nil
		})
	}
	_ = g.Wait() // faults are in the results
}

// executeTask executes one task under the breaker.
func (r *run) executeTask(ctx context.Context, t *task) {
	if t.result.Outcome != "" {
		return // the journal has what became of it
	}
	if reason := r.breaker.enter(ctx); reason != "" {
		t.result = t.notStarted(reason).result
		return
	}
	r.add(t, r.attempt(ctx, t))
	r.breaker.leave(&t.result, t.refusal, object(t.action))
	r.log().Info("fix", "action", t.action.Key, "fix", t.action.Fix, "of", object(t.action),
		"outcome", t.result.Outcome, "reason", t.result.Reason)
}

// attempt makes one attempt, unless the package is not what was planned. Until
// the claim everything ends with the run's context.
func (r *run) attempt(ctx context.Context, t *task) outcome {
	if reason, stale := r.Stale[t.action.Key]; stale {
		return t.stale(reason)
	}
	if reason := r.blockReason(t); reason != "" {
		return t.notStarted(reason)
	}
	before, ended := r.checkPackage(ctx, t)
	if ended != nil {
		return *ended
	}
	if reason := r.breaker.stopReasonBeforeSend(ctx); reason != "" {
		return t.notStarted(reason)
	}
	at := &attempt{
		Executor: r.Executor, breaker: r.breaker, task: t, parent: r.plan.AccountID, before: before,
		claim: r.newClaim(r.plan.ID, t),
	}
	return at.execute(ctx)
}

// blockReason returns why a task is not started.
func (r *run) blockReason(t *task) string {
	a := t.action
	id := a.PackageID
	if a.Fix == reconcile.FixCreate {
		id = a.ExternalID
	}
	if t.progress.blocked || r.Unsettled[id] {
		return reasonUnsettled
	}
	return r.moves.blockReason(a)
}

// checkPackage reads the package, and compares it with what was planned. It
// returns an outcome where the action can't be sent.
func (r *run) checkPackage(ctx context.Context, t *task) (*fix.State, *outcome) {
	before, difference, err := r.readPackage(ctx, t)
	var o outcome
	switch {
	case err != nil && ctx.Err() != nil:
		o = t.notStarted(stopReasonAsked)
	case err != nil:
		o.result = fix.Result{Key: t.action.Key, Outcome: fix.OutcomeFailed, Reason: "read before sending: " + err.Error()}
	case difference != "":
		o = t.stale(difference)
		o.result.Before = before
	default:
		return before, nil
	}
	return nil, &o
}

func (r *run) readPackage(ctx context.Context, t *task) (before *fix.State, difference string, err error) {
	a := t.action
	if a.Fix == reconcile.FixCreate {
		found, err := r.Wix.Find(ctx, a.AccountID, a.ExternalID)
		if err != nil || len(found) == 0 {
			return nil, "", err
		}
		return fix.StateOf(&found[0]), idInUse(&found[0]), nil
	}
	p, err := r.Wix.Get(ctx, a.AccountID, a.PackageID)
	if err != nil {
		return nil, "", err
	}
	if p == nil {
		return nil, differs("package", a.PackageID, ""), nil
	}
	c := precondition{action: a, applied: t.progress.applied, dated: !t.progress.sent}
	return fix.StateOf(p), c.difference(p), nil
}
