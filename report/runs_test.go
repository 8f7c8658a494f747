package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Failed runs are runs; a night without any shows, also the last one.
func TestNightsWithoutARun(t *testing.T) {
	night := func(n int) time.Time { return time.Date(2026, 11, n, 2, 0, 0, 0, time.UTC) }
	live := func(n int) RunLine {
		at := night(n).Add(time.Duration(n) * time.Minute) // jitter
		return RunLine{ID: at.Format("run-02"), Written: at, Summary: &reconcile.Summary{Live: true, Started: at, AsOf: at, Findings: reconcile.NewTally()}}
	}
	replay := live(5)
	replay.Summary.Live, replay.Summary.Replay = false, true
	runs := []RunLine{
		live(20), {ID: "failed-19", Written: night(19), Fault: "run failed", Failure: &reconcile.Failure{Time: night(19)}},
		live(18), live(15), live(14), replay, live(12), {ID: "crashed-11", Written: night(11), Fault: "crashed"},
	}
	var text, doc bytes.Buffer
	if err := WriteRuns(&text, FormatText, runs, night(22)); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(text.String()) {
		if at := strings.Index(line, "without a run"); at >= 0 {
			line = strings.TrimSpace(line)
		} else if line, _, _ = strings.Cut(strings.TrimSpace(line), " "); line == "run" || strings.HasPrefix(line, "-") {
			continue
		}
		lines = append(lines, line)
	}
	want := "1 night without a run, run-20, failed-19, run-18, 2 nights without a run, run-15, run-14, run-05, 1 night without a run, run-12, crashed-11"
	if got := strings.Join(lines, ", "); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if err := WriteRuns(&doc, FormatJSON, runs, night(22)); err != nil {
		t.Fatal(err)
	}
	var decoded []struct {
		Gap int `json:"nights_without_run_after"`
	}
	if err := json.Unmarshal(doc.Bytes(), &decoded); err != nil || decoded[0].Gap != 1 || decoded[3].Gap != 2 || decoded[6].Gap != 1 || decoded[1].Gap != 0 {
		t.Errorf("%+v, %v", decoded, err)
	}
}
