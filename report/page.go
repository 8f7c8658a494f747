package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// A page is a report as it is written: plain text for a terminal, a log or a
// mail, or GitHub-flavoured Markdown for a ticket or a chat. Both forms have the
// same content in the same order.
//
// Text is at most textWidth columns wide, unless a single word is longer: ids
// and paths are never broken. Untrusted text, from a ledger or a server, goes
// through oneLine, code or prose, so that it can neither control a terminal nor become
// a link, a mention or a heading.
type page struct {
	out      strings.Builder
	markdown bool
	list     bool // the last Markdown line belongs to a list
}

// A Format is how a report is written to standard output.
type Format string

// The formats.
const (
	FormatText     Format = "text"
	FormatMarkdown Format = "markdown"
	FormatJSON     Format = "json"
)

// newPage returns an empty page of a format other than JSON.
func newPage(f Format) *page { return &page{markdown: f == FormatMarkdown} }

// textWidth is the widest line of text.
const textWidth = 100

// nameWidth is the width of the column of names in front of facts.
const nameWidth = 15

// title opens the page with its verdict, "WORD: explanation".
func (p *page) title(verdict string) {
	if p.markdown {
		word, rest, _ := strings.Cut(verdict, ": ")
		fmt.Fprintf(&p.out, "## %s\n\n", word)
		if rest != "" {
			fmt.Fprintf(&p.out, "%s\n\n", escapeMarkdown(rest))
		}
		return
	}
	p.line("", verdict)
}

// A fact is a named value, as one line of a page or a sheet.
type fact struct {
	name, value string
	alarm       bool
}

// fact writes a name and its value; nothing where the value is empty.
func (p *page) fact(name, value string) {
	switch {
	case value == "":
	case p.markdown:
		p.bullet(0, name+": "+value)
	default:
		p.line(fmt.Sprintf("%-*s ", nameWidth, name), value)
	}
}

// proseFact writes a fact whose value may hold untrusted text.
func (p *page) proseFact(f fact) { p.fact(f.name, p.prose(f.value)) }

// item writes an entry of a list; depth 1 is the outermost.
func (p *page) item(depth int, s string) {
	if p.markdown {
		p.bullet(depth-1, s)
		return
	}
	p.line(strings.Repeat("  ", depth), s)
}

func (p *page) bullet(indent int, s string) {
	p.out.WriteString(strings.Repeat("  ", indent) + "- " + s + "\n")
	p.list = true
}

// heading opens a section.
func (p *page) heading(title string) {
	if p.markdown {
		title = "### " + title
	}
	p.paragraph(title)
}

// paragraph writes s after an empty line.
func (p *page) paragraph(s string) {
	if p.markdown {
		if p.list {
			p.out.WriteByte('\n')
		}
		p.list = false
		p.out.WriteString(s + "\n\n")
		return
	}
	p.out.WriteByte('\n')
	p.line("", s)
}

// section writes a heading and a table; a table without rows is left out.
func (p *page) section(title string, t table.Writer) {
	p.heading(title)
	if t.Length() > 0 {
		p.table(t)
	}
}

func (p *page) table(t table.Writer) {
	if p.markdown {
		t.Style().Format = table.FormatOptions{}
		p.out.WriteString(t.RenderMarkdown() + "\n\n")
		return
	}
	for _, row := range textRows(t) {
		p.out.WriteString(row + "\n")
	}
}

// textRows draws a table with one rule under the header and one above the
// footer.
func textRows(t table.Writer) []string {
	style := table.StyleDefault
	style.Format = table.FormatOptions{}
	style.Options = table.Options{SeparateHeader: true, SeparateFooter: true}
	style.Box.PaddingLeft, style.Box.PaddingRight = "  ", ""
	t.SetStyle(style)
	var rows []string
	for row := range strings.Lines(t.Render()) {
		rows = append(rows, strings.TrimRight(row, " \n"))
	}
	return rows
}

// line writes a text after lead, wrapped.
func (p *page) line(lead, s string) { p.out.WriteString(wrap(lead, s)) }

// wrap breaks a text into lines of at most textWidth characters, the first after
// lead and the others aligned with it.
func wrap(lead, s string) string {
	var b strings.Builder
	b.WriteString(lead)
	indent, at, first := len(lead), len(lead), true
	for _, word := range strings.Split(s, " ") {
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

// code returns untrusted text, such as an id or a path; in Markdown as a code
// span. Its backquotes become apostrophes, so that they can't end the span.
func (p *page) code(s string) string {
	s = oneLine(s)
	if !p.markdown || s == "" {
		return s
	}
	return "`" + strings.ReplaceAll(s, "`", "'") + "`"
}

// prose returns a sentence that may hold untrusted text.
func (p *page) prose(s string) string {
	if p.markdown {
		return escapeMarkdown(oneLine(s))
	}
	return oneLine(s)
}

func escapeMarkdown(s string) string {
	return strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "<", "&lt;", "|", `\|`, "@", "@\u200b").Replace(s)
}

// writeTo writes the page to w; what names it in an error.
func (p *page) writeTo(w io.Writer, what string) error {
	return writeString(w, what, strings.TrimRight(p.out.String(), "\n")+"\n")
}

func writeString(w io.Writer, what, s string) error {
	if _, err := io.WriteString(w, s); err != nil {
		return fmt.Errorf("write %s: %w", what, err)
	}
	return nil
}

// writeJSON writes a value as indented JSON.
func writeJSON(w io.Writer, what string, value any) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	if err := out.Encode(value); err != nil {
		return fmt.Errorf("write %s: %w", what, err)
	}
	return nil
}

// newTable returns a table whose columns after the first texts ones are numbers.
func newTable(texts int, names ...string) table.Writer {
	w := table.NewWriter()
	header := make(table.Row, len(names))
	for i, name := range names {
		header[i] = name
	}
	w.AppendHeader(header)
	w.SetColumnConfigs(alignRight(texts+1, len(names)))
	return w
}

func alignRight(from, to int) []table.ColumnConfig {
	var configs []table.ColumnConfig
	for n := from; n <= to; n++ {
		configs = append(configs, table.ColumnConfig{
			Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight, AlignFooter: text.AlignRight,
		})
	}
	return configs
}

// countCells returns counts as cells of a table.
func countCells(counts ...int) table.Row {
	row := make(table.Row, len(counts))
	for i, n := range counts {
		row[i] = formatCount(n)
	}
	return row
}
