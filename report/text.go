package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The summary for a terminal, a log or a mail: ASCII, at most 100 columns wide
// (a single longer word, such as a path, is never broken), the verdict first,
// and only what is not zero.

// textWidth is the widest line, as long as its words allow.
const textWidth = 100

// mostGaps is how many unread accounts are named; the workbook names them all.
const mostGaps = 5

// TextOptions says how Text and Markdown show a summary.
type TextOptions struct {
	Folder string // where the reports are; empty leaves them out
	Color  bool   // ANSI colours; Markdown has none
}

// Text writes the summary of a run as a table for people.
func Text(w io.Writer, s *reconcile.Summary, o *TextOptions) error {
	if o == nil {
		o = &TextOptions{}
	}
	p := &printer{color: o.Color}
	p.head(s)
	for _, t := range summaryTables(s) {
		p.table(t.title, t.table)
	}
	p.foot(s, o.Folder)
	if _, err := io.WriteString(w, p.out.String()); err != nil {
		return fmt.Errorf("write summary as text: %w", err)
	}
	return nil
}

type printer struct {
	out   strings.Builder
	color bool
}

func (p *printer) head(s *reconcile.Summary) {
	shade := ansiGreen
	if lacking(s) {
		shade = ansiRed
	}
	p.colored(shade, verdict(s))
	if lacking(s) {
		for _, g := range gapLines(&s.Coverage, mostGaps) {
			p.line("  ", strings.TrimSpace(g.account+"  "+oneLine(g.err)))
		}
	}
	replay := ""
	if s.Replay {
		replay = ", a replay of a snapshot"
	}
	p.line("", fmt.Sprintf("Run %s, as of %s%s", oneLine(s.RunID), s.AsOf.UTC().Format("2006-01-02 15:04:05 UTC"), replay))
	for _, line := range standingLines(s) {
		p.line("", oneLine(line))
	}
	p.line("", fmt.Sprintf("Account %s, %s", oneLine(s.Scope.AccountID), scopeLine(&s.Scope)))
	p.line("Ledger  ", oneLine(s.Scope.Ledger)+": "+ledgerLine(&s.Ledger))
	p.line("Wix     ", wixLine(&s.Wix))
	p.line("Read by ", requestLine(&s.Requests))
	for _, f := range fixLines(s) {
		if f.refuses {
			p.colored(ansiRed, f.String())
		} else {
			p.line("", f.String())
		}
	}
}

func (p *printer) foot(s *reconcile.Summary, folder string) {
	for i, warning := range s.Warnings {
		if i == 0 {
			p.out.WriteByte('\n')
		}
		p.line("warning: ", oneLine(warning))
	}
	if folder == "" {
		return
	}
	p.out.WriteByte('\n')
	p.line("Reports in ", oneLine(folder))
	list := make([]string, len(s.Reports))
	for i := range s.Reports {
		list[i] = oneLine(s.Reports[i].Name)
	}
	if len(list) > 0 {
		p.line("  ", strings.Join(list, "  "))
	}
}

func (p *printer) table(title string, t table.Writer) {
	p.out.WriteByte('\n')
	p.line("", title)
	if t.Length() == 0 {
		return
	}
	p.rows(t)
}

func (p *printer) rows(t table.Writer) {
	t.SetStyle(plainStyle())
	for row := range strings.Lines(t.Render()) {
		p.out.WriteString(strings.TrimRight(row, " \n") + "\n")
	}
}

const (
	ansiRed   = "\x1b[1;31m"
	ansiGreen = "\x1b[1;32m"
	ansiReset = "\x1b[0m"
)

func (p *printer) colored(shade, words string) {
	if !p.color {
		p.line("", words)
		return
	}
	p.out.WriteString(shade)
	p.out.WriteString(strings.TrimSuffix(wrap("", words), "\n") + ansiReset + "\n")
}

func (p *printer) line(lead, words string) { p.out.WriteString(wrap(lead, words)) }

// wrap breaks words into lines of at most textWidth characters, the first
// behind lead and the others below it.
func wrap(lead, words string) string {
	var b strings.Builder
	b.WriteString(lead)
	indent, at, first := len(lead), len(lead), true
	for _, word := range strings.Split(words, " ") {
		n := len([]rune(word))
		switch {
		case first:
		case at+1+n > textWidth:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			at = indent
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at, first = at+n, false
	}
	b.WriteByte('\n')
	return b.String()
}

// plainStyle has one rule under the header and one over the footer.
func plainStyle() table.Style {
	style := table.StyleDefault
	style.Format = table.FormatOptions{}
	style.Options = table.Options{SeparateHeader: true, SeparateFooter: true}
	style.Box.PaddingLeft, style.Box.PaddingRight = "  ", ""
	return style
}
