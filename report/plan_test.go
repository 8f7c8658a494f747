package report

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

const sampleSettle = 5 * time.Minute

func TestPlanGoldens(t *testing.T) {
	looked := &PlanOptions{Reviewed: true}
	nothing := samplePlan()
	nothing.Actions, nothing.Evidence = []fix.Action{}, nil
	for name, write := range map[string]func(io.Writer) error{
		"plan.txt":         func(w io.Writer) error { return PlanText(w, samplePlan(), nil, looked) },
		"plan.md":          func(w io.Writer) error { return PlanMarkdown(w, samplePlan(), nil, looked) },
		"plan.json":        func(w io.Writer) error { return PlanJSON(w, samplePlan()) },
		"plan-run.txt":     func(w io.Writer) error { return PlanText(w, samplePlan(), nil, nil) },
		"plan-refused.txt": func(w io.Writer) error { return PlanText(w, refused(samplePlan()), nil, &PlanOptions{Color: true}) },
		"plan-refused.md":  func(w io.Writer) error { return PlanMarkdown(w, refused(samplePlan()), nil, nil) },
		"plan-applied.txt": func(w io.Writer) error { return PlanText(w, samplePlan(), sampleResults(), looked) },
		"plan-applied.md":  func(w io.Writer) error { return PlanMarkdown(w, samplePlan(), sampleResults(), looked) },
		"plan-empty.txt":   func(w io.Writer) error { return PlanText(w, nothing, nil, nil) },
		"plan-empty.md":    func(w io.Writer) error { return PlanMarkdown(w, nothing, nil, nil) },
		"journal.txt":      func(w io.Writer) error { return JournalText(w, sampleEntries(), sampleSettle) },
		"journal.md":       func(w io.Writer) error { return JournalMarkdown(w, sampleEntries(), sampleSettle) },
		"journal.json":     func(w io.Writer) error { return JournalJSON(w, sampleEntries(), sampleSettle) },
		"fixes.txt":        func(w io.Writer) error { return Text(w, sampleFixes(sampleSummary(9, 9)), nil) },
		"fixes.md":         func(w io.Writer) error { return Markdown(w, sampleFixes(sampleSummary(9, 9)), nil) },
		"fixes-refused.txt": func(w io.Writer) error {
			return Text(w, refusedFixes(sampleSummary(9, 180)), &TextOptions{Color: true})
		},
		"fixes-refused.md": func(w io.Writer) error { return Markdown(w, refusedFixes(sampleSummary(9, 180)), nil) },
	} {
		t.Run(name, func(t *testing.T) { golden(t, name, written(t, write)) })
	}
}

// Each action stands in the text once, removals that are to be sent before all
// others, and with all of its ids.
func TestPlanTextHoldsEverything(t *testing.T) {
	for _, o := range []*PlanOptions{nil, {Reviewed: true}} {
		p := samplePlan()
		text := string(written(t, func(w io.Writer) error { return PlanText(w, p, nil, o) }))
		last := 0
		for i := range p.Actions {
			a := &p.Actions[i]
			for _, id := range []string{a.AccountID, a.PackageID, a.InstanceID, a.ExternalID} {
				if !strings.Contains(text, id) {
					t.Errorf("no %s of action %d", id, i+1)
				}
			}
			if a.Removal && a.Due(o != nil) {
				last = max(last, strings.Index(text, a.PackageID))
			}
		}
		for i := range p.Actions {
			if a := &p.Actions[i]; a.PackageID != "" && (!a.Removal || !a.Due(o != nil)) && strings.Index(text, a.PackageID) < last {
				t.Errorf("action %d stands before a removal", i+1)
			}
		}
	}
}

// Lines are no wider than the terminal that is reckoned with.
func TestPlanTextWidth(t *testing.T) {
	text := string(written(t, func(w io.Writer) error {
		return PlanText(w, samplePlan(), sampleResults(), &PlanOptions{Reviewed: true, Refusals: sampleRefusals()})
	}))
	for line := range strings.Lines(text) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > textWidth {
			t.Errorf("%d columns: %q", n, line)
		}
	}
}

