package archive

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/sources/storage"
)

func openMemory(t *testing.T) *Archive {
	t.Helper()
	a, err := Open(context.WithoutCancel(t.Context()), new(storage.Opener), "mem://data/runs")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func entries(at time.Time, keys ...string) []storage.Entry {
	var all []storage.Entry
	for i, key := range keys {
		all = append(all, storage.Entry{Key: "lock/" + key, ModTime: at.Add(time.Duration(i) * time.Second)})
	}
	return all
}

// The state is that of the highest epoch, whatever else is listed.
func TestParseLock(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 1, 2, 0, 0, 5, time.UTC)
	for what, c := range map[string]struct {
		keys     []string
		epoch    int64
		sign     int // seconds after the first entry
		released bool
		invalid  bool
	}{
		"nothing":            {nil, 0, 0, false, false},
		"acquired":           {[]string{"epoch-000000000001"}, 1, 0, false, false},
		"heartbeat":          {[]string{"epoch-000000000001", "beat-000000000001"}, 1, 1, false, false},
		"the first's beat":   {[]string{"epoch-000000000002", "beat-000000000001"}, 2, 0, false, false},
		"released":           {[]string{"epoch-000000000001", "released-000000000001"}, 1, 0, true, false},
		"the first's end":    {[]string{"epoch-000000000001", "epoch-000000000002", "released-000000000001"}, 2, 1, false, false},
		"any order":          {[]string{"epoch-000000000010", "epoch-000000000009"}, 10, 0, false, false},
		"others":             {[]string{"epoch-000000000001", "readme.txt", "probe-x", "beat-1"}, 1, 0, false, false},
		"a short name":       {[]string{"epoch-1"}, 0, 0, false, true},
		"no number":          {[]string{"epoch-00000000000x"}, 0, 0, false, true},
		"a name of no one's": {[]string{"epoch-000000000000"}, 0, 0, false, true},
	} {
		v, err := openMemory(t).parseLock(entries(at, c.keys...), "lock/none")
		if (err != nil) != c.invalid || err != nil && !errors.Is(err, errHolderUnknown) {
			t.Errorf("%s: %v", what, err)
		}
		if c.invalid {
			continue
		}
		if v.epoch != c.epoch || v.released != c.released || c.epoch > 0 && !v.lastSignOfLife().Equal(at.Add(time.Duration(c.sign)*time.Second)) {
			t.Errorf("%s: %+v", what, v)
		}
	}
}

// A store with whole seconds hides up to one second at either end.
func TestMarginOfLease(t *testing.T) {
	t.Parallel()
	whole, fine := time.Unix(1e9, 0), time.Unix(1e9, 1)
	for _, c := range []struct {
		sign, now time.Time
		ttl, want time.Duration
	}{
		{fine, fine, 30 * time.Second, 2 * time.Second},
		{fine, fine, time.Second, 250 * time.Millisecond},
		{whole, fine, time.Second, 2 * time.Second},
		{fine, whole, time.Second, 2 * time.Second},
	} {
		v := lockState{acquired: c.sign, now: c.now}
		if got := v.margin(c.ttl); got != c.want {
			t.Errorf("%v, %v, a TTL of %v: %v", c.sign, c.now, c.ttl, got)
		}
	}
}

func TestObsoleteKeys(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)
	all := entries(at, "beat-000000000050", "epoch-000000000050", "epoch-000000000051", "epoch-000000000151", "probe-young", "released-000000000049", "zebra")
	all = append(all, entries(at.Add(-2*time.Hour), "probe-old")...)
	v, err := openMemory(t).parseLock(all, "")
	want := []string{"lock/beat-000000000050", "lock/epoch-000000000050", "lock/released-000000000049", "lock/probe-old"}
	if err != nil || !slices.Equal(v.obsolete, want) {
		t.Errorf("%v, %v; want %v", v.obsolete, err, want)
	}
}

// A listing without existing objects is not trusted.
func TestIncompleteListing(t *testing.T) {
	t.Parallel()
	a := openMemory(t)
	if _, err := a.readLock(t.Context()); !errors.Is(err, errHolderUnknown) {
		t.Errorf("no epoch: %v", err)
	}
	l := newLease(a, &epochRecord{Epoch: 3, TTLMS: 30_000}, time.Now())
	if err := a.writeReleased(t.Context(), &epochRecord{Epoch: 3}); err != nil {
		t.Error(err)
	}
	for _, key := range []string{epochKey(2), epochKey(1)} {
		if err := a.dir.Create(t.Context(), key, writeString("{}")); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.confirmHighest(t.Context(), l); !errors.Is(err, errHolderUnknown) {
		t.Errorf("its own epoch is missing: %v", err)
	}
}

// A contender that was paused since epoch 3, and creates epoch 4 again after it was
// removed, does not get the lease.
func TestPausedContender(t *testing.T) {
	t.Parallel()
	a := openMemory(t)
	now, err := a.acquire(t.Context(), 200, LeaseOptions{Holder: "now", TTL: DefaultTTL})
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.acquire(t.Context(), 4, LeaseOptions{Holder: "paused", TTL: DefaultTTL})
	var held *HeldError
	if !errors.As(err, &held) || held.Fence != 200 || held.Holder != "now" {
		t.Errorf("want a HeldError, got %v", err)
	}
	if err := errors.Join(now.Check(0), now.Release(t.Context())); err != nil {
		t.Error(err)
	}
}

// A heartbeat whose response comes after the lease expired does not bring it back.
func TestLateHeartbeat(t *testing.T) {
	t.Parallel()
	began := time.Now()
	l := newLease(openMemory(t), &epochRecord{Epoch: 1, TTLMS: 30_000}, began.Add(-31*time.Second))
	l.recordRenewal(began, nil)
	if err := l.Check(0); !errors.Is(err, ErrLost) || l.Remaining() != 0 {
		t.Errorf("%v, remaining %v", err, l.Remaining())
	}
	l = newLease(l.archive, l.epoch, began.Add(-29*time.Second))
	l.recordRenewal(began, nil)
	if err := l.Check(20 * time.Second); err != nil {
		t.Error(err)
	}
}

// While a machine sleeps, its monotonic clock stops and the wall clock does not.
func TestElapsed(t *testing.T) {
	t.Parallel()
	from := time.Now()
	for _, c := range []struct {
		to   time.Time
		want time.Duration
	}{
		{from.Add(time.Second), time.Second},
		{from.Round(0).Add(time.Hour), time.Hour}, // by the wall clock only
		{from, 0},
	} {
		if got := elapsed(from, c.to); got != c.want {
			t.Errorf("elapsed: %v, want %v", got, c.want)
		}
	}
}
