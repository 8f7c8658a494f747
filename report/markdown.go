package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The summary as GitHub-flavoured Markdown, for a pull request, a chat or a
// ticket. Text that comes from a ledger or a server is code, so that it can't
// become a link, a mention or a heading.

// Markdown writes the summary of a run as Markdown. Of o only Folder counts.
func Markdown(w io.Writer, s *reconcile.Summary, o *TextOptions) error {
	if o == nil {
		o = &TextOptions{}
	}
	var b strings.Builder
	markdownHead(&b, s)
	for _, t := range summaryTables(s) {
		markdownTable(&b, t.title, t.table)
	}
	markdownFoot(&b, s, o.Folder)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write summary as markdown: %w", err)
	}
	return nil
}

func markdownHead(b *strings.Builder, s *reconcile.Summary) {
	word, rest, _ := strings.Cut(verdict(s), ": ")
	fmt.Fprintf(b, "## %s\n\n%s\n\n", word, escape(rest))
	if lacking(s) {
		for _, g := range gapLines(&s.Coverage, mostGaps) {
			fmt.Fprintf(b, "- %s %s\n", code(g.account), code(g.err))
		}
		b.WriteByte('\n')
	}
	replay := ""
	if s.Replay {
		replay = ", a replay of a snapshot"
	}
	fmt.Fprintf(b, "- Run %s, as of %s%s\n", code(s.RunID), s.AsOf.UTC().Format("2006-01-02 15:04:05 UTC"), replay)
	for _, line := range standingLines(s) {
		fmt.Fprintf(b, "- %s\n", escape(oneLine(line)))
	}
	fmt.Fprintf(b, "- Account %s, %s\n", code(s.Scope.AccountID), scopeLine(&s.Scope))
	fmt.Fprintf(b, "- Ledger %s: %s\n", code(s.Scope.Ledger), ledgerLine(&s.Ledger))
	fmt.Fprintf(b, "- Wix: %s\n", wixLine(&s.Wix))
	fmt.Fprintf(b, "- Read by %s\n", requestLine(&s.Requests))
	for _, f := range fixLines(s) {
		fmt.Fprintf(b, "- %s\n", escape(f.String()))
	}
	b.WriteByte('\n')
}

func markdownTable(b *strings.Builder, title string, t table.Writer) {
	t.Style().Format = table.FormatOptions{}
	fmt.Fprintf(b, "### %s\n\n", title)
	if t.Length() > 0 {
		b.WriteString(t.RenderMarkdown() + "\n\n")
	}
}

func markdownFoot(b *strings.Builder, s *reconcile.Summary, folder string) {
	for _, w := range s.Warnings {
		fmt.Fprintf(b, "- Warning: %s\n", code(w))
	}
	if len(s.Warnings) > 0 {
		b.WriteByte('\n')
	}
	if folder != "" {
		fmt.Fprintf(b, "Reports in %s\n", code(folder))
	}
}

// code makes foreign text a span of code: one line, its backquotes turned into
// apostrophes, because a fence of their own would need counting them.
func code(s string) string {
	s = strings.ReplaceAll(oneLine(s), "`", "'")
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

// escape keeps the marks of Markdown and HTML from acting.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "<", "&lt;", "|", `\|`, "@", "@\u200b").Replace(s)
}
