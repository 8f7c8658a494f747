package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The list of runs, newest first: one line a run, whatever became of it. Who
// reads it looks for what is not as it should be, so NO is in capitals, and what
// a run without a summary can't say is left blank.

// shownScope is how much of a scope's id the table shows: enough to ask for it.
const shownScope = 8

// A RunLine is a run of the list.
type RunLine struct {
	ID      string
	Written time.Time          // when its last file was written
	Summary *reconcile.Summary // nil where the run left none
	Fault   string             // why it left none
}

// RunsText writes the list of runs as a table for people.
func RunsText(w io.Writer, runs []RunLine) error {
	p := &printer{}
	if len(runs) == 0 {
		p.line("", "No runs")
	} else {
		p.rows(runsTable(runs))
	}
	return told(w, "list of runs", p.out.String())
}

// RunsMarkdown writes the list of runs as a table of Markdown.
func RunsMarkdown(w io.Writer, runs []RunLine) error {
	t := runsTable(runs)
	t.Style().Format = table.FormatOptions{}
	return told(w, "list of runs", t.RenderMarkdown()+"\n")
}

func told(w io.Writer, what, text string) error {
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("write %s: %w", what, err)
	}
	return nil
}

func runsTable(runs []RunLine) table.Writer {
	w := newTable(0, "run", "as of", "exit", "complete", "accepted", "high", "medium", "low", "scope", "open, a month")
	w.SetColumnConfigs(append(right(3, 3), right(6, 8)...))
	for i := range runs {
		w.AppendRow(runs[i].row())
	}
	return w
}

func (r *RunLine) row() table.Row {
	s := r.Summary
	if s == nil {
		return table.Row{oneLine(r.ID), moment(r.Written), "", "", "", "", "", "", "", oneLine(r.Fault)}
	}
	open := s.Findings.OpenBySeverity()
	row := table.Row{oneLine(r.ID), moment(s.AsOf), s.ExitCode, yes(s.Complete), acceptedWord(s)}
	row = append(row, numbers(open[:]...)...)
	scope := oneLine(s.Scope.ID)
	return append(row, scope[:min(shownScope, len(scope))], moneyWords(&s.Findings))
}

func moment(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05") }

func yes(so bool) string {
	if so {
		return "yes"
	}
	return "NO"
}

// acceptedWord says whether later runs measure against the run, and if not, why.
func acceptedWord(s *reconcile.Summary) string {
	switch {
	case s.Acceptance != nil:
		return "by hand"
	case s.Accepted:
		return "yes"
	case s.Replay:
		return "replay"
	case s.Command == reconcile.CommandApply:
		return "apply"
	case !s.Live:
		return "as-of"
	case len(s.Objections) > 0:
		return "NO: objected"
	}
	return "NO"
}

// moneyWords tells what leaks and what is at risk, by currency.
func moneyWords(t *reconcile.Tally) string {
	var words []string
	for _, direction := range []reconcile.Direction{reconcile.Leak, reconcile.AtRisk} {
		for i := range t.Money {
			if m := &t.Money[i]; m.Direction == direction.String() && priced(m) {
				words = append(words, strings.ReplaceAll(m.Direction, "_", " ")+" "+spell(m.Monthly, m.Currency)+" "+oneLine(m.Currency))
			}
		}
	}
	return strings.Join(words, ", ")
}

// RunsJSON writes the list of runs as an array of objects.
func RunsJSON(w io.Writer, runs []RunLine) error {
	lines := make([]runJSON, len(runs))
	for i := range runs {
		lines[i] = runs[i].json()
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	if err := out.Encode(lines); err != nil {
		return fmt.Errorf("write list of runs: %w", err)
	}
	return nil
}

// A runJSON is a run of the list as JSON. A run that left no summary has no
// more than its name, its fault and the time of its last file.
type runJSON struct {
	RunID      string                 `json:"run_id"`
	Written    time.Time              `json:"written"`
	Fault      string                 `json:"fault,omitempty"`
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
	line := runJSON{RunID: r.ID, Written: r.Written.UTC(), Fault: r.Fault}
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
