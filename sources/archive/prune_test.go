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

// pruneCandidates returns the old runs that are removed, and those that are kept.
func (r *rig) pruneCandidates(t *testing.T, keep time.Duration, n int) (removed []archive.PruneCandidate, kept map[string]string) {
	t.Helper()
	all, _, err := r.PruneCandidates(t.Context(), keep, day(n))
	if err != nil {
		t.Fatal(err)
	}
	kept = make(map[string]string)
	for _, p := range all {
		if p.Reason == "" {
			removed = append(removed, p)
		} else {
			kept[p.ID] = p.Reason
		}
	}
	return removed, kept
}

func names(runs []archive.PruneCandidate) string {
	var all []string
	for _, p := range runs {
		all = append(all, p.ID)
	}
	return strings.Join(all, " ")
}

// The whole folders of old runs are removed, and nothing else.
func TestPrune(t *testing.T) {
	t.Parallel()
	for name, r := range stores(t) {
		for n, change := range []func(*reconcile.Summary){
			func(*reconcile.Summary) {},
			func(s *reconcile.Summary) { s.Live, s.Accepted, s.Replay = false, false, true },
			func(s *reconcile.Summary) { s.Scope.ID = "another" }, // the newest accepted of its scope
			func(s *reconcile.Summary) { s.Accepted, s.Objections = false, []string{"o"} },
			func(*reconcile.Summary) {}, // the newest accepted
			func(s *reconcile.Summary) { s.Complete, s.Accepted = false, false }, // the newest with known findings
			func(s *reconcile.Summary) { s.Live, s.Accepted, s.Replay = false, false, true },
		} {
			s := summaryOf(fmt.Sprintf("run-%d", n), day(n))
			change(s)
			r.finish(t, s)
		}
		r.put(t, "run-0/notes/by-a-person.txt", "removed too")
		stay := []string{"latest.json", "accepted/run-3.json", "journal/a/1", "lock/epoch-1", "close-2026-10/manifest.json", "notes/readme.txt", "STOP"}
		for _, key := range stay {
			r.put(t, key, "{}")
		}
		removed, kept := r.pruneCandidates(t, keep, 6+90)
		if names(removed) != "run-0 run-1 run-3" || len(kept) != 3 {
			t.Errorf("%s: removed %s, kept %v", name, names(removed), kept)
		}
		for id, reason := range map[string]string{"run-2": "newest accepted", "run-4": "newest accepted", "run-5": "known findings"} {
			if !strings.Contains(kept[id], reason) {
				t.Errorf("%s: %s is kept for: %s", name, id, kept[id])
			}
		}
		if removed[0].Files != 5 || removed[0].Bytes == 0 || !removed[0].AsOf.Equal(day(0)) {
			t.Errorf("%s: %+v", name, removed[0])
		}
		before := r.keys(t)
		for i := range removed {
			if err := r.Remove(t.Context(), &removed[i]); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		want := slices.DeleteFunc(before, func(key string) bool {
			return strings.HasPrefix(key, "run-0/") || strings.HasPrefix(key, "run-1/") || strings.HasPrefix(key, "run-3/")
		})
		if got := r.keys(t); !slices.Equal(got, want) {
			t.Errorf("%s: remaining %q, want %q", name, got, want)
		}
		if folders, err := r.dir.List(t.Context(), "", "/"); err != nil || slices.ContainsFunc(folders, func(e storage.Entry) bool { return e.Key == "run-0/" }) {
			t.Errorf("%s: an empty folder remains: %v, %v", name, folders, err)
		}
	}
}

// The runs that guards compare with are kept, however short the period. The age of
// a crashed run is that of its last file, and a run that can't be read is kept.
func TestPruneKeeps(t *testing.T) {
	t.Parallel()
	r := open(t, "mem://out")
	for n := range 20 {
		r.finish(t, summaryOf(fmt.Sprintf("run-%02d", n), day(n)))
	}
	r.put(t, "crashed/findings.csv", "kind\n")
	r.finish(t, summaryOf("newer", day(0)))
	r.put(t, "newer/index.json", `{"schema_version":2}`)
	r.put(t, "newer/summary.json", `{"schema_version":2}`)
	removed, kept := r.pruneCandidates(t, 24*time.Hour, 20)
	if want := "run-00 run-01 run-02 run-03 run-04 run-05"; !strings.HasPrefix(names(removed), want) {
		t.Errorf("removed: %s", names(removed))
	}
	if strings.Contains(names(removed), "newer") || len(kept) < 13 {
		t.Errorf("removed %s, kept %v", names(removed), kept)
	}
	// The files in memory were written just now.
	removed, kept = r.pruneCandidates(t, keep, int(time.Since(start())/(24*time.Hour))+100)
	if !strings.Contains(names(removed), "crashed") || kept["newer"] != "it can't be read" {
		t.Errorf("much later: removed %s, kept %v", names(removed), kept)
	}
}

// A pruning that is interrupted after any request leaves no run that looks crashed
// or incomplete, and the next pruning finishes it.
func TestInterruptedPruning(t *testing.T) {
	t.Parallel()
	interrupted, known := 0, ""
	for more := int64(1); ; more++ {
		bucket, requests := bucketAt(t, gofakes3.FixedTimeSource(day(0)))
		r := open(t, bucket)
		r.known = known
		r.finish(t, summaryOf("old", day(0)))
		r.shareKnownFindings(t, "old")
		known = r.known
		r.finish(t, summaryOf("new", day(100)))
		removed, _ := r.pruneCandidates(t, keep, 100)
		requests.limit.Store(requests.count.Load() + more)
		err := r.Remove(t.Context(), &removed[0])
		requests.limit.Store(0)
		if err != nil {
			interrupted++
		}
		h := r.history(t, 100)
		if len(h.Crashed)+len(h.Warnings) > 0 {
			t.Errorf("interrupted after %d: crashed %q, warnings %q", more, h.Crashed, h.Warnings)
		}
		list, _, fault := r.List(t.Context(), "")
		if fault != nil {
			t.Fatal(fault)
		}
		remaining := slices.DeleteFunc(r.keys(t), func(key string) bool { return !strings.HasPrefix(key, "old/") })
		for _, l := range list {
			if whole := len(remaining) == 4 && !slices.Contains(remaining, "old/pruned"); l.ID == "old" && (l.Fault == archive.FaultPruned) == whole {
				t.Errorf("interrupted after %d, remaining %q: it is listed as %+v", more, remaining, l)
			}
		}
		again, _ := r.pruneCandidates(t, keep, 100)
		for i := range again {
			if fault := r.Remove(t.Context(), &again[i]); fault != nil {
				t.Fatal(fault)
			}
		}
		if got := names(again); got != "old" && err != nil || strings.Contains(strings.Join(r.keys(t), " "), "old/") {
			t.Errorf("interrupted after %d: finished %q, remaining %q", more, got, r.keys(t))
		}
		if err == nil {
			break
		}
	}
	if interrupted < 6 { // the mark, four files, the mark
		t.Errorf("it was interrupted %d times", interrupted)
	}
}
