package fix

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// One action: the package is read again, and left alone unless it is what was
// planned; the action is claimed in the journal; only with the claim stored is
// its request sent; and what became of it is read and journaled.
//
// Until the claim everything ends with the run's context. From the claim on an
// attempt is brought to its end, within bounds that are counted from when the
// run is asked to stop, whatever is under way then: a request that has left ends
// after 7 s at most, reads after 13 s and the journal after 17 s. So a server that
// hangs leaves the journal 4 s for what is known, and all is over after 17 s.

// RequestTime is how long a request that changes something may take.
const RequestTime = 7 * time.Second

const (
	graceToRead = 13 * time.Second
	graceInAll  = 17 * time.Second
)

// TimeLeft gives the time until a moment by the clock that sees less of it: the
// monotonic clock stands still while a machine sleeps, the wall's may be set.
func TimeLeft(until time.Time) time.Duration { return leftAt(time.Now(), until) }

func leftAt(now, until time.Time) time.Duration {
	return min(until.Sub(now), until.Round(0).Sub(now.Round(0)))
}

// outlive gives a context that goes on for so long after the end of another. It
// must be made before the other may end.
func outlive(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	long, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		if pause(long, grace) == nil {
			cancel(fmt.Errorf("not through %s after the run was asked to stop", grace))
		}
	})
	return long, func() { stop(); cancel(nil) }
}

// shut gives why nothing may be sent now. The breaker is asked again after the
// gate, which may take its time.
func (w *work) shut(ctx context.Context) string {
	if reason := w.breaker.stopped(); reason != "" {
		return reason
	}
	if ctx.Err() == nil {
		if reason := w.gate(ctx); reason != "" && ctx.Err() == nil {
			w.breaker.stop(reason)
		}
	}
	if ctx.Err() != nil {
		return reasonAsked
	}
	return w.breaker.stopped()
}

// carry carries out one step.
func (w *work) carry(ctx context.Context, s *step) Result {
	if result := w.passed(s); result != nil {
		return *result
	}
	before, result := w.verify(ctx, s)
	if result != nil {
		return *result
	}
	if reason := w.shut(ctx); reason != "" {
		return s.notStarted(reason)
	}
	reading, read := outlive(ctx, graceToRead)
	defer read()
	writing, written := outlive(ctx, graceInAll)
	defer written()
	t := &try{work: w, step: s, action: s.action, before: before, read: reading, write: writing}
	if result := t.claim(); result != nil {
		return *result
	}
	return t.through(ctx)
}

// passed gives the result of a step that is not to be looked at.
func (w *work) passed(s *step) *Result {
	a := s.action
	if reason, stale := w.Stale[a.Key]; stale {
		return s.stale(reason)
	}
	id := a.PackageID
	if a.Fix == reconcile.FixCreate {
		id = a.ExternalID
	}
	reason := s.ground.blocked
	if reason == "" && w.Unsettled[id] {
		reason = reasonBlocked
	}
	if reason == "" {
		reason = w.unmoved(a)
	}
	if reason == "" {
		return nil
	}
	result := s.notStarted(reason)
	return &result
}

// verify reads the package, and holds it against what was planned. It gives a
// result where the action can't be sent.
func (w *work) verify(ctx context.Context, s *step) (*State, *Result) {
	before, stale, err := w.stateNow(ctx, s)
	switch {
	case err != nil && ctx.Err() != nil:
		result := s.notStarted(reasonAsked)
		return nil, &result
	case err != nil:
		return nil, &Result{Key: s.action.Key, Outcome: OutcomeFailed, Reason: "read before sending: " + err.Error()}
	case stale != "":
		result := s.stale(stale)
		result.Before = before
		return nil, result
	}
	return before, nil
}

func (w *work) stateNow(ctx context.Context, s *step) (before *State, stale string, err error) {
	a := s.action
	if a.Fix == reconcile.FixCreate {
		found, err := w.Wix.Find(ctx, a.AccountID, a.ExternalID)
		if err != nil || len(found) == 0 {
			return nil, "", err
		}
		return StateOf(&found[0]), taken(&found[0]), nil
	}
	p, err := w.Wix.Get(ctx, a.AccountID, a.PackageID)
	if err != nil {
		return nil, "", err
	}
	if p == nil {
		return nil, differs("package", a.PackageID, ""), nil
	}
	x := expectation{action: a, applied: s.ground.applied, dated: !s.ground.sent}
	return StateOf(p), x.difference(p), nil
}

// claim stores the attempt in the journal. It gives a result where it could
// not.
func (t *try) claim() *Result {
	now := time.Now().UTC()
	t.attempt = Attempt{
		SchemaVersion: JournalVersion, Key: t.action.Key, Number: t.permit.begin, Nonce: rand.Text(),
		PlanID: t.plan.ID, RunID: t.RunID, Fence: t.Fence,
		Begun: now, SendBy: now.Add(t.SendWindow), Action: *t.action, Evidence: t.evidence,
	}
	err := t.Journal.Begin(t.write, &t.attempt)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrClaimed):
		return t.stale(ErrClaimed.Error())
	}
	t.fail(fmt.Errorf("claim action %s: %w", t.action.Key, err))
	result := t.notStarted(t.breaker.stopped())
	return &result
}
