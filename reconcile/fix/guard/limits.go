package guard

import (
	"fmt"
	"strconv"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// Limits bound what a plan changes. They count instances, over what the plan
// sends now and what was sent in the last 20 hours; actions that wait do not
// count yet. Removals count as cancels, whatever fix they are. A limit that the
// plan adds nothing to does not refuse. Each is raised only by its own flag.
//
// A reviewed plan is sent whole, so each limit that it exceeds refuses it
// (Evaluate). A run paces: it sends what was seen longest up to the limits, and
// leaves the rest to later runs (Pace). Only a plan that needs more than Surge
// times a limit, or anything that a limit of 0 forbids, is refused (EvaluateSurge).
type Limits struct {
	Fixes             Limit
	Cancels           Limit
	CancelPercent     Percent // of the live instances that were read; at least one, unless it is 0
	CancelsPerAccount Limit
	CancelCost        CostLimit // a month
	Surge             Limit     // a multiple of each other limit
}

// Evaluate checks what is to be sent now, and what was sent, against the limits.
// Reviewed is whether a person reviews the plan before it is sent, so that what
// needs a review is sent too; live is the number of live instances that were read.
func (l *Limits) Evaluate(actions []fix.Action, reviewed bool, sent []Usage, live int) []fix.Refusal {
	return l.evaluate(newTotal(actions, reviewed, sent), live, 1)
}

// EvaluateSurge checks whether what is to be sent now, and what was sent, is more
// than a run spreads over several nights.
//
// The limit by sub-account holds back only its sub-account, however much that
// needs, so it refuses nothing unless it is 0.
func (l *Limits) EvaluateSurge(actions []fix.Action, sent []Usage, live int) []fix.Refusal {
	surged := *l
	if l.CancelsPerAccount.Max > 0 {
		surged.CancelsPerAccount.Off = true
	}
	times := max(1, l.Surge.Max)
	t := newTotal(actions, false, sent)
	if l.CancelCost.Max.IsPos() {
		t.costs = l.CancelCost.comparable(&t.costs)
	}
	refusals := surged.evaluate(t, live, times)
	return l.withoutSurge(refusals, times)
}

// withoutSurge drops refusals by a surge where it is lifted, and explains the
// others. What a limit of 0 refuses stays.
func (l *Limits) withoutSurge(refusals []fix.Refusal, times int) []fix.Refusal {
	positive := (&Limits{
		Fixes: onlyZero(l.Fixes), Cancels: onlyZero(l.Cancels), CancelsPerAccount: onlyZero(l.CancelsPerAccount),
		CancelPercent: Percent{Off: l.CancelPercent.Off || l.CancelPercent.Max.IsPos()},
		CancelCost:    CostLimit{Off: l.CancelCost.Off || l.CancelCost.Max.IsPos()},
	}).lifted()
	var kept []fix.Refusal
	for _, r := range refusals {
		switch {
		case !positive[r.Limit]: // 0 allows none, whatever the surge is
		case l.Surge.Off:
			continue
		case times > 1:
			r.Text += fmt.Sprintf(", and a run sends nothing where more than %d times a limit is needed", times)
		}
		kept = append(kept, r)
	}
	return kept
}

func onlyZero(l Limit) Limit { return Limit{Off: l.Off || l.Max > 0} }

// lifted returns which limits are off, by name.
func (l *Limits) lifted() map[string]bool {
	return map[string]bool{
		fix.LimitFixes: l.Fixes.Off, fix.LimitCancels: l.Cancels.Off, fix.LimitCancelPercent: l.CancelPercent.Off,
		fix.LimitCancelsPerAccount: l.CancelsPerAccount.Off, fix.LimitCancelCost: l.CancelCost.Off,
	}
}

// evaluate returns the limits of which more than so many times are needed.
func (l *Limits) evaluate(t *total, live, times int) []fix.Refusal {
	var refusals []fix.Refusal
	for _, r := range []*fix.Refusal{l.fixes(t, times), l.cancels(t, times), l.percent(t, live, times), l.perAccount(t), l.cost(t, times)} {
		if r != nil {
			r.Cause, r.Flag = fix.CauseLimit, Flag(r.Limit)
			refusals = append(refusals, *r)
		}
	}
	return refusals
}

func (l *Limits) fixes(t *total, times int) *fix.Refusal {
	n := t.sum(allFixes)
	if t.sum(newFixes) == 0 || l.Fixes.times(times).allows(n) {
		return nil
	}
	return overCount(fix.LimitFixes, l.Fixes, n, "would be changed", t.largest(allFixes))
}

func (l *Limits) cancels(t *total, times int) *fix.Refusal {
	n := t.sum(allCancels)
	if t.sum(newCancels) == 0 || l.Cancels.times(times).allows(n) {
		return nil
	}
	return overCount(fix.LimitCancels, l.Cancels, n, "would be removed", t.largest(allCancels))
}

// percentCount returns the limit by percent as a number of instances: rounded
// down, but no less than one unless the limit is 0.
func (l *Limits) percentCount(live int) Limit {
	allowed := l.CancelPercent.of(live)
	if l.CancelPercent.Max.IsPos() {
		allowed = max(1, allowed)
	}
	return Limit{Max: allowed, Off: l.CancelPercent.Off}
}

func (l *Limits) percent(t *total, live, times int) *fix.Refusal {
	allowed, n := l.percentCount(live), t.sum(allCancels)
	if t.sum(newCancels) == 0 || allowed.times(times).allows(n) {
		return nil
	}
	return &fix.Refusal{
		Limit: fix.LimitCancelPercent, Value: l.CancelPercent.String(), Need: strconv.Itoa(n), Largest: t.largest(allCancels),
		Text: fmt.Sprintf("%s would be removed; the limit is %s of %d live instances, which is %d", instances(n), l.CancelPercent, live, allowed.Max),
	}
}

// perAccount checks the sub-accounts that the plan removes something from.
func (l *Limits) perAccount(t *total) *fix.Refusal {
	over := func(a *accountTotal) int {
		if newCancels(a) == 0 || l.CancelsPerAccount.allows(allCancels(a)) {
			return 0
		}
		return allCancels(a)
	}
	largest := t.largest(over)
	if len(largest) == 0 {
		return nil
	}
	return overCount(fix.LimitCancelsPerAccount, l.CancelsPerAccount, largest[0].Instances,
		"of one sub-account would be removed", largest)
}

func (l *Limits) cost(t *total, times int) *fix.Refusal {
	if t.sum(newCancels) == 0 || l.CancelCost.times(times).allows(&t.costs) {
		return nil
	}
	need := t.costs.String()
	return &fix.Refusal{
		Limit: fix.LimitCancelCost, Value: l.CancelCost.String(), Need: need, Largest: t.largest(allCancels),
		Text: fmt.Sprintf("the removals cost %s a month; the limit is %s", need, l.CancelCost),
	}
}

func overCount(name string, l Limit, n int, what string, largest []reconcile.AccountShare) *fix.Refusal {
	allowed := max(0, l.Max)
	return &fix.Refusal{
		Limit: name, Value: strconv.Itoa(allowed), Need: strconv.Itoa(n), Largest: largest,
		Text: fmt.Sprintf("%s %s; the limit is %d", instances(n), what, allowed),
	}
}

func instances(n int) string {
	if n == 1 {
		return "1 instance"
	}
	return strconv.Itoa(n) + " instances"
}
