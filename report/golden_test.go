package report

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wixrecon/wixrecon/reconcile"
)

var update = flag.Bool("update", false, "rewrite the golden files")

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
		"packages.csv": func(w io.Writer) error { return PackagesCSV(w, samplePackages(9)) },
		"complete.txt": func(w io.Writer) error {
			return WriteSummary(w, FormatText, sampleSummary(200, 180), &SummaryOptions{Folder: "./wixrecon-runs/20261121T020000Z-1a2b"})
		},
		"incomplete.txt": func(w io.Writer) error {
			return WriteSummary(w, FormatText, incomplete(sampleSummary(200, 180)), nil)
		},
		"quiet.txt":    func(w io.Writer) error { return WriteSummary(w, FormatText, quiet, nil) },
		"narrowed.txt": func(w io.Writer) error { return WriteSummary(w, FormatText, narrowed, nil) },
		"complete.md": func(w io.Writer) error {
			return WriteSummary(w, FormatMarkdown, sampleSummary(200, 180), &SummaryOptions{Folder: "s3://runs/20261121T020000Z-1a2b"})
		},
		"incomplete.md": func(w io.Writer) error {
			return WriteSummary(w, FormatMarkdown, incomplete(sampleSummary(30, 20)), nil)
		},
		"runs.txt":     func(w io.Writer) error { return WriteRuns(w, FormatText, sampleRuns(), time.Time{}) },
		"runs.md":      func(w io.Writer) error { return WriteRuns(w, FormatMarkdown, sampleRuns(), time.Time{}) },
		"runs.json":    func(w io.Writer) error { return WriteRuns(w, FormatJSON, sampleRuns(), time.Time{}) },
		"summary.json": func(w io.Writer) error { return WriteSummary(w, FormatJSON, sampleSummary(0, 4), nil) },
	} {
		t.Run(name, func(t *testing.T) { golden(t, name, written(t, write)) })
	}
}

// sampleRuns has a run for each value of the column accepted, and one without a
// summary.
func sampleRuns() []RunLine {
	var lines []RunLine
	for n, change := range []func(*reconcile.Summary){
		func(*reconcile.Summary) {},
		func(s *reconcile.Summary) { incomplete(s).ExitCode = 4 },
		func(s *reconcile.Summary) {
			s.Accepted, s.Objections = false, []string{"rows of the ledger: 180, on 2026-11-14 there were 240"}
		},
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
	return append(lines, RunLine{ID: "crashed", Written: sampleAsOf.AddDate(0, -1, 0), Fault: "no summary.json"})
}
