package archive_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	_ "gocloud.dev/blob/s3blob"

	"github.com/wixrecon/wixrecon/internal/servers"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/storage"
)

const scope = "0123456789abcdef0123"

// TestMain sets what every client of S3 goes by, so that tests may run side by
// side.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": servers.AccessKey, "AWS_SECRET_ACCESS_KEY": servers.SecretKey, "AWS_EC2_METADATA_DISABLED": "true",
	} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// start is when the first run of a test begins.
func start() time.Time { return time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC) }

func day(n int) time.Time { return start().AddDate(0, 0, n) }

// A rig is an archive, and the store below it.
type rig struct {
	*archive.Archive
	dir *storage.Dir
}

func open(t *testing.T, out string) *rig {
	t.Helper()
	places := new(storage.Opener)
	a, err := archive.Open(t.Context(), places, out)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := places.OpenDir(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		if err := dir.Close(); err != nil {
			t.Error(err)
		}
	})
	return &rig{a, dir}
}

// stores are the kinds of places that an archive may lie in.
func stores(t *testing.T) map[string]*rig {
	t.Helper()
	s3, _ := bucketAt(t, gofakes3.FixedTimeSource(start()))
	return map[string]*rig{
		"folder": open(t, filepath.Join(t.TempDir(), "out")), "memory": open(t, "mem://out/runs"), "s3": open(t, s3),
	}
}

// A gate counts what is asked of a store, and may refuse it after some more.
type gate struct {
	asked atomic.Int64
	last  atomic.Int64 // what comes after so many is refused; 0 refuses nothing
}

func (g *gate) serve(w http.ResponseWriter, r *http.Request, store http.Handler) {
	if n, last := g.asked.Add(1), g.last.Load(); last > 0 && n > last {
		http.Error(w, "<Error><Code>AccessDenied</Code></Error>", http.StatusForbidden)
		return
	}
	store.ServeHTTP(w, r)
}

// bucketAt serves a bucket whose clock is the given one.
func bucketAt(t *testing.T, clock gofakes3.TimeSource) (name string, requests *gate) {
	t.Helper()
	backend := s3mem.New(s3mem.WithTimeSource(clock))
	if err := backend.CreateBucket("books"); err != nil {
		t.Fatal(err)
	}
	requests = new(gate)
	store := gofakes3.New(backend, gofakes3.WithTimeSource(clock), gofakes3.WithTimeSkewLimit(0)).Server()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { requests.serve(w, r, store) }))
	t.Cleanup(server.Close)
	return "s3://books/runs?endpoint=" + server.URL + "&use_path_style=true&region=us-east-1", requests
}

// a live run that is accepted.
func summaryOf(id string, asOf time.Time) *reconcile.Summary {
	return &reconcile.Summary{
		SchemaVersion: reconcile.SchemaVersion, RunID: id, AsOf: asOf, Started: asOf, Live: true, Complete: true, Accepted: true,
		Scope: reconcile.Scope{ID: scope, AccountID: "parent", Ledger: "subs.csv"}, Findings: reconcile.NewTally(),
	}
}

// conclude writes a run, with a memory where it is live.
func (r *rig) conclude(t *testing.T, s *reconcile.Summary) {
	t.Helper()
	run, err := r.NewRun(t.Context(), s.RunID)
	if err == nil {
		err = run.Put(t.Context(), archive.FindingsFile, text("kind\n"))
	}
	if err == nil && s.Live {
		err = run.PutKnownFindings(t.Context(), s.Scope.ID, memoryOf(1, s.AsOf))
	}
	s.Reports = run.Files()
	if err == nil {
		err = run.Finish(t.Context(), s)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// memoryOf gives what is known of n findings that were first seen at a time.
func memoryOf(n int, at time.Time) reconcile.KnownFindings {
	m := make(reconcile.KnownFindings, n)
	for i := range n {
		m[reconcile.FindingID{byte(i >> 8), byte(i)}] = reconcile.KnownFinding{FirstSeen: at, Since: at, LastSeen: at, AccountID: "acc"}
	}
	return m
}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func (r *rig) put(t *testing.T, key, content string) {
	t.Helper()
	if err := r.dir.Replace(t.Context(), key, text(content)); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) remove(t *testing.T, keys ...string) {
	t.Helper()
	for _, key := range keys {
		if err := r.dir.Remove(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
}

// history looks back on a day.
func (r *rig) history(t *testing.T, n int) *archive.History {
	t.Helper()
	h, err := r.History(t.Context(), scope, day(n))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (r *rig) recall(t *testing.T, h *archive.History) reconcile.KnownFindings {
	t.Helper()
	m, err := r.KnownFindings(t.Context(), h, scope)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// keys gives all that the store holds.
func (r *rig) keys(t *testing.T) []string {
	t.Helper()
	entries, err := r.dir.List(context.WithoutCancel(t.Context()), "", "")
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, e := range entries {
		keys = append(keys, e.Key)
	}
	return keys
}
