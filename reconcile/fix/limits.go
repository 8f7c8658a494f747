package fix

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Limits are counted in instances, over what the plan sends now and what was
// sent in the last 24 hours; what waits is a forecast and counts for nothing
// yet. Removals count as cancels, whatever fix they are. A limit that the plan
// adds nothing to does not object. One that objects refuses the whole plan, and
// is raised by its own flag alone.

// Limits are the limits of a plan.
type Limits struct {
	Fixes             Limit
	Cancels           Limit
	CancelPercent     Percent // of the live instances that were read; at least one, unless it is 0
	CancelsPerAccount Limit
	CancelCost        CostLimit // a month
}

// DefaultLimits gives the limits that hold where none is named.
func DefaultLimits() Limits {
	return Limits{
		Fixes: Limit{Max: 100}, Cancels: Limit{Max: 10}, CancelPercent: Percent{Max: decimal.MustNew(1, 0)},
		CancelsPerAccount: Limit{Max: 3}, CancelCost: CostLimit{Off: true},
	}
}

// The names of the limits.
const (
	LimitFixes             = "max_fixes"
	LimitCancels           = "max_cancels"
	LimitCancelPercent     = "max_cancel_percent"
	LimitCancelsPerAccount = "max_cancels_per_account"
	LimitCancelCost        = "max_cancel_cost"
	LimitPlanSize          = "plan_size" // no flag raises it
)

// Spent is what was sent for one sub-account in the last 24 hours, whatever
// became of it.
type Usage struct {
	AccountID string
	Fixes     int    // instances, removals among them
	Cancels   int    // instances that were taken away
	Costs     []Cost // a month, of those
	Unpriced  int    // instances of those without a known price
}

// Weigh holds what is to be sent now against the limits. Reviewed says that
// somebody looked at the plan, so that what needs a review is sent too; live is
// the number of live instances that were read.
func (l *Limits) Evaluate(actions []Action, reviewed bool, spent []Usage, live int) []Refusal {
	w := newLoad(actions, reviewed, spent)
	var refusals []Refusal
	for _, check := range []func(*load) *Refusal{
		l.fixes, l.cancels, func(w *load) *Refusal { return l.percent(w, live) }, l.perAccount, l.cost,
	} {
		if r := check(w); r != nil {
			r.Cause, r.Flag = CauseLimit, flag(r.Limit)
			refusals = append(refusals, *r)
		}
	}
	return refusals
}

func (l *Limits) fixes(w *load) *Refusal {
	n := w.total(allFixes)
	if w.total(newFixes) == 0 || l.Fixes.allows(n) {
		return nil
	}
	return overCount(LimitFixes, l.Fixes, n, "would be changed", w.largest(allFixes))
}

func (l *Limits) cancels(w *load) *Refusal {
	n := w.total(allCancels)
	if w.total(newCancels) == 0 || l.Cancels.allows(n) {
		return nil
	}
	return overCount(LimitCancels, l.Cancels, n, "would be taken away", w.largest(allCancels))
}

// percent rounds down, to no less than one instance unless the limit is 0.
func (l *Limits) percent(w *load, live int) *Refusal {
	allowed := l.CancelPercent.of(live)
	if l.CancelPercent.Max.IsPos() {
		allowed = max(1, allowed)
	}
	n := w.total(allCancels)
	if w.total(newCancels) == 0 || l.CancelPercent.Off || n <= allowed {
		return nil
	}
	return &Refusal{
		Limit: LimitCancelPercent, Value: l.CancelPercent.String(), Need: strconv.Itoa(n), Largest: w.largest(allCancels),
		Text: fmt.Sprintf("%s would be taken away, allowed are %s of %d live ones, which is %d", instances(n), l.CancelPercent, live, allowed),
	}
}

// perAccount looks at the sub-accounts that the plan takes something from.
func (l *Limits) perAccount(w *load) *Refusal {
	over := func(s *portion) int {
		if newCancels(s) == 0 || l.CancelsPerAccount.allows(allCancels(s)) {
			return 0
		}
		return allCancels(s)
	}
	largest := w.largest(over)
	if len(largest) == 0 {
		return nil
	}
	return overCount(LimitCancelsPerAccount, l.CancelsPerAccount, largest[0].Instances,
		"of one sub-account would be taken away", largest)
}

func (l *Limits) cost(w *load) *Refusal {
	if w.total(newCancels) == 0 || l.CancelCost.allows(&w.costs) {
		return nil
	}
	need := w.costs.String()
	return &Refusal{
		Limit: LimitCancelCost, Value: l.CancelCost.String(), Need: need, Largest: w.largest(allCancels),
		Text: fmt.Sprintf("what would be taken away costs %s a month, allowed are %s", need, l.CancelCost),
	}
}

func overCount(name string, l Limit, n int, what string, largest []reconcile.AccountShare) *Refusal {
	allowed := max(0, l.Max)
	return &Refusal{
		Limit: name, Value: strconv.Itoa(allowed), Need: strconv.Itoa(n), Largest: largest,
		Text: fmt.Sprintf("%s %s, allowed are %d", instances(n), what, allowed),
	}
}

func instances(n int) string {
	if n == 1 {
		return "1 instance"
	}
	return strconv.Itoa(n) + " instances"
}

// flag gives the flag of a limit or a guard.
func flag(name string) string { return "--" + strings.ReplaceAll(name, "_", "-") }
