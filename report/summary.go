package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile"
)

// SummaryOptions are options of WriteSummary.
type SummaryOptions struct {
	Folder string // where the reports are; empty leaves them out
}

// maxGaps is how many unread accounts are named; the workbook names all.
const maxGaps = 5

// WriteSummary writes the summary of a run; JSON is the format of summary.json. o
// may be nil.
func WriteSummary(w io.Writer, f Format, s *reconcile.Summary, o *SummaryOptions) error {
	if f == FormatJSON {
		return writeJSON(w, "summary", s)
	}
	p := newPage(f)
	if o == nil {
		o = &SummaryOptions{}
	}
	p.title(Verdict(s))
	if isIncomplete(s) {
		for _, g := range gaps(&s.Coverage, maxGaps) {
			p.item(1, strings.TrimSpace(p.code(g.account)+"  "+p.code(g.err)))
		}
	}
	p.summaryFacts(s)
	if s.Command != reconcile.CommandApply { // apply reads no inventory
		p.summaryTables(s)
	}
	if len(s.Warnings) > 0 {
		p.heading("Warnings")
	}
	for _, warning := range s.Warnings {
		p.item(1, p.code(warning))
	}
	if o.Folder != "" {
		p.reports(o.Folder, s.Reports)
	}
	return p.writeTo(w, "summary")
}

func (p *page) summaryFacts(s *reconcile.Summary) {
	replay := ""
	if s.Replay {
		replay = " (replay of a snapshot)"
	}
	p.fact("Run", fmt.Sprintf("%s, as of %s UTC%s", p.code(s.RunID), formatTime(s.AsOf), replay))
	for _, f := range historyFacts(s) {
		p.proseFact(f)
	}
	p.fact("Account", p.code(s.Scope.AccountID)+", "+scopeText(&s.Scope))
	p.fact("Ledger", p.code(s.Scope.Ledger)+": "+ledgerText(&s.Ledger))
	p.fact("Wix", wixText(&s.Wix))
	p.fact("Requests", requestText(&s.Requests))
	for _, f := range fixFacts(s) {
		p.proseFact(f)
	}
}

// reports names the folder of the reports and the files in it.
func (p *page) reports(folder string, files []reconcile.File) {
	p.paragraph("Reports in " + p.code(folder))
	names := make([]string, len(files))
	for i := range files {
		names[i] = p.code(files[i].Name)
	}
	switch {
	case len(names) == 0:
	case p.markdown:
		p.paragraph(strings.Join(names, ", "))
	default:
		p.item(1, strings.Join(names, "  "))
	}
}

// historyFacts compares the run with earlier runs of its scope, and explains why
// it was not accepted, or why a person accepted it. A first run and a replay have none.
func historyFacts(s *reconcile.Summary) []fact {
	var facts []fact
	if c := s.Changes; c != nil {
		text := fmt.Sprintf("%s new, %s known, %s resolved", formatCount(c.New), formatCount(c.Known), formatCount(c.Resolved))
		if c.Reopened > 0 {
			text += ", " + formatCount(c.Reopened) + " reopened"
		}
		facts = append(facts, fact{name: "Changes", value: text + ", compared with earlier runs"})
	}
	for _, objection := range s.Objections {
		facts = append(facts, fact{name: "Not accepted", value: objection})
	}
	if a := s.Acceptance; a != nil {
		facts = append(facts, fact{name: "Accepted", value: fmt.Sprintf("manually on %s UTC: %s", formatTime(a.At), a.Reason)})
	}
	return facts
}

// fixFacts reports what was to be fixed, the outcomes of actions and findings,
// and why nothing was sent. A run without fixes has none.
func fixFacts(s *reconcile.Summary) []fact {
	f := s.Fixes
	if f == nil {
		return nil
	}
	requested := strings.Join(f.Requested, ", ")
	if f.PlanID != "" {
		requested += "; plan " + f.PlanID
	}
	facts := []fact{{name: "Fixes requested", value: oneLine(requested)}, {name: "Actions", value: outcomeCounts(f.Actions)}}
	if findings := outcomeCounts(f.Outcomes); findings != noOutcomes {
		facts = append(facts, fact{name: "Findings", value: findings})
	}
	for _, h := range f.HeldBack {
		facts = append(facts, fact{name: "Next run", value: fmt.Sprintf("%s, %s, held back by %s; to send more at once, raise %s",
			plural(h.Actions, "action", "actions"), plural(h.Instances, "instance", "instances"), oneLine(h.Limit), oneLine(h.Flag))})
	}
	for i := range f.Refusals {
		r := &f.Refusals[i]
		text := oneLine(r.Text)
		if remedy := remedyOf(r.Limit, r.Flag, r.Need, s.Wix.LiveInstances); remedy != "" {
			text += "; " + remedy
		}
		facts = append(facts, fact{name: "Fixes refused", value: text, alarm: true})
	}
	return facts
}

// openFindingsText counts open findings by severity.
func openFindingsText(t *reconcile.Tally) string {
	open := t.State(reconcile.Open)
	if open == 0 {
		return "No open findings"
	}
	var parts []string
	for severity, n := range t.OpenBySeverity() {
		if n > 0 {
			parts = append(parts, formatCount(n)+" "+reconcile.Severity(severity).String())
		}
	}
	return plural(open, "open finding", "open findings") + ": " + strings.Join(parts, ", ")
}

func scopeText(s *reconcile.Scope) string {
	if len(s.Accounts) == 0 {
		return "all sub-accounts"
	}
	return plural(len(s.Accounts), "selected sub-account", "selected sub-accounts")
}

func ledgerText(l *reconcile.LedgerSide) string {
	text := fmt.Sprintf("%s (%s active), %s", plural(l.Rows, "row", "rows"), formatCount(l.ActiveRows),
		plural(l.Subscriptions, "subscription", "subscriptions"))
	if l.BadRows > 0 {
		text += ", " + plural(l.BadRows, "bad row", "bad rows")
	}
	return text
}

func wixText(w *reconcile.WixSide) string {
	return fmt.Sprintf("%s (%s live), %s (%s live), %s", plural(w.Packages, "package", "packages"), formatCount(w.LivePackages),
		plural(w.Instances, "instance", "instances"), formatCount(w.LiveInstances), plural(w.MatchedPairs, "matched pair", "matched pairs"))
}

// requestText counts requests; all but the reads only where there were any.
func requestText(r *reconcile.Requests) string {
	text := plural(int(r.Query+r.Get), "read", "reads")
	for _, more := range []struct {
		n         int64
		one, many string
	}{{r.Change, "change", "changes"}, {r.Retries, "retry", "retries"}, {r.Throttled, "throttled (429)", "throttled (429)"},
		{r.Failed, "failed after all retries", "failed after all retries"}} {
		if more.n > 0 {
			text += ", " + plural(int(more.n), more.one, more.many)
		}
	}
	return text
}
