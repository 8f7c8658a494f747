package archive

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/sources/storage"
)

func openView(t *testing.T) *Archive {
	t.Helper()
	a, err := Open(context.WithoutCancel(t.Context()), new(storage.Opener), "mem://books/runs")
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

// What a listing says of the highest epoch, whatever stands beside it.
func TestViewOfLock(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 1, 2, 0, 0, 5, time.UTC)
	for what, c := range map[string]struct {
		keys     []string
		epoch    int64
		sign     int // seconds after the first entry
		released bool
		fault    bool
	}{
		"nothing":            {nil, 0, 0, false, false},
		"taken":              {[]string{"epoch-000000000001"}, 1, 0, false, false},
		"beaten":             {[]string{"epoch-000000000001", "beat-000000000001"}, 1, 1, false, false},
		"the first's beat":   {[]string{"epoch-000000000002", "beat-000000000001"}, 2, 0, false, false},
		"released":           {[]string{"epoch-000000000001", "released-000000000001"}, 1, 0, true, false},
		"the first's end":    {[]string{"epoch-000000000001", "epoch-000000000002", "released-000000000001"}, 2, 1, false, false},
		"any order":          {[]string{"epoch-000000000010", "epoch-000000000009"}, 10, 0, false, false},
		"others":             {[]string{"epoch-000000000001", "readme.txt", "probe-x", "beat-1"}, 1, 0, false, false},
		"a short name":       {[]string{"epoch-1"}, 0, 0, false, true},
		"no number":          {[]string{"epoch-00000000000x"}, 0, 0, false, true},
		"a name of no one's": {[]string{"epoch-000000000000"}, 0, 0, false, true},
	} {
		v, err := openView(t).viewOf(entries(at, c.keys...), "lock/none")
		if (err != nil) != c.fault || err != nil && !errors.Is(err, errUnsure) {
			t.Errorf("%s: %v", what, err)
		}
		if c.fault {
			continue
		}
		if v.epoch != c.epoch || v.released != c.released || c.epoch > 0 && !v.lastSign().Equal(at.Add(time.Duration(c.sign)*time.Second)) {
			t.Errorf("%s: %+v", what, v)
		}
	}
}

// The clock of a store of whole seconds hides up to one of them at either end.
func TestMarginOfLease(t *testing.T) {
	t.Parallel()
	whole, fine := time.Unix(1e9, 0), time.Unix(1e9, 1)
	for _, c := range []struct {
		sign, now  time.Time
		life, want time.Duration
	}{
		{fine, fine, 30 * time.Second, 2 * time.Second},
		{fine, fine, time.Second, 250 * time.Millisecond},
		{whole, fine, time.Second, 2 * time.Second},
		{fine, whole, time.Second, 2 * time.Second},
	} {
		v := lockView{taken: c.sign, now: c.now}
		if got := v.margin(c.life); got != c.want {
			t.Errorf("%v, %v, a life of %v: %v", c.sign, c.now, c.life, got)
		}
	}
}

func TestOutdated(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)
	all := entries(at, "beat-000000000050", "epoch-000000000050", "epoch-000000000051", "epoch-000000000151", "probe-young", "released-000000000049", "zebra")
	all = append(all, entries(at.Add(-2*time.Hour), "probe-old")...)
	v, err := openView(t).viewOf(all, "")
	want := []string{"lock/beat-000000000050", "lock/epoch-000000000050", "lock/released-000000000049", "lock/probe-old"}
	if err != nil || !slices.Equal(v.old, want) {
		t.Errorf("%v, %v; want %v", v.old, err, want)
	}
}

// A listing that lacks what stands there is believed nothing.
func TestListingThatLacks(t *testing.T) {
	t.Parallel()
	a := openView(t)
	if _, err := a.lockThen(t.Context()); !errors.Is(err, errUnsure) {
		t.Errorf("no epoch: %v", err)
	}
	l := newLease(a, &epochRecord{Epoch: 3, LifeMS: 30_000}, time.Now())
	if err := a.release(t.Context(), &epochRecord{Epoch: 3}); err != nil {
		t.Error(err)
	}
	for _, key := range []string{epochKey(2), epochKey(1)} {
		if err := a.dir.Create(t.Context(), key, words("{}")); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.confirm(t.Context(), l); !errors.Is(err, errUnsure) {
		t.Errorf("its own is not there: %v", err)
	}
}

// A contender that slept since the third epoch was the last, and creates the
// fourth again long after it was removed, does not have the lease.
func TestContenderThatSlept(t *testing.T) {
	t.Parallel()
	a := openView(t)
	now, err := a.take(t.Context(), 200, LeaseOptions{Holder: "now", Life: DefaultLife})
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.take(t.Context(), 4, LeaseOptions{Holder: "slept", Life: DefaultLife})
	var held *HeldError
	if !errors.As(err, &held) || held.Fence != 200 || held.Holder != "now" {
		t.Errorf("it has the lease, or says %v", err)
	}
	if err := errors.Join(now.Check(0), now.Release(t.Context())); err != nil {
		t.Error(err)
	}
}

// A beat whose answer comes when the lease has run out does not bring it back,
// and neither does one that came through before it was asked.
func TestLateBeat(t *testing.T) {
	t.Parallel()
	began := time.Now()
	l := newLease(openView(t), &epochRecord{Epoch: 1, LifeMS: 30_000}, began.Add(-31*time.Second))
	l.note(began, nil)
	if err := l.Check(0); !errors.Is(err, ErrLost) || l.Remaining() != 0 {
		t.Errorf("%v, left %v", err, l.Remaining())
	}
	l = newLease(l.archive, l.epoch, began.Add(-29*time.Second))
	l.note(began, nil)
	if err := l.Check(20 * time.Second); err != nil {
		t.Error(err)
	}
}

// A machine that slept: its monotonic clock stood still, the wall's did not.
func TestElapsed(t *testing.T) {
	t.Parallel()
	from := time.Now()
	for _, c := range []struct {
		to   time.Time
		want time.Duration
	}{
		{from.Add(time.Second), time.Second},
		{from.Round(0).Add(time.Hour), time.Hour}, // by the wall alone
		{from, 0},
	} {
		if got := elapsed(from, c.to); got != c.want {
			t.Errorf("elapsed: %v, want %v", got, c.want)
		}
	}
}
