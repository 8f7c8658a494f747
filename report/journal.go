package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// The journal as a list: one line an attempt, in the order in which the entries
// are given. What became of it and what it was about stand first, the long ids
// and reasons last, so that the beginning of a line is enough to see what is not as it
// should be. An attempt of which nobody knows what became is open, and says
// since when and from when on a read settles it.

// OutcomeOpen is the outcome of an attempt that is not settled.
const OutcomeOpen = "open"

// A JournalLine is an attempt as the list shows it.
type JournalLine struct {
	Begun      time.Time `json:"begun"`
	Outcome    string    `json:"outcome"` // OutcomeOpen where it is not settled
	Reason     string    `json:"reason,omitempty"`
	Since      time.Time `json:"since,omitzero"`      // of an open one: its send, or its claim
	SettlesAt  time.Time `json:"settles_at,omitzero"` // of an open one: from then on a read that shows no effect settles it
	Fix        string    `json:"fix"`
	AccountID  string    `json:"account_id"`
	ExternalID string    `json:"external_id,omitempty"`
	PackageID  string    `json:"package_id,omitempty"` // of a create the one that it made, where that is known
	InstanceID string    `json:"instance_id,omitempty"`
	Before     string    `json:"before"` // in words
	Wanted     string    `json:"wanted"` // in words
	Observed   string    `json:"observed,omitempty"`
	Key        string    `json:"action_key"`
	Attempt    int       `json:"attempt"`
	Sends      *int      `json:"sends,omitempty"` // requests that left; none where nobody knows
	SentAt     time.Time `json:"sent_at,omitzero"`
	Ended      time.Time `json:"ended,omitzero"`
	PlanID     string    `json:"plan_id"`
	RunID      string    `json:"run_id"`

	brief string // Wanted, short enough for a table
}

// JournalLines gives the lines of entries. Settle is how long after its send an
// attempt without an effect is held for possible.
func JournalLines(entries []fix.Entry, settle time.Duration) []JournalLine {
	lines := make([]JournalLine, len(entries))
	for i := range entries {
		lines[i] = journalLine(&entries[i], settle)
	}
	return lines
}

func journalLine(e *fix.Entry, settle time.Duration) JournalLine {
	a := &e.Action
	l := JournalLine{
		Begun: e.Begun.UTC(), Fix: a.Fix, AccountID: a.AccountID, ExternalID: a.ExternalID, PackageID: a.PackageID,
		InstanceID: a.InstanceID, Before: stateWords(a, a.Seen), Wanted: wantedWords(a), Key: e.Key, Attempt: e.Number,
		PlanID: e.PlanID, RunID: e.RunID,
	}
	if l.brief = l.Wanted; a.PackageID == "" {
		l.brief = counted(a.Instances, "instance", "instances")
	}
	if e.End != nil {
		l.end(a, e.End)
		return l
	}
	l.Outcome, l.Since, l.SettlesAt = OutcomeOpen, e.Begun.UTC(), e.SettlesAt(settle).UTC()
	if e.Doubt != nil {
		l.Reason, l.Since, l.SentAt = e.Doubt.Reason, e.Doubt.SentAt.UTC(), e.Doubt.SentAt.UTC()
		l.observe(a, e.Doubt.Observed)
	}
	return l
}

func (l *JournalLine) end(a *fix.Action, e *fix.End) {
	l.Outcome, l.Reason, l.Ended = e.Outcome, e.Reason, e.Ended.UTC()
	if e.Failure != "" && e.Reason == "" {
		l.Reason = e.Failure
	}
	if !e.SentAt.IsZero() {
		l.SentAt = e.SentAt.UTC()
	}
	if e.Sends >= 0 {
		l.Sends = &e.Sends
	}
	if e.PackageID != "" {
		l.PackageID = e.PackageID
	}
	l.observe(a, e.Observed)
}

func (l *JournalLine) observe(a *fix.Action, s *fix.State) {
	if s != nil {
		l.Observed = stateWords(a, s)
	}
}

// JournalText writes the journal as a table for people.
func JournalText(w io.Writer, entries []fix.Entry, settle time.Duration) error {
	p := &printer{}
	if len(entries) == 0 {
		p.line("", "No attempts")
	} else {
		p.rows(journalTable(JournalLines(entries, settle), oneLine))
	}
	return told(w, "journal", p.out.String())
}

// JournalMarkdown writes the journal as a table of Markdown.
func JournalMarkdown(w io.Writer, entries []fix.Entry, settle time.Duration) error {
	t := journalTable(JournalLines(entries, settle), code)
	t.Style().Format = table.FormatOptions{}
	return told(w, "journal", t.RenderMarkdown()+"\n")
}

// JournalJSON writes the journal as an array of objects.
func JournalJSON(w io.Writer, entries []fix.Entry, settle time.Duration) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	if err := out.Encode(JournalLines(entries, settle)); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	return nil
}

// journalTable makes the table; foreign makes text of others harmless.
func journalTable(lines []JournalLine, foreign func(string) string) table.Writer {
	w := newTable(12, "begun", "outcome", "fix", "external id", "wanted", "action", "try", "sends",
		"account", "package/instance", "plan", "run", "reason")
	w.SetColumnConfigs(right(7, 8))
	for i := range lines {
		l := &lines[i]
		w.AppendRow(table.Row{
			moment(l.Begun), foreign(l.Outcome), foreign(l.Fix), foreign(l.ExternalID), foreign(l.brief),
			foreign(first(l.Key, shownHash)), l.Attempt, l.sends(),
			foreign(l.AccountID), foreign(l.target()), foreign(first(l.PlanID, shownHash)), foreign(l.RunID), foreign(l.why()),
		})
	}
	return w
}

func (l *JournalLine) sends() string {
	if l.Sends == nil {
		return "?"
	}
	return strconv.Itoa(*l.Sends)
}

// why says why it became so; of an open one since when, and until when.
func (l *JournalLine) why() string {
	if l.Outcome != OutcomeOpen {
		return l.Reason
	}
	words := fmt.Sprintf("since %s, settles from %s", moment(l.Since), moment(l.SettlesAt))
	if l.Reason != "" {
		words += ": " + l.Reason
	}
	return words
}

func (l *JournalLine) target() string {
	if l.InstanceID == "" {
		return l.PackageID
	}
	return l.PackageID + "/" + l.InstanceID
}
