package reconcile

import (
	"os"
	"strings"
	"testing"
)

// The README explains every kind, in a row of its table of findings.
func TestReadmeHasEveryKind(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## What it finds\n")
	section, _, _ = strings.Cut(section, "\n## ")
	explained := make(map[string]bool)
	for line := range strings.Lines(section) {
		if cells := strings.Split(line, "|"); len(cells) == 4 {
			for _, name := range strings.Split(cells[1], ",") {
				explained[strings.Trim(name, " `")] = strings.TrimSpace(cells[2]) != ""
			}
		}
	}
	for _, k := range Kinds() {
		if !explained[k.String()] {
			t.Errorf("the table of findings in README.md lacks %s", k)
		}
	}
}
