package report

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

const sampleSettle = 5 * time.Minute

func TestPlanGoldens(t *testing.T) {
	reviewed := &PlanOptions{Reviewed: true}
	empty := samplePlan()
	empty.Actions, empty.Evidence = []fix.Action{}, nil
	for name, write := range map[string]func(io.Writer) error{
		"plan.txt":     func(w io.Writer) error { return WritePlan(w, FormatText, samplePlan(), nil, reviewed) },
		"plan.md":      func(w io.Writer) error { return WritePlan(w, FormatMarkdown, samplePlan(), nil, reviewed) },
		"plan.json":    func(w io.Writer) error { return WritePlan(w, FormatJSON, samplePlan(), nil, nil) },
		"plan-run.txt": func(w io.Writer) error { return WritePlan(w, FormatText, samplePlan(), nil, nil) },
		"plan-refused.txt": func(w io.Writer) error {
			return WritePlan(w, FormatText, refused(samplePlan()), nil, nil)
		},
		"plan-refused.md":  func(w io.Writer) error { return WritePlan(w, FormatMarkdown, refused(samplePlan()), nil, nil) },
		"plan-applied.txt": func(w io.Writer) error { return WritePlan(w, FormatText, samplePlan(), sampleResults(), reviewed) },
		"plan-applied.md":  func(w io.Writer) error { return WritePlan(w, FormatMarkdown, samplePlan(), sampleResults(), reviewed) },
		"plan-empty.txt":   func(w io.Writer) error { return WritePlan(w, FormatText, empty, nil, nil) },
		"plan-empty.md":    func(w io.Writer) error { return WritePlan(w, FormatMarkdown, empty, nil, nil) },
		"journal.txt":      func(w io.Writer) error { return WriteJournal(w, FormatText, sampleEntries(), sampleSettle) },
		"journal.md":       func(w io.Writer) error { return WriteJournal(w, FormatMarkdown, sampleEntries(), sampleSettle) },
		"journal.json":     func(w io.Writer) error { return WriteJournal(w, FormatJSON, sampleEntries(), sampleSettle) },
		"fixes.txt":        func(w io.Writer) error { return WriteSummary(w, FormatText, sampleFixes(sampleSummary(9, 9)), nil) },
		"fixes.md":         func(w io.Writer) error { return WriteSummary(w, FormatMarkdown, sampleFixes(sampleSummary(9, 9)), nil) },
		"fixes-refused.txt": func(w io.Writer) error {
			return WriteSummary(w, FormatText, refusedFixes(sampleSummary(9, 180)), nil)
		},
		"fixes-refused.md": func(w io.Writer) error {
			return WriteSummary(w, FormatMarkdown, refusedFixes(sampleSummary(9, 180)), nil)
		},
	} {
		t.Run(name, func(t *testing.T) { golden(t, name, written(t, write)) })
	}
}

// The text has every action with all of its ids, and removals that are due before
// the others.
func TestPlanTextIsComplete(t *testing.T) {
	for _, o := range []*PlanOptions{nil, {Reviewed: true}} {
		p := samplePlan()
		text := string(written(t, func(w io.Writer) error { return WritePlan(w, FormatText, p, nil, o) }))
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
				t.Errorf("action %d comes before a removal", i+1)
			}
		}
	}
}

// Lines fit a terminal.
func TestPlanTextWidth(t *testing.T) {
	text := string(written(t, func(w io.Writer) error {
		return WritePlan(w, FormatText, samplePlan(), sampleResults(), &PlanOptions{Reviewed: true, Refusals: sampleRefusals()})
	}))
	for line := range strings.Lines(text) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > textWidth {
			t.Errorf("%d columns: %q", n, line)
		}
	}
}

// hostilePlan has control characters and markup wherever there is text.
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

