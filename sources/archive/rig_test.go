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

// TestMain sets the environment of all S3 clients, so that tests can run in
// parallel.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": servers.AccessKey, "AWS_SECRET_ACCESS_KEY": servers.SecretKey, "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CA_BUNDLE": "", // not needed on loopback, and slow to parse
	} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// start is when the first run of a test starts.
func start() time.Time { return time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC) }

func day(n int) time.Time { return start().AddDate(0, 0, n) }

// A rig is an archive with direct access to its store.
type rig struct {
	*archive.Archive
	dir   *storage.Dir
	known string // the known findings of every run; empty: each run compresses its own
}

func open(t *testing.T, out string) *rig {
	t.Helper()
	opener := new(storage.Opener)
	a, err := archive.Open(t.Context(), opener, out)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := opener.OpenDir(t.Context(), out)
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
	return &rig{Archive: a, dir: dir}
}

// stores returns an archive in each kind of store without a server binary.
func stores(t *testing.T) map[string]*rig {
	t.Helper()
	s3, _ := bucketAt(t, gofakes3.FixedTimeSource(start()))
	return map[string]*rig{
		"folder": open(t, filepath.Join(t.TempDir(), "out")), "memory": open(t, "mem://out/runs"), "s3": open(t, s3),
	}
}

// A requestCounter counts the requests to a store, and may refuse some.
type requestCounter struct {
	count atomic.Int64
	limit atomic.Int64 // further requests are refused; 0: none
}

func (c *requestCounter) serve(w http.ResponseWriter, r *http.Request, store http.Handler) {
	if n, limit := c.count.Add(1), c.limit.Load(); limit > 0 && n > limit {
		http.Error(w, "<Error><Code>AccessDenied</Code></Error>", http.StatusForbidden)
		return
	}
	store.ServeHTTP(w, r)
}

// longTests reports whether tests run in their long form.
func longTests() bool { return os.Getenv("WIXRECON_LONG") != "" }

// sample returns the size of a test: short by default, long with WIXRECON_LONG=1.
func sample(t *testing.T, short, long int) int {
	t.Helper()
	if longTests() {
		return long
	}
	t.Logf("a sample of %d; %d with WIXRECON_LONG=1", short, long)
	return short
}

// bucketAt serves a bucket with the given clock.
func bucketAt(t *testing.T, clock gofakes3.TimeSource) (name string, requests *requestCounter) {
	t.Helper()
	backend := s3mem.New(s3mem.WithTimeSource(clock))
	if err := backend.CreateBucket("data"); err != nil {
		t.Fatal(err)
	}
	requests = new(requestCounter)
	store := gofakes3.New(backend, gofakes3.WithTimeSource(clock), gofakes3.WithTimeSkewLimit(0)).Server()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { requests.serve(w, r, store) }))
	t.Cleanup(server.Close)
	return "s3://data/runs?endpoint=" + server.URL + "&use_path_style=true&region=us-east-1", requests
}

// summaryOf returns the summary of a live, accepted run.
func summaryOf(id string, asOf time.Time) *reconcile.Summary {
	return &reconcile.Summary{
		SchemaVersion: reconcile.SchemaVersion, RunID: id, AsOf: asOf, Started: asOf, Live: true, Complete: true, Accepted: true,
		Scope: reconcile.Scope{ID: scope, AccountID: "parent", Ledger: "subs.csv"}, Findings: reconcile.NewTally(),
	}
}

// finish writes a run, with known findings if it is live.
func (r *rig) finish(t *testing.T, s *reconcile.Summary) {
	t.Helper()
	run, err := r.NewRun(t.Context(), s.RunID)
	if err == nil {
		err = run.Put(t.Context(), archive.FindingsFile, text("kind\n"))
	}
	switch {
	case err != nil || !s.Live:
	case r.known != "":
		err = run.Put(t.Context(), archive.KnownFindingsFile, text(r.known))
	default:
		err = run.PutKnownFindings(t.Context(), s.Scope.ID, knownFindings(1, s.AsOf))
	}
	s.Reports = run.Files()
	if err == nil {
		err = run.Finish(t.Context(), s)
	}
	if err == nil {
		err = run.Release(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// knownFindings returns n known findings that were first seen at a time.
func knownFindings(n int, at time.Time) reconcile.KnownFindings {
	m := make(reconcile.KnownFindings, n)
	for i := range n {
		m[reconcile.FindingID{byte(i >> 8), byte(i)}] = reconcile.KnownFinding{FirstSeen: at, Since: at, LastSeen: at, AccountID: "acc"}
	}
	return m
}

// shareKnownFindings makes later runs store the known findings of a finished run,
// because compressing them is expensive.
func (r *rig) shareKnownFindings(t *testing.T, id string) {
	t.Helper()
	content, err := r.dir.Read(t.Context(), id+"/"+archive.KnownFindingsFile)
	if err != nil {
		t.Fatal(err)
	}
	r.known = string(content)
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

// history returns the history on a day.
func (r *rig) history(t *testing.T, n int) *reconcile.History {
	t.Helper()
	h, err := r.History(t.Context(), scope, day(n))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (r *rig) readKnown(t *testing.T, h *reconcile.History) reconcile.KnownFindings {
	t.Helper()
	m, err := r.KnownFindings(t.Context(), h, scope)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// keys lists all keys of the store.
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