// hostilePlan has text of others wherever there is text.
func hostilePlan() (*fix.Plan, []fix.Result) {
	hostile := "\x1b[2Jgone\r\n# head | <b> `x` @all \u202e\u0007"
	p, results := refused(samplePlan()), sampleResults()
	p.Out, p.RunID, p.Program, p.ID, p.AccountID = hostile, hostile, hostile, hostile, hostile
	p.Inputs = []reconcile.File{{Name: hostile, SHA256: hostile}}
	p.Fixes = []string{hostile}
	for i := range p.Actions {
		a := &p.Actions[i]
		a.AccountID, a.ExternalID, a.Kind, a.Needs = hostile, hostile, hostile, hostile
		a.Dependants = []string{hostile}
		a.Desired = fix.Desired{ExternalID: hostile, SiteID: hostile, ProductID: hostile, Cycle: hostile, Status: hostile, Lines: []fix.Line{{ProductID: hostile}}}
		for n := range a.Costs {
			a.Costs[n].Currency = hostile
		}
		if a.Seen == nil {
			continue
		}
		a.Seen.ExternalID = hostile
		for n := range a.Seen.Instances {
			inst := &a.Seen.Instances[n]
			inst.Status, inst.ProductID, inst.SiteID, inst.Cycle = reconcile.Status(hostile), hostile, hostile, reconcile.Cycle(hostile)
		}
	}
	for i := range p.Evidence {
		p.Evidence[i].Monthly = []fix.Money{{Direction: hostile, Amount: hostile, Currency: hostile}, {Direction: "leak", Amount: "1", Currency: hostile}}
	}
	for i := range p.Refusals {
		r := &p.Refusals[i]
		r.Text, r.Value, r.Need, r.Flag, r.Largest = hostile, hostile, hostile, hostile, []reconcile.AccountShare{{AccountID: hostile}}
	}
	for i := range results {
		results[i].Reason, results[i].Created, results[i].Outcome = hostile, hostile, hostile
	}
	return p, results
}

func TestForeignTextOfPlansIsTame(t *testing.T) {
	p, results := hostilePlan()
	entries := sampleEntries()
	for i := range entries {
		entries[i].Action, entries[i].RunID, entries[i].Key = p.Actions[i], p.RunID, p.RunID
		if entries[i].Doubt != nil {
			entries[i].Doubt.Reason = p.RunID
		}
	}
	s := refusedFixes(sampleSummary(3, 3))
	s.Fixes.Asked, s.Fixes.PlanID, s.Fixes.Actions[p.RunID], s.Fixes.Refusals[0].Text = []string{p.RunID}, p.RunID, 3, p.RunID
	for name, write := range map[string]func(io.Writer) error{
		"plan as text":        func(w io.Writer) error { return PlanText(w, p, results, nil) },
		"plan as markdown":    func(w io.Writer) error { return PlanMarkdown(w, p, results, nil) },
		"journal as text":     func(w io.Writer) error { return JournalText(w, entries, 0) },
		"journal as markdown": func(w io.Writer) error { return JournalMarkdown(w, entries, 0) },
		"summary as text":     func(w io.Writer) error { return Text(w, s, nil) },
		"summary as markdown": func(w io.Writer) error { return Markdown(w, s, nil) },
	} {
		out := string(written(t, write))
		if strings.ContainsAny(out, "\x1b\r\u202e\u0007") || strings.Contains(out, "\n# head") {
			t.Errorf("%s lets control characters through:\n%q", name, out)
		}
	}
}

// A plan that was changed by hand is shown all the same.
func TestOddPlansAreShown(t *testing.T) {
	for name, change := range map[string]func(*fix.Plan){
		"no states":   func(p *fix.Plan) { p.Actions[6].Seen, p.Actions[2].Seen = nil, nil },
		"no evidence": func(p *fix.Plan) { p.Evidence = nil },
		"odd fix":     func(p *fix.Plan) { p.Actions[0].Fix = "burn" },
		"not there":   func(p *fix.Plan) { p.Actions[1].InstanceID = "gone" },
		"nothing":     func(p *fix.Plan) { *p = fix.Plan{} },
	} {
		t.Run(name, func(t *testing.T) {
			p := samplePlan()
			change(p)
			for _, write := range []func(io.Writer) error{
				func(w io.Writer) error { return PlanText(w, p, sampleResults(), nil) },
				func(w io.Writer) error { return PlanMarkdown(w, p, sampleResults(), nil) },
			} {
				if len(written(t, write)) == 0 {
					t.Error("nothing was shown")
				}
			}
		})
	}
}

// A limit that was raised before the plan was carried out refuses no more.
func TestWhatWasSentWasNotRefused(t *testing.T) {
	p := refused(samplePlan())
	text := string(written(t, func(w io.Writer) error {
		return PlanText(w, p, sampleResults(), &PlanOptions{Reviewed: true})
	}))
	if strings.Contains(text, "REFUSED") || !strings.HasPrefix(text, "CARRIED OUT: ") {
		t.Errorf("a plan that was carried out is refused:\n%s", text)
	}
}

func TestMoneyOfPlansIsByCurrency(t *testing.T) {
	sums, unpriced := viewOf(samplePlan(), nil, &PlanOptions{Reviewed: true}).removed()
	got := make(map[string]string)
	for _, s := range sums {
		for class, amount := range s.monthly {
			got[s.currency] += []string{"", " ", " "}[class] + amount.String()
		}
	}
	want := map[string]string{"EUR": "60.00 0 0", "JPY": "1900 0 0", "USD": "0 0 10.00"}
	for currency := range want {
		if got[currency] != want[currency] {
			t.Errorf("%s: %s, want %s", currency, got[currency], want[currency])
		}
	}
	if len(got) != len(want) || unpriced != [planClasses]int{2, 0, 1} {
		t.Errorf("sums %v, unpriced %v", got, unpriced)
	}
}

