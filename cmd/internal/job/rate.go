package job

import (
	"cmp"
	"time"

	"github.com/wixrecon/wixrecon/reconcile/fix/execute"
	"github.com/wixrecon/wixrecon/sources/archive"
)

// A request that changes something must leave within a window that the lease sets,
// and it waits for its turn under --rate. So a rate may be too low for a change to
// leave at all, and a low one allows fewer senders than three at a time.

const maxSenders = 3 // see execute.Executor

// sendersAllowed returns how many changes may wait for their turn at a time so that
// each of them leaves within its window. 0: the rate is too low for any.
func (j *Job) sendersAllowed() int {
	if j.Config.Rate == 0 {
		return maxSenders
	}
	window := cmp.Or(j.LeaseTTL, archive.DefaultTTL) - execute.RequestTime
	return min(maxSenders, int(window*time.Duration(j.Config.Rate)/time.Minute))
}

// checkRate refuses a rate under which nothing can be sent, before anything is read.
func (j *Job) checkRate() error {
	if j.sendersAllowed() > 0 {
		return nil
	}
	window := cmp.Or(j.LeaseTTL, archive.DefaultTTL) - execute.RequestTime
	lowest := int((time.Minute + window - 1) / window)
	return Usagef("--rate %d: a fix waits for its turn for up to %s, but must leave within %s, so that none would ever be sent: use --rate %d or more",
		j.Config.Rate, time.Minute/time.Duration(j.Config.Rate), window, lowest)
}
