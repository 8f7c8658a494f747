package guard

import (
	"cmp"
	"slices"
	"time"

	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// A run paces what the limits do not allow at once. Its actions are taken by when
// their findings were first seen, the oldest first, and of equal ones in the
// order of the plan. Each is sent where every limit allows it beside what was
// taken before it and what was sent within the window; otherwise it is held back,
// and a smaller one after it may still be sent.
//
// Limits on cancels hold nothing but removals back. The limit by sub-account lets
// the first package of a sub-account through whole, whatever its size: a package
// with more instances than the limit would otherwise never be canceled.
//
// What is held back goes in a later run, so it does not count as something that
// stays: of two orphans on one site each may go in its own night.

// Pace returns the actions that are held back, in the order of the plan. Evidence
// is of the actions, in their order; live is the number of live instances that were
// read.
func (l *Limits) Pace(actions []fix.Action, evidence []fix.Evidence, sent []Usage, live int) []fix.HeldBack {
	var due []int
	for i := range actions {
		if actions[i].Due(false) {
			due = append(due, i)
		}
	}
	firstSeen := func(i int) time.Time {
		if i < len(evidence) {
			return evidence[i].FirstSeen
		}
		return time.Time{}
	}
	slices.SortStableFunc(due, func(a, b int) int { return firstSeen(a).Compare(firstSeen(b)) })
	p := newPace(l, sent, live)
	held := make(map[int]string)
	for _, i := range due {
		if limit := p.exceeded(&actions[i]); limit != "" {
			held[i] = limit
		} else {
			p.take(&actions[i])
		}
	}
	slices.Sort(due)
	var all []fix.HeldBack
	for _, i := range due {
		if limit := held[i]; limit != "" {
			all = append(all, fix.HeldBack{Key: actions[i].Key, Limit: limit})
		}
	}
	return all
}

// A pace is what was taken so far, with what was sent within the window.
type pace struct {
	limits         *Limits
	percent        Limit // as a number of instances
	fixes, cancels int
	costs          fix.CostSum // of removals
	accounts       map[string]*accountPace
}

// An accountPace is the share of a sub-account.
type accountPace struct {
	sent, taken int    // removed instances
	first       string // the first package that something is removed from
}

func newPace(l *Limits, sent []Usage, live int) *pace {
	p := &pace{limits: l, percent: l.percentCount(live), accounts: make(map[string]*accountPace)}
	for i := range sent {
		u := &sent[i]
		p.fixes += u.Fixes
		p.cancels += u.Cancels
		p.costs.AddAll(u.Costs.Costs, u.Costs.Unpriced)
		p.account(u.AccountID).sent += u.Cancels
	}
	return p
}

func (p *pace) account(id string) *accountPace {
	if p.accounts[id] == nil {
		p.accounts[id] = &accountPace{}
	}
	return p.accounts[id]
}

// exceeded returns the limit that does not allow one more action; empty where all
// do.
func (p *pace) exceeded(a *fix.Action) string {
	l := p.limits
	switch {
	case !l.Fixes.allows(p.fixes + a.Instances):
		return fix.LimitFixes
	case !a.Removal:
		return ""
	case !l.Cancels.allows(p.cancels + a.Instances):
		return fix.LimitCancels
	case !p.percent.allows(p.cancels + a.Instances):
		return fix.LimitCancelPercent
	case !l.CancelCost.allows(p.costWith(a)):
		return fix.LimitCancelCost
	case !p.accountAllows(a):
		return fix.LimitCancelsPerAccount
	}
	return ""
}

func (p *pace) accountAllows(a *fix.Action) bool {
	of := p.account(a.AccountID)
	if p.limits.CancelsPerAccount.allows(of.sent + of.taken + a.Instances) {
		return true
	}
	return p.limits.CancelsPerAccount.Max > 0 && of.sent == 0 && cmp.Or(of.first, a.PackageID) == a.PackageID
}

// costWith returns the costs with those of one more action.
func (p *pace) costWith(a *fix.Action) *fix.CostSum {
	sum := fix.CostSum{Costs: slices.Clone(p.costs.Costs), Unpriced: p.costs.Unpriced}
	sum.AddAll(a.Costs, a.Unpriced)
	return &sum
}

func (p *pace) take(a *fix.Action) {
	p.fixes += a.Instances
	if !a.Removal {
		return
	}
	p.cancels += a.Instances
	p.costs = *p.costWith(a)
	of := p.account(a.AccountID)
	of.taken += a.Instances
	of.first = cmp.Or(of.first, a.PackageID)
}
