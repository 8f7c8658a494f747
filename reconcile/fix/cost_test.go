package fix_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix/guard"
)

// TestCosts: the cost of a removal is that of the instances that it removes, by
// currency.
func TestCosts(t *testing.T) {
	b := inputs{packages: []reconcile.Package{pack("P", "s", inst("plan", ""), inst("plan", ""), inst("mail", ""), inst("free", ""), inst("never", ""),
		with(inst("plan", ""), func(i *reconcile.Instance) { i.Status = reconcile.StatusCanceled }))}}.withoutLimits()
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

// TestMovesCountAsCancels: moving an instance from its site is a removal, for limits
// and sightings; assigning a floating one is not.
func TestMovesCountAsCancels(t *testing.T) {
	b := inputs{
		lines:    []reconcile.Line{line("a", on(site(1))), line("b", on(site(2))), line("c", on(reconcile.Floating))},
		packages: []reconcile.Package{pack("A", "a", inst("plan", "")), pack("B", "b", inst("plan", site(3))), pack("C", "c", inst("plan", site(4)))},
	}.withoutLimits()
	b.checks.Limits.Cancels = guard.Limit{Max: 1}
	d := b.plan(t)
	if len(d.Refusals) != 1 || d.Refusals[0].Need != "2" {
		t.Errorf("got %+v, want a refusal of two", d.Refusals)
	}
	b.options.MinSightings = 2
	want := []string{"unassign C C.1 none waiting(1/2)", "assign A A.1 " + site(1), "assign B B.1 " + site(2) + " waiting(1/2)"}
	if d := b.plan(t); !slices.Equal(d.actionLines(), want) || len(d.Refusals) > 0 {
		t.Errorf("got %q, want %q", d.actionLines(), want)
	}
}
