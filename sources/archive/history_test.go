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

// acceptedOf names the accepted runs.
func acceptedOf(h *archive.History) string {
	return ids(slices.DeleteFunc(slices.Clone(h.Runs), func(s reconcile.Summary) bool { return !s.Accepted }))
}

// A first run, or one whose archive was lost, finds nothing, and that is no
// fault of anything.
func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	for name, r := range stores(t) {
		h := r.history(t, 0)
		if len(h.Runs)+len(h.Warnings)+len(h.Crashed) > 0 || h.Accept != nil || r.recall(t, h) != nil {
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
			r.conclude(t, s)
		}
		h := r.history(t, 4)
		if got := ids(h.Runs); got != "run-3 run-2 run-0" || len(h.Warnings) > 0 {
			t.Errorf("%s: got %s, warnings %q", name, got, h.Warnings)
		}
		if got := acceptedOf(h); got != "run-0" {
			t.Errorf("%s: accepted %s", name, got)
		}
		for _, p := range r.recall(t, h) { // an incomplete run remembers, a replay does not
			if !p.FirstSeen.Equal(day(2)) {
				t.Errorf("%s: recalled what was first seen at %s", name, p.FirstSeen)
			}
		}
	}
}

// What is broken is left out and told, and the rest holds.
func TestHistoryOfABrokenArchive(t *testing.T) {
	t.Parallel()
	for name, r := range stores(t) {
		for n := range 8 {
			r.conclude(t, summaryOf(fmt.Sprintf("run-%d", n), day(n)))
		}
		r.remove(t, "run-1/summary.json")                                // died, after it wrote all else
		r.put(t, "run-2/summary.json", `{"schema_version":1,"run_id":`)  // the digest is as good
		r.put(t, "run-3/index.json", "")                                 // the summary is as good
		r.put(t, "run-4/index.json", "<html>")                           // neither
		r.put(t, "run-4/summary.json", "<html>")                         //
		r.put(t, "run-5/index.json", `{"schema_version":1,"run_id":"x"`) // of another run
		r.put(t, "run-5/summary.json", `{"schema_version":1,"run_id":"run-4","future":{"a":1}}`)
		r.remove(t, "run-7/memory.jsonl.zst")
		r.put(t, "run-6/memory.jsonl.zst", "not packed")
		r.put(t, "backup/notes.txt", "not a run's")
		r.put(t, "run-9/findings.csv", "kind\n") // died early
		h := r.history(t, 8)
		if got := ids(h.Runs); got != "run-7 run-6 run-3 run-2 run-0" {
			t.Errorf("%s: got %s", name, got)
		}
		if !slices.Equal(h.Crashed, []string{"run-1", "run-9"}) {
			t.Errorf("%s: died %q", name, h.Crashed)
		}
		memory := r.recall(t, h)
		for _, p := range memory {
			if !p.FirstSeen.Equal(day(3)) {
				t.Errorf("%s: recalled what was first seen at %s", name, p.FirstSeen)
			}
		}
		said := strings.Join(h.Warnings, "\n")
		for _, want := range []string{"1 folder in --out is no run's", "run run-4 is left out: read ", "run run-5 is left out: read ",
			"what run run-7 knew of findings is lost: ", "what run run-6 knew of findings is lost: "} {
			if !strings.Contains(said, want) {
				t.Errorf("%s: %q is not said:\n%s", name, want, said)
			}
		}
		if len(h.Warnings) != 5 || len(memory) != 1 {
			t.Errorf("%s: %d findings recalled, warnings %q", name, len(memory), h.Warnings)
		}
	}
}

