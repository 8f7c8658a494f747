package archive_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	_ "gocloud.dev/blob/gcsblob"

	"github.com/wixrecon/wixrecon/internal/servers"
	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// The lease over every kind of store, by the store's own clock: a life is short,
// and a holder that has to wait for a clock of whole seconds waits two of them.

const shortLife = 600 * time.Millisecond

func TestLeaseOverStores(t *testing.T) {
	t.Parallel()
	for name, out := range map[string]func(*testing.T) string{
		"path":          func(t *testing.T) string { return filepath.Join(t.TempDir(), "out") },
		"file":          func(t *testing.T) string { return "file://" + filepath.ToSlash(t.TempDir()) + "/out" },
		"mem":           func(*testing.T) string { return "mem://books/runs" },
		"s3 in process": func(t *testing.T) string { return s3At(serve(t, s3Store(t))) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			leaseOver(t, out(t))
		})
	}
}

func TestLeaseOverServers(t *testing.T) {
	for name, open := range map[string]func(*testing.T) string{
		"s3": func(t *testing.T) string {
			address := started(t, servers.S3).Address
			t.Setenv("AWS_ACCESS_KEY_ID", servers.AccessKey)
			t.Setenv("AWS_SECRET_ACCESS_KEY", servers.SecretKey)
			return s3At("http://" + address)
		},
		"gs": func(t *testing.T) string {
			t.Setenv("STORAGE_EMULATOR_HOST", started(t, servers.GCS).Address)
			return "gs://books/runs"
		},
	} {
		t.Run(name, func(t *testing.T) { leaseOver(t, open(t)) })
	}
}

func started(t *testing.T, start func(context.Context, string, ...string) (*servers.Store, error)) *servers.Store {
	t.Helper()
	s, err := start(context.WithoutCancel(t.Context()), t.TempDir(), "books")
	if errors.Is(err, servers.ErrNotBuilt) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func s3At(endpoint string) string {
	return "s3://books/runs?endpoint=" + endpoint + "&use_path_style=true&region=us-east-1"
}

// s3Store is a bucket in process, which goes by this machine's clock.
func s3Store(t *testing.T) http.Handler {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("books"); err != nil {
		t.Fatal(err)
	}
	return gofakes3.New(backend).Server()
}

func serve(t *testing.T, h http.Handler) (endpoint string) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

func short(run string) archive.LeaseOptions {
	return archive.LeaseOptions{Holder: run, Command: "apply", Life: shortLife}
}

// leaseOver takes, keeps, releases, loses and takes over a lease.
func leaseOver(t *testing.T, out string) {
	r := openLease(t, new(storage.Opener), out)
	if err := r.Exclusive(t.Context()); err != nil {
		t.Fatal(err)
	}
	l := r.lease(t, "first")
	r.refused(t, "first")
	release(t, l)
	l = r.lease(t, "second")
	release(t, l)

	dies, err := r.Lease(t.Context(), short("dies"))
	if err != nil {
		t.Fatal(err)
	}
	dies.Abandon()
	l = r.soon(t, "takes over")
	if dies.Remaining() > 0 || l.Fence() != dies.Fence()+1 {
		t.Errorf("fence %d after %d, of which %v are left", l.Fence(), dies.Fence(), dies.Remaining())
	}
	release(t, l)
	for _, key := range r.keys(t) {
		if strings.Contains(key, "probe") {
			t.Errorf("left: %s", key)
		}
	}
}

// soon asks for the lease until it is free.
func (r *rig) soon(t *testing.T, run string) *archive.Lease {
	t.Helper()
	for {
		l, err := r.Lease(t.Context(), wanted(run))
		if err == nil {
			return l
		}
		if !errors.Is(err, archive.ErrHeld) || t.Context().Err() != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// A store that never heard of the condition writes over what is there. It is
// told, before anything rests on it.
func TestStoreThatIsNotExclusive(t *testing.T) {
	t.Parallel()
	store := s3Store(t)
	r := openLease(t, new(storage.Opener), s3At(serve(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		q.Header.Del("If-None-Match")
		store.ServeHTTP(w, q)
	}))))
	_, err := r.Lease(t.Context(), wanted("x"))
	if own := r.Exclusive(t.Context()); !errors.Is(err, archive.ErrNotExclusive) || !errors.Is(own, archive.ErrNotExclusive) {
		t.Errorf("lease: %v; by itself: %v", err, own)
	}
	if keys := r.keys(t); len(keys) != 0 {
		t.Errorf("left: %v", keys)
	}
}

// A store that says no and writes all the same is none either.
func TestStoreThatOnlySaysNo(t *testing.T) {
	t.Parallel()
	store := s3Store(t)
	r := openLease(t, new(storage.Opener), s3At(serve(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.Method == http.MethodPut && strings.Contains(q.URL.Path, "probe-") {
			again := q.Clone(q.Context())
			again.Header.Del("If-None-Match")
			answer := httptest.NewRecorder()
			there := httptest.NewRecorder()
			store.ServeHTTP(there, httptest.NewRequest(http.MethodHead, q.URL.Path, nil))
			store.ServeHTTP(answer, again)
			if there.Code == http.StatusOK {
				http.Error(w, "<Error><Code>PreconditionFailed</Code></Error>", http.StatusPreconditionFailed)
				return
			}
		}
		store.ServeHTTP(w, q)
	}))))
	if _, err := r.Lease(t.Context(), wanted("x")); !errors.Is(err, archive.ErrNotExclusive) {
		t.Errorf("lease: %v", err)
	}
}

