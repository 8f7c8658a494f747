package report

import (
	"strings"
	"testing"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/reconcile/fix/guard"
)

func TestRemedyOf(t *testing.T) {
	tests := []struct {
		limit, need string
		live        int
		want        string
	}{
		{"max_cancels", "12", 154, "raise the limit with --max-cancels 12"},
		{"max_fixes", "101", 154, "raise the limit with --max-fixes 101"},
		{"max_cancels_per_account", "4", 154, "raise the limit with --max-cancels-per-account 4"},
		{"max_cancel_percent", "12", 154, "raise the limit with --max-cancel-percent 7.8"},
		{"max_cancel_percent", "1", 100, "raise the limit with --max-cancel-percent 1"},
		{"max_cancel_percent", "10", 10, "raise the limit with --max-cancel-percent 100"},
		{"max_cancel_percent", "11", 10, "lift the limit with --max-cancel-percent off"},
		{"max_cancel_percent", "1", 0, "raise the limit with --max-cancel-percent"},
		{"max_cancel_cost", "24.00 EUR", 154, `raise the limit with --max-cancel-cost "24.00 EUR"`},
		{"max_cancel_cost", "24.00 EUR + 1 instance without a known price", 154, "lift the limit with --max-cancel-cost off"},
		{"max_cancel_cost", "1 instance without a known price", 154, "lift the limit with --max-cancel-cost off"},
		{"max_ledger_age", "40h12m", 154, "raise the limit with --max-ledger-age 41h"},
		{"max_ledger_age", "unknown", 154, "lift the limit with --max-ledger-age off"},
		{"max_shrink", "180", 154, "raise the limit with --max-shrink"},
		{"canary", "missing", 154, "remove it from --canary if it is gone for good"},
	}
	for _, tt := range tests {
		flag := "--" + strings.ReplaceAll(tt.limit, "_", "-")
		if got := remedyOf(tt.limit, flag, tt.need, tt.live); got != tt.want {
			t.Errorf("%s, needed %s of %d: %q, want %q", tt.limit, tt.need, tt.live, got, tt.want)
		}
	}
	if got := remedyOf(fix.RefusedHistory, "", "", 1); got != "" {
		t.Errorf("no history: %q", got)
	}
}

// The value that a remedy names lifts the refusal.
func TestRemedyIsSufficient(t *testing.T) {
	for live := 1; live < 400; live += 7 {
		for n := 1; n <= live; n += 3 {
			actions := []fix.Action{{Fix: "cancel", Removal: true, Instances: n}}
			limits := guard.Limits{Fixes: guard.Limit{Off: true}, Cancels: guard.Limit{Off: true}, CancelsPerAccount: guard.Limit{Off: true}, CancelCost: guard.CostLimit{Off: true}}
			refusals := limits.Evaluate(actions, true, nil, live)
			if len(refusals) != 1 {
				t.Fatalf("%d of %d: %v", n, live, refusals)
			}
			value := sufficientValue(refusals[0].Limit, refusals[0].Need, live)
			limits.CancelPercent.Max = mustParse(t, value)
			if again := limits.Evaluate(actions, true, nil, live); len(again) > 0 {
				t.Errorf("%d of %d: %s %% is not sufficient: %s", n, live, value, again[0].Text)
			}
		}
	}
}

func mustParse(t *testing.T, number string) decimal.Decimal {
	t.Helper()
	d, err := decimal.Parse(number)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
