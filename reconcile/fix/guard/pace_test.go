package guard_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/reconcile/fix/guard"
)

// due is an action of package P<n>, and when its finding was first seen.
type due struct {
	fix.Action
	days int // ago
}

func pkg(n, acc, instances, days int) due {
	a := removal(acc, instances)
	a.Key, a.PackageID = fmt.Sprint("k", n), fmt.Sprint("P", n)
	return due{a, days}
}

// decide returns what is held back, as "key limit", or the refusals.
func decide(l guard.Limits, sent []guard.Usage, live int, all ...due) string {
	var actions []fix.Action
	var evidence []fix.Evidence
	for _, d := range all {
		actions = append(actions, d.Action)
		evidence = append(evidence, fix.Evidence{Key: d.Key, FirstSeen: now.AddDate(0, 0, -d.days)})
	}
	c := guard.Checks{Complete: true, HasHistory: true, Limits: l, Usage: sent, LiveInstances: live}
	refusals, held := c.Decide(actions, evidence)
	var text []string
	for _, r := range refusals {
		text = append(text, "refused "+r.Limit+" "+r.Need)
	}
	for _, h := range held {
		text = append(text, h.Key+" "+h.Limit)
	}
	return strings.Join(text, ", ")
}

func several(n int, make func(i int) due) []due {
	var all []due
	for i := range n {
		all = append(all, make(i))
	}
	return all
}

