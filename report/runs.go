package report

import (
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/wixrecon/wixrecon/reconcile"
)

// scopeLength is how much of a scope's id the table shows: enough to select it.
const scopeLength = 8

// A RunLine is a run in the list of runs.
type RunLine struct {
	ID      string
	Written time.Time          // when its last file was written
	Summary *reconcile.Summary // nil where the run left none
	Fault   string             // why it left none
	Failure *reconcile.Failure // of a command that failed
}

// WriteRuns writes a list of runs, newest first, and where nights without a run are
// between them or until now; JSON is an array.
func WriteRuns(w io.Writer, f Format, runs []RunLine, now time.Time) error {
	nights := nightGaps(runs, now)
	if f == FormatJSON {
		lines := make([]runJSON, len(runs))
		for i := range runs {
			lines[i] = runs[i].json()
			lines[i].Gap = nights[i]
		}
		return writeJSON(w, "list of runs", lines)
	}
	p := newPage(f)
	if len(runs) == 0 {
		p.line("", "No runs")
	} else {
		p.table(p.runTable(runs, nights))
	}
	return p.writeTo(w, "list of runs")
}

func (p *page) runTable(runs []RunLine, nights []int) table.Writer {
	w := newTable(0, "run", "as of", "exit", "complete", "accepted", "high", "medium", "low", "scope", "open, per month")
	w.SetColumnConfigs(append(alignRight(3, 3), alignRight(6, 8)...))
	for i := range runs {
		if nights[i] > 0 {
			w.AppendRow(table.Row{"", "", "", "", "", "", "", "", "", plural(nights[i], "night", "nights") + " without a run"})
		}
		w.AppendRow(runs[i].row(p))
	}
	return w
}

func (r *RunLine) row(p *page) table.Row {
	s := r.Summary
	if s == nil {
		return table.Row{p.code(r.ID), formatTime(r.Written), "", "", "", "", "", "", "", p.prose(r.Fault)}
	}
	open := s.Findings.OpenBySeverity()
	row := table.Row{p.code(r.ID), formatTime(s.AsOf), s.ExitCode, yesOrCapitalNo(s.Complete), acceptedText(s)}
	row = append(row, countCells(open[:]...)...)
	return append(row, p.code(truncate(oneLine(s.Scope.ID), scopeLength)), openMoneyText(&s.Findings))
}

// yesOrCapitalNo makes a no stand out.
func yesOrCapitalNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "NO"
}

// acceptedText returns whether the run is a baseline of later runs, and if not,
// why.
func acceptedText(s *reconcile.Summary) string {
	switch {
	case s.Acceptance != nil:
		return "manually"
	case s.Accepted:
		return "yes"
	case s.Replay:
		return "replay"
	case s.Command == reconcile.CommandApply:
		return "apply"
	case !s.Live:
		return "as-of"
	case len(s.Objections) > 0:
		return "NO: suspect"
	}
	return "NO"
}

// openMoneyText returns leaks and revenue at risk, by currency.
func openMoneyText(t *reconcile.Tally) string {
	var parts []string
	for _, direction := range []reconcile.Direction{reconcile.Leak, reconcile.AtRisk} {
		for i := range t.Money {
			if m := &t.Money[i]; m.Direction == direction.String() && priced(m) {
				parts = append(parts, strings.ReplaceAll(m.Direction, "_", " ")+" "+formatAmount(m.Monthly, m.Currency)+" "+oneLine(m.Currency))
			}
		}
	}
	return strings.Join(parts, ", ")
}

// A runJSON is a run in the list as JSON. A run without a summary has an id, a
// fault and the time of its last file only.
type runJSON struct {
	RunID      string                 `json:"run_id"`
	Written    time.Time              `json:"written"`
	Fault      string                 `json:"fault,omitempty"`
	Failure    *reconcile.Failure     `json:"failure,omitempty"`
	Gap        int                    `json:"nights_without_run_after,omitempty"`
	AsOf       time.Time              `json:"as_of,omitzero"`
	ExitCode   *int                   `json:"exit_code,omitempty"`
	Complete   bool                   `json:"complete"`
	Live       bool                   `json:"live"`
	Replay     bool                   `json:"replay"`
	Accepted   bool                   `json:"accepted"`
	Objections []string               `json:"objections,omitempty"`
	Acceptance *reconcile.Acceptance  `json:"acceptance,omitempty"`
	Scope      *reconcile.Scope       `json:"scope,omitempty"`
	Open       map[string]int         `json:"open,omitempty"` // by severity
	Money      []reconcile.MoneyTotal `json:"money,omitempty"`
	Changes    *reconcile.Changes     `json:"changes,omitempty"`
}

func (r *RunLine) json() runJSON {
	line := runJSON{RunID: r.ID, Written: r.Written.UTC(), Fault: r.Fault, Failure: r.Failure}
	s := r.Summary
	if s == nil {
		return line
	}
	line.AsOf, line.ExitCode, line.Complete, line.Live, line.Replay = s.AsOf, &s.ExitCode, s.Complete, s.Live, s.Replay
	line.Accepted, line.Objections, line.Acceptance, line.Scope = s.Accepted, s.Objections, s.Acceptance, &s.Scope
	line.Money, line.Changes, line.Open = slices.Clone(s.Findings.Money), s.Changes, make(map[string]int)
	for severity, n := range s.Findings.OpenBySeverity() {
		line.Open[reconcile.Severity(severity).String()] = n
	}
	return line
}
