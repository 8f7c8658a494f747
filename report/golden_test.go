package report

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
	narrowed.Coverage.Book, narrowed.Replay, narrowed.Scope.Accounts = reconcile.BookNarrowed, true, []string{guid(1, 1)}
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
		"summary.json":  func(w io.Writer) error { return JSON(w, sampleSummary(0, 4)) },
	} {
		t.Run(name, func(t *testing.T) { golden(t, name, written(t, write)) })
	}
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
