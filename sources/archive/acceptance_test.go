package archive_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/archive"
)

func objectedRun(id string, at time.Time) *reconcile.Summary {
	s := summaryOf(id, at)
	s.Accepted, s.Objections = false, []string{"rows: 10, last week 20"}
	return s
}

// An accepted run is the first baseline, even if its folder is removed later.
func TestAccept(t *testing.T) {
	t.Parallel()
	for name, r := range stores(t) {
		r.finish(t, summaryOf("before", day(0)))
		r.finish(t, objectedRun("halved", day(1)))
		r.finish(t, objectedRun("halved-too", day(2)))
		if h := r.history(t, 3); acceptedOf(h) != "before" || h.Accept != nil {
			t.Errorf("%s: before: %+v", name, h)
		}
		got, err := r.Accept(t.Context(), "halved", "  a big customer left\n", "", day(3))
		want := reconcile.Acceptance{RunID: "halved", ScopeID: scope, AsOf: day(1), At: day(3), Reason: "a big customer left"}
		if err != nil || *got != want {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
		h := r.history(t, 4)
		if h.Accept == nil || *h.Accept != want || acceptedOf(h) != "halved before" || h.Runs[1].Acceptance == nil {
			t.Errorf("%s: after: %+v", name, h)
		}
		if s, err := r.Summary(t.Context(), "halved"); err != nil || !s.Accepted || *s.Acceptance != want {
			t.Errorf("%s: summary %+v, %v", name, s, err)
		}
		if other, err := r.History(t.Context(), "another", day(4)); err != nil || other.Accept != nil {
			t.Errorf("%s: another scope: %+v, %v", name, other, err)
		}
		for _, key := range r.keys(t) {
			if strings.HasPrefix(key, "halved/") {
				r.remove(t, key)
			}
		}
		if h := r.history(t, 4); h.Accept == nil || acceptedOf(h) != "before" || len(h.Warnings) > 0 {
			t.Errorf("%s: without its run: %+v", name, h)
		}
	}
}

func TestNotAcceptable(t *testing.T) {
	t.Parallel()
	r := open(t, "mem://out")
	for id, change := range map[string]func(*reconcile.Summary){
		"good":       func(s *reconcile.Summary) { s.Accepted, s.Objections = true, nil },
		"incomplete": func(s *reconcile.Summary) { s.Complete = false },
		"replay":     func(s *reconcile.Summary) { s.Live, s.Replay = false, true },
		"as-of":      func(s *reconcile.Summary) { s.Live = false },
		"twice":      func(*reconcile.Summary) {},
	} {
		s := objectedRun(id, day(0))
		change(s)
		r.finish(t, s)
	}
	r.put(t, "crashed/findings.csv", "kind\n")
	if _, err := r.Accept(t.Context(), "twice", "once", "", day(1)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		id, reason, want string
		kind             error
	}{
		{"good", "r", "no guard objected to it", archive.ErrNotAcceptable},
		{"incomplete", "r", "it is incomplete", archive.ErrNotAcceptable},
		{"replay", "r", "it is a replay", archive.ErrNotAcceptable},
		{"as-of", "r", "its as-of was set", archive.ErrNotAcceptable},
		{"twice", "r", "it was already accepted", archive.ErrNotAcceptable},
		{"incomplete", " \t", "a reason is required", archive.ErrNotAcceptable},
		{"missing", "r", "there is no such run", archive.ErrNoRun},
		{"crashed", "r", "it crashed, is still running", archive.ErrNoRun},
		{"../good", "r", "there is no such run", archive.ErrNoRun},
		{"accepted", "r", "there is no such run", archive.ErrNoRun},
		{"", "r", "there is no such run", archive.ErrNoRun},
	} {
		if _, err := r.Accept(t.Context(), c.id, c.reason, "", day(1)); !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v", c.id, err)
		}
	}
}

// A run can be accepted only once.
func TestAcceptOnce(t *testing.T) {
	t.Parallel()
	for name, r := range stores(t) {
		r.finish(t, objectedRun("one", day(0)))
		var wait sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wait.Go(func() { _, errs[i] = r.Accept(t.Context(), "one", fmt.Sprint(i), "", day(1)) })
		}
		wait.Wait()
		done := 0
		for _, err := range errs {
			switch {
			case err == nil:
				done++
			case !errors.Is(err, archive.ErrNotAcceptable):
				t.Errorf("%s: %v", name, err)
			}
		}
		if done != 1 {
			t.Errorf("%s: %d accepted it", name, done)
		}
	}
}

// An acceptance that can't be read is ignored with a warning, which is safe.
func TestCorruptAcceptance(t *testing.T) {
	t.Parallel()
	r := open(t, "mem://out")
	r.finish(t, objectedRun("one", day(0)))
	r.put(t, "accepted/one.json", `{"schema_version":1,"run_id":"two"}`)
	if h := r.history(t, 1); h.Accept != nil || acceptedOf(h) != "" || len(h.Warnings) != 1 || !strings.Contains(h.Warnings[0], `it belongs to run "two"`) {
		t.Errorf("%+v", h)
	}
}
