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

// The lease in every kind of store, by the store's own clock, with a short TTL. A
// store whose clock has whole seconds adds a margin of two.

const shortTTL = 600 * time.Millisecond

func TestLeaseOverStores(t *testing.T) {
	t.Parallel()
	for name, out := range map[string]func(*testing.T) string{
		"path":          func(t *testing.T) string { return filepath.Join(t.TempDir(), "out") },
		"file":          func(t *testing.T) string { return "file://" + filepath.ToSlash(t.TempDir()) + "/out" },
		"mem":           func(*testing.T) string { return "mem://data/runs" },
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
			address := startServer(t, servers.S3).Address
			t.Setenv("AWS_ACCESS_KEY_ID", servers.AccessKey)
			t.Setenv("AWS_SECRET_ACCESS_KEY", servers.SecretKey)
			return s3At("http://" + address)
		},
		"gs": func(t *testing.T) string {
			t.Setenv("STORAGE_EMULATOR_HOST", startServer(t, servers.GCS).Address)
			return "gs://data/runs"
		},
	} {
		t.Run(name, func(t *testing.T) { leaseOver(t, open(t)) })
	}
}

func startServer(t *testing.T, start func(context.Context, string, ...string) (*servers.Store, error)) *servers.Store {
	t.Helper()
	s, err := start(context.WithoutCancel(t.Context()), t.TempDir(), "data")
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
	return "s3://data/runs?endpoint=" + endpoint + "&use_path_style=true&region=us-east-1"
}

// s3Store is an S3 server in process, with this machine's clock.
func s3Store(t *testing.T) http.Handler {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("data"); err != nil {
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

func shortLease(run string) archive.LeaseOptions {
	return archive.LeaseOptions{Holder: run, Command: "apply", TTL: shortTTL}
}

// leaseOver acquires, keeps, releases and loses a lease, and acquires it again.
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

	crashed, err := r.Lease(t.Context(), shortLease("crashed"))
	if err != nil {
		t.Fatal(err)
	}
	crashed.Abandon()
	l = r.leaseWhenFree(t, "next")
	if crashed.Remaining() > 0 || l.Fence() != crashed.Fence()+1 {
		t.Errorf("fence %d after %d, of which %v remain", l.Fence(), crashed.Fence(), crashed.Remaining())
	}
	release(t, l)
	for _, key := range r.keys(t) {
		if strings.Contains(key, "probe") {
			t.Errorf("not removed: %s", key)
		}
	}
}

// leaseWhenFree acquires the lease as soon as it is free.
func (r *rig) leaseWhenFree(t *testing.T, run string) *archive.Lease {
	t.Helper()
	for {
		l, err := r.Lease(t.Context(), leaseOptions(run))
		if err == nil {
			return l
		}
		if !errors.Is(err, archive.ErrHeld) || t.Context().Err() != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// A store that ignores the condition overwrites objects, and is refused.
func TestStoreWithoutConditions(t *testing.T) {
	t.Parallel()
	store := s3Store(t)
	r := openLease(t, new(storage.Opener), s3At(serve(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		q.Header.Del("If-None-Match")
		store.ServeHTTP(w, q)
	}))))
	_, err := r.Lease(t.Context(), leaseOptions("x"))
	if own := r.Exclusive(t.Context()); !errors.Is(err, archive.ErrNotExclusive) || !errors.Is(own, archive.ErrNotExclusive) {
		t.Errorf("lease: %v; Exclusive: %v", err, own)
	}
	if keys := r.keys(t); len(keys) != 0 {
		t.Errorf("left: %v", keys)
	}
}

// A store that answers "exists" but overwrites the object is refused too.
func TestStoreThatRefusesAndWrites(t *testing.T) {
	t.Parallel()
	store := s3Store(t)
	r := openLease(t, new(storage.Opener), s3At(serve(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.Method == http.MethodPut && strings.Contains(q.URL.Path, "probe-") {
			unconditional := q.Clone(q.Context())
			unconditional.Header.Del("If-None-Match")
			before := httptest.NewRecorder()
			store.ServeHTTP(before, httptest.NewRequest(http.MethodHead, q.URL.Path, nil))
			store.ServeHTTP(httptest.NewRecorder(), unconditional)
			if before.Code == http.StatusOK {
				http.Error(w, "<Error><Code>PreconditionFailed</Code></Error>", http.StatusPreconditionFailed)
				return
			}
		}
		store.ServeHTTP(w, q)
	}))))
	if _, err := r.Lease(t.Context(), leaseOptions("x")); !errors.Is(err, archive.ErrNotExclusive) {
		t.Errorf("lease: %v", err)
	}
}

