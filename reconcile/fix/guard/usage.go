package guard

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// Usage is what was sent for one sub-account within the window that limits
// count, whatever became of it, or what is to be sent.
type Usage struct {
	AccountID string
	Fixes     int         // instances, those of removals among them
	Cancels   int         // instances that are removed
	Costs     fix.CostSum // a month, of those
}

func (u *Usage) add(a *fix.Action) {
	u.Fixes += a.Instances
	if a.Removal {
		u.Cancels += a.Instances
		u.Costs.AddAll(a.Costs, a.Unpriced)
	}
}

// UsageOf returns what the journal shows as sent since from, by sub-account, in
// order. An attempt counts unless no request of it left, whatever became of
// it, and each attempt of an action by itself.
func UsageOf(entries []fix.Entry, from time.Time) []Usage {
	accounts := make(map[string]Usage)
	for i := range entries {
		if a := &entries[i].Action; entries[i].SentSince(from) {
			u := accounts[a.AccountID]
			u.AccountID = a.AccountID
			u.add(a)
			accounts[a.AccountID] = u
		}
	}
	var all []Usage
	for _, id := range slices.Sorted(maps.Keys(accounts)) {
		all = append(all, accounts[id])
	}
	return all
}

// A total is what limits are compared with.
type total struct {
	accounts map[string]*accountTotal
	costs    fix.CostSum // of all removals
}

// An accountTotal is what is to be sent now for a sub-account, and what was sent.
type accountTotal struct{ planned, sent Usage }

func newFixes(a *accountTotal) int   { return a.planned.Fixes }
func newCancels(a *accountTotal) int { return a.planned.Cancels }
func allFixes(a *accountTotal) int   { return a.planned.Fixes + a.sent.Fixes }
func allCancels(a *accountTotal) int { return a.planned.Cancels + a.sent.Cancels }

func newTotal(actions []fix.Action, reviewed bool, sent []Usage) *total {
	t := &total{accounts: make(map[string]*accountTotal)}
	for i := range actions {
		if a := &actions[i]; a.Due(reviewed) {
			t.account(a.AccountID).planned.add(a)
		}
	}
	for _, u := range sent {
		t.account(u.AccountID).sent = u
	}
	for _, id := range slices.Sorted(maps.Keys(t.accounts)) {
		a := t.accounts[id]
		t.costs.AddAll(a.planned.Costs.Costs, a.planned.Costs.Unpriced)
		t.costs.AddAll(a.sent.Costs.Costs, a.sent.Costs.Unpriced)
	}
	return t
}

func (t *total) account(id string) *accountTotal {
	if t.accounts[id] == nil {
		t.accounts[id] = &accountTotal{}
	}
	return t.accounts[id]
}

func (t *total) sum(of func(*accountTotal) int) int {
	n := 0
	for _, c := range t.accounts {
		n += of(c)
	}
	return n
}

// maxLargest is how many of the largest sub-accounts are reported.
const maxLargest = 5

// largest returns the sub-accounts that have most, without those that have
// nothing.
func (t *total) largest(of func(*accountTotal) int) []reconcile.AccountShare {
	var all []reconcile.AccountShare
	for _, id := range slices.Sorted(maps.Keys(t.accounts)) {
		if n := of(t.accounts[id]); n > 0 {
			all = append(all, reconcile.AccountShare{AccountID: id, Instances: n})
		}
	}
	slices.SortStableFunc(all, func(a, b reconcile.AccountShare) int { return cmp.Compare(b.Instances, a.Instances) })
	return all[:min(len(all), maxLargest)]
}
