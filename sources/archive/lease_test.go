package archive_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// openLease opens an archive whose store outlives the test's context.
func openLease(t *testing.T, opener *storage.Opener, out string) *rig {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	a, err := archive.Open(ctx, opener, out)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := opener.OpenDir(ctx, out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = a.Close(), dir.Close() })
	return &rig{Archive: a, dir: dir}
}

// leaseOptions returns the options of a run.
func leaseOptions(run string) archive.LeaseOptions {
	return archive.LeaseOptions{Holder: run, Command: "run --fix cancel"}
}

func (r *rig) lease(t *testing.T, run string) *archive.Lease {
	t.Helper()
	l, err := r.Lease(t.Context(), leaseOptions(run))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// refused requires that the lease is held by a run.
func (r *rig) refused(t *testing.T, by string) *archive.HeldError {
	t.Helper()
	l, err := r.Lease(t.Context(), leaseOptions("late"))
	var held *archive.HeldError
	if !errors.As(err, &held) || !errors.Is(err, archive.ErrHeld) || held.Holder != by {
		t.Fatalf("lease %v, error %v: want it held by %q", l, err, by)
	}
	return held
}

func release(t *testing.T, l *archive.Lease) {
	t.Helper()
	if err := l.Release(t.Context()); err != nil {
		t.Error(err)
	}
}

// inMemory runs a test with a store in memory and a fake clock, which advances
// when all goroutines wait.
func inMemory(t *testing.T, check func(*testing.T, *rig)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Millisecond) // not a whole second
		check(t, openLease(t, new(storage.Opener), "mem://data/runs"))
	})
}

func TestLease(t *testing.T) {
	inMemory(t, func(t *testing.T, r *rig) {
		acquired := time.Now()
		l := r.lease(t, "first")
		if l.Fence() != 1 || l.TTL() != 30*time.Second || l.Remaining() != l.TTL() {
			t.Errorf("fence %d, TTL %v, remaining %v", l.Fence(), l.TTL(), l.Remaining())
		}
		held := r.refused(t, "first")
		if held.Fence != 1 || held.Command != "run --fix cancel" || !held.Since.Equal(acquired) || !held.Until.Equal(acquired.Add(32*time.Second)) {
			t.Errorf("held: %+v", held)
		}
		if text := held.Error(); !strings.Contains(text, "first (run --fix cancel)") || !strings.Contains(text, "mem://data/runs") {
			t.Error(text)
		}
		release(t, l)
		release(t, l)
		if err := l.Check(0); !errors.Is(err, archive.ErrLost) || l.Remaining() != 0 {
			t.Errorf("a released lease: %v, remaining %v", err, l.Remaining())
		}
		again := r.lease(t, "second")
		if again.Fence() != 2 {
			t.Errorf("fence %d", again.Fence())
		}
		release(t, again)
		if keys := r.keys(t); strings.Contains(fmt.Sprint(keys), "probe") || len(keys) != 4 {
			t.Errorf("not removed: %v", keys)
		}
	})
}

// A holder with a heartbeat keeps its lease against all contenders.
func TestHeartbeatKeepsLease(t *testing.T) {
	inMemory(t, func(t *testing.T, r *rig) {
		ctx, cancel := context.WithCancel(t.Context())
		l, err := r.Lease(ctx, leaseOptions("first"))
		if err != nil {
			t.Fatal(err)
		}
		cancel() // a run that is stopped still needs the lease
		for range 300 {
			time.Sleep(2345 * time.Millisecond)
			if err := l.Check(19 * time.Second); err != nil {
				t.Fatal(err)
			}
			r.refused(t, "first")
		}
		release(t, l)
	})
}

// A dead holder loses the lease after its TTL and the margin; before that it has
// stopped relying on it.
func TestDeadHolder(t *testing.T) {
	inMemory(t, func(t *testing.T, r *rig) {
		l := r.lease(t, "dead")
		time.Sleep(25 * time.Second) // two heartbeats
		l.Abandon()
		began := time.Now().Add(-5 * time.Second) // of the last of them
		for _, c := range []struct {
			at   time.Duration
			need time.Duration
			ok   bool
		}{
			{22 * time.Second, 7 * time.Second, true},
			{24 * time.Second, 7 * time.Second, false},
			{24 * time.Second, 5 * time.Second, true},
			{30 * time.Second, 0, false},
			{32*time.Second - time.Millisecond, 0, false},
		} {
			time.Sleep(time.Until(began.Add(c.at)))
			if err := l.Check(c.need); (err == nil) != c.ok || err != nil && !errors.Is(err, archive.ErrLost) {
				t.Errorf("after %v, %v needed: %v", c.at, c.need, err)
			}
			r.refused(t, "dead")
		}
		time.Sleep(time.Millisecond)
		began = time.Now()
		next := r.lease(t, "next")
		if next.Fence() != 2 || time.Since(began) != 15*time.Second {
			t.Errorf("fence %d, after %v", next.Fence(), time.Since(began))
		}
		release(t, l) // too late, without effect
		r.refused(t, "next")
		release(t, next)
	})
}