// After a lost response the client repeats a request that was executed. The
// creator of an epoch must still recognize it, and so must the loser of a race.
func TestLeaseWithLostResponses(t *testing.T) {
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
				t.Errorf("fence %d, %d responses lost", again.Fence(), p.Lost())
			}
			release(t, again)
		})
	}
}

// The creator recognizes its epoch even if the first read-back fails too.
func TestLeaseWithFailedReadBack(t *testing.T) {
	t.Parallel()
	p := &servers.Proxy{
		Address:   strings.TrimPrefix(serve(t, s3Store(t)), "http://"),
		LoseFirst: func(q *http.Request) bool { return isEpoch(q, http.MethodPut) },
	}
	var reads atomic.Int64
	r := openLease(t, new(storage.Opener), s3At(serve(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if isEpoch(q, http.MethodHead) && reads.Add(1) == 1 {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		p.ServeHTTP(w, q)
	}))))
	l := r.lease(t, "first")
	if l.Fence() != 1 || p.Lost() != 1 || reads.Load() == 0 {
		t.Errorf("fence %d, %d responses lost, read %d times", l.Fence(), p.Lost(), reads.Load())
	}
	release(t, l)
}

func isEpoch(q *http.Request, method string) bool {
	return q.Method == method && strings.Contains(q.URL.Path, "/lock/epoch-")
}

// The TTL counts from before an object was written, not from the response.
func TestSlowStore(t *testing.T) {
	t.Parallel()
	store := s3Store(t)
	var arrived atomic.Int64 // the last epoch or heartbeat
	r := openLease(t, new(storage.Opener), s3At(serve(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.Method == http.MethodPut && !strings.Contains(q.URL.Path, "probe-") {
			arrived.Store(time.Now().UnixNano())
			time.Sleep(100 * time.Millisecond)
		}
		store.ServeHTTP(w, q)
	}))))
	l, err := r.Lease(t.Context(), shortLease("first"))
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		now := time.Now()
		if from := now.Add(l.Remaining() - l.TTL()); l.Remaining() > 0 && from.UnixNano() > arrived.Load() {
			t.Fatalf("the TTL counts from %v after the object arrived", time.Duration(from.UnixNano()-arrived.Load()))
		}
		time.Sleep(10 * time.Millisecond)
	}
	release(t, l)
}

// A listing that does not show existing objects is not trusted.
func TestStoreWithDelayedListing(t *testing.T) {
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
	if _, err := r.Lease(t.Context(), leaseOptions("second")); err == nil || !strings.Contains(err.Error(), "the holder of the lease can't be determined") {
		t.Errorf("error %v", err)
	}
	hide.Store(false)
	r.refused(t, "first")
	release(t, l)
}

// If the store refuses everything, the lease expires, its release is an error, and
// another run can acquire it afterwards.
func TestStoreThatBecomesUnavailable(t *testing.T) {
	t.Parallel()
	store, requests := s3Store(t), new(requestCounter)
	out := s3At(serve(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { requests.serve(w, q, store) })))
	r := openLease(t, new(storage.Opener), out)
	l, err := r.Lease(t.Context(), shortLease("first"))
	if err != nil {
		t.Fatal(err)
	}
	requests.limit.Store(1)
	for l.Check(0) == nil {
		time.Sleep(10 * time.Millisecond)
	}
	if err := l.Check(0); !errors.Is(err, archive.ErrLost) {
		t.Error(err)
	}
	if err := l.Release(t.Context()); err == nil || !strings.Contains(err.Error(), "release lease 1 of s3://data/runs") {
		t.Errorf("release: %v", err)
	}
	requests.limit.Store(0)
	release(t, r.leaseWhenFree(t, "second"))
}
