package report

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Of a plan that was made before, nothing is told of an inventory that nobody read.
func TestAppliedPlan(t *testing.T) {
	b := fixedBook(5, 5)
	b.Summary.Command, b.Summary.Complete, b.Findings, b.Inventory = reconcile.CommandApply, false, nil, nil
	f, _ := workbookOf(t, b)
	if got, want := f.GetSheetList(), []string{"Summary", "Fixes", "Run"}; !slices.Equal(got, want) {
		t.Errorf("sheets %q, want %q", got, want)
	}
	if got := len(rowsOf(t, f, "Fixes")); got != len(b.Plan.Actions) {
		t.Errorf("%d rows of fixes, want %d", got, len(b.Plan.Actions))
	}
	for name, write := range map[string]func(io.Writer, *reconcile.Summary, *TextOptions) error{"text": Text, "markdown": Markdown} {
		var out bytes.Buffer
		if err := write(&out, b.Summary, nil); err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"INCOMPLETE", "orphan_package", "wix_only"} {
			if strings.Contains(out.String(), word) {
				t.Errorf("%s: it tells of %s:\n%s", name, word, &out)
			}
		}
	}
}
