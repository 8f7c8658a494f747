package archive_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// openLease opens an archive, with a store that outlives the test's context.
func openLease(t *testing.T, places *storage.Opener, out string) *rig {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	a, err := archive.Open(ctx, places, out)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := places.OpenDir(ctx, out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = a.Close(), dir.Close() })
	return &rig{a, dir}
}

// options of a run that wants the lease.
func wanted(run string) archive.LeaseOptions {
	return archive.LeaseOptions{Holder: run, Command: "run --fix cancel"}
}

func (r *rig) lease(t *testing.T, run string) *archive.Lease {
	t.Helper()
	l, err := r.Lease(t.Context(), wanted(run))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// refused wants the lease to be held by a run.
func (r *rig) refused(t *testing.T, by string) *archive.HeldError {
	t.Helper()
	l, err := r.Lease(t.Context(), wanted("late"))
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

// inMemory runs a test over a store in memory, whose clock is the test's: it
// leaps when everybody waits.
func inMemory(t *testing.T, check func(*testing.T, *rig)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Millisecond) // no clock stands at a whole second
		check(t, openLease(t, new(storage.Opener), "mem://books/runs"))
	})
}

func TestLease(t *testing.T) {
	inMemory(t, func(t *testing.T, r *rig) {
		taken := time.Now()
		l := r.lease(t, "first")
		if l.Fence() != 1 || l.Life() != 30*time.Second || l.Remaining() != l.Life() {
			t.Errorf("fence %d, life %v, left %v", l.Fence(), l.Life(), l.Remaining())
		}
		held := r.refused(t, "first")
		if held.Fence != 1 || held.Command != "run --fix cancel" || !held.Since.Equal(taken) || !held.Until.Equal(taken.Add(32*time.Second)) {
			t.Errorf("held: %+v", held)
		}
		if text := held.Error(); !strings.Contains(text, "first (run --fix cancel)") || !strings.Contains(text, "mem://books/runs") {
			t.Error(text)
		}
		release(t, l)
		release(t, l)
		if err := l.Check(0); !errors.Is(err, archive.ErrLost) || l.Remaining() != 0 {
			t.Errorf("a released lease: %v, left %v", err, l.Remaining())
		}
		again := r.lease(t, "second")
		if again.Fence() != 2 {
			t.Errorf("fence %d", again.Fence())
		}
		release(t, again)
		if keys := r.keys(t); strings.Contains(fmt.Sprint(keys), "probe") || len(keys) != 4 {
			t.Errorf("left: %v", keys)
		}
	})
}

