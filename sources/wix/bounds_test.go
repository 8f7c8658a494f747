package wix

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The bounds on what is read of a server: bytes, memory and time.

// TestLargeResponses: at most one page of more than half a megabyte is held at a
// time, and others wait until its packages are consumed.
func TestLargeResponses(t *testing.T) {
	f := &fakeServer{packages: samplePackages(8, 1)}
	f.rewrite = func(body map[string]any, _ []fakePackage) { body["filler"] = strings.Repeat("x", smallBody) }
	c := newTestClient(t, f)
	var held, most atomic.Int32
	var group sync.WaitGroup
	for n := 1; n <= 8; n++ {
		group.Go(func() {
			for page, err := range c.Pages(context.Background(), Slice{Accounts: accountIDs(n, n)}) {
				if err != nil || len(page.Packages) != 1 {
					t.Errorf("%+v, %v", page, err)
				}
				most.Store(max(most.Load(), held.Add(1)))
				runtime.Gosched()
				held.Add(-1)
			}
		})
	}
	group.Wait()
	if most.Load() != 1 || len(c.large) != 0 {
		t.Errorf("%d large pages at a time, %d places occupied", most.Load(), len(c.large))
	}
}

// TestErrorBodyIsBounded: of the body of an error only so much is read, after
// decompression.
func TestErrorBodyIsBounded(t *testing.T) {
	for _, status := range []int{401, 403, 500, 206} {
		var body bytes.Buffer
		packed := gzip.NewWriter(&body)
		_, _ = packed.Write(bytes.Repeat([]byte(" "), 16<<20))
		_ = packed.Close()
		c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.WriteHeader(status)
			_, _ = w.Write(body.Bytes())
		}), func(o *Options) { o.Attempts = 1 })
		_, err := c.Query(context.Background(), Query{})
		if got := c.Requests().Bytes; statusOf(err) != status || got != maxErrorBody {
			t.Errorf("status %d: %d bytes, error %v", status, got, err)
		}
	}
}

// TestHeaderIsBounded: a header of many small fields is not read.
func TestHeaderIsBounded(t *testing.T) {
	_, c := newRawServer(t, func(conn net.Conn, _ *http.Request) bool {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n"+strings.Repeat("a:\r\n", maxHeader)+"\r\n{}")
		return false
	})
	c.attempts = 1
	if _, err := c.Query(context.Background(), Query{}); err == nil || !strings.Contains(err.Error(), "response headers exceeded") {
		t.Errorf("error %v", err)
	}
}

// TestSkew: the least difference of the clocks counts, and a large first one is
// logged.
func TestSkew(t *testing.T) {
	var log bytes.Buffer
	ahead := 3 * time.Hour
	f := &fakeServer{before: func(_ receivedRequest, w http.ResponseWriter) bool {
		if ahead != 0 {
			w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
		}
		return false
	}}
	c := newTestClient(t, f, func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	for _, step := range []struct{ date, want time.Duration }{{3 * time.Hour, 3 * time.Hour}, {-2 * time.Hour, -2 * time.Hour}, {0, -2 * time.Hour}, {1e6 * time.Hour, -2 * time.Hour}} {
		ahead = step.date
		if _, err := c.Query(context.Background(), Query{}); err != nil {
			t.Fatal(err)
		}
		if got, known := c.Skew(); !known || (got-step.want).Abs() > time.Minute {
			t.Errorf("%s: %s ahead, want %s", step.date, got, step.want)
		}
	}
	if strings.Count(log.String(), "clock") != 1 {
		t.Errorf("log %q", log.String())
	}
}

// TestOutOfTime: when the time for reading ends, what was read counts and the rest
// is not read.
func TestOutOfTime(t *testing.T) {
	for name, last := range map[string]int{"after the first total": 1, "after some accounts": 6, "at once": 0} {
		synctest.Test(t, func(t *testing.T) {
			n := 0
			f := &fakeServer{packages: samplePackages(20, 1), before: func(receivedRequest, http.ResponseWriter) bool {
				if n++; n > last {
					time.Sleep(50 * time.Second) // slower than the time for reading
				}
				return false
			}}
			ctx, cancel := context.WithTimeoutCause(context.Background(), 10*time.Second, ErrOutOfTime)
			defer cancel()
			reading, err := ReadInventory(ctx, newTestClient(t, f, func(o *Options) { o.Concurrency = 1 }), InventoryOptions{LedgerAccounts: accountIDs(1, 20)}, ignorePackages)
			if err != nil || reading.Coverage.Inventory != reconcile.InventoryPartial {
				t.Fatalf("%s: %+v, %v", name, reading, err)
			}
			coverage := reading.Coverage
			read, outOfTime := 0, 0
			for _, a := range coverage.Accounts {
				read += btoi(a.Read)
				outOfTime += btoi(strings.Contains(a.Error, ErrOutOfTime.Error()))
			}
			if (read > 0) != (last > 2) || read == 21 || outOfTime != 21-read {
				t.Errorf("%s: %d accounts read, %d out of time", name, read, outOfTime)
			}
		})
	}
}
