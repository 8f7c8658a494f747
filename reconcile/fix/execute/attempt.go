package execute

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// An attempt is a claim in the journal with what follows: its request is sent
// only with the claim stored, and what became of it is read back and recorded.
//
// The request waits for its turn, which may take long where the rate is low. When
// its turn has come, the pre-send check and the attempt's time decide whether it
// may still leave. It leaves once. An answer of too many requests means that
// nothing was done, and the same attempt is sent again after a wait, as long as
// these checks allow; nothing else is sent a second time:
//
//	answered → read back: done, or unsettled after some reads
//	lost → read back: done, or unsettled
//	refused → one read: done all the same, or failed and not done; unsettled
//	    where it can't be read, because not every 4xx is from Wix itself
//	did not leave, stopped → not done
//	throttled until its time was over → not done, and not started
//
// A read that shows neither the state before nor the desired one ends the attempt
// as failed, and stops the plan.
//
// An attempt is always brought to its end, within bounds that are counted from
// when the run is asked to stop: a request that has left ends after 7 s at most,
// reads after 13 s and the journal after 17 s. So where a server hangs, 4 s are
// left to record what is known.
type attempt struct {
	*Executor
	breaker *breaker
	task    *task
	parent  string     // the parent account
	before  *fix.State // as it was read before; nil for a create
	claim   fix.Attempt

	sends  int
	sentAt time.Time // when the last request had left
}

// stopReasonLate is the stop reason where the attempt's send window is over.
const stopReasonLate = "its send window is over"

// newClaim returns the claim of a task.
func (ex *Executor) newClaim(planID string, t *task) fix.Attempt {
	now := time.Now().UTC()
	return fix.Attempt{
		SchemaVersion: fix.JournalVersion, Key: t.action.Key, Number: t.number, Nonce: rand.Text(),
		PlanID: planID, RunID: ex.RunID, Fence: ex.Fence,
		Begun: now, SendBy: now.Add(ex.SendWindow), Action: *t.action, Evidence: t.evidence,
	}
}

// execute claims the attempt, sends its request and brings it to its end.
func (at *attempt) execute(ctx context.Context) outcome {
	reads, readsDone := outlive(ctx, graceToRead)
	defer readsDone()
	writes, writesDone := outlive(ctx, graceToFinish)
	defer writesDone()
	err := at.Journal.Begin(writes, &at.claim)
	switch {
	case errors.Is(err, fix.ErrClaimed):
		return at.task.stale(fix.ErrClaimed.Error())
	case err != nil:
		err = fmt.Errorf("claim action %s: %w", at.claim.Key, err)
		o := at.task.notStarted(err.Error())
		o.fault = err
		return o
	}
	sent, stopReason := at.send(ctx)
	if stopReason != "" {
		return at.notStarted(writes, fix.FailureStopped, stopReason)
	}
	o := at.end(reads, writes, sent)
	o.sent = sent.Status != NotSent && sent.Status != Throttled
	return o
}

// end brings an attempt to its end by what became of its request.
func (at *attempt) end(reads, writes context.Context, sent SendResult) outcome {
	switch sent.Status {
	case NotSent:
		return at.notDone(writes, fix.FailureNotSent, sent.reason(), nil)
	case Throttled:
		return at.notStarted(writes, fix.FailureThrottled, sent.reason())
	case Refused:
		return at.checkRefused(reads, writes, sent)
	}
	seen, err := readBack(reads, at.Wix, at.task.action, at.before, sent)
	switch {
	case err != nil:
		return at.unsettled(writes, sent.reason()+"; read back: "+err.Error(), seen)
	case seen.effect == effectNone:
		return at.unsettled(writes, sent.reason()+"; "+unchanged(at.task.action), seen)
	}
	return at.finalize(writes, seen)
}

// send sends the request until it is not throttled. The stop reason is why it was
// not sent, or not sent any more.
func (at *attempt) send(ctx context.Context) (sent SendResult, stopReason string) {
	for n := 0; ; n++ {
		sent, stopReason = at.sendOnce(ctx)
		if stopReason != "" || sent.Status != Throttled {
			return sent, stopReason
		}
		wait := throttleWait(at.claim.Nonce, n, sent.Wait)
		if TimeLeft(at.claim.SendBy)-wait < RequestTime {
			return sent, ""
		}
		if pause(ctx, wait) != nil {
			return sent, stopReasonAsked
		}
	}
}

// sendOnce sends the request, where nothing stops it when its turn has come. It
// waits for its turn only as long as the attempt's time allows.
func (at *attempt) sendOnce(ctx context.Context) (sent SendResult, stopReason string) {
	sending, done := context.WithTimeout(ctx, TimeLeft(at.claim.SendBy)-RequestTime)
	defer done()
	ready := false
	sent = at.Wix.Send(sending, at.parent, at.task.action, func(checking context.Context) error {
		if stopReason = at.stopReasonBeforeSend(ctx, checking); stopReason != "" {
			return errors.New(stopReason)
		}
		ready = true
		return nil
	})
	switch {
	case sent.Status != NotSent:
		at.sends++
		at.sentAt = time.Now().UTC()
		return sent, ""
	case stopReason != "":
	case ctx.Err() != nil:
		stopReason = stopReasonAsked
	case !ready && sending.Err() != nil:
		stopReason = stopReasonLate
	}
	return sent, stopReason
}

// stopReasonBeforeSend returns why the request may not leave now. The pre-send
// check may take a while, so the time is checked after it.
func (at *attempt) stopReasonBeforeSend(run, checking context.Context) string {
	reason := at.breaker.stopReasonBeforeSend(checking)
	switch {
	case reason != "" && checking.Err() == nil:
		return reason
	case run.Err() != nil:
		return stopReasonAsked
	case checking.Err() != nil || TimeLeft(at.claim.SendBy) < RequestTime:
		return stopReasonLate
	}
	return ""
}

const (
	firstWait = time.Second
	maxWait   = 30 * time.Second
)

// throttleWait returns how long to wait after so many waits: as long as Wix asks,
// or twice as long as before, with a jitter by the attempt's nonce.
func throttleWait(nonce string, n int, asked time.Duration) time.Duration {
	if asked > 0 {
		return asked
	}
	h := fnv.New32a()
	_, _ = fmt.Fprint(h, nonce, n) // a hash never fails
	wait := min(firstWait<<min(n, 10), maxWait)
	return wait/2 + wait/2*time.Duration(h.Sum32()%1000)/1000
}

// checkRefused reads whether a change that Wix refused is done all the same.
func (at *attempt) checkRefused(reads, writes context.Context, sent SendResult) outcome {
	seen, err := observe(reads, at.Wix, at.task.action, at.before, "")
	switch {
	case err != nil:
		return at.unsettled(writes, sent.reason()+"; read back: "+err.Error(), nil)
	case seen.effect == effectNone:
		return at.notDone(writes, fix.FailureRefused, sent.reason(), seen.state)
	}
	return at.finalize(writes, seen)
}
