package archive_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/archive"
)

func ids(runs []reconcile.Summary) string {
	var names []string
	for i := range runs {
		names = append(names, runs[i].RunID)
	}
	return strings.Join(names, " ")
}

// acceptedOf returns the ids of the accepted runs.
func acceptedOf(h *reconcile.History) string {
	return ids(slices.DeleteFunc(slices.Clone(h.Runs), func(s reconcile.Summary) bool { return !s.Accepted }))
}

// The history of a first run, or after the archive was lost, is empty.
func TestHistoryOfAnEmptyArchive(t *testing.T) {
	t.Parallel()
	for name, r := range stores(t) {
		h := r.history(t, 0)
		if len(h.Runs)+len(h.Warnings)+len(h.Crashed) > 0 || h.Accept != nil || r.readKnown(t, h) != nil {
			t.Errorf("%s: %+v", name, h)
		}
	}
}

func TestHistoryIsOfTheScope(t *testing.T) {
	t.Parallel()
	for name, r := range stores(t) {
		for n, change := range []func(*reconcile.Summary){
			func(*reconcile.Summary) {},
			func(s *reconcile.Summary) { s.Scope.ID = "another" },
			func(s *reconcile.Summary) { s.Complete, s.Accepted = false, false },
			func(s *reconcile.Summary) { s.Live, s.Accepted, s.Replay = false, false, true },
		} {
			s := summaryOf(fmt.Sprintf("run-%d", n), day(n))
			change(s)
			r.finish(t, s)
		}
		h := r.history(t, 4)
		if got := ids(h.Runs); got != "run-3 run-2 run-0" || len(h.Warnings) > 0 {
			t.Errorf("%s: got %s, warnings %q", name, got, h.Warnings)
		}
		if got := acceptedOf(h); got != "run-0" {
			t.Errorf("%s: accepted %s", name, got)
		}
		for _, p := range r.readKnown(t, h) { // from the incomplete run, not from the replay
			if !p.FirstSeen.Equal(day(2)) {
				t.Errorf("%s: known findings first seen at %s", name, p.FirstSeen)
			}
		}
	}
}

// Damaged objects are ignored with a warning, and the others are used.
func TestHistoryOfADamagedArchive(t *testing.T) {
	t.Parallel()
	for name, r := range stores(t) {
		for n := range 8 {
			r.finish(t, summaryOf(fmt.Sprintf("run-%d", n), day(n)))
		}
		r.remove(t, "run-1/summary.json")                                // crashed after everything else
		r.put(t, "run-2/summary.json", `{"schema_version":1,"run_id":`)  // the digest is enough
		r.put(t, "run-3/index.json", "")                                 // the summary is enough
		r.put(t, "run-4/index.json", "<html>")                           // neither
		r.put(t, "run-4/summary.json", "<html>")                         //
		r.put(t, "run-5/index.json", `{"schema_version":1,"run_id":"x"`) // of another run
		r.put(t, "run-5/summary.json", `{"schema_version":1,"run_id":"run-4","future":{"a":1}}`)
		r.remove(t, "run-7/memory.jsonl.zst")
		r.put(t, "run-6/memory.jsonl.zst", "not compressed")
		r.put(t, "backup/notes.txt", "not a run's")
		r.put(t, "run-9/findings.csv", "kind\n") // crashed early
		h := r.history(t, 8)
		if got := ids(h.Runs); got != "run-7 run-6 run-3 run-2 run-0" {
			t.Errorf("%s: got %s", name, got)
		}
		if !slices.Equal(h.Crashed, []string{"run-1", "run-9"}) {
			t.Errorf("%s: crashed %q", name, h.Crashed)
		}
		known := r.readKnown(t, h)
		for _, p := range known {
			if !p.FirstSeen.Equal(day(3)) {
				t.Errorf("%s: known findings first seen at %s", name, p.FirstSeen)
			}
		}
		warnings := strings.Join(h.Warnings, "\n")
		for _, want := range []string{"1 folder in --out does not belong to a run", "run run-4 is ignored: read ", "run run-5 is ignored: read ",
			"the known findings of run run-7 can't be used: ", "the known findings of run run-6 can't be used: "} {
			if !strings.Contains(warnings, want) {
				t.Errorf("%s: %q is missing:\n%s", name, want, warnings)
			}
		}
		if len(h.Warnings) != 5 || len(known) != 1 {
			t.Errorf("%s: %d known findings, warnings %q", name, len(known), h.Warnings)
		}
	}
}

