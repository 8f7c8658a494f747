package report

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/wixrecon/wixrecon/reconcile"
)

func TestTextWidth(t *testing.T) {
	s := incomplete(sampleSummary(200, 180))
	s.Warnings = append(s.Warnings, strings.Repeat("a long warning of many words ", 12))
	for line := range strings.Lines(string(written(t, func(w io.Writer) error { return WriteSummary(w, FormatText, s, nil) }))) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > textWidth {
			t.Errorf("%d columns: %q", n, line)
		}
	}
}

// Text from a server or a ledger must not control a terminal or act as Markdown.
func TestSummaryEscapesUntrustedText(t *testing.T) {
	s := incomplete(sampleSummary(3, 3))
	hostile := "\x1b[2Jgone\r\n# head | <b> `x` @all"
	s.Warnings, s.Coverage.Problems, s.Scope.Ledger = []string{hostile}, []string{hostile}, hostile
	s.Coverage.Accounts[guid(1, 3)].Error = hostile
	text := string(written(t, func(w io.Writer) error { return WriteSummary(w, FormatText, s, nil) }))
	markdown := string(written(t, func(w io.Writer) error { return WriteSummary(w, FormatMarkdown, s, nil) }))
	for name, out := range map[string]string{"text": text, "markdown": markdown} {
		if strings.ContainsAny(out, "\x1b\r") || strings.Contains(out, "\n# head") {
			t.Errorf("%s contains control characters:\n%s", name, out)
		}
	}
}

// An applied plan reads no inventory, so its reports show none.
func TestReportsOfAnAppliedPlan(t *testing.T) {
	b := fixedData(5, 5)
	b.Summary.Command, b.Summary.Complete, b.Findings, b.Inventory = reconcile.CommandApply, false, nil, nil
	f, _ := workbookOf(t, b)
	if got, want := f.GetSheetList(), []string{"Summary", "Fixes", "Run"}; !slices.Equal(got, want) {
		t.Errorf("sheets %q, want %q", got, want)
	}
	if got := len(sheetRows(t, f, "Fixes")); got != len(b.Plan.Actions) {
		t.Errorf("%d rows of fixes, want %d", got, len(b.Plan.Actions))
	}
	for _, name := range []Format{FormatText, FormatMarkdown} {
		var out bytes.Buffer
		if err := WriteSummary(&out, name, b.Summary, nil); err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"INCOMPLETE", "orphan_package", "wix_only"} {
			if strings.Contains(out.String(), word) {
				t.Errorf("%s: contains %s:\n%s", name, word, &out)
			}
		}
	}
}
