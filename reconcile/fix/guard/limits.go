package guard

import (
	"fmt"
	"strconv"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// Limits bound what a plan changes. They count instances, over what the plan
// sends now and what was sent in the last 24 hours; actions that wait do not
// count yet. Removals count as cancels, whatever fix they are. A limit that the
// plan adds nothing to does not refuse. One that refuses refuses the whole plan,
// and is raised only by its own flag.
type Limits struct {
	Fixes             Limit
	Cancels           Limit
	CancelPercent     Percent // of the live instances that were read; at least one, unless it is 0
	CancelsPerAccount Limit
	CancelCost        CostLimit // a month
}

// Evaluate checks what is to be sent now, and what was sent, against the limits.
// Reviewed is whether a person reviews the plan before it is sent, so that what
// needs a review is sent too; live is the number of live instances that were read.
func (l *Limits) Evaluate(actions []fix.Action, reviewed bool, sent []Usage, live int) []fix.Refusal {
	t := newTotal(actions, reviewed, sent)
	var refusals []fix.Refusal
	for _, r := range []*fix.Refusal{l.fixes(t), l.cancels(t), l.percent(t, live), l.perAccount(t), l.cost(t)} {
		if r != nil {
			r.Cause, r.Flag = fix.CauseLimit, flag(r.Limit)
			refusals = append(refusals, *r)
		}
	}
	return refusals
}

func (l *Limits) fixes(t *total) *fix.Refusal {
	n := t.sum(allFixes)
	if t.sum(newFixes) == 0 || l.Fixes.allows(n) {
		return nil
	}
	return overCount(fix.LimitFixes, l.Fixes, n, "would be changed", t.largest(allFixes))
}

func (l *Limits) cancels(t *total) *fix.Refusal {
	n := t.sum(allCancels)
	if t.sum(newCancels) == 0 || l.Cancels.allows(n) {
		return nil
	}
	return overCount(fix.LimitCancels, l.Cancels, n, "would be removed", t.largest(allCancels))
}

// percent rounds down, to no less than one instance unless the limit is 0.
func (l *Limits) percent(t *total, live int) *fix.Refusal {
	allowed := l.CancelPercent.of(live)
	if l.CancelPercent.Max.IsPos() {
		allowed = max(1, allowed)
	}
	n := t.sum(allCancels)
	if t.sum(newCancels) == 0 || l.CancelPercent.Off || n <= allowed {
		return nil
	}
	return &fix.Refusal{
		Limit: fix.LimitCancelPercent, Value: l.CancelPercent.String(), Need: strconv.Itoa(n), Largest: t.largest(allCancels),
		Text: fmt.Sprintf("%s would be removed; the limit is %s of %d live instances, which is %d", instances(n), l.CancelPercent, live, allowed),
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

func (l *Limits) cost(t *total) *fix.Refusal {
	if t.sum(newCancels) == 0 || l.CancelCost.allows(&t.costs) {
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
