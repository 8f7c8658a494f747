package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// A plan is read before changes that can't be undone. So nothing is left out,
// however long the plan is, cancellations come first, and every id is shown in
// full, with what is changed and the evidence.

// WritePlan writes a plan and its results; JSON is the format of plan.json, without
// results. results is empty where nothing was sent; o may be nil.
func WritePlan(w io.Writer, f Format, plan *fix.Plan, results []fix.Result, o *PlanOptions) error {
	if f == FormatJSON {
		text, err := plan.Encode()
		if err != nil {
			return err
		}
		return writeString(w, "plan", string(text))
	}
	p, v := newPage(f), newPlanView(plan, results, o)
	p.title(v.verdict())
	p.planFacts(v.plan)
	for _, s := range v.sections() {
		p.heading(s.heading)
		p.actions(s.actions)
	}
	if len(v.actions) > 0 {
		p.section("Totals", v.totalTable())
	}
	if money := v.moneyTable(); money.Length() > 0 {
		p.section("Cancellations and site moves: money per month", money)
	}
	if len(plan.Shielded) > 0 {
		p.section("Shielded by rows that can't be read: not fixed until the row is corrected", shieldedTable(plan.Shielded))
	}
	p.refusals(v)
	return p.writeTo(w, "plan")
}

// planFacts writes what the plan is and what it was made from.
func (p *page) planFacts(plan *fix.Plan) {
	created := formatTime(plan.CreatedAt) + " UTC by run " + p.code(plan.RunID)
	if plan.Program != "" {
		created += ", wixrecon " + p.code(plan.Program)
	}
	p.fact("Plan", p.code(plan.ID))
	p.fact("Created", created)
	p.fact("Expires", formatTime(plan.ExpiresAt)+" UTC")
	p.fact("Account", p.code(plan.AccountID)+", "+scopeText(&plan.Scope))
	p.fact("Output", p.code(plan.Out))
	p.fact("Fixes requested", p.prose(strings.Join(plan.Fixes, ", ")))
	p.fact("Wix", plural(plan.LiveInstances, "live instance", "live instances")+" read")
	for i := range plan.Inputs {
		in := &plan.Inputs[i]
		input := p.code(in.Name)
		if !in.Modified.IsZero() {
			input += ", modified " + formatTime(in.Modified) + " UTC"
		}
		p.fact("Input", input+", SHA-256 "+p.code(truncate(oneLine(in.SHA256), hashLength)))
	}
}

// actions writes a table of actions. The details of an action are below its row
// in text, and in a column of their own in Markdown.
func (p *page) actions(actions []*actionView) {
	w := p.actionTable(actions)
	if p.markdown {
		p.table(w)
		return
	}
	rows := textRows(w)
	for i, row := range rows {
		if strings.Trim(row, "-") == "" { // the rule under the header
			row = truncate(row, textWidth)
		}
		p.out.WriteString(row + "\n")
		if at := i - (len(rows) - len(actions)); at >= 0 {
			for _, d := range actions[at].details(p) {
				p.line(fmt.Sprintf("       %-11s  ", d.name), d.value)
			}
		}
	}
}

// actionTable returns a table with a row for each action. The least widths align
// the tables of all sections; the external id is last, because it may be long.
func (p *page) actionTable(actions []*actionView) table.Writer {
	header := []string{"#", "fix", "kind", "instances", "per month", "external id"}
	if p.markdown {
		header = append(header, "details")
	}
	w := newTable(3, header...)
	w.SetColumnConfigs([]table.ColumnConfig{
		{Number: 1, Align: text.AlignRight, AlignHeader: text.AlignRight, WidthMin: 3},
		{Number: 2, WidthMin: len("external-id")},
		{Number: 3, WidthMin: len("billing_cycle_mismatch")},
		{Number: 4, Align: text.AlignRight, AlignHeader: text.AlignRight},
		{Number: 5, Align: text.AlignRight, AlignHeader: text.AlignRight, WidthMin: len("unknown price")},
	})
	for _, a := range actions {
		row := table.Row{a.number, oneLine(a.Fix), p.code(a.Kind), formatCount(a.Instances), costText(a.Action), cmp.Or(p.code(a.ExternalID), "-")}
		if p.markdown {
			var lines []string
			for _, d := range a.details(p) {
				lines = append(lines, strings.TrimPrefix(d.name+": "+d.value, ": "))
			}
			row = append(row, strings.Join(lines, "<br/>"))
		}
		w.AppendRow(row)
	}
	return w
}

// details describes an action in full; a detail without a name continues the one
// before it.
func (a *actionView) details(p *page) []fact {
	var facts []fact
	add := func(name, value string) {
		if value != "" {
			facts = append(facts, fact{name: name, value: value})
		}
	}
	if a.result != nil {
		add("result", p.prose(a.resultText()))
	}
	add("account", p.code(a.AccountID))
	add("package", p.code(a.PackageID))
	field, instances := changedField(a.Action), affectedInstances(a.Action)
	for i := range instances {
		add("instance", p.code(instances[i].ID)+"  "+p.code(instanceText(&instances[i])))
		if field != "site" && siteText(instances[i].SiteID) != floating {
			add("", p.code(onSite(instances[i].SiteID)))
		}
	}
	add(field, p.code(stateText(a.Action, a.Seen))+" -> "+p.code(desiredText(a.Action)))
	add("evidence", sightingText(a.evidence))
	add("ledger", ledgerLineText(a.evidence))
	if !a.Removal {
		add("per month", p.prose(monthlyText(a.evidence)))
	}
	add("REVIEW", p.prose(reviewText(a.Action)))
	if a.Waiting != nil {
		add("waiting", fmt.Sprintf("%d of %s", a.Waiting.Sightings, plural(a.Waiting.Needed, "sighting", "sightings")))
	}
	return facts
}

// resultText returns the outcome, what was sent and what was read afterwards.
func (a *actionView) resultText() string {
	result := outcomeText(a.outcome)
	if a.reason != "" {
		result += ": " + oneLine(a.reason)
	}
	if !a.result.SentAt.IsZero() {
		result += ", sent " + formatTime(a.result.SentAt) + " UTC"
	}
	if a.result.Attempt > 1 {
		result += fmt.Sprintf(", attempt %d", a.result.Attempt)
	}
	if a.result.Created != "" {
		result += ", created package " + oneLine(a.result.Created)
	}
	if a.result.Observed != nil {
		result += ", observed " + stateText(a.Action, a.result.Observed)
	}
	return result
}

// refusals writes why the plan is not sent, and what would allow it.
func (p *page) refusals(v *planView) {
	if len(v.refusals) > 0 {
		p.heading("Refused: nothing is sent")
	}
	for i := range v.refusals {
		r := &v.refusals[i]
		p.item(1, p.code(refusalText(r)))
		p.item(2, p.prose(r.Text))
		for _, c := range r.Largest {
			p.item(2, "sub-account "+p.code(c.AccountID)+": "+plural(c.Instances, "instance", "instances"))
		}
		if remedy := remedyOf(r.Limit, r.Flag, r.Need, v.plan.LiveInstances); remedy != "" {
			p.item(2, p.prose(remedy))
		}
	}
}