func TestRaising(t *testing.T) {
	tests := []struct {
		limit, need string
		live        int
		want        string
	}{
		{"max_cancels", "12", 154, "raise it with --max-cancels 12"},
		{"max_fixes", "101", 154, "raise it with --max-fixes 101"},
		{"max_cancels_per_account", "4", 154, "raise it with --max-cancels-per-account 4"},
		{"max_cancel_percent", "12", 154, "raise it with --max-cancel-percent 7.8"},
		{"max_cancel_percent", "1", 100, "raise it with --max-cancel-percent 1"},
		{"max_cancel_percent", "10", 10, "raise it with --max-cancel-percent 100"},
		{"max_cancel_percent", "11", 10, "lift it with --max-cancel-percent off"},
		{"max_cancel_percent", "1", 0, "raise it with --max-cancel-percent"},
		{"max_cancel_cost", "24.00 EUR", 154, `raise it with --max-cancel-cost "24.00 EUR"`},
		{"max_cancel_cost", "24.00 EUR + 1 instance without a known price", 154, "lift it with --max-cancel-cost off"},
		{"max_cancel_cost", "1 instance without a known price", 154, "lift it with --max-cancel-cost off"},
		{"max_ledger_age", "40h12m", 154, "raise it with --max-ledger-age 41h"},
		{"max_ledger_age", "unknown", 154, "lift it with --max-ledger-age off"},
		{"max_shrink", "180", 154, "raise it with --max-shrink"},
		{"canary", "missing", 154, "leave it out of --canary if it is gone for good"},
	}
	for _, tt := range tests {
		r := &fix.Refusal{Limit: tt.limit, Need: tt.need, Flag: "--" + strings.ReplaceAll(tt.limit, "_", "-")}
		if got := raising(r, tt.live); got != tt.want {
			t.Errorf("%s, needed %s of %d: %q, want %q", tt.limit, tt.need, tt.live, got, tt.want)
		}
	}
	if got := raising(&fix.Refusal{Limit: fix.RefusedHistory}, 1); got != "" {
		t.Errorf("no history: %q", got)
	}
}

// What is told to raise a limit raises it.
func TestRaisingIsEnough(t *testing.T) {
	for live := 1; live < 400; live += 7 {
		for n := 1; n <= live; n += 3 {
			actions := []fix.Action{{Fix: "cancel", Removal: true, Instances: n}}
			limits := fix.Limits{Fixes: fix.Limit{Off: true}, Cancels: fix.Limit{Off: true}, CancelsPerAccount: fix.Limit{Off: true}, CancelCost: fix.CostLimit{Off: true}}
			refusals := limits.Evaluate(actions, true, nil, live)
			if len(refusals) != 1 {
				t.Fatalf("%d of %d: %v", n, live, refusals)
			}
			value := enough(&refusals[0], live)
			limits.CancelPercent.Max = mustParse(t, value)
			if again := limits.Evaluate(actions, true, nil, live); len(again) > 0 {
				t.Errorf("%d of %d: %s %% is not enough: %s", n, live, value, again[0].Text)
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

func TestRangesOf(t *testing.T) {
	for want, numbers := range map[string][]int{"": nil, "5": {5}, "5-6": {5, 6}, "5-7, 9, 11-12": {5, 6, 7, 9, 11, 12}} {
		if got := rangesOf(numbers); got != want {
			t.Errorf("%v: %q, want %q", numbers, got, want)
		}
	}
}

func TestJournalLines(t *testing.T) {
	lines := JournalLines(sampleEntries(), sampleSettle)
	open := lines[slices.IndexFunc(lines, func(l JournalLine) bool { return l.Outcome == OutcomeOpen })]
	if want := sampleAsOf.Add(time.Hour); !open.Since.Equal(want) || !open.SettlesAt.Equal(want.Add(sampleSettle)) || open.Sends != nil {
		t.Errorf("an open attempt: %+v", open)
	}
	died := lines[len(lines)-1]
	if want := sampleAsOf.Add(time.Hour + 20*time.Second + sampleSettle); died.Outcome != OutcomeOpen || !died.SettlesAt.Equal(want) || died.Observed != "" {
		t.Errorf("an attempt whose sender died: %+v", died)
	}
	created := lines[slices.IndexFunc(lines, func(l JournalLine) bool { return l.Fix == "create" })]
	if created.PackageID != guid(2, 6) || created.Before != "none" || created.Observed != "2 PENDING" {
		t.Errorf("a create: %+v", created)
	}
	if lines[0].Sends != nil || lines[1].Sends == nil || *lines[1].Sends != 1 {
		t.Errorf("sends %v, %v", lines[0].Sends, lines[1].Sends)
	}
}
