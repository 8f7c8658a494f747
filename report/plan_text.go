package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// A plan for a terminal: a row for each action, and under it in full what it
// changes, of whom, and how that was proven. An id is never cut, because it is
// what somebody looks up before saying yes.

// PlanText writes a plan, with what became of it, for people. Results are empty
// where nothing was sent.
func PlanText(w io.Writer, p *fix.Plan, results []fix.Result, o *PlanOptions) error {
	v := viewOf(p, results, o)
	t := &printer{color: o != nil && o.Color}
	words, well := v.verdict()
	shade := ansiGreen
	if !well {
		shade = ansiRed
	}
	t.colored(shade, words)
	for _, f := range v.facts() {
		t.line(fmt.Sprintf("%-9s", f[0]), f[1])
	}
	for _, s := range v.sections() {
		t.out.WriteByte('\n')
		if s.pressing {
			t.colored(ansiRed, s.title)
		} else {
			t.line("", s.title)
		}
		t.actions(v, s.actions)
	}
	if len(v.actions) > 0 {
		t.table("Totals", v.totalTable())
	}
	if money := v.moneyTable(); money.Length() > 0 {
		t.table("What removals take away, money a month", money)
	}
	t.refusals(v)
	return told(w, "plan as text", t.out.String())
}

// facts say what the plan is and what it was made from.
func (v *planView) facts() [][2]string {
	p := v.plan
	made := moment(p.CreatedAt) + " UTC by run " + oneLine(p.RunID)
	if p.Program != "" {
		made += ", wixrecon " + oneLine(p.Program)
	}
	facts := [][2]string{
		{"Plan", oneLine(p.ID)},
		{"Made", made},
		{"Expires", moment(p.ExpiresAt) + " UTC"},
		{"Account", oneLine(p.AccountID) + ", " + scopeLine(&p.Scope)},
		{"Out", oneLine(p.Out)},
		{"Asked", oneLine(strings.Join(p.Fixes, ", "))},
		{"Wix", counted(p.LiveInstances, "live instance", "live instances") + " read"},
	}
	for i := range p.Inputs {
		in := &p.Inputs[i]
		words := oneLine(in.Name)
		if !in.Modified.IsZero() {
			words += ", modified " + moment(in.Modified) + " UTC"
		}
		facts = append(facts, [2]string{"Read", words + ", SHA-256 " + first(oneLine(in.SHA256), shownHash)})
	}
	return facts
}

// shownHash is how much of a hash is shown to people.
const shownHash = 12

func first(s string, n int) string { return s[:min(len(s), n)] }

// actions writes a table with the details of each action under its row.
func (t *printer) actions(v *planView, actions []*actionView) {
	rows := strings.Split(strings.TrimRight(actionTable(v, actions), "\n"), "\n")
	for i, row := range rows {
		row = strings.TrimRight(row, " ")
		if strings.Trim(row, "-") == "" {
			row = first(row, textWidth)
		}
		t.out.WriteString(row + "\n")
		if at := i - (len(rows) - len(actions)); at >= 0 {
			for _, d := range actions[at].details() {
				t.line(fmt.Sprintf("       %-11s  ", d[0]), d[1])
			}
		}
	}
}

// actionTable has one row an action, each one line high; the external id comes
// last, because it may be long.
func actionTable(v *planView, actions []*actionView) string {
	w := newTable(3, "#", "fix", "kind", "instances", "a month", "external id")
	w.SetColumnConfigs([]table.ColumnConfig{
		{Number: 1, Align: text.AlignRight, AlignHeader: text.AlignRight, WidthMin: 3},
		{Number: 2, WidthMin: len("external-id")},
		{Number: 3, WidthMin: len("billing_cycle_mismatch")},
		{Number: 4, Align: text.AlignRight, AlignHeader: text.AlignRight},
		{Number: 5, Align: text.AlignRight, AlignHeader: text.AlignRight, WidthMin: len("unknown price")},
	})
	for _, a := range actions {
		w.AppendRow(table.Row{
			a.place, oneLine(a.Fix), oneLine(a.Kind), grouped(fmt.Sprint(a.Instances)), a.monthly(), orDash(a.ExternalID),
		})
	}
	w.SetStyle(plainStyle())
	return w.Render()
}

// monthly says what an action takes away a month; a dash where it takes nothing.
func (a *actionView) monthly() string {
	if words := costWords(a.Action); words != "" {
		return words
	}
	return "-"
}

// details tell an action in full.
func (a *actionView) details() [][2]string {
	var lines [][2]string
	add := func(name, words string) {
		if words != "" {
			lines = append(lines, [2]string{name, words})
		}
	}
	if a.result != nil {
		add("became", a.became())
	}
	add("account", oneLine(a.AccountID))
	add("package", oneLine(a.PackageID))
	seen := about(a.Action)
	for i := range seen {
		add("instance", oneLine(seen[i].ID)+"  "+describe(&seen[i]))
		if changed(a.Action) != "site" && siteWords(seen[i].SiteID) != floating {
			add("", placeWords(seen[i].SiteID))
		}
	}
	add(changed(a.Action), stateWords(a.Action, a.Seen)+" -> "+wantedWords(a.Action))
	add("proven", proofWords(a.evidence))
	add("ledger", ledgerWords(a.evidence))
	if !a.Removal {
		add("worth", worthWords(a.evidence))
	}
	add("REVIEW", reviewWords(a.Action))
	if a.Waiting != nil {
		add("waits", fmt.Sprintf("%d of %s", a.Waiting.Sightings, counted(a.Waiting.Needed, "sighting", "sightings")))
	}
	return lines
}

// became tells what was done and what was read afterwards.
func (a *actionView) became() string {
	words := strings.ReplaceAll(oneLine(a.outcome), "_", " ")
	if a.reason != "" {
		words += ": " + oneLine(a.reason)
	}
	if !a.result.SentAt.IsZero() {
		words += ", sent " + moment(a.result.SentAt) + " UTC"
	}
	if a.result.Attempt > 1 {
		words += fmt.Sprintf(", attempt %d", a.result.Attempt)
	}
	if a.result.Created != "" {
		words += ", created package " + oneLine(a.result.Created)
	}
	if a.result.Observed != nil {
		words += ", observed " + stateWords(a.Action, a.result.Observed)
	}
	return words
}

func (t *printer) refusals(v *planView) {
	if len(v.refusals) == 0 {
		return
	}
	t.out.WriteByte('\n')
	t.colored(ansiRed, "REFUSED: nothing is sent")
	for i := range v.refusals {
		r := &v.refusals[i]
		t.line("  ", refusalHead(r))
		t.line("    ", oneLine(r.Text))
		for n, c := range r.Largest {
			lead := "                "
			if n == 0 {
				lead = "    the largest:"
			}
			t.line(lead+" ", oneLine(c.AccountID)+"  "+counted(c.Instances, "instance", "instances"))
		}
		if how := raising(r, v.plan.LiveInstances); how != "" {
			t.line("    ", how)
		}
	}
}
