package telemetry

import (
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A Message is what people get to know about a run. It names no customer, and no id
// of one.
type Message struct {
	RunID    string
	Command  string
	Scope    string
	Time     time.Time
	ExitCode int
	Verdict  string             // the first line of every report
	Summary  *reconcile.Summary // nil where the run failed
	Error    string             // of a run that failed; without ids and secrets
	Reports  string             // where the reports are
}

// Due reports whether a message is sent, by what --notify-on says.
func (m *Message) Due(on string) bool {
	switch on {
	case OnProblem:
		return m.problem()
	case OnNew:
		return m.problem() || m.changes().New+m.changes().Reopened > 0
	}
	return true
}

// problem reports whether a person has to do something about the run itself.
func (m *Message) problem() bool {
	return m.Summary == nil || m.ExitCode != 0 && m.ExitCode != 3 || len(m.Summary.Objections) > 0 && !m.Summary.Accepted
}

func (m *Message) changes() reconcile.Changes {
	if m.Summary == nil || m.Summary.Changes == nil {
		return reconcile.Changes{}
	}
	return *m.Summary.Changes
}

// Text returns the message as text, the most important line first.
func (m *Message) Text() string {
	lines := []string{"wixrecon " + m.Command + ": " + m.Verdict}
	if m.Error != "" {
		lines = append(lines, m.Error)
	}
	if s := m.Summary; s != nil {
		lines = append(lines, openText(s, m.changes()))
		lines = append(lines, moneyLines(&s.Findings)...)
		if s.Fixes != nil {
			lines = append(lines, fixText(s.Fixes))
		}
	}
	lines = append(lines, fmt.Sprintf("Run %s, exit code %d", m.RunID, m.ExitCode))
	if m.Reports != "" {
		lines = append(lines, "Reports: "+m.Reports)
	}
	return strings.Join(lines, "\n") + "\n"
}

func openText(s *reconcile.Summary, c reconcile.Changes) string {
	open := s.Findings.OpenBySeverity()
	text := fmt.Sprintf("Open findings: %d high, %d medium, %d low", open[reconcile.High], open[reconcile.Medium], open[reconcile.Low])
	if s.Changes != nil {
		text += fmt.Sprintf("; %d new, %d reopened, %d resolved", c.New, c.Reopened, c.Resolved)
	}
	return text
}

// moneyLines has a line for each direction and currency. Currencies are never
// added together.
func moneyLines(t *reconcile.Tally) []string {
	var lines []string
	for i := range t.Money {
		m := &t.Money[i]
		what := strings.ReplaceAll(m.Direction, "_", " ")
		if m.Currency == "" {
			lines = append(lines, fmt.Sprintf("%s: %d without a price", what, m.Unpriced))
			continue
		}
		lines = append(lines, fmt.Sprintf("%s: %s %s a month", what, m.Monthly, m.Currency))
	}
	return lines
}

func fixText(f *reconcile.FixSummary) string {
	if len(f.Refusals) > 0 {
		return "Fixes refused: " + f.Refusals[0].Text
	}
	var parts []string
	for _, outcome := range []string{"applied", "stale", "failed", "unsettled", "not_started"} {
		if n := f.Actions[outcome]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, strings.ReplaceAll(outcome, "_", " ")))
		}
	}
	if len(parts) == 0 {
		return "Fixes: none"
	}
	return "Fixes: " + strings.Join(parts, ", ")
}

// payload is the body of a webhook.
func (m *Message) payload() *payload {
	p := &payload{Type: "run.ended", Timestamp: m.Time.UTC(), Data: payloadData{
		RunID: m.RunID, Command: m.Command, Scope: m.Scope, ExitCode: m.ExitCode, Verdict: m.Verdict, Error: m.Error, Reports: m.Reports,
		Problem: m.problem(),
	}}
	if s := m.Summary; s != nil {
		p.Data.Complete, p.Data.Accepted, p.Data.AsOf = s.Complete, s.Accepted, s.AsOf.UTC()
		p.Data.Money, p.Data.Changes, p.Data.Objections = s.Findings.Money, s.Changes, s.Objections
		p.Data.Open = make(map[string]int)
		for severity, n := range s.Findings.OpenBySeverity() {
			p.Data.Open[reconcile.Severity(severity).String()] = n
		}
		if s.Fixes != nil {
			p.Data.Fixes = s.Fixes.Actions
		}
	}
	return p
}

// A payload has the form that Standard Webhooks recommend.
type payload struct {
	Type      string      `json:"type"`
	Timestamp time.Time   `json:"timestamp"`
	Data      payloadData `json:"data"`
}

type payloadData struct {
	RunID      string                 `json:"run_id"`
	Command    string                 `json:"command"`
	Scope      string                 `json:"scope,omitempty"`
	AsOf       time.Time              `json:"as_of,omitzero"`
	ExitCode   int                    `json:"exit_code"`
	Verdict    string                 `json:"verdict"`
	Problem    bool                   `json:"problem"`
	Complete   bool                   `json:"complete"`
	Accepted   bool                   `json:"accepted"`
	Objections []string               `json:"objections,omitempty"`
	Error      string                 `json:"error,omitempty"`
	Open       map[string]int         `json:"open,omitempty"`  // findings by severity
	Money      []reconcile.MoneyTotal `json:"money,omitempty"` // of open findings, by direction and currency
	Changes    *reconcile.Changes     `json:"changes,omitempty"`
	Fixes      map[string]int         `json:"fixes,omitempty"` // actions by outcome
	Reports    string                 `json:"reports,omitempty"`
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
