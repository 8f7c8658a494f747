package serve

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/govalues/decimal"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/storage"
)

const testScope = "5c09e5c09e5c09e5c09e"

// fill writes a run into the archive, with a report.
func fill(t *testing.T, a *archive.Archive, id string, asOf time.Time, change func(*reconcile.Summary)) {
	t.Helper()
	s := &reconcile.Summary{
		SchemaVersion: reconcile.SchemaVersion, Command: reconcile.CommandRun, RunID: id, Live: true, Complete: true, Accepted: true,
		AsOf: asOf, Started: asOf, Scope: reconcile.Scope{ID: testScope}, Findings: reconcile.NewTally(),
	}
	if change != nil {
		change(s)
	}
	run, err := a.NewRun(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	err = run.Put(t.Context(), archive.FindingsFile, func(w io.Writer) error {
		_, err := io.WriteString(w, "kind\norphan_package\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Reports = run.Files()
	if err := run.Finish(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

// newServer returns a server over an archive, at a fixed time.
func newServer(t *testing.T, now time.Time, fillArchive func(*archive.Archive)) http.Handler {
	t.Helper()
	a, err := archive.Open(t.Context(), &storage.Opener{}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	if fillArchive != nil {
		fillArchive(a)
	}
	log := slog.New(slog.DiscardHandler)
	clock := func() time.Time { return now }
	s, err := New(Options{Cron: "0 2 * * *", Log: log, Now: clock, Run: func(context.Context, time.Time) {}})
	if err != nil {
		t.Fatal(err)
	}
	s.set(func(state *State) { *state = State{Due: s.timetable.next(now), Checked: now, Since: now} })
	return (&Server{Schedule: s, Past: &PastRuns{Archive: a}, Scope: testScope, Log: log, Now: clock}).Handler()
}

// get returns the answer to a request.
func get(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func night(day int) time.Time { return time.Date(2026, 11, day, 2, 0, 10, 0, time.UTC) }

func TestReadiness(t *testing.T) {
	for _, c := range []struct {
		name string
		last time.Time
		now  time.Time
		want int
	}{
		{"no run", time.Time{}, night(20), http.StatusServiceUnavailable},
		{"last night", night(20), night(20).Add(9 * time.Hour), http.StatusOK},
		{"last night is missing", night(19), night(20).Add(9 * time.Hour), http.StatusServiceUnavailable},
		{"just before the next run", night(19), night(20).Add(-time.Minute), http.StatusOK},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newServer(t, c.now, func(a *archive.Archive) {
				if !c.last.IsZero() {
					fill(t, a, "20261119T020000Z-0001", c.last, nil)
				}
				fill(t, a, "20261120T010000Z-0002", night(20), func(s *reconcile.Summary) { s.Accepted, s.Complete = false, false })
				fill(t, a, "20261120T010000Z-0003", night(20), func(s *reconcile.Summary) { s.Scope.ID = "another" })
			})
			if w := get(h, "/readyz"); w.Code != c.want {
				t.Errorf("got %d: %s", w.Code, w.Body)
			}
		})
	}
}

// While a run waits or is under way, the one before it is young enough.
func TestReadinessDuringARun(t *testing.T) {
	s, err := New(Options{Cron: "0 2 * * *", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	now := night(20).Add(time.Hour)
	server := &Server{Schedule: s, Now: func() time.Time { return now }}
	for due, want := range map[time.Time]time.Time{
		night(20).Truncate(time.Minute): night(19).Truncate(time.Minute), // due, and not done
		night(21).Truncate(time.Minute): night(20).Truncate(time.Minute), // done
	} {
		s.set(func(state *State) { state.Due = due })
		if got := server.oldestReady(); !got.Equal(want) {
			t.Errorf("due %s: got %s, want %s", due, got, want)
		}
	}
}

func TestHealth(t *testing.T) {
	s, err := New(Options{Cron: "0 2 * * *", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	h := (&Server{Schedule: s, Now: func() time.Time { return night(20) }}).Handler()
	for _, c := range []struct {
		state State
		want  int
	}{
		{State{Checked: night(20).Add(-time.Minute)}, http.StatusOK},
		{State{Checked: night(20).Add(-time.Hour)}, http.StatusServiceUnavailable},
		{State{Checked: night(20).Add(-time.Hour), Running: true}, http.StatusOK},
	} {
		s.set(func(state *State) { *state = c.state })
		if w := get(h, "/healthz"); w.Code != c.want {
			t.Errorf("%+v: got %d", c.state, w.Code)
		}
	}
}

func TestPageShowsPastRuns(t *testing.T) {
	h := newServer(t, night(22), func(a *archive.Archive) {
		fill(t, a, "20261120T020000Z-0001", night(20), func(s *reconcile.Summary) {
			s.Findings.Kinds["orphan_package"]["open"] = 7
			s.Findings.Money = []reconcile.MoneyTotal{{Direction: "leak", Currency: "<script>alert(1)</script>", Monthly: decimal.MustParse("318.00")}}
		})
		fill(t, a, "20261121T020000Z-0002", night(21), func(s *reconcile.Summary) {
			s.Accepted, s.Objections = false, []string{"41 % fewer rows"}
		})
		fill(t, a, "20261122T020000Z-0003", night(22), func(s *reconcile.Summary) { s.Complete = false })
	})
	w := get(h, "/")
	text := w.Body.String()
	for _, want := range []string{
		"COMPLETE", "SUSPECT", "INCOMPLETE", "318.00", "&lt;script&gt;", `href="/runs/20261120T020000Z-0001/findings.csv"`, "2026-11-23 02:00", `role="img"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(text, "<script") || strings.Contains(text, " style=") {
		t.Error("the page has a script or an inline style")
	}
	if !strings.Contains(text, "<style>"+pageStyle+"</style>") {
		t.Error("the style sheet is not the one that the policy allows")
	}
	if policy := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") {
		t.Errorf("policy %q", policy)
	}
	if w := get(newServer(t, night(22), nil), "/"); !strings.Contains(w.Body.String(), "There is no run yet") {
		t.Error("a page without runs")
	}
}

// Only reports are served, of runs only, and nothing can be changed.
func TestReportsAreServedReadOnly(t *testing.T) {
	h := newServer(t, night(22), func(a *archive.Archive) { fill(t, a, "20261120T020000Z-0001", night(20), nil) })
	for path, want := range map[string]int{
		"/runs/20261120T020000Z-0001/findings.csv":     http.StatusOK,
		"/runs/20261120T020000Z-0001/summary.json":     http.StatusOK,
		"/runs/20261120T020000Z-0001/report.xlsx":      http.StatusNotFound, // it was not written
		"/runs/20261120T020000Z-0001/index.json":       http.StatusNotFound, // for the program
		"/runs/20261120T020000Z-0001/memory.jsonl.zst": http.StatusNotFound,
		"/runs/journal/summary.json":                   http.StatusNotFound,
		"/runs/..%2f..%2fetc/summary.json":             http.StatusNotFound,
		"/runs/unknown/summary.json":                   http.StatusNotFound,
		"/other":                                       http.StatusNotFound,
	} {
		if w := get(h, path); w.Code != want {
			t.Errorf("%s: got %d", path, w.Code)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader("x")))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: got %d", w.Code)
	}
}

func TestMetricsAreServed(t *testing.T) {
	h := newServer(t, night(22), func(a *archive.Archive) { fill(t, a, "20261120T020000Z-0001", night(20), nil) })
	w := get(h, "/metrics")
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	interval := families["wixrecon_schedule_interval_seconds"]
	if interval == nil || interval.GetMetric()[0].GetGauge().GetValue() != 86400 || families["wixrecon_last_accepted_timestamp_seconds"] == nil {
		t.Errorf("got %v", families)
	}
}