// An answer that is lost makes the client repeat what was done already: who
// created an epoch still knows it, and so does who lost the race for it.
func TestLostAnswersToLease(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"probe-", "epoch-", "beat-", "released-"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			p := &servers.Proxy{
				Address: strings.TrimPrefix(serve(t, s3Store(t)), "http://"),
				LoseFirst: func(q *http.Request) bool {
					return q.Method == http.MethodPut && strings.Contains(q.URL.Path, "/lock/"+what)
				},
			}
			r := openLease(t, new(storage.Opener), s3At(serve(t, p)))
			l := r.lease(t, "first")
			r.refused(t, "first")
			release(t, l)
			again := r.lease(t, "second")
			if again.Fence() != 2 || p.Lost() == 0 && what != "beat-" {
				t.Errorf("fence %d, %d answers lost", again.Fence(), p.Lost())
			}
			release(t, again)
		})
	}
}

// Even where nobody can say at once whose the epoch is, its creator finds out.
func TestLostAnswerAndNobodyToAsk(t *testing.T) {
	t.Parallel()
	p := &servers.Proxy{
		Address:   strings.TrimPrefix(serve(t, s3Store(t)), "http://"),
		LoseFirst: func(q *http.Request) bool { return isEpoch(q, http.MethodPut) },
	}
	var asked atomic.Int64
	r := openLease(t, new(storage.Opener), s3At(serve(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if isEpoch(q, http.MethodHead) && asked.Add(1) == 1 {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		p.ServeHTTP(w, q)
	}))))
	l := r.lease(t, "first")
	if l.Fence() != 1 || p.Lost() != 1 || asked.Load() == 0 {
		t.Errorf("fence %d, %d answers lost, asked %d times", l.Fence(), p.Lost(), asked.Load())
	}
	release(t, l)
}

func isEpoch(q *http.Request, method string) bool {
	return q.Method == method && strings.Contains(q.URL.Path, "/lock/epoch-")
}

// A lease counts from before an object was written, not from when the store had
// answered.
func TestSlowStore(t *testing.T) {
	t.Parallel()
	store := s3Store(t)
	var arrived atomic.Int64 // the last epoch or beat
	r := openLease(t, new(storage.Opener), s3At(serve(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.Method == http.MethodPut && !strings.Contains(q.URL.Path, "probe-") {
			arrived.Store(time.Now().UnixNano())
			time.Sleep(100 * time.Millisecond)
		}
		store.ServeHTTP(w, q)
	}))))
	l, err := r.Lease(t.Context(), short("first"))
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		now := time.Now()
		if from := now.Add(l.Remaining() - l.Life()); l.Remaining() > 0 && from.UnixNano() > arrived.Load() {
			t.Fatalf("it counts from %v after the object arrived", time.Duration(from.UnixNano()-arrived.Load()))
		}
		time.Sleep(10 * time.Millisecond)
	}
	release(t, l)
}

// A store that does not show yet what it has is believed nothing.
func TestStoreThatShowsLate(t *testing.T) {
	t.Parallel()
	store := s3Store(t)
	var hide atomic.Bool
	r := openLease(t, new(storage.Opener), s3At(serve(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if hide.Load() && q.URL.Query().Has("list-type") {
			query := q.URL.Query()
			query.Set("prefix", "none")
			q.URL.RawQuery = query.Encode()
		}
		store.ServeHTTP(w, q)
	}))))
	l := r.lease(t, "first")
	hide.Store(true)
	if _, err := r.Lease(t.Context(), wanted("second")); err == nil || !strings.Contains(err.Error(), "nobody can tell who holds the lease") {
		t.Errorf("error %v", err)
	}
	hide.Store(false)
	r.refused(t, "first")
	release(t, l)
}

// A store that refuses everything lets the lease run down; its release says so,
// and another run gets it when its life is over.
func TestStoreThatIsGone(t *testing.T) {
	t.Parallel()
	store, requests := s3Store(t), new(gate)
	out := s3At(serve(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { requests.serve(w, q, store) })))
	r := openLease(t, new(storage.Opener), out)
	l, err := r.Lease(t.Context(), short("first"))
	if err != nil {
		t.Fatal(err)
	}
	requests.last.Store(1)
	for l.Check(0) == nil {
		time.Sleep(10 * time.Millisecond)
	}
	if err := l.Check(0); !errors.Is(err, archive.ErrLost) {
		t.Error(err)
	}
	if err := l.Release(t.Context()); err == nil || !strings.Contains(err.Error(), "release lease 1 of s3://books/runs") {
		t.Errorf("release: %v", err)
	}
	requests.last.Store(0)
	release(t, r.soon(t, "second"))
}