// A newer version may have written what a guard rests on: half of it is worse
// than none.
func TestHistoryOfANewerVersion(t *testing.T) {
	t.Parallel()
	const newer = `{"schema_version":2,"run_id":"run-1"}`
	for name, key := range map[string]string{"index": "run-1/index.json", "acceptance": "accepted/run-1.json"} {
		r := open(t, "mem://"+name)
		r.conclude(t, summaryOf("run-1", day(1)))
		r.put(t, key, newer)
		_, err := r.History(t.Context(), scope, day(2))
		if !errors.Is(err, archive.ErrNewer) || !strings.Contains(err.Error(), "schema version 2, this program reads up to 1") {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := open(t, "mem://memory")
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
		t.Errorf("memory: %v", err)
	}
}

// Four hundred nights of ten thousand sub-accounts, and a journal of more: what
// is asked of the store does not grow with them, and nothing that grows with
// the inventory is read. What is old is looked at only until there is a baseline.
func TestWhatLookingBackCosts(t *testing.T) {
	t.Parallel()
	clock := gofakes3.FixedTimeSource(start())
	name, requests := bucketAt(t, clock)
	r := open(t, name)
	const nights = 400
	for n := range nights {
		s := summaryOf(day(n).Format("20060102T150405Z"), day(n))
		s.Coverage.Accounts = make(map[string]*reconcile.AccountCoverage)
		for i := range 10 { // the rest of ten thousand would only slow the test
			s.Coverage.Accounts[fmt.Sprintf("account-%d-of-a-long-list", i)] = &reconcile.AccountCoverage{Read: true, By: "chain"}
		}
		r.conclude(t, s)
		r.put(t, s.RunID+"/summary.json", "nobody reads this one")
		r.put(t, fmt.Sprintf("journal/%d/1", n), "nobody lists this one")
		clock.Advance(24 * time.Hour)
	}
	before := requests.asked.Load()
	h := r.history(t, nights)
	if len(h.Runs) < 15 || len(h.Runs) > 16 || len(h.Warnings) > 0 {
		t.Errorf("%d runs, warnings %q", len(h.Runs), h.Warnings)
	}
	if m := r.recall(t, h); len(m) != 1 {
		t.Errorf("%d findings recalled", len(m))
	}
	const lists, perRead = 8, 2
	if asked, most := requests.asked.Load()-before, int64(lists+perRead*(16+1)); asked > most {
		t.Errorf("%d requests, no more than %d are needed", asked, most)
	}

	before = requests.asked.Load()
	if late := r.history(t, nights+100); ids(late.Runs[:1]) != ids(h.Runs[:1]) || len(late.Runs) != 16 {
		t.Errorf("after a long pause: %d runs", len(late.Runs))
	}
	if asked, most := requests.asked.Load()-before, int64(lists+perRead*16); asked > most {
		t.Errorf("after a long pause: %d requests, no more than %d are needed", asked, most)
	}
}

// An old run that is accepted by hand is the only baseline, so it is looked for,
// however far back it lies.
func TestAnOldRunIsAcceptedByHand(t *testing.T) {
	t.Parallel()
	clock := gofakes3.FixedTimeSource(start())
	name, _ := bucketAt(t, clock)
	r := open(t, name)
	r.conclude(t, objected("run-0", day(0)))
	for n := 1; n < 60; n++ {
		clock.Advance(24 * time.Hour)
		r.conclude(t, summaryOf(fmt.Sprint("run-", n), day(n)))
	}
	if h := r.history(t, 60); len(h.Runs) > 17 {
		t.Errorf("without an acceptance %d runs", len(h.Runs))
	}
	if _, err := r.Accept(t.Context(), "run-0", "it was right after all", day(60)); err != nil {
		t.Fatal(err)
	}
	h := r.history(t, 60)
	if last := h.Runs[len(h.Runs)-1]; last.RunID != "run-0" || !last.Accepted || h.Accept.RunID != "run-0" {
		t.Errorf("%d runs, the oldest %s", len(h.Runs), last.RunID)
	}
	if _, kept := r.prunable(t, 24*time.Hour, 400); !strings.Contains(kept["run-0"], "accepted by hand") || kept["run-59"] == "" {
		t.Errorf("kept: %v", kept)
	}
	clock.Advance(24 * time.Hour)
	r.conclude(t, summaryOf("run-60", day(60)))
	if h := r.history(t, 61); len(h.Runs) > 17 {
		t.Errorf("once there is a baseline after it %d runs", len(h.Runs))
	}
}

// An archive whose copy lost the times of its files is looked at in the order of
// the runs' names.
func TestACopyLostTheTimes(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	r := open(t, out)
	for n := range 40 {
		s := summaryOf(archive.NewRunID(day(n)), day(n))
		r.conclude(t, s)
		if err := os.Chtimes(filepath.Join(out, s.RunID, archive.SummaryFile), time.Time{}, time.Unix(0, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if h := r.history(t, 40); len(h.Runs) < 15 || len(h.Runs) > 17 || !h.Runs[0].AsOf.Equal(day(39)) {
		t.Errorf("%d runs, the newest of %s", len(h.Runs), h.Runs[0].AsOf)
	}
}
