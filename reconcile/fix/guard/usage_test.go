package guard_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/reconcile/fix/guard"
)

// What was sent within the window counts, whatever became of it.

func TestUsageOfOneAttempt(t *testing.T) {
	from := now.Add(-24 * time.Hour)
	at := func(after time.Duration) time.Time { return from.Add(after) }
	const second = time.Second
	for _, c := range []struct {
		name  string
		entry fix.Entry
		want  int
	}{
		{"applied", attempt(removal(1, 2), at(time.Hour), completed(fix.OutcomeApplied, 1, second)), 2},
		{"failed", attempt(removal(1, 2), at(time.Hour), completed(fix.OutcomeFailed, 1, second)), 2},
		{"never sent", attempt(removal(1, 2), at(time.Hour), completed(fix.OutcomeFailed, 0, second)), 0},
		{"not known whether it was sent", attempt(removal(1, 2), at(time.Hour), completed(fix.OutcomeFailed, -1, second)), 2},
		{"open", attempt(removal(1, 2), at(time.Hour)), 2},
		{"open, with a note", attempt(removal(1, 2), at(time.Hour), unsettled(second)), 2},
		{"sent before the window", attempt(removal(1, 2), at(-time.Hour), completed(fix.OutcomeApplied, 1, second)), 0},
		{"sent at that moment", attempt(removal(1, 2), at(-second), completed(fix.OutcomeApplied, 1, second)), 2},
		{"begun before, sent after", attempt(removal(1, 2), at(-second), completed(fix.OutcomeApplied, 2, 2*second)), 2},
		{"sent before, settled after", attempt(removal(1, 2), at(-time.Hour), unsettled(second), completed(fix.OutcomeApplied, -1, 2*time.Hour)), 0},
		{"perhaps sent after", attempt(removal(1, 2), at(-30*second)), 2},
		{"perhaps sent after, and settled", attempt(removal(1, 2), at(-30*second), completed(fix.OutcomeFailed, -1, time.Hour)), 2},
		{"can't have been sent after", attempt(removal(1, 2), at(-61*second)), 0},
	} {
		got := guard.UsageOf([]fix.Entry{c.entry}, from)
		if c.want == 0 && len(got) == 0 {
			continue
		}
		if len(got) != 1 || got[0].Cancels != c.want || got[0].Fixes != c.want || got[0].AccountID != account(1) {
			t.Errorf("%s: got %+v, want %d", c.name, got, c.want)
		}
	}
}

// Attempts add up by sub-account, each by itself, in any order.
func TestUsageAddsUp(t *testing.T) {
	dollars, cheap := removal(2, 1), change(2, 3)
	dollars.Costs, dollars.Unpriced = []fix.Cost{{Currency: "USD", Monthly: dec("0.10")}}, 1
	cheap.Costs, cheap.Unpriced = []fix.Cost{{Currency: "EUR", Monthly: dec("9")}}, 9 // not of a removal
	again := attempt(removal(1, 2), now, completed(fix.OutcomeFailed, 1, 0))
	again.Number = 2
	entries := []fix.Entry{
		attempt(removal(1, 2), now, completed(fix.OutcomeFailed, 1, 0)), again, attempt(removal(2, 1), now), attempt(dollars, now), attempt(cheap, now),
	}
	want := []guard.Usage{
		{AccountID: account(1), Fixes: 4, Cancels: 4, Costs: fix.CostSum{Costs: []fix.Cost{{Currency: "EUR", Monthly: dec("4.00")}}}},
		{AccountID: account(2), Fixes: 5, Cancels: 2,
			Costs: fix.CostSum{Unpriced: 1, Costs: []fix.Cost{{Currency: "EUR", Monthly: dec("1.00")}, {Currency: "USD", Monthly: dec("0.10")}}}},
	}
	for range len(entries) {
		if diff := cmp.Diff(want, guard.UsageOf(entries, now)); diff != "" {
			t.Error(diff)
		}
		entries = append(entries[1:], entries[0])
	}
	if got := guard.UsageOf(nil, now); len(got) != 0 {
		t.Errorf("of nothing: %+v", got)
	}
}

// What was sent counts against a limit like what is in the plan.
func TestUsageCountsAgainstLimits(t *testing.T) {
	sent := guard.UsageOf([]fix.Entry{attempt(removal(1, 9), now)}, now)
	for n, refused := range map[int]bool{1: false, 2: true} {
		limits := guard.Limits{Cancels: guard.Limit{Max: 10}, Fixes: guard.Limit{Off: true}, CancelsPerAccount: guard.Limit{Off: true},
			CancelPercent: guard.Percent{Off: true}, CancelCost: guard.CostLimit{Off: true}}
		if got := limits.Evaluate([]fix.Action{removal(2, n)}, false, sent, 1000); (len(got) > 0) != refused {
			t.Errorf("%d more: %+v", n, got)
		}
	}
}
