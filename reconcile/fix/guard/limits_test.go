package guard_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/reconcile/fix/guard"
)

// Each limit by itself, at, below and above its boundary, and 0. A limit of 0 %
// meant no limit elsewhere (Cloud Custodian), and one counted containers, not
// what is in them (oc-rsync #6440).

func lifted() guard.Limits {
	return guard.Limits{
		Fixes: guard.Limit{Off: true}, Cancels: guard.Limit{Off: true}, CancelPercent: guard.Percent{Off: true},
		CancelsPerAccount: guard.Limit{Off: true}, CancelCost: guard.CostLimit{Off: true},
	}
}

func TestLimits(t *testing.T) {
	most := func(n int) guard.Limit { return guard.Limit{Max: n} }
	euros := func(s string) guard.CostLimit { return guard.CostLimit{Max: dec(s), Currency: "EUR"} }
	usd := fix.Action{AccountID: account(1), Removal: true, Instances: 1, Costs: []fix.Cost{{Currency: "USD", Monthly: dec("0.01")}}}
	unpriced := fix.Action{AccountID: account(1), Removal: true, Instances: 1, Unpriced: 1}
	waiting, review := removal(1, 50), removal(1, 50)
	waiting.Waiting, review.Needs = &fix.Waiting{Sightings: 1, Needed: 2}, fix.NeedsReview
	sent := func(fixes, cancels int) []guard.Usage {
		return []guard.Usage{{AccountID: account(1), Fixes: fixes, Cancels: cancels, Costs: fix.CostSum{Costs: []fix.Cost{{Currency: "EUR", Monthly: decimal.MustNew(int64(cancels)*100, 2)}}}}}
	}
	for _, c := range []struct {
		name    string
		set     func(*guard.Limits)
		actions []fix.Action
		sent    []guard.Usage
		live    int
		want    []string // limit, value, need
	}{
		{name: "fixes below", set: func(l *guard.Limits) { l.Fixes = most(10) }, actions: []fix.Action{change(1, 9)}},
		{name: "fixes at", set: func(l *guard.Limits) { l.Fixes = most(10) }, actions: []fix.Action{change(1, 4), removal(1, 6)}},
		{name: "fixes above", set: func(l *guard.Limits) { l.Fixes = most(10) }, actions: []fix.Action{change(1, 4), removal(1, 7)}, want: []string{"max_fixes 10 11"}},
		{name: "fixes used", set: func(l *guard.Limits) { l.Fixes = most(10) }, actions: []fix.Action{change(1, 4)}, sent: sent(7, 0), want: []string{"max_fixes 10 11"}},
		{name: "fixes 0", set: func(l *guard.Limits) { l.Fixes = most(0) }, actions: []fix.Action{change(1, 1)}, want: []string{"max_fixes 0 1"}},
		{name: "fixes below 0", set: func(l *guard.Limits) { l.Fixes = most(-1) }, actions: []fix.Action{change(1, 1)}, want: []string{"max_fixes 0 1"}},
		{name: "fixes 0 of nothing", set: func(l *guard.Limits) { l.Fixes = most(0) }, sent: sent(7, 7)},

		{name: "cancels below", set: func(l *guard.Limits) { l.Cancels = most(10) }, actions: []fix.Action{removal(1, 9)}},
		{name: "cancels at", set: func(l *guard.Limits) { l.Cancels = most(10) }, actions: []fix.Action{removal(1, 10), change(1, 99)}},
		{name: "cancels above", set: func(l *guard.Limits) { l.Cancels = most(10) }, actions: []fix.Action{removal(1, 10), removal(2, 1)}, want: []string{"max_cancels 10 11"}},
		{name: "cancels in one package", set: func(l *guard.Limits) { l.Cancels = most(10) }, actions: []fix.Action{removal(1, 1000)}, want: []string{"max_cancels 10 1000"}},
		{name: "cancels used", set: func(l *guard.Limits) { l.Cancels = most(10) }, actions: []fix.Action{removal(2, 1)}, sent: sent(10, 10), want: []string{"max_cancels 10 11"}},
		{name: "cancels used, and none planned", set: func(l *guard.Limits) { l.Cancels = most(10) }, actions: []fix.Action{change(2, 1)}, sent: sent(11, 11)},
		{name: "cancels 0", set: func(l *guard.Limits) { l.Cancels = most(0) }, actions: []fix.Action{removal(1, 1)}, want: []string{"max_cancels 0 1"}},
		{name: "what waits does not count", set: func(l *guard.Limits) { l.Cancels = most(0) }, actions: []fix.Action{waiting}},
		{name: "what needs a review does not count", set: func(l *guard.Limits) { l.Cancels = most(0) }, actions: []fix.Action{review}},

		{name: "percent at", set: func(l *guard.Limits) { l.CancelPercent = guard.Percent{Max: dec("1")} }, live: 1099, actions: []fix.Action{removal(1, 10)}},
		{name: "percent above, rounded down", set: func(l *guard.Limits) { l.CancelPercent = guard.Percent{Max: dec("1")} }, live: 1099, actions: []fix.Action{removal(1, 11)}, want: []string{"max_cancel_percent 1 % 11"}},
		{name: "percent of next to nothing is 1", set: func(l *guard.Limits) { l.CancelPercent = guard.Percent{Max: dec("0.01")} }, live: 3, actions: []fix.Action{removal(1, 1)}},
		{name: "percent of next to nothing is not 2", set: func(l *guard.Limits) { l.CancelPercent = guard.Percent{Max: dec("0.01")} }, live: 3, actions: []fix.Action{removal(1, 2)}, want: []string{"max_cancel_percent 0.01 % 2"}},
		{name: "percent 0", set: func(l *guard.Limits) { l.CancelPercent = guard.Percent{} }, live: 100000, actions: []fix.Action{removal(1, 1)}, want: []string{"max_cancel_percent 0 % 1"}},
		{name: "percent used", set: func(l *guard.Limits) { l.CancelPercent = guard.Percent{Max: dec("1")} }, live: 1000, sent: sent(9, 9), actions: []fix.Action{removal(2, 2)}, want: []string{"max_cancel_percent 1 % 11"}},

		{name: "per account at", set: func(l *guard.Limits) { l.CancelsPerAccount = most(3) }, actions: []fix.Action{removal(1, 3), removal(2, 3)}},
		{name: "per account above", set: func(l *guard.Limits) { l.CancelsPerAccount = most(3) }, actions: []fix.Action{removal(1, 3), removal(2, 2), removal(2, 2)}, want: []string{"max_cancels_per_account 3 4"}},
		{name: "per account used", set: func(l *guard.Limits) { l.CancelsPerAccount = most(3) }, actions: []fix.Action{removal(1, 1)}, sent: sent(3, 3), want: []string{"max_cancels_per_account 3 4"}},
		{name: "per account used elsewhere", set: func(l *guard.Limits) { l.CancelsPerAccount = most(3) }, actions: []fix.Action{removal(2, 3)}, sent: sent(9, 9)},
		{name: "per account 0", set: func(l *guard.Limits) { l.CancelsPerAccount = most(0) }, actions: []fix.Action{removal(1, 1)}, want: []string{"max_cancels_per_account 0 1"}},

		{name: "cost at", set: func(l *guard.Limits) { l.CancelCost = euros("5.00") }, actions: []fix.Action{removal(1, 5)}},
		{name: "cost above", set: func(l *guard.Limits) { l.CancelCost = euros("4.99") }, actions: []fix.Action{removal(1, 5)}, want: []string{"max_cancel_cost 4.99 EUR 5.00 EUR"}},
		{name: "cost used", set: func(l *guard.Limits) { l.CancelCost = euros("5") }, actions: []fix.Action{removal(1, 1)}, sent: sent(5, 5), want: []string{"max_cancel_cost 5 EUR 6.00 EUR"}},
		{name: "cost 0", set: func(l *guard.Limits) { l.CancelCost = euros("0") }, actions: []fix.Action{{Removal: true, Instances: 1, Costs: []fix.Cost{{Currency: "EUR"}}}}, want: []string{"max_cancel_cost 0 EUR 0 EUR"}},
		{name: "an unknown price", set: func(l *guard.Limits) { l.CancelCost = euros("500") }, actions: []fix.Action{unpriced}, want: []string{"max_cancel_cost 500 EUR 1 instance without a known price"}},
		{name: "another currency", set: func(l *guard.Limits) { l.CancelCost = euros("500") }, actions: []fix.Action{removal(1, 1), usd}, want: []string{"max_cancel_cost 500 EUR 1.00 EUR + 0.01 USD"}},
		{name: "all at once", set: func(l *guard.Limits) { *l = guard.Limits{} }, actions: []fix.Action{removal(1, 1)}, live: 100,
			want: []string{"max_fixes 0 1", "max_cancels 0 1", "max_cancel_percent 0 % 1", "max_cancels_per_account 0 1", "max_cancel_cost 0  1.00 EUR"}},
		{name: "the default limits", set: func(l *guard.Limits) { *l = defaultLimits() }, actions: []fix.Action{change(1, 90), removal(1, 3), removal(2, 3), removal(3, 3), removal(4, 1)}, live: 1000},
		{name: "just above them", set: func(l *guard.Limits) { *l = defaultLimits() }, actions: []fix.Action{change(1, 90), removal(1, 4), removal(2, 3), removal(3, 3), removal(4, 1)}, live: 1000,
			want: []string{"max_fixes 100 101", "max_cancels 10 11", "max_cancel_percent 1 % 11", "max_cancels_per_account 3 4"}},
	} {
		limits := lifted()
		c.set(&limits)
		var got []string
		for _, r := range limits.Evaluate(c.actions, false, c.sent, c.live) {
			got = append(got, r.Limit+" "+r.Value+" "+r.Need)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestReviewedPlansCount: what an applied plan sends beyond a run counts.
func TestReviewedPlansCount(t *testing.T) {
	limits := defaultLimits()
	review := removal(1, 4)
	review.Needs = fix.NeedsReview
	if got := limits.Evaluate([]fix.Action{review}, false, nil, 1000); len(got) > 0 {
		t.Errorf("not sent: got %+v", got)
	}
	if got := limits.Evaluate([]fix.Action{review}, true, nil, 1000); len(got) != 1 || got[0].Limit != fix.LimitCancelsPerAccount {
		t.Errorf("sent: got %+v", got)
	}
}

func TestRefusalNamesTheLargestAccounts(t *testing.T) {
	limits := lifted()
	limits.Cancels = guard.Limit{Max: 10}
	actions := []fix.Action{removal(1, 1), removal(2, 9), removal(3, 3), removal(4, 3), removal(5, 2), removal(6, 1), removal(7, 5)}
	got := limits.Evaluate(actions, false, []guard.Usage{{AccountID: account(6), Cancels: 3}}, 0)
	if len(got) != 1 {
		t.Fatalf("got %+v", got)
	}
	want := fmt.Sprintf("[{%s 9} {%s 5} {%s 4} {%s 3} {%s 3}]", account(2), account(7), account(6), account(3), account(4))
	if r := got[0]; fmt.Sprint(r.Largest) != want || r.Flag != "--max-cancels" || r.Cause != fix.CauseLimit || r.Text != "27 instances would be removed; the limit is 10" {
		t.Errorf("got %+v, want %s", r, want)
	}
}