func TestPace(t *testing.T) {
	limits := func(set func(*guard.Limits)) guard.Limits {
		l := lifted()
		l.Surge = guard.Limit{Max: 3}
		set(&l)
		return l
	}
	cancels := func(n int) guard.Limits { return limits(func(l *guard.Limits) { l.Cancels = guard.Limit{Max: n} }) }
	perAccount := func(n int) guard.Limits {
		return limits(func(l *guard.Limits) { l.CancelsPerAccount = guard.Limit{Max: n} })
	}
	cost := func(amount string) guard.Limits {
		return limits(func(l *guard.Limits) { l.CancelCost = guard.CostLimit{Max: dec(amount), Currency: "EUR"} })
	}
	used := func(acc, n int) []guard.Usage { return []guard.Usage{{AccountID: account(acc), Fixes: n, Cancels: n}} }
	change9 := due{change(9, 9), 0}
	change9.Key = "c9"
	waits, reviews := pkg(7, 1, 50, 9), pkg(8, 1, 50, 9)
	waits.Waiting, reviews.Needs = &fix.Waiting{Needed: 2}, fix.NeedsReview
	unpriced, dollars := pkg(7, 1, 1, 9), pkg(8, 1, 1, 9)
	unpriced.Costs, unpriced.Unpriced = nil, 1
	dollars.Costs = []fix.Cost{{Currency: "USD", Monthly: dec("1")}}
	for _, c := range []struct {
		name string
		l    guard.Limits
		sent []guard.Usage
		live int
		all  []due
		want string
	}{
		{"within", cancels(2), nil, 0, []due{pkg(1, 1, 1, 1), pkg(2, 2, 1, 1)}, ""},
		{"the longest seen goes first", cancels(2), nil, 0, []due{pkg(1, 1, 1, 1), pkg(2, 2, 1, 3), pkg(3, 3, 1, 2)}, "k1 max_cancels"},
		{"of equal ones the first", cancels(2), nil, 0, []due{pkg(1, 1, 1, 1), pkg(2, 2, 1, 1), pkg(3, 3, 1, 1)}, "k3 max_cancels"},
		{"a smaller one after a large one", cancels(2), nil, 0, []due{pkg(1, 1, 3, 9), pkg(2, 2, 1, 1), pkg(3, 3, 1, 1)}, "k1 max_cancels"},
		{"what was sent counts", cancels(2), used(9, 1), 0, []due{pkg(1, 1, 1, 1), pkg(2, 2, 1, 2)}, "k1 max_cancels"},
		{"three times the limit", cancels(2), nil, 0, several(6, func(i int) due { return pkg(i, i, 1, 0) }), "k2 max_cancels, k3 max_cancels, k4 max_cancels, k5 max_cancels"},
		{"one more", cancels(2), nil, 0, several(7, func(i int) due { return pkg(i, i, 1, 0) }), "refused max_cancels 7"},
		{"one more with what was sent", cancels(2), used(9, 1), 0, several(6, func(i int) due { return pkg(i, i, 1, 0) }), "refused max_cancels 7"},
		{"0 refuses", cancels(0), nil, 0, []due{pkg(1, 1, 1, 1), change9}, "refused max_cancels 1"},
		{"a limit on cancels holds back nothing else", cancels(1), nil, 0, []due{change9, pkg(1, 1, 1, 2), pkg(2, 2, 1, 1)}, "k2 max_cancels"},
		{"what waits or needs a review needs nothing", cancels(1), nil, 0, []due{waits, reviews, pkg(1, 1, 1, 1)}, ""},
		{"all fixes", limits(func(l *guard.Limits) { l.Fixes = guard.Limit{Max: 9} }), nil, 0, []due{pkg(1, 1, 1, 2), change9}, "c9 max_fixes"},
		{"all fixes, a surge", limits(func(l *guard.Limits) { l.Fixes = guard.Limit{Max: 3} }), nil, 0, []due{pkg(1, 1, 1, 2), change9}, "refused max_fixes 10"},
		{"percent", limits(func(l *guard.Limits) { l.CancelPercent = guard.Percent{Max: dec("1")} }), nil, 299, []due{pkg(1, 1, 1, 1), pkg(2, 2, 1, 2), pkg(3, 3, 1, 3)}, "k1 max_cancel_percent"},
		{"percent, a surge of one instance", limits(func(l *guard.Limits) { l.CancelPercent = guard.Percent{Max: dec("1")} }), nil, 20, []due{pkg(1, 1, 2, 1), pkg(2, 2, 1, 2)}, "k1 max_cancel_percent"},
		{"percent, beyond it", limits(func(l *guard.Limits) { l.CancelPercent = guard.Percent{Max: dec("1")} }), nil, 20, []due{pkg(1, 1, 2, 1), pkg(2, 2, 2, 2)}, "refused max_cancel_percent 4"},
		{"percent 0", limits(func(l *guard.Limits) { l.CancelPercent = guard.Percent{} }), nil, 2000, []due{pkg(1, 1, 1, 1)}, "refused max_cancel_percent 1"},

		{"per account holds back only that account", perAccount(3), nil, 0, []due{pkg(1, 1, 2, 3), pkg(2, 1, 2, 2), pkg(3, 1, 1, 1), pkg(4, 2, 3, 0)}, "k2 max_cancels_per_account"},
		{"per account, the first package whole", perAccount(3), nil, 0, []due{pkg(1, 1, 20, 3), pkg(2, 1, 1, 2), pkg(4, 2, 3, 0)}, "k2 max_cancels_per_account"},
		{"per account, the first package by instances", perAccount(1), nil, 0, []due{pkg(1, 1, 1, 3), pkg(1, 1, 1, 3), pkg(2, 1, 1, 2)}, "k2 max_cancels_per_account"},
		{"per account, a large package is not the first", perAccount(3), nil, 0, []due{pkg(1, 1, 1, 3), pkg(2, 1, 20, 2)}, "k2 max_cancels_per_account"},
		{"per account, something was sent before", perAccount(3), used(1, 1), 0, []due{pkg(1, 1, 4, 3)}, "k1 max_cancels_per_account"},
		{"per account, sent elsewhere", perAccount(3), used(2, 9), 0, []due{pkg(1, 1, 4, 3)}, ""},
		{"per account never surges", perAccount(3), nil, 0, several(12, func(i int) due { return pkg(i, 1, 1, 0) }),
			"k3 max_cancels_per_account, k4 max_cancels_per_account, k5 max_cancels_per_account, k6 max_cancels_per_account, k7 max_cancels_per_account, k8 max_cancels_per_account, k9 max_cancels_per_account, k10 max_cancels_per_account, k11 max_cancels_per_account"},
		{"per account 0", perAccount(0), nil, 0, []due{pkg(1, 1, 1, 1)}, "refused max_cancels_per_account 1"},
		{"where the other limits allow", limits(func(l *guard.Limits) {
			l.Cancels, l.CancelsPerAccount = guard.Limit{Max: 10}, guard.Limit{Max: 3}
		}), nil, 0, []due{pkg(1, 1, 12, 9), pkg(2, 1, 5, 1)}, "k1 max_cancels"},

		{"cost", cost("2.50"), nil, 0, []due{pkg(1, 1, 1, 1), pkg(2, 1, 2, 2)}, "k1 max_cancel_cost"},
		{"cost, a surge", cost("1"), nil, 0, []due{pkg(1, 1, 2, 1), pkg(2, 1, 2, 2)}, "refused max_cancel_cost 4.00 EUR"},
		{"cost, an unknown price and another currency", cost("2"), nil, 0, []due{unpriced, dollars, pkg(1, 1, 1, 1)}, "k7 max_cancel_cost, k8 max_cancel_cost"},
		{"cost 0", cost("0"), nil, 0, []due{pkg(1, 1, 1, 1)}, "refused max_cancel_cost 1.00 EUR"},

		{"no surge at all", limits(func(l *guard.Limits) { l.Cancels, l.Surge = guard.Limit{Max: 1}, guard.Limit{Off: true} }), nil, 0, several(9, func(i int) due { return pkg(1, 1, 1, i) }), "k1 max_cancels, k1 max_cancels, k1 max_cancels, k1 max_cancels, k1 max_cancels, k1 max_cancels, k1 max_cancels, k1 max_cancels"},
		{"0 refuses without a surge too", limits(func(l *guard.Limits) { l.Cancels, l.Surge = guard.Limit{}, guard.Limit{Off: true} }), nil, 0, []due{pkg(1, 1, 1, 1)}, "refused max_cancels 1"},
		{"a surge of 1 refuses like a reviewed plan", limits(func(l *guard.Limits) { l.Cancels, l.Surge = guard.Limit{Max: 2}, guard.Limit{Max: 1} }), nil, 0, []due{pkg(1, 1, 1, 1), pkg(2, 2, 2, 1)}, "refused max_cancels 3"},
	} {
		if got := decide(c.l, c.sent, c.live, c.all...); got != c.want {
			t.Errorf("%s:\ngot  %q\nwant %q", c.name, got, c.want)
		}
	}
}