// After a clock jump a holder may seem dead. If it writes a heartbeat while it is
// watched, it keeps the lease; if it is released meanwhile, the lease is free.
func TestHolderThatSeemsDead(t *testing.T) {
	for what, sign := range map[string]string{"heartbeat": "beat", "release": "released", "higher epoch": "epoch"} {
		t.Run(what, func(t *testing.T) {
			inMemory(t, func(t *testing.T, r *rig) {
				r.lease(t, "first").Abandon()
				time.Sleep(time.Minute)
				time.AfterFunc(10*time.Second, func() {
					switch sign {
					case "epoch":
						r.put(t, "lock/epoch-000000000002", epochOf(2, "second"))
					default:
						r.put(t, "lock/"+sign+"-000000000001", "{}")
					}
				})
				switch sign {
				case "beat":
					r.refused(t, "first")
				case "epoch":
					r.refused(t, "second")
				default:
					release(t, r.lease(t, "second"))
				}
			})
		})
	}
}

func epochOf(n int, run string) string {
	return fmt.Sprintf(`{"schema_version":1,"epoch":%d,"nonce":"x","run_id":%q,"command":"apply","life_ms":30000}`, n, run)
}

// A holder that sees a higher epoch has lost the lease for good, before its TTL is
// over, and writes nothing more.
func TestSuperseded(t *testing.T) {
	inMemory(t, func(t *testing.T, r *rig) {
		l := r.lease(t, "first")
		time.Sleep(5 * time.Second)
		r.put(t, "lock/epoch-000000000002", epochOf(2, "second"))
		time.Sleep(6 * time.Second)
		if err := l.Check(0); !errors.Is(err, archive.ErrLost) || !strings.Contains(err.Error(), "another run acquired it") {
			t.Error(err)
		}
		if err := r.dir.Remove(t.Context(), "lock/epoch-000000000002"); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		if err := l.Check(0); !errors.Is(err, archive.ErrLost) {
			t.Error("it came back")
		}
		before := r.keys(t)
		release(t, l)
		if after := r.keys(t); !slices.Equal(before, after) {
			t.Errorf("%v, then %v", before, after)
		}
	})
}

// A failed heartbeat is tried again while the TTL runs. A heartbeat after the end
// of the lease does not bring it back.
func TestFailedHeartbeats(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		outage time.Duration
		kept   bool
	}{"for a while": {12 * time.Second, true}, "for too long": {25 * time.Second, false}} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				r := openLease(t, new(storage.Opener), folder)
				l := r.lease(t, "first")
				time.Sleep(9 * time.Second)
				heartbeat := filepath.Join(folder, "lock", "beat-000000000001") // a folder can't be replaced by a file
				if err := os.Mkdir(heartbeat, 0o755); err != nil {
					t.Fatal(err)
				}
				time.Sleep(c.outage)
				if remaining := l.Remaining(); remaining > max(0, l.TTL()-9*time.Second-c.outage) {
					t.Errorf("%v remain", remaining)
				}
				if err := os.Remove(heartbeat); err != nil {
					t.Fatal(err)
				}
				time.Sleep(5 * time.Second)
				err := l.Check(15 * time.Second)
				if (err == nil) != c.kept {
					t.Errorf("%v remain, %v", l.Remaining(), err)
				}
				if !c.kept && !strings.Contains(err.Error(), "no heartbeat reached the store in time: write ") {
					t.Errorf("without the reason: %v", err)
				}
				release(t, l)
			})
		})
	}
}

func TestLeaseOptions(t *testing.T) {
	inMemory(t, func(t *testing.T, r *rig) {
		for _, ttl := range []time.Duration{-1, time.Millisecond, time.Hour} {
			if _, err := r.Lease(t.Context(), archive.LeaseOptions{Holder: "x", TTL: ttl}); err == nil {
				t.Errorf("a TTL of %v was accepted", ttl)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := r.Lease(ctx, leaseOptions("x")); !errors.Is(err, context.Canceled) {
			t.Errorf("with a canceled context: %v", err)
		}
		if keys := r.keys(t); len(keys) != 0 {
			t.Errorf("not removed: %v", keys)
		}
	})
}

func TestStopRequested(t *testing.T) {
	t.Parallel()
	for name, r := range stores(t) {
		for _, want := range []bool{false, true, false} {
			if want {
				r.put(t, "STOP", "")
			}
			if got, err := r.StopRequested(t.Context()); got != want || err != nil {
				t.Errorf("%s: %v, %v; want %v", name, got, err, want)
			}
			r.remove(t, "STOP")
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := r.StopRequested(ctx); err == nil && name == "s3" {
			t.Errorf("%s: no error although the store was not asked", name)
		}
	}
}

// The folders of the lease and the journal, in upper or lower case, are not runs
// and are not pruned.
func TestLockIsNotARun(t *testing.T) {
	t.Parallel()
	for name, r := range stores(t) {
		release(t, r.lease(t, "x"))
		for _, folder := range []string{"journal", "Journal", "LOCK", "Lock"} {
			r.put(t, folder+"/summary.json", "{}")
		}
		r.put(t, "STOP", "")
		r.finish(t, summaryOf("run-0", day(0)))
		before := r.keys(t)
		gone, _ := r.pruneCandidates(t, 0, 400)
		list, _, err := r.List(t.Context(), "")
		if len(gone) != 0 || len(list) != 1 || err != nil || len(r.history(t, 400).Crashed) != 0 {
			t.Errorf("%s: %v, %v, %v", name, gone, list, err)
		}
		if after := r.keys(t); !slices.Equal(before, after) {
			t.Errorf("%s: %v, then %v", name, before, after)
		}
		for _, id := range []string{"lock", "LOCK", "journal", "Stop"} {
			if !archive.Reserved(id) {
				t.Errorf("%s is not reserved", id)
			}
		}
	}
}
