package fix_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// Each limit by itself, at, below and above its boundary, and 0. A limit of 0 %
// meant no limit elsewhere (Cloud Custodian), and one counted containers, not
// what is in them (oc-rsync #6440).

// removal is the cancel of a package of so many instances, each of 1.00 EUR.
func removal(acc, n int) fix.Action {
	return fix.Action{Fix: reconcile.FixCancel, AccountID: account(acc), PackageID: "P", Removal: true, Instances: n,
		Costs: []fix.Cost{{Currency: "EUR", Monthly: decimal.MustNew(int64(n)*100, 2)}}}
}

func change(acc, n int) fix.Action {
	return fix.Action{Fix: reconcile.FixExternalID, AccountID: account(acc), PackageID: "P", Instances: n}
}

func TestLimits(t *testing.T) {
	most := func(n int) fix.Limit { return fix.Limit{Max: n} }
	euros := func(s string) fix.CostLimit { return fix.CostLimit{Max: dec(s), Currency: "EUR"} }
	usd := fix.Action{AccountID: account(1), Removal: true, Instances: 1, Costs: []fix.Cost{{Currency: "USD", Monthly: dec("0.01")}}}
	unpriced := fix.Action{AccountID: account(1), Removal: true, Instances: 1, Unpriced: 1}
	waiting, review := removal(1, 50), removal(1, 50)
	waiting.Waiting, review.Needs = &fix.Waiting{Sightings: 1, Needed: 2}, fix.NeedsReview
	spent := func(fixes, cancels int) []fix.Usage {
		return []fix.Usage{{AccountID: account(1), Fixes: fixes, Cancels: cancels, Costs: []fix.Cost{{Currency: "EUR", Monthly: decimal.MustNew(int64(cancels)*100, 2)}}}}
	}
	for _, c := range []struct {
		name    string
		set     func(*fix.Limits)
		actions []fix.Action
		spent   []fix.Usage
		live    int
		want    []string // limit, value, need
	}{
		{name: "fixes below", set: func(l *fix.Limits) { l.Fixes = most(10) }, actions: []fix.Action{change(1, 9)}},
		{name: "fixes at", set: func(l *fix.Limits) { l.Fixes = most(10) }, actions: []fix.Action{change(1, 4), removal(1, 6)}},
		{name: "fixes above", set: func(l *fix.Limits) { l.Fixes = most(10) }, actions: []fix.Action{change(1, 4), removal(1, 7)}, want: []string{"max_fixes 10 11"}},
		{name: "fixes spent", set: func(l *fix.Limits) { l.Fixes = most(10) }, actions: []fix.Action{change(1, 4)}, spent: spent(7, 0), want: []string{"max_fixes 10 11"}},
		{name: "fixes 0", set: func(l *fix.Limits) { l.Fixes = most(0) }, actions: []fix.Action{change(1, 1)}, want: []string{"max_fixes 0 1"}},
		{name: "fixes below 0", set: func(l *fix.Limits) { l.Fixes = most(-1) }, actions: []fix.Action{change(1, 1)}, want: []string{"max_fixes 0 1"}},
		{name: "fixes 0 of nothing", set: func(l *fix.Limits) { l.Fixes = most(0) }, spent: spent(7, 7)},

		{name: "cancels below", set: func(l *fix.Limits) { l.Cancels = most(10) }, actions: []fix.Action{removal(1, 9)}},
		{name: "cancels at", set: func(l *fix.Limits) { l.Cancels = most(10) }, actions: []fix.Action{removal(1, 10), change(1, 99)}},
		{name: "cancels above", set: func(l *fix.Limits) { l.Cancels = most(10) }, actions: []fix.Action{removal(1, 10), removal(2, 1)}, want: []string{"max_cancels 10 11"}},
		{name: "cancels in one package", set: func(l *fix.Limits) { l.Cancels = most(10) }, actions: []fix.Action{removal(1, 1000)}, want: []string{"max_cancels 10 1000"}},
		{name: "cancels spent", set: func(l *fix.Limits) { l.Cancels = most(10) }, actions: []fix.Action{removal(2, 1)}, spent: spent(10, 10), want: []string{"max_cancels 10 11"}},
		{name: "cancels spent, and none planned", set: func(l *fix.Limits) { l.Cancels = most(10) }, actions: []fix.Action{change(2, 1)}, spent: spent(11, 11)},
		{name: "cancels 0", set: func(l *fix.Limits) { l.Cancels = most(0) }, actions: []fix.Action{removal(1, 1)}, want: []string{"max_cancels 0 1"}},
		{name: "what waits does not count", set: func(l *fix.Limits) { l.Cancels = most(0) }, actions: []fix.Action{waiting}},
		{name: "what needs a review does not count", set: func(l *fix.Limits) { l.Cancels = most(0) }, actions: []fix.Action{review}},

		{name: "percent at", set: func(l *fix.Limits) { l.CancelPercent = fix.Percent{Max: dec("1")} }, live: 1099, actions: []fix.Action{removal(1, 10)}},
		{name: "percent above, rounded down", set: func(l *fix.Limits) { l.CancelPercent = fix.Percent{Max: dec("1")} }, live: 1099, actions: []fix.Action{removal(1, 11)}, want: []string{"max_cancel_percent 1 % 11"}},
		{name: "percent of next to nothing is 1", set: func(l *fix.Limits) { l.CancelPercent = fix.Percent{Max: dec("0.01")} }, live: 3, actions: []fix.Action{removal(1, 1)}},
		{name: "percent of next to nothing is not 2", set: func(l *fix.Limits) { l.CancelPercent = fix.Percent{Max: dec("0.01")} }, live: 3, actions: []fix.Action{removal(1, 2)}, want: []string{"max_cancel_percent 0.01 % 2"}},
		{name: "percent 0", set: func(l *fix.Limits) { l.CancelPercent = fix.Percent{} }, live: 100000, actions: []fix.Action{removal(1, 1)}, want: []string{"max_cancel_percent 0 % 1"}},
		{name: "percent spent", set: func(l *fix.Limits) { l.CancelPercent = fix.Percent{Max: dec("1")} }, live: 1000, spent: spent(9, 9), actions: []fix.Action{removal(2, 2)}, want: []string{"max_cancel_percent 1 % 11"}},

		{name: "per account at", set: func(l *fix.Limits) { l.CancelsPerAccount = most(3) }, actions: []fix.Action{removal(1, 3), removal(2, 3)}},
		{name: "per account above", set: func(l *fix.Limits) { l.CancelsPerAccount = most(3) }, actions: []fix.Action{removal(1, 3), removal(2, 2), removal(2, 2)}, want: []string{"max_cancels_per_account 3 4"}},
		{name: "per account spent", set: func(l *fix.Limits) { l.CancelsPerAccount = most(3) }, actions: []fix.Action{removal(1, 1)}, spent: spent(3, 3), want: []string{"max_cancels_per_account 3 4"}},
		{name: "per account spent elsewhere", set: func(l *fix.Limits) { l.CancelsPerAccount = most(3) }, actions: []fix.Action{removal(2, 3)}, spent: spent(9, 9)},
		{name: "per account 0", set: func(l *fix.Limits) { l.CancelsPerAccount = most(0) }, actions: []fix.Action{removal(1, 1)}, want: []string{"max_cancels_per_account 0 1"}},

		{name: "cost at", set: func(l *fix.Limits) { l.CancelCost = euros("5.00") }, actions: []fix.Action{removal(1, 5)}},
		{name: "cost above", set: func(l *fix.Limits) { l.CancelCost = euros("4.99") }, actions: []fix.Action{removal(1, 5)}, want: []string{"max_cancel_cost 4.99 EUR 5.00 EUR"}},
		{name: "cost spent", set: func(l *fix.Limits) { l.CancelCost = euros("5") }, actions: []fix.Action{removal(1, 1)}, spent: spent(5, 5), want: []string{"max_cancel_cost 5 EUR 6.00 EUR"}},
		{name: "cost 0", set: func(l *fix.Limits) { l.CancelCost = euros("0") }, actions: []fix.Action{{Removal: true, Instances: 1, Costs: []fix.Cost{{Currency: "EUR"}}}}, want: []string{"max_cancel_cost 0 EUR 0 EUR"}},
		{name: "an unknown price", set: func(l *fix.Limits) { l.CancelCost = euros("500") }, actions: []fix.Action{unpriced}, want: []string{"max_cancel_cost 500 EUR 1 instance without a known price"}},
		{name: "another currency", set: func(l *fix.Limits) { l.CancelCost = euros("500") }, actions: []fix.Action{removal(1, 1), usd}, want: []string{"max_cancel_cost 500 EUR 1.00 EUR + 0.01 USD"}},
		{name: "all at once", set: func(l *fix.Limits) { *l = fix.Limits{} }, actions: []fix.Action{removal(1, 1)}, live: 100,
			want: []string{"max_fixes 0 1", "max_cancels 0 1", "max_cancel_percent 0 % 1", "max_cancels_per_account 0 1", "max_cancel_cost 0  1.00 EUR"}},
		{name: "the limits that hold by default", set: func(l *fix.Limits) { *l = fix.DefaultLimits() }, actions: []fix.Action{change(1, 90), removal(1, 3), removal(2, 3), removal(3, 3), removal(4, 1)}, live: 1000},
		{name: "just above them", set: func(l *fix.Limits) { *l = fix.DefaultLimits() }, actions: []fix.Action{change(1, 90), removal(1, 4), removal(2, 3), removal(3, 3), removal(4, 1)}, live: 1000,
			want: []string{"max_fixes 100 101", "max_cancels 10 11", "max_cancel_percent 1 % 11", "max_cancels_per_account 3 4"}},
	} {
		limits := lifted()
		c.set(&limits)
		var got []string
		for _, r := range limits.Evaluate(c.actions, false, c.spent, c.live) {
			got = append(got, r.Limit+" "+r.Value+" "+r.Need)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestReviewedPlansCount: what an applied plan sends beyond a run counts.
func TestReviewedPlansCount(t *testing.T) {
	limits := fix.DefaultLimits()
	review := removal(1, 4)
	review.Needs = fix.NeedsReview
	if got := limits.Evaluate([]fix.Action{review}, false, nil, 1000); len(got) > 0 {
		t.Errorf("not sent: got %+v", got)
	}
	if got := limits.Evaluate([]fix.Action{review}, true, nil, 1000); len(got) != 1 || got[0].Limit != fix.LimitCancelsPerAccount {
		t.Errorf("sent: got %+v", got)
	}
}

func TestRefusalNamesWhoIsToBlame(t *testing.T) {
	limits := lifted()
	limits.Cancels = fix.Limit{Max: 10}
	actions := []fix.Action{removal(1, 1), removal(2, 9), removal(3, 3), removal(4, 3), removal(5, 2), removal(6, 1), removal(7, 5)}
	got := limits.Evaluate(actions, false, []fix.Usage{{AccountID: account(6), Cancels: 3}}, 0)
	if len(got) != 1 {
		t.Fatalf("got %+v", got)
	}
	want := fmt.Sprintf("[{%s 9} {%s 5} {%s 4} {%s 3} {%s 3}]", account(2), account(7), account(6), account(3), account(4))
	if r := got[0]; fmt.Sprint(r.Largest) != want || r.Flag != "--max-cancels" || r.Cause != fix.CauseLimit || r.Text != "27 instances would be taken away, allowed are 10" {
		t.Errorf("got %+v, want %s", r, want)
	}
}

// TestCosts: the cost of a removal is that of the instances that it takes, by
// currency.
func TestCosts(t *testing.T) {
	b := book{packages: []reconcile.Package{pack("P", "s", inst("plan", ""), inst("plan", ""), inst("mail", ""), inst("free", ""), inst("never", ""),
		with(inst("plan", ""), func(i *reconcile.Instance) { i.Status = reconcile.StatusCanceled }))}}.reckless()
	b.options.UnlistedAccounts = true
	b.options.Cost = func(product string, _ reconcile.Cycle) (reconcile.Money, bool) {
		money, known := map[string]reconcile.Money{
			"plan": {Amount: dec("4.50"), Currency: "EUR", Known: true}, "mail": {Amount: dec("3"), Currency: "USD", Known: true},
			"free": {Currency: "EUR", Known: true, OneTime: true},
		}[product]
		return money, known
	}
	d := b.plan(t)
	if got := fmt.Sprint(d.Actions[0].Costs, d.Actions[0].Unpriced); got != "[{EUR 9.00} {USD 3}] 1" {
		t.Errorf("got %s", got)
	}
}

// TestMovesCountAsCancels: taking an instance off its site is a removal, for
// limits and sightings; putting a floating one onto a site is none.
func TestMovesCountAsCancels(t *testing.T) {
	b := book{
		lines:    []reconcile.Line{line("a", on(site(1))), line("b", on(site(2))), line("c", on(reconcile.Floating))},
		packages: []reconcile.Package{pack("A", "a", inst("plan", "")), pack("B", "b", inst("plan", site(3))), pack("C", "c", inst("plan", site(4)))},
	}.reckless()
	b.terms.Limits.Cancels = fix.Limit{Max: 1}
	d := b.plan(t)
	if len(d.Refusals) != 1 || d.Refusals[0].Need != "2" {
		t.Errorf("got %+v, want a refusal of two", d.Refusals)
	}
	b.options.MinSightings = 2
	want := []string{"unassign C C.1 none waiting(1/2)", "assign A A.1 " + site(1), "assign B B.1 " + site(2) + " waiting(1/2)"}
	if d := b.plan(t); !slices.Equal(d.told(), want) || len(d.Refusals) > 0 {
		t.Errorf("got %q, want %q", d.told(), want)
	}
}
