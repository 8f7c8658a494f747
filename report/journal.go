package report

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// The journal is listed with one line for each attempt. What matters most comes
// first, and long ids and reasons last, so that a cut line is still useful.

// outcomeOpen is the outcome of an attempt that is not settled.
const outcomeOpen = "open"

// A journalLine is an attempt in the list.
type journalLine struct {
	Begun      time.Time `json:"begun"`
	Outcome    string    `json:"outcome"`
	Reason     string    `json:"reason,omitempty"`
	Resolved   string    `json:"resolved,omitempty"`  // why a person settled it
	Since      time.Time `json:"since,omitzero"`      // of an open attempt: when it was sent, or claimed
	SettlesAt  time.Time `json:"settles_at,omitzero"` // of an open attempt: when a read without the effect settles it
	Fix        string    `json:"fix"`
	AccountID  string    `json:"account_id"`
	ExternalID string    `json:"external_id,omitempty"`
	PackageID  string    `json:"package_id,omitempty"` // of a create: the package created, where it is known
	InstanceID string    `json:"instance_id,omitempty"`
	Before     string    `json:"before"`
	Desired    string    `json:"wanted"`
	Observed   string    `json:"observed,omitempty"`
	Key        string    `json:"action_key"`
	Attempt    int       `json:"attempt"`
	Sends      *int      `json:"sends,omitempty"` // requests sent; nil where it is not known
	SentAt     time.Time `json:"sent_at,omitzero"`
	Ended      time.Time `json:"ended,omitzero"`
	PlanID     string    `json:"plan_id"`
	RunID      string    `json:"run_id"`

	desiredShort string // Desired, short enough for a table
}

// WriteJournal writes a journal, in the order of entries. settle is how long
// after its send an attempt may still take effect.
func WriteJournal(w io.Writer, f Format, entries []fix.Entry, settle time.Duration) error {
	lines := journalLines(entries, settle)
	if f == FormatJSON {
		return writeJSON(w, "journal", lines)
	}
	p := newPage(f)
	if len(lines) == 0 {
		p.line("", "No attempts")
	} else {
		p.table(p.journalTable(lines))
	}
	return p.writeTo(w, "journal")
}

func journalLines(entries []fix.Entry, settle time.Duration) []journalLine {
	lines := make([]journalLine, len(entries))
	for i := range entries {
		lines[i] = newJournalLine(&entries[i], settle)
	}
	return lines
}

func newJournalLine(e *fix.Entry, settle time.Duration) journalLine {
	a := &e.Action
	l := journalLine{
		Begun: e.Begun.UTC(), Fix: a.Fix, AccountID: a.AccountID, ExternalID: a.ExternalID, PackageID: a.PackageID,
		InstanceID: a.InstanceID, Before: stateText(a, a.Seen), Desired: desiredText(a), Key: e.Key, Attempt: e.Number,
		PlanID: e.PlanID, RunID: e.RunID,
	}
	if l.desiredShort = l.Desired; a.PackageID == "" {
		l.desiredShort = plural(a.Instances, "instance", "instances")
	}
	if e.Completion != nil {
		l.setEnd(a, e.Completion)
		if r := e.Resolution; r != nil {
			l.Resolved = r.Reason
			l.Reason += "; settled by hand: " + r.Reason
		}
		return l
	}
	l.Outcome, l.Since, l.SettlesAt = outcomeOpen, e.Begun.UTC(), e.SettlesAt(settle).UTC()
	if e.Unsettled != nil {
		l.Reason, l.Since, l.SentAt = e.Unsettled.Reason, e.Unsettled.SentAt.UTC(), e.Unsettled.SentAt.UTC()
		l.setObserved(a, e.Unsettled.Observed)
	}
	return l
}

func (l *journalLine) setEnd(a *fix.Action, e *fix.Completion) {
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
	l.setObserved(a, e.Observed)
}

func (l *journalLine) setObserved(a *fix.Action, s *fix.State) {
	if s != nil {
		l.Observed = stateText(a, s)
	}
}

func (p *page) journalTable(lines []journalLine) table.Writer {
	w := newTable(12, "begun", "outcome", "fix", "external id", "desired", "action", "attempt", "sends",
		"account", "package/instance", "plan", "run", "reason")
	w.SetColumnConfigs(alignRight(7, 8))
	for i := range lines {
		l := &lines[i]
		w.AppendRow(table.Row{
			formatTime(l.Begun), p.code(l.Outcome), p.code(l.Fix), p.code(l.ExternalID), p.code(l.desiredShort),
			p.code(truncate(l.Key, hashLength)), l.Attempt, l.sendsText(),
			p.code(l.AccountID), p.code(l.target()), p.code(truncate(l.PlanID, hashLength)), p.code(l.RunID), p.code(l.reasonText()),
		})
	}
	return w
}

func (l *journalLine) sendsText() string {
	if l.Sends == nil {
		return "?"
	}
	return strconv.Itoa(*l.Sends)
}

// reasonText returns the reason of the outcome; for an open attempt also since
// when it is open and when it can be settled.
func (l *journalLine) reasonText() string {
	if l.Outcome != outcomeOpen {
		return l.Reason
	}
	text := fmt.Sprintf("since %s, can be settled from %s", formatTime(l.Since), formatTime(l.SettlesAt))
	if l.Reason != "" {
		text += ": " + l.Reason
	}
	return text
}

func (l *journalLine) target() string {
	if l.InstanceID == "" {
		return l.PackageID
	}
	return l.PackageID + "/" + l.InstanceID
}

// VerificationsText writes the attempts that Wix contradicts or that could not be
// checked, and counts all of them.
func VerificationsText(w io.Writer, all []fix.Verification) error {
	p := &page{}
	differ, unread := 0, 0
	for i := range all {
		v := &all[i]
		switch {
		case v.Err != nil:
			unread++
		case v.Agrees:
			continue
		default:
			differ++
		}
		p.line("", oneLine(fmt.Sprintf("%s %s, attempt %d, run %s at %s, account %s, package %s",
			v.Action.Fix, v.Key, v.Number, v.RunID, formatTime(v.Begun), v.Action.AccountID, v.Action.PackageID)))
		p.line("  ", oneLine(v.Text))
	}
	p.line("", fmt.Sprintf("%s checked: %d match the journal, %d differ, %d could not be read",
		plural(len(all), "change", "changes"), len(all)-differ-unread, differ, unread))
	return p.writeTo(w, "verification of the journal")
}
