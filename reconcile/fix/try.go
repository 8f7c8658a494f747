package fix

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"
)

// What follows a claim. The request waits for its turn, which may take long
// where the rate is low; when it has come, the breaker, the gate and the time of
// the attempt are asked whether it may still leave. It leaves once. An answer of
// too many requests means that nothing was done, and the same attempt is sent
// again after a wait, as long as these allow; everything else is sent no second
// time:
//
//	answered → read back: done, or after some reads unsettled
//	lost → read back: done, or unsettled
//	refused → one read: done all the same, or failed and not done; unsettled
//	    where it can't be read, because not every 4xx is Wix's own word
//	did not leave, throttled until its time was over, held → not done
//
// A read that shows neither the state before nor what was asked ends the attempt
// as failed, and the plan with it.

// A try is an attempt that was claimed.
type try struct {
	*work
	*step
	action  *Action
	before  *State // as it was read before; nil for a create
	attempt Attempt
	read    context.Context // for what is read after the claim
	write   context.Context // for the journal

	sends  int
	sentAt time.Time // by when the last request had left
}

// through sends the request and brings the attempt to its end.
func (t *try) through(ctx context.Context) Result {
	sent, held := t.send(ctx)
	if held != "" {
		return t.held(held)
	}
	t.ground.sent = t.ground.sent || sent.Fate != NotSent && sent.Fate != Throttled
	switch sent.Fate {
	case NotSent:
		return t.notDone(FailureNotSent, reasonOf(sent), nil)
	case Throttled:
		return t.notDone(FailureThrottled, reasonOf(sent), nil)
	case Refused:
		return t.refused(sent)
	}
	seen, err := t.readBack(sent.Fate == Answered, sent.PackageID)
	switch {
	case err != nil:
		return t.doubt(reasonOf(sent)+"; read back: "+err.Error(), seen)
	case seen.effect == effectNone:
		return t.doubt(reasonOf(sent)+"; nothing happened yet", seen)
	}
	return t.concluded(seen)
}

func reasonOf(sent Sent) string {
	if sent.Err != nil {
		return sent.Err.Error()
	}
	return "it was answered as done"
}

// send sends the request until it is not throttled. Held says why it was not
// sent, or not sent any more.
func (t *try) send(ctx context.Context) (sent Sent, held string) {
	for n := 0; ; n++ {
		sent, held = t.sendOnce(ctx)
		if held != "" || sent.Fate != Throttled {
			return sent, held
		}
		wait := t.waitFor(n, sent.Wait)
		if TimeLeft(t.attempt.SendBy)-wait < RequestTime {
			return sent, ""
		}
		if pause(ctx, wait) != nil {
			return sent, reasonAsked
		}
	}
}

// sendOnce sends the request, where nothing holds it when its turn has come. It
// waits no longer for its turn than until its time would be over.
func (t *try) sendOnce(ctx context.Context) (sent Sent, held string) {
	sending, done := context.WithTimeout(ctx, TimeLeft(t.attempt.SendBy)-RequestTime)
	defer done()
	cleared := false
	sent = t.Wix.Send(sending, t.plan.AccountID, t.action, func(asking context.Context) error {
		if held = t.holds(ctx, asking); held != "" {
			return errors.New(held)
		}
		cleared = true
		return nil
	})
	switch {
	case sent.Fate != NotSent:
		t.sends++
		t.sentAt = time.Now().UTC()
		return sent, ""
	case held != "":
	case ctx.Err() != nil:
		held = reasonAsked
	case !cleared && sending.Err() != nil:
		held = reasonLate
	}
	return sent, held
}

// holds gives why the request may not leave now. The gate may take its time, so
// that the clocks are looked at after it.
func (t *try) holds(run, asking context.Context) string {
	reason := t.shut(asking)
	switch {
	case reason != "" && asking.Err() == nil:
		return reason
	case run.Err() != nil:
		return reasonAsked
	case asking.Err() != nil || TimeLeft(t.attempt.SendBy) < RequestTime:
		return reasonLate
	}
	return ""
}

const (
	firstWait   = time.Second
	longestWait = 30 * time.Second
)

// waitFor gives how long to wait after so many waits: as long as Wix asks, or
// twice as long as before, and no two attempts alike.
func (t *try) waitFor(n int, asked time.Duration) time.Duration {
	if asked > 0 {
		return asked
	}
	h := fnv.New32a()
	_, _ = fmt.Fprint(h, t.attempt.Nonce, n) // a hash takes everything
	wait := min(firstWait<<min(n, 10), longestWait)
	return wait/2 + wait/2*time.Duration(h.Sum32()%1000)/1000
}

// refused is a change that Wix did not accept: one read tells whether it holds
// all the same.
func (t *try) refused(sent Sent) Result {
	seen, err := t.look(t.read, t.action, t.before, "")
	switch {
	case err != nil:
		return t.doubt(reasonOf(sent)+"; read back: "+err.Error(), nil)
	case seen.effect == effectNone:
		return t.notDone(FailureRefused, reasonOf(sent), seen.state)
	}
	return t.concluded(seen)
}