// A holder that beats keeps its lease, whoever wants it, and whenever.
func TestLeaseIsKept(t *testing.T) {
	inMemory(t, func(t *testing.T, r *rig) {
		ctx, cancel := context.WithCancel(t.Context())
		l, err := r.Lease(ctx, wanted("first"))
		if err != nil {
			t.Fatal(err)
		}
		cancel() // a run that is told to stop still needs it
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

// A dead holder loses the lease when its life and the margin are over; before
// that it has stopped to believe in it.
func TestDeadHolder(t *testing.T) {
	inMemory(t, func(t *testing.T, r *rig) {
		l := r.lease(t, "dead")
		time.Sleep(25 * time.Second) // two beats
		l.Abandon()
		began := time.Now().Add(-5 * time.Second) // of the last of them
		for _, c := range []struct {
			at   time.Duration
			need time.Duration
			good bool
		}{
			{22 * time.Second, 7 * time.Second, true},
			{24 * time.Second, 7 * time.Second, false},
			{24 * time.Second, 5 * time.Second, true},
			{30 * time.Second, 0, false},
			{32*time.Second - time.Millisecond, 0, false},
		} {
			time.Sleep(time.Until(began.Add(c.at)))
			if err := l.Check(c.need); (err == nil) != c.good || err != nil && !errors.Is(err, archive.ErrLost) {
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
		release(t, l) // too late, and nobody's loss
		r.refused(t, "next")
		release(t, next)
	})
}

// A clock that leaps makes a holder look dead. It beats while it is watched, so
// it is not; one that is done while it is watched leaves the lease.
func TestSeemsDead(t *testing.T) {
	for what, sign := range map[string]string{"beats": "beat", "is done": "released", "was overtaken": "epoch"} {
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

// A holder that sees a higher epoch stops for good, however much of its life is
// left, and writes nothing more.
func TestOvertaken(t *testing.T) {
	inMemory(t, func(t *testing.T, r *rig) {
		l := r.lease(t, "first")
		time.Sleep(5 * time.Second)
		r.put(t, "lock/epoch-000000000002", epochOf(2, "second"))
		time.Sleep(6 * time.Second)
		if err := l.Check(0); !errors.Is(err, archive.ErrLost) || !strings.Contains(err.Error(), "another run took it") {
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

// A beat that fails is tried again, and the lease runs down until one comes
// through. A beat after its end does not bring it back.
func TestFailedBeats(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		away time.Duration
		good bool
	}{"for a while": {12 * time.Second, true}, "for too long": {25 * time.Second, false}} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				r := openLease(t, new(storage.Opener), folder)
				l := r.lease(t, "first")
				time.Sleep(9 * time.Second)
				beat := filepath.Join(folder, "lock", "beat-000000000001") // no file is put in place of a folder
				if err := os.Mkdir(beat, 0o755); err != nil {
					t.Fatal(err)
				}
				time.Sleep(c.away)
				if left := l.Remaining(); left > max(0, l.Life()-9*time.Second-c.away) {
					t.Errorf("%v left", left)
				}
				if err := os.Remove(beat); err != nil {
					t.Fatal(err)
				}
				time.Sleep(5 * time.Second)
				err := l.Check(15 * time.Second)
				if (err == nil) != c.good {
					t.Errorf("%v left, %v", l.Remaining(), err)
				}
				if !c.good && !strings.Contains(err.Error(), "no beat reached the store in time: write ") {
					t.Errorf("it does not say why: %v", err)
				}
				release(t, l)
			})
		})
	}
}

// Of contenders one wins, and the others are told who.
func TestContenders(t *testing.T) {
	t.Parallel()
	places := new(storage.Opener)
	for name, out := range map[string]string{"memory": "mem://books/runs", "folder": filepath.Join(t.TempDir(), "out")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := openLease(t, places, out)
			last := int64(0)
			for range 5 {
				var mu sync.Mutex
				var won []*archive.Lease
				var all sync.WaitGroup
				for i := range 12 {
					all.Go(func() {
						l, err := r.Lease(t.Context(), wanted(fmt.Sprint("run-", i)))
						mu.Lock()
						defer mu.Unlock()
						if err == nil {
							won = append(won, l)
						} else if !errors.Is(err, archive.ErrHeld) {
							t.Error(err)
						}
					})
				}
				all.Wait()
				if len(won) != 1 || won[0].Fence() <= last {
					t.Fatalf("%d won, after fence %d", len(won), last)
				}
				last = won[0].Fence()
				release(t, won[0])
			}
		})
	}
}

// An epoch that can't be read is nobody's to take, until a person releases it.
func TestDamagedEpoch(t *testing.T) {
	for what, text := range map[string]string{
		"nothing": "", "half": `{"schema_version":1,`, "another's": epochOf(8, "first"),
		"no life": strings.Replace(epochOf(1, "first"), "30000", "0", 1), "too long": strings.Repeat(" ", 1<<17), "an endless life": strings.Replace(epochOf(1, "first"), "30000", "999999999999", 1),
		"newer": strings.Replace(epochOf(1, "first"), `"schema_version":1`, `"schema_version":99`, 1),
	} {
		t.Run(what, func(t *testing.T) {
			inMemory(t, func(t *testing.T, r *rig) {
				r.put(t, "lock/epoch-000000000001", text)
				time.Sleep(time.Hour)
				_, err := r.Lease(t.Context(), wanted("second"))
				if err == nil || errors.Is(err, archive.ErrHeld) || !strings.Contains(err.Error(), "lock/released-000000000001") {
					t.Errorf("error %v", err)
				}
				if errors.Is(err, archive.ErrNewer) != (what == "newer") {
					t.Errorf("of a newer version: %v", err)
				}
				r.put(t, "lock/released-000000000001", "")
				l := r.lease(t, "second")
				release(t, l)
				r.put(t, "lock/epoch-4", "")
				if _, err := r.Lease(t.Context(), wanted("third")); err == nil || !strings.Contains(err.Error(), "lock/epoch-4") {
					t.Errorf("a name that is none: %v", err)
				}
			})
		})
	}
}

// Old epochs go, the highest stays whatever becomes of its holder; so do the
// probes of contenders that died long ago.
func TestOldEpochsGo(t *testing.T) {
	inMemory(t, func(t *testing.T, r *rig) {
		r.put(t, "lock/probe-old", "x")
		time.Sleep(2 * time.Hour)
		r.put(t, "lock/probe-new", "x")
		for n := range 110 {
			if l := r.lease(t, "some"); l.Fence() != int64(n)+1 {
				t.Fatalf("fence %d after %d leases", l.Fence(), n)
			} else {
				release(t, l)
			}
		}
		keys := r.keys(t)
		if len(keys) != 2*101+1 || keys[0] != "lock/epoch-000000000010" || !slices.Contains(keys, "lock/probe-new") {
			t.Errorf("%d keys from %s to %s", len(keys), keys[0], keys[len(keys)-1])
		}
		// One that slept since the third was the last creates the fourth again.
		r.put(t, "lock/epoch-000000000004", epochOf(4, "sleeper"))
		if l := r.lease(t, "some"); l.Fence() != 111 {
			t.Errorf("fence %d", l.Fence())
		} else {
			release(t, l)
		}
	})
}

func TestLeaseOptions(t *testing.T) {
	inMemory(t, func(t *testing.T, r *rig) {
		for _, life := range []time.Duration{-1, time.Millisecond, time.Hour} {
			if _, err := r.Lease(t.Context(), archive.LeaseOptions{Holder: "x", Life: life}); err == nil {
				t.Errorf("a life of %v", life)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := r.Lease(ctx, wanted("x")); !errors.Is(err, context.Canceled) {
			t.Errorf("under a context that has ended: %v", err)
		}
		if keys := r.keys(t); len(keys) != 0 {
			t.Errorf("left: %v", keys)
		}
	})
}

func TestStopped(t *testing.T) {
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
			t.Errorf("%s: no error where nobody could look", name)
		}
	}
}

// What the lease and the journal leave is no run, in any case, and pruning
// leaves it alone.
func TestLockIsNoRun(t *testing.T) {
	t.Parallel()
	for name, r := range stores(t) {
		release(t, r.lease(t, "x"))
		for _, folder := range []string{"journal", "Journal", "LOCK", "Lock"} {
			r.put(t, folder+"/summary.json", "{}")
		}
		r.put(t, "STOP", "")
		r.conclude(t, summaryOf("run-0", day(0)))
		before := r.keys(t)
		gone, _ := r.prunable(t, 0, 400)
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
