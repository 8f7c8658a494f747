package fix

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"
)

// What is known while a plan is carried out, and how it begins: the journal is
// read for every action that is due, open attempts of them are settled, and
// what the plan itself did before it was interrupted is taken as done.

// work is one plan that is being carried out.
type work struct {
	*Executor
	plan    *Plan
	steps   []*step
	moves   map[string]*step // by instance
	breaker *breaker

	mu   sync.Mutex
	errs []error // of the journal
}

// A step is an action that is due.
type step struct {
	action   *Action
	evidence Evidence
	ground   *ground
	permit   permit
	result   Result // no outcome yet: it is to be carried out
}

// A ground is a package as far as the plan changed it. It is used by one
// goroutine at a time.
type ground struct {
	applied []*Action
	sent    bool   // something of ours may have reached it
	blocked string // why nothing more is done to it
}

func (ap *Executor) work(p *Plan) *work {
	w := &work{Executor: ap, plan: p, breaker: newBreaker()}
	evidence := make(map[string]Evidence, len(p.Evidence))
	for i := range p.Evidence {
		evidence[p.Evidence[i].Key] = p.Evidence[i]
	}
	grounds := make(map[string]*ground)
	for i := range p.Actions {
		a := &p.Actions[i]
		if !a.Due(ap.Reviewed) {
			continue
		}
		if grounds[a.place()] == nil {
			grounds[a.place()] = &ground{}
		}
		w.steps = append(w.steps, &step{action: a, evidence: evidence[a.Key], ground: grounds[a.place()]})
	}
	w.moves = movesOf(w.steps)
	return w
}

// prepare reads what the journal knows of the steps.
func (w *work) prepare(ctx context.Context) {
	var g errgroup.Group
	g.SetLimit(w.workers())
	for _, s := range w.steps {
		g.Go(func() error { w.recall(ctx, s); return nil })
	}
	_ = g.Wait() // what goes wrong stops the plan
	for _, s := range w.steps {
		s.ground.sent = s.ground.sent || s.permit.sent
		if s.permit.applied {
			s.ground.applied = append(s.ground.applied, s.action)
		}
		if s.permit.odd {
			w.breaker.stop(reasonOdd(s.action, s.result.Reason))
		}
		if s.result.Outcome == OutcomeUnsettled {
			s.ground.blocked = reasonBlocked
		}
	}
}

// recall reads the attempts of one step, and settles an open one.
func (w *work) recall(ctx context.Context, s *step) {
	if ctx.Err() != nil {
		return // nothing will be started
	}
	entries, err := w.Journal.Entries(ctx, s.action.Key)
	if err != nil && ctx.Err() != nil {
		return
	}
	if err != nil {
		w.fail(fmt.Errorf("read the journal of action %s: %w", s.action.Key, err))
		return
	}
	s.permit = permitOf(w.plan, s.action, entries)
	if open := s.permit.settle; open != nil {
		result := w.settle(ctx, open)
		if open.Open() {
			s.result = result
			return
		}
		sent := s.permit.sent
		s.permit = permitOf(w.plan, s.action, entries)
		s.permit.sent = sent || s.permit.sent
	}
	if s.permit.result != nil {
		s.result = *s.permit.result
	}
}

// fail notes a fault of the journal, after which nothing may be sent.
func (w *work) fail(err error) {
	w.breaker.stop(err.Error())
	w.mu.Lock()
	defer w.mu.Unlock()
	w.errs = append(w.errs, err)
}

func (w *work) failure() error {
	if len(w.errs) == 0 {
		return nil
	}
	return fmt.Errorf("apply plan %s: %w", w.plan.ID, errors.Join(w.errs...))
}

func (w *work) results() []Result {
	results := make([]Result, len(w.steps))
	for i, s := range w.steps {
		results[i] = s.result
	}
	return results
}

// The reasons for which an action is not started.
const (
	reasonAsked   = "the run was asked to stop"
	reasonBlocked = "an earlier change of the package is not settled"
	reasonLate    = "the time in which its request may leave is over"
)

func reasonOdd(a *Action, found string) string {
	return fmt.Sprintf("stopped after a change of %s had another effect than was asked: %s", a.named(), found)
}

func (s *step) notStarted(reason string) Result {
	return Result{Key: s.action.Key, Outcome: OutcomeNotStarted, Reason: reason}
}

func (s *step) stale(reason string) *Result {
	return &Result{Key: s.action.Key, Outcome: OutcomeStale, Reason: reason}
}