// A plan that was reviewed is sent whole, or refused.
func TestReviewedPlansAreNotPaced(t *testing.T) {
	l := defaultLimits()
	l.Surge = guard.Limit{Max: 3}
	c := guard.Checks{Complete: true, HasHistory: true, Limits: l, LiveInstances: 10_000, Reviewed: true}
	refusals, held := c.Decide([]fix.Action{removal(1, 4)}, nil)
	if len(held) > 0 || len(refusals) != 1 || refusals[0].Limit != fix.LimitCancelsPerAccount || refusals[0].Flag != "--max-cancels-per-account" {
		t.Errorf("refused %+v, held back %v", refusals, held)
	}
}

// Over the nights everything goes that fits a limit at all, no night sends more
// than the limits, and nothing goes before what was seen longer and would have
// fitted.
func TestPacedNightsEmptyABacklog(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		l := guard.Limits{Fixes: guard.Limit{Max: 100}, Cancels: guard.Limit{Max: 10}, CancelPercent: guard.Percent{Max: dec("1")},
			CancelsPerAccount: guard.Limit{Max: 3}, CancelCost: guard.CostLimit{Off: true}, Surge: guard.Limit{Max: 3}}
		left := several(1+rng.IntN(12), func(i int) due { return pkg(i, rng.IntN(4), 1+rng.IntN(4), rng.IntN(5)) })
		for night := 0; len(left) > 0; night++ {
			if night > 20 {
				t.Fatalf("seed %d: %d are left after %d nights", seed, len(left), night)
			}
			if text := decide(l, nil, 1000, left...); strings.HasPrefix(text, "refused") {
				left = left[1:] // a person looked at it
				continue
			} else if left = checkNight(t, left, text); t.Failed() {
				return
			}
		}
	}
}

// checkNight returns what is left after a night, which must be within the limits.
func checkNight(t *testing.T, left []due, heldBack string) (next []due) {
	t.Helper()
	total, first := 0, true
	accounts, packages := make(map[string]int), make(map[string]int)
	for _, d := range left {
		if strings.Contains(heldBack+",", d.Key+" ") {
			next = append(next, d)
			continue
		}
		first = false
		total += d.Instances
		accounts[d.AccountID] += d.Instances
		packages[d.AccountID]++
	}
	for id, n := range accounts {
		if n > 3 && packages[id] > 1 {
			t.Errorf("%d instances in %d packages of account %s", n, packages[id], id)
		}
	}
	if total > 10 || first {
		t.Errorf("sent %d instances; held back %q", total, heldBack)
	}
	return next
}

// An unknown first seen is the oldest.
func TestPaceWithoutEvidence(t *testing.T) {
	l := lifted()
	l.Cancels = guard.Limit{Max: 1}
	a, b := pkg(1, 1, 1, 0).Action, pkg(2, 1, 1, 0).Action
	if got := fmt.Sprint(l.Pace([]fix.Action{a, b}, []fix.Evidence{{FirstSeen: time.Now()}}, nil, 0)); got != "[{k1 max_cancels}]" {
		t.Error(got)
	}
}
