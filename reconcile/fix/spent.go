package fix

import (
	"maps"
	"slices"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// What the journal says to a new plan: what was sent of late, which counts
// against the limits, and what may still land, which nobody touches. An attempt
// counts as sent unless its end says that no request left, whatever became of
// it, and each attempt of an action by itself. Where nobody knows when it was
// sent, it was sent at the last moment at which it could have been.

// SpentOf gives by sub-account, ordered, what was sent since a moment.
func UsageOf(entries []Entry, from time.Time) []Usage {
	accounts := make(map[string]*Usage)
	sums := make(map[string]*costs)
	for i := range entries {
		a := &entries[i].Action
		if !entries[i].SentSince(from) {
			continue
		}
		if accounts[a.AccountID] == nil {
			accounts[a.AccountID], sums[a.AccountID] = &Usage{AccountID: a.AccountID}, new(costs)
		}
		accounts[a.AccountID].add(a, sums[a.AccountID])
	}
	var all []Usage
	for _, id := range slices.Sorted(maps.Keys(accounts)) {
		s := accounts[id]
		s.Costs, s.Unpriced = sums[id].sums, sums[id].unpriced
		all = append(all, *s)
	}
	return all
}

func (s *Usage) add(a *Action, c *costs) {
	s.Fixes += a.Instances
	if !a.Removal {
		return
	}
	s.Cancels += a.Instances
	for _, cost := range a.Costs {
		c.add(cost.Currency, cost.Monthly)
	}
	c.unpriced += a.Unpriced
}

// SentSince reports whether a request of the attempt may have left at a moment
// or after it.
func (e *Entry) SentSince(from time.Time) bool {
	if e.End != nil && e.End.Sends == 0 {
		return false
	}
	return !e.lastSend().Before(from)
}

// lastSend gives a moment after which no request of the attempt left.
func (e *Entry) lastSend() time.Time {
	switch {
	case e.End != nil && e.End.Sends > 0 && !e.End.SentAt.IsZero():
		return e.End.SentAt
	case e.Doubt != nil:
		return e.Doubt.SentAt
	}
	return e.SendBy
}

// UnsettledOf names what may still be changed by an attempt that is not
// settled: its package, or the external id of a create.
func UnsettledOf(entries []Entry) map[string]bool {
	unsettled := make(map[string]bool)
	for i := range entries {
		e := &entries[i]
		switch {
		case !e.Open():
		case e.Action.Fix == reconcile.FixCreate:
			unsettled[e.Action.ExternalID] = true
		default:
			unsettled[e.Action.PackageID] = true
		}
	}
	return unsettled
}
