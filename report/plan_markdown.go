package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// A plan as GitHub-flavoured Markdown, for the review of a pull request or a
// ticket: the same sections in the same order as for a terminal, a table each.

// PlanMarkdown writes a plan, with what became of it, as Markdown. Results are
// empty where nothing was sent.
func PlanMarkdown(w io.Writer, p *fix.Plan, results []fix.Result, o *PlanOptions) error {
	v := viewOf(p, results, o)
	var b strings.Builder
	words, _ := v.verdict()
	word, rest, _ := strings.Cut(words, ": ")
	fmt.Fprintf(&b, "## Plan: %s\n\n%s\n\n", strings.ToLower(word), escape(rest))
	for _, f := range v.facts() {
		fmt.Fprintf(&b, "- %s: %s\n", f[0], code(f[1]))
	}
	b.WriteByte('\n')
	for _, s := range v.sections() {
		markdownTable(&b, s.title, v.markdownActions(s.actions))
	}
	if len(v.actions) > 0 {
		markdownTable(&b, "Totals", v.totalTable())
	}
	if money := v.moneyTable(); money.Length() > 0 {
		markdownTable(&b, "What removals take away, money a month", money)
	}
	markdownRefusals(&b, v)
	return told(w, "plan as markdown", strings.TrimRight(b.String(), "\n")+"\n")
}

func (v *planView) markdownActions(actions []*actionView) table.Writer {
	names := []string{"#", "fix", "kind", "external id", "account", "package", "change", "instances", "a month", "proven"}
	if v.tried {
		names = append(names, "became")
	}
	w := newTable(len(names), names...)
	w.SetColumnConfigs(append(right(1, 1), right(8, 9)...))
	for _, a := range actions {
		row := table.Row{
			a.place, oneLine(a.Fix), code(a.Kind), code(a.ExternalID), code(a.AccountID), code(a.PackageID),
			a.markdownChange(), grouped(fmt.Sprint(a.Instances)), a.monthly(), a.markdownProof(),
		}
		if v.tried {
			row = append(row, a.markdownBecame())
		}
		w.AppendRow(row)
	}
	return w
}

// markdownChange lists the instances that the action is about above what is
// changed, a line each.
func (a *actionView) markdownChange() string {
	var lines []string
	seen := about(a.Action)
	for i := range seen {
		words := describe(&seen[i])
		if place := placeWords(seen[i].SiteID); place != floating {
			words += ", " + place
		}
		lines = append(lines, code(seen[i].ID)+" "+code(words))
	}
	lines = append(lines, fmt.Sprintf("%s: %s -> %s", changed(a.Action), code(stateWords(a.Action, a.Seen)), code(wantedWords(a.Action))))
	return strings.Join(lines, "<br/>")
}

func (a *actionView) markdownProof() string {
	lines := []string{proofWords(a.evidence)}
	if ledger := ledgerWords(a.evidence); ledger != "" {
		lines = append(lines, "ledger: "+ledger)
	}
	if worth := worthWords(a.evidence); worth != "" && !a.Removal {
		lines = append(lines, escape(worth)+" a month")
	}
	if a.Waiting != nil {
		lines = append(lines, fmt.Sprintf("waits: %d of %d", a.Waiting.Sightings, a.Waiting.Needed))
	}
	if review := reviewWords(a.Action); review != "" {
		lines = append(lines, "**review**: "+code(review))
	}
	return strings.Join(lines, "<br/>")
}

func (a *actionView) markdownBecame() string {
	if a.result == nil {
		return escape(strings.ReplaceAll(a.outcome, "_", " "))
	}
	return code(a.became())
}

func markdownRefusals(b *strings.Builder, v *planView) {
	if len(v.refusals) == 0 {
		return
	}
	b.WriteString("### Refused: nothing is sent\n\n")
	for i := range v.refusals {
		r := &v.refusals[i]
		fmt.Fprintf(b, "- %s: %s\n", code(refusalHead(r)), escape(oneLine(r.Text)))
		for _, c := range r.Largest {
			fmt.Fprintf(b, "  - %s: %s\n", code(c.AccountID), counted(c.Instances, "instance", "instances"))
		}
		if how := raising(r, v.plan.LiveInstances); how != "" {
			fmt.Fprintf(b, "  - %s\n", code(how))
		}
	}
}
