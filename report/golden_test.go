package report

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wixrecon/wixrecon/reconcile"
)

var update = flag.Bool("update", false, "write the goldens anew")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func written(t *testing.T, write func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGoldens(t *testing.T) {
	quiet := sampleSummary(0, 4)
	quiet.Warnings = nil
	narrowed := sampleSummary(5, 9)
	narrowed.Coverage.Inventory, narrowed.Replay, narrowed.Scope.Accounts = reconcile.InventoryNarrowed, true, []string{guid(1, 1)}
	narrowed.Live, narrowed.Accepted, narrowed.Changes = false, false, nil
	for name, write := range map[string]func(io.Writer) error{
		"findings.csv": func(w io.Writer) error { return FindingsCSV(w, sampleAsOf, sampleCarried, sampleFindings(200)) },
		"packages.csv": func(w io.Writer) error { return PackagesCSV(w, sampleStock(9)) },
		"complete.txt": func(w io.Writer) error {
			return Text(w, sampleSummary(200, 180), &TextOptions{Folder: "./wixrecon-runs/20261121T020000Z-1a2b"})
		},
		"incomplete.txt": func(w io.Writer) error {
			return Text(w, incomplete(sampleSummary(200, 180)), &TextOptions{Color: true})
		},
		"quiet.txt":    func(w io.Writer) error { return Text(w, quiet, nil) },
		"narrowed.txt": func(w io.Writer) error { return Text(w, narrowed, nil) },
		"complete.md": func(w io.Writer) error {
			return Markdown(w, sampleSummary(200, 180), &TextOptions{Folder: "s3://runs/20261121T020000Z-1a2b"})
		},
		"incomplete.md": func(w io.Writer) error { return Markdown(w, incomplete(sampleSummary(30, 20)), nil) },
		"runs.txt":      func(w io.Writer) error { return RunsText(w, sampleRuns()) },
		"runs.md":       func(w io.Writer) error { return RunsMarkdown(w, sampleRuns()) },
		"runs.json":     func(w io.Writer) error { return RunsJSON(w, sampleRuns()) },
		"summary.json":  func(w io.Writer) error { return JSON(w, sampleSummary(0, 4)) },
	} {
		t.Run(name, func(t *testing.T) { golden(t, name, written(t, write)) })
	}
}

// sampleRuns are runs of every standing.
func sampleRuns() []RunLine {
	var lines []RunLine
	for n, change := range []func(*reconcile.Summary){
		func(*reconcile.Summary) {},
		func(s *reconcile.Summary) { incomplete(s).ExitCode = 4 },
		func(s *reconcile.Summary) { s.Accepted, s.Objections = false, []string{"rows: 180, a week ago 240"} },
		func(s *reconcile.Summary) {
			s.Acceptance = &reconcile.Acceptance{RunID: s.RunID, At: sampleAsOf, Reason: "a customer left"}
		},
		func(s *reconcile.Summary) { s.Accepted, s.Live, s.Replay = false, false, true },
		func(s *reconcile.Summary) { s.Accepted, s.Live = false, false },
	} {
		s := sampleSummary(40, 9)
		s.Findings.Round()
		s.AsOf = sampleAsOf.AddDate(0, 0, -n)
		s.RunID = s.AsOf.Format("20060102T150405Z") + "-1a2b"
		change(s)
		lines = append(lines, RunLine{ID: s.RunID, Written: s.AsOf.Add(time.Minute), Summary: s})
	}
	return append(lines, RunLine{ID: "died", Written: sampleAsOf.AddDate(0, -1, 0), Fault: "died, or is still at work"})
}

func TestTextWidth(t *testing.T) {
	s := incomplete(sampleSummary(200, 180))
	s.Warnings = append(s.Warnings, strings.Repeat("a long warning of many words ", 12))
	for line := range strings.Lines(string(written(t, func(w io.Writer) error { return Text(w, s, nil) }))) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > textWidth {
			t.Errorf("%d columns: %q", n, line)
		}
	}
}

// Text of a server or a ledger must neither steer a terminal nor mark up.
func TestForeignTextIsTame(t *testing.T) {
	s := incomplete(sampleSummary(3, 3))
	hostile := "\x1b[2Jgone\r\n# head | <b> `x` @all"
	s.Warnings, s.Coverage.Problems, s.Scope.Ledger = []string{hostile}, []string{hostile}, hostile
	s.Coverage.Accounts[guid(1, 3)].Error = hostile
	text := string(written(t, func(w io.Writer) error { return Text(w, s, nil) }))
	markdown := string(written(t, func(w io.Writer) error { return Markdown(w, s, nil) }))
	for name, out := range map[string]string{"text": text, "markdown": markdown} {
		if strings.ContainsAny(out, "\x1b\r") || strings.Contains(out, "\n# head") {
			t.Errorf("%s lets control characters through:\n%s", name, out)
		}
	}
}
