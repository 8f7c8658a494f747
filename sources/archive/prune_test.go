package archive_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/storage"
)

const keep = 90 * 24 * time.Hour

// prunable gives the runs to be removed, and those that are kept though old.
func (r *rig) prunable(t *testing.T, keep time.Duration, n int) (gone []archive.Pruned, kept map[string]string) {
	t.Helper()
	all, _, err := r.Prunable(t.Context(), keep, day(n))
	if err != nil {
		t.Fatal(err)
	}
	kept = make(map[string]string)
	for _, p := range all {
		if p.Reason == "" {
			gone = append(gone, p)
		} else {
			kept[p.ID] = p.Reason
		}
	}
	return gone, kept
}

func names(runs []archive.Pruned) string {
	var all []string
	for _, p := range runs {
		all = append(all, p.ID)
	}
	return strings.Join(all, " ")
}

// Old runs go with all that is in their folders, and nothing else does.
func TestPrune(t *testing.T) {
	t.Parallel()
	for name, r := range stores(t) {
		for n, change := range []func(*reconcile.Summary){
			func(*reconcile.Summary) {},
			func(s *reconcile.Summary) { s.Live, s.Accepted, s.Replay = false, false, true },
			func(s *reconcile.Summary) { s.Scope.ID = "another" }, // its newest accepted
			func(s *reconcile.Summary) { s.Accepted, s.Objections = false, []string{"o"} },
			func(*reconcile.Summary) {}, // the newest accepted
			func(s *reconcile.Summary) { s.Complete, s.Accepted = false, false }, // the newest that remembers
			func(s *reconcile.Summary) { s.Live, s.Accepted, s.Replay = false, false, true },
		} {
			s := summaryOf(fmt.Sprintf("run-%d", n), day(n))
			change(s)
			r.conclude(t, s)
		}
		r.put(t, "run-0/left/by-somebody.txt", "goes too")
		stay := []string{"latest.json", "accepted/run-3.json", "journal/a/1", "lock/epoch-1", "close-2026-10/manifest.json", "notes/readme.txt", "STOP"}
		for _, key := range stay {
			r.put(t, key, "{}")
		}
		gone, kept := r.prunable(t, keep, 6+90)
		if names(gone) != "run-0 run-1 run-3" || len(kept) != 3 {
			t.Errorf("%s: gone %s, kept %v", name, names(gone), kept)
		}
		for id, reason := range map[string]string{"run-2": "newest accepted", "run-4": "newest accepted", "run-5": "knows of findings"} {
			if !strings.Contains(kept[id], reason) {
				t.Errorf("%s: %s is kept for: %s", name, id, kept[id])
			}
		}
		if gone[0].Files != 5 || gone[0].Bytes == 0 || !gone[0].AsOf.Equal(day(0)) {
			t.Errorf("%s: %+v", name, gone[0])
		}
		before := r.keys(t)
		for i := range gone {
			if err := r.Remove(t.Context(), &gone[i]); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		want := slices.DeleteFunc(before, func(key string) bool {
			return strings.HasPrefix(key, "run-0/") || strings.HasPrefix(key, "run-1/") || strings.HasPrefix(key, "run-3/")
		})
		if got := r.keys(t); !slices.Equal(got, want) {
			t.Errorf("%s: left %q, want %q", name, got, want)
		}
		if folders, err := r.dir.List(t.Context(), "", "/"); err != nil || slices.ContainsFunc(folders, func(e storage.Entry) bool { return e.Key == "run-0/" }) {
			t.Errorf("%s: an empty folder is left: %v, %v", name, folders, err)
		}
	}
}

// What guards measure against stays, however short runs are kept; a run that
// died goes by its last file, and one that can't be read stays.
func TestWhatPruningKeeps(t *testing.T) {
	t.Parallel()
	r := open(t, "mem://out")
	for n := range 20 {
		r.conclude(t, summaryOf(fmt.Sprintf("run-%02d", n), day(n)))
	}
	r.put(t, "died/findings.csv", "kind\n")
	r.conclude(t, summaryOf("newer", day(0)))
	r.put(t, "newer/index.json", `{"schema_version":2}`)
	r.put(t, "newer/summary.json", `{"schema_version":2}`)
	gone, kept := r.prunable(t, 24*time.Hour, 20)
	if want := "run-00 run-01 run-02 run-03 run-04 run-05"; !strings.HasPrefix(names(gone), want) {
		t.Errorf("gone: %s", names(gone))
	}
	if strings.Contains(names(gone), "newer") || len(kept) < 13 {
		t.Errorf("gone %s, kept %v", names(gone), kept)
	}
	// What is kept in memory was written just now.
	gone, kept = r.prunable(t, keep, int(time.Since(start())/(24*time.Hour))+100)
	if !strings.Contains(names(gone), "died") || kept["newer"] != "it can't be read" {
		t.Errorf("much later: gone %s, kept %v", names(gone), kept)
	}
}

// A pruning that is cut short, after whatever request, leaves no run that seems
// to have died and none that lacks a part, and the next one finishes it.
func TestPruningIsCutShort(t *testing.T) {
	t.Parallel()
	cuts := 0
	for more := int64(1); ; more++ {
		bucket, requests := bucketAt(t, gofakes3.FixedTimeSource(day(0)))
		r := open(t, bucket)
		r.conclude(t, summaryOf("old", day(0)))
		r.conclude(t, summaryOf("new", day(100)))
		gone, _ := r.prunable(t, keep, 100)
		requests.last.Store(requests.asked.Load() + more)
		err := r.Remove(t.Context(), &gone[0])
		requests.last.Store(0)
		if err != nil {
			cuts++
		}
		h := r.history(t, 100)
		if len(h.Crashed)+len(h.Warnings) > 0 {
			t.Errorf("cut after %d: died %q, warnings %q", more, h.Crashed, h.Warnings)
		}
		list, _, fault := r.List(t.Context(), "")
		if fault != nil {
			t.Fatal(fault)
		}
		left := slices.DeleteFunc(r.keys(t), func(key string) bool { return !strings.HasPrefix(key, "old/") })
		for _, l := range list {
			if whole := len(left) == 4 && !slices.Contains(left, "old/pruned"); l.ID == "old" && (l.Fault == archive.FaultPruned) == whole {
				t.Errorf("cut after %d, left %q: it is listed as %+v", more, left, l)
			}
		}
		again, _ := r.prunable(t, keep, 100)
		for i := range again {
			if fault := r.Remove(t.Context(), &again[i]); fault != nil {
				t.Fatal(fault)
			}
		}
		if got := names(again); got != "old" && err != nil || strings.Contains(strings.Join(r.keys(t), " "), "old/") {
			t.Errorf("cut after %d: finished %q, left %q", more, got, r.keys(t))
		}
		if err == nil {
			break
		}
	}
	if cuts < 6 { // the mark, four files, the mark
		t.Errorf("it was cut %d times", cuts)
	}
}
