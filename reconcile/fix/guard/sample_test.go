package guard_test

import (
	"fmt"
	"time"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/reconcile/fix/guard"
)

var now = time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC)

func account(n int) string { return fmt.Sprintf("a0000000-0000-4000-8000-%012d", n) }

func defaultGuards() guard.Guards {
	return guard.Guards{MaxLedgerAge: guard.Age{Max: 36 * time.Hour}, MaxShrink: guard.Percent{Max: dec("5")}}
}

func defaultLimits() guard.Limits {
	return guard.Limits{
		Fixes: guard.Limit{Max: 100}, Cancels: guard.Limit{Max: 10}, CancelPercent: guard.Percent{Max: dec("1")},
		CancelsPerAccount: guard.Limit{Max: 3}, CancelCost: guard.CostLimit{Off: true},
	}
}

func dec(s string) decimal.Decimal { return decimal.MustParse(s) }

// removal is the cancel of a package of so many instances, each of 1.00 EUR.
func removal(acc, n int) fix.Action {
	return fix.Action{Fix: reconcile.FixCancel, AccountID: account(acc), PackageID: "P", Removal: true, Instances: n,
		Costs: []fix.Cost{{Currency: "EUR", Monthly: decimal.MustNew(int64(n)*100, 2)}}}
}

func change(acc, n int) fix.Action {
	return fix.Action{Fix: reconcile.FixExternalID, AccountID: account(acc), PackageID: "P", Instances: n}
}

// attempt is an attempt that was begun at a time and could be sent for a minute.
func attempt(a fix.Action, begun time.Time, edit ...func(*fix.Entry)) fix.Entry {
	e := fix.Entry{Attempt: fix.Attempt{
		Key: a.Key, Number: 1, Nonce: "n", Begun: begun, SendBy: begun.Add(time.Minute), Action: a,
	}}
	for _, change := range edit {
		change(&e)
	}
	return e
}

func unsettled(after time.Duration) func(*fix.Entry) {
	return func(e *fix.Entry) { e.Unsettled = &fix.UnsettledNote{SentAt: e.Begun.Add(after)} }
}

func completed(outcome string, sends int, after time.Duration) func(*fix.Entry) {
	return func(e *fix.Entry) {
		e.Completion = &fix.Completion{Outcome: outcome, Sends: sends, Ended: e.Begun.Add(after)}
		if sends > 0 {
			e.Completion.SentAt = e.Begun.Add(after)
		}
	}
}