// A newer version may have written a baseline, so its files are an error.
func TestHistoryOfANewerVersion(t *testing.T) {
	t.Parallel()
	const newer = `{"schema_version":2,"run_id":"run-1"}`
	for name, key := range map[string]string{"index": "run-1/index.json", "acceptance": "accepted/run-1.json"} {
		r := open(t, "mem://"+name)
		r.finish(t, summaryOf("run-1", day(1)))
		r.put(t, key, newer)
		_, err := r.History(t.Context(), scope, day(2))
		if !errors.Is(err, archive.ErrNewer) || !strings.Contains(err.Error(), "schema version 2, this program reads up to 1") {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := open(t, "mem://known")
	s := summaryOf("run-1", day(1))
	run, err := r.NewRun(t.Context(), s.RunID)
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Put(t.Context(), archive.KnownFindingsFile, text(`{"schema_version":2}`+"\n")); err != nil {
		t.Fatal(err)
	}
	s.Reports = run.Files()
	if err := run.Finish(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if _, err := r.KnownFindings(t.Context(), r.history(t, 2), scope); !errors.Is(err, archive.ErrNewer) {
		t.Errorf("known findings: %v", err)
	}
}

// The number of requests does not grow with the number of runs or with the
// journal, and nothing that grows with the inventory is read. Old runs are read
// only until there is a baseline.
func TestRequestsOfHistory(t *testing.T) {
	t.Parallel()
	clock := gofakes3.FixedTimeSource(start())
	name, requests := bucketAt(t, clock)
	r := open(t, name)
	nights := sample(t, 50, 400)
	for n := range nights {
		s := summaryOf(day(n).Format("20060102T150405Z"), day(n))
		s.Coverage.Accounts = make(map[string]*reconcile.AccountCoverage)
		for i := range 10 { // a real summary may have ten thousand
			s.Coverage.Accounts[fmt.Sprintf("account-%d-of-a-long-list", i)] = &reconcile.AccountCoverage{Read: true, By: "chain"}
		}
		r.finish(t, s)
		r.shareKnownFindings(t, s.RunID)
		r.put(t, s.RunID+"/summary.json", "not read")
		r.put(t, fmt.Sprintf("journal/%d/1", n), "not listed")
		clock.Advance(24 * time.Hour)
	}
	before := requests.count.Load()
	h := r.history(t, nights)
	if len(h.Runs) < 15 || len(h.Runs) > 16 || len(h.Warnings) > 0 {
		t.Errorf("%d runs, warnings %q", len(h.Runs), h.Warnings)
	}
	if m := r.readKnown(t, h); len(m) != 1 {
		t.Errorf("%d known findings", len(m))
	}
	const lists, perRead = 8, 2
	if sent, most := requests.count.Load()-before, int64(lists+perRead*(16+1)); sent > most {
		t.Errorf("%d requests, want at most %d", sent, most)
	}

	before = requests.count.Load()
	if late := r.history(t, nights+100); ids(late.Runs[:1]) != ids(h.Runs[:1]) || len(late.Runs) != 16 {
		t.Errorf("after a long pause: %d runs", len(late.Runs))
	}
	if sent, most := requests.count.Load()-before, int64(lists+perRead*16); sent > most {
		t.Errorf("after a long pause: %d requests, want at most %d", sent, most)
	}
}

// An old run that was accepted by hand is the only baseline, so it is found
// however old it is.
func TestHistoryWithAnOldAcceptance(t *testing.T) {
	t.Parallel()
	clock := gofakes3.FixedTimeSource(start())
	name, _ := bucketAt(t, clock)
	r := open(t, name)
	r.finish(t, objectedRun("run-0", day(0)))
	r.shareKnownFindings(t, "run-0")
	nights := sample(t, 40, 60)
	for n := 1; n < nights; n++ {
		clock.Advance(24 * time.Hour)
		r.finish(t, summaryOf(fmt.Sprint("run-", n), day(n)))
	}
	if h := r.history(t, nights); len(h.Runs) > 17 {
		t.Errorf("without an acceptance %d runs", len(h.Runs))
	}
	if _, err := r.Accept(t.Context(), "run-0", "it was right", "", day(nights)); err != nil {
		t.Fatal(err)
	}
	h := r.history(t, nights)
	if last := h.Runs[len(h.Runs)-1]; last.RunID != "run-0" || !last.Accepted || h.Accept.RunID != "run-0" {
		t.Errorf("%d runs, the oldest %s", len(h.Runs), last.RunID)
	}
	if _, kept := r.pruneCandidates(t, 24*time.Hour, 400); !strings.Contains(kept["run-0"], "accepted by hand") || kept[fmt.Sprint("run-", nights-1)] == "" {
		t.Errorf("kept: %v", kept)
	}
	clock.Advance(24 * time.Hour)
	r.finish(t, summaryOf(fmt.Sprint("run-", nights), day(nights)))
	if h := r.history(t, nights+1); len(h.Runs) > 17 {
		t.Errorf("with a later baseline %d runs", len(h.Runs))
	}
}

// If a copy of the archive lost the times of its files, the times in the ids of
// the runs count.
func TestHistoryOfACopyWithoutTimes(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	r := open(t, out)
	for n := range 40 {
		s := summaryOf(archive.NewRunID(day(n)), day(n))
		r.finish(t, s)
		r.shareKnownFindings(t, s.RunID)
		if err := os.Chtimes(filepath.Join(out, s.RunID, archive.SummaryFile), time.Time{}, time.Unix(0, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if h := r.history(t, 40); len(h.Runs) < 15 || len(h.Runs) > 17 || !h.Runs[0].AsOf.Equal(day(39)) {
		t.Errorf("%d runs, the newest of %s", len(h.Runs), h.Runs[0].AsOf)
	}
}
