package archive_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// Exactly one contender wins, and the others get the holder.
func TestContenders(t *testing.T) {
	t.Parallel()
	opener := new(storage.Opener)
	for name, out := range map[string]string{"memory": "mem://data/runs", "folder": filepath.Join(t.TempDir(), "out")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := openLease(t, opener, out)
			last := int64(0)
			for range 5 {
				var mu sync.Mutex
				var won []*archive.Lease
				var all sync.WaitGroup
				for i := range 12 {
					all.Go(func() {
						l, err := r.Lease(t.Context(), leaseOptions(fmt.Sprint("run-", i)))
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

// An epoch that can't be read blocks the lease until a person releases it.
func TestDamagedEpoch(t *testing.T) {
	for what, text := range map[string]string{
		"nothing": "", "truncated": `{"schema_version":1,`, "another's": epochOf(8, "first"),
		"no TTL": strings.Replace(epochOf(1, "first"), "30000", "0", 1), "too long": strings.Repeat(" ", 1<<17), "an endless TTL": strings.Replace(epochOf(1, "first"), "30000", "999999999999", 1),
		"newer": strings.Replace(epochOf(1, "first"), `"schema_version":1`, `"schema_version":99`, 1),
	} {
		t.Run(what, func(t *testing.T) {
			inMemory(t, func(t *testing.T, r *rig) {
				r.put(t, "lock/epoch-000000000001", text)
				time.Sleep(time.Hour)
				_, err := r.Lease(t.Context(), leaseOptions("second"))
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
				if _, err := r.Lease(t.Context(), leaseOptions("third")); err == nil || !strings.Contains(err.Error(), "lock/epoch-4") {
					t.Errorf("an invalid name: %v", err)
				}
			})
		})
	}
}

// Old epochs and the probes of crashed contenders are removed; the highest epoch
// always stays.
func TestOldEpochsAreRemoved(t *testing.T) {
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
		// A contender that was paused since epoch 3 creates epoch 4 again.
		r.put(t, "lock/epoch-000000000004", epochOf(4, "paused"))
		if l := r.lease(t, "some"); l.Fence() != 111 {
			t.Errorf("fence %d", l.Fence())
		} else {
			release(t, l)
		}
	})
}