func TestPlanAndJournalEscapeUntrustedText(t *testing.T) {
	p, results := hostilePlan()
	entries := sampleEntries()
	for i := range entries {
		entries[i].Action, entries[i].RunID, entries[i].Key = p.Actions[i], p.RunID, p.RunID
		if entries[i].Unsettled != nil {
			entries[i].Unsettled.Reason = p.RunID
		}
	}
	s := refusedFixes(sampleSummary(3, 3))
	s.Fixes.Requested, s.Fixes.PlanID, s.Fixes.Actions[p.RunID], s.Fixes.Refusals[0].Text = []string{p.RunID}, p.RunID, 3, p.RunID
	for name, write := range map[string]func(io.Writer) error{
		"plan as text":        func(w io.Writer) error { return WritePlan(w, FormatText, p, results, nil) },
		"plan as markdown":    func(w io.Writer) error { return WritePlan(w, FormatMarkdown, p, results, nil) },
		"journal as text":     func(w io.Writer) error { return WriteJournal(w, FormatText, entries, 0) },
		"journal as markdown": func(w io.Writer) error { return WriteJournal(w, FormatMarkdown, entries, 0) },
		"summary as text":     func(w io.Writer) error { return WriteSummary(w, FormatText, s, nil) },
		"summary as markdown": func(w io.Writer) error { return WriteSummary(w, FormatMarkdown, s, nil) },
	} {
		out := string(written(t, write))
		if strings.ContainsAny(out, "\x1b\r\u202e\u0007") || strings.Contains(out, "\n# head") {
			t.Errorf("%s contains control characters:\n%q", name, out)
		}
	}
}

// A plan that was edited by hand is shown.
func TestUnexpectedPlansAreShown(t *testing.T) {
	for name, change := range map[string]func(*fix.Plan){
		"no states":          func(p *fix.Plan) { p.Actions[6].Seen, p.Actions[2].Seen = nil, nil },
		"no evidence":        func(p *fix.Plan) { p.Evidence = nil },
		"unknown fix":        func(p *fix.Plan) { p.Actions[0].Fix = "burn" },
		"instance not found": func(p *fix.Plan) { p.Actions[1].InstanceID = "gone" },
		"empty":              func(p *fix.Plan) { *p = fix.Plan{} },
	} {
		t.Run(name, func(t *testing.T) {
			p := samplePlan()
			change(p)
			for _, write := range []func(io.Writer) error{
				func(w io.Writer) error { return WritePlan(w, FormatText, p, sampleResults(), nil) },
				func(w io.Writer) error { return WritePlan(w, FormatMarkdown, p, sampleResults(), nil) },
			} {
				if len(written(t, write)) == 0 {
					t.Error("nothing is shown")
				}
			}
		})
	}
}

// A limit that was raised before sending is not shown as a refusal.
func TestExecutedPlanShowsNoRefusals(t *testing.T) {
	p := refused(samplePlan())
	text := string(written(t, func(w io.Writer) error {
		return WritePlan(w, FormatText, p, sampleResults(), &PlanOptions{Reviewed: true})
	}))
	if strings.Contains(text, "REFUSED") || !strings.HasPrefix(text, "PLAN EXECUTED: ") {
		t.Errorf("an executed plan is shown as refused:\n%s", text)
	}
}

func TestRemovalCostsByCurrency(t *testing.T) {
	sums, unpriced := newPlanView(samplePlan(), nil, &PlanOptions{Reviewed: true}).removalCosts()
	got := make(map[string]string)
	for _, s := range sums {
		for class, amount := range s.monthly {
			got[s.currency] += []string{"", " ", " ", " "}[class] + amount.String()
		}
	}
	want := map[string]string{"EUR": "60.00 0 0 0", "JPY": "1900 0 0 0", "USD": "0 0 0 10.00"}
	for currency := range want {
		if got[currency] != want[currency] {
			t.Errorf("%s: %s, want %s", currency, got[currency], want[currency])
		}
	}
	if len(got) != len(want) || unpriced != [dueCount]int{2, 0, 0, 1} {
		t.Errorf("sums %v, unpriced %v", got, unpriced)
	}
}

func TestFormatRanges(t *testing.T) {
	for want, numbers := range map[string][]int{"": nil, "5": {5}, "5-6": {5, 6}, "5-7, 9, 11-12": {5, 6, 7, 9, 11, 12}} {
		if got := formatRanges(numbers); got != want {
			t.Errorf("%v: %q, want %q", numbers, got, want)
		}
	}
}
