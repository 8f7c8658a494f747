package serve

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A fakeClock is a wall clock that can be set. Timers follow the bubble's time.
type fakeClock struct{ offset atomic.Int64 }

func (c *fakeClock) now() time.Time       { return time.Now().Add(time.Duration(c.offset.Load())) }
func (c *fakeClock) move(d time.Duration) { c.offset.Add(int64(d)) }

// week runs a schedule from start for so long, and returns when its runs began, by
// the wall clock. Run is what they do; nil is nothing.
func week(t *testing.T, o Options, start time.Time, length time.Duration, run func(ctx context.Context, n int), set func(*fakeClock)) []string {
	t.Helper()
	var began []string
	synctest.Test(t, func(t *testing.T) {
		clock := new(fakeClock)
		clock.move(time.Until(start))
		o.Now, o.Log = clock.now, slog.New(slog.DiscardHandler)
		o.Run = func(ctx context.Context, _ time.Time) {
			began = append(began, clock.now().In(o.Location).Format("2 15:04:05 -07"))
			if run != nil {
				run(ctx, len(began))
			}
		}
		s, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithTimeout(t.Context(), length)
		defer stop()
		if set != nil {
			go set(clock)
		}
		s.Loop(ctx)
	})
	return began
}

func expectRuns(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("runs:\n%q\nwant:\n%q", got, want)
	}
}

const day = 24 * time.Hour

func TestScheduleWeekWithSummerTime(t *testing.T) {
	berlin := mustLoad(t, "Europe/Berlin")
	o := Options{Cron: "30 2 * * *", Location: berlin}
	expectRuns(t, week(t, o, time.Date(2026, 3, 27, 12, 0, 0, 0, berlin), 4*day, nil, nil),
		"28 02:30:00 +01", "29 03:00:00 +02", "30 02:30:00 +02", "31 02:30:00 +02")
	expectRuns(t, week(t, o, time.Date(2026, 10, 23, 12, 0, 0, 0, berlin), 4*day, nil, nil),
		"24 02:30:00 +02", "25 02:30:00 +02", "26 02:30:00 +01", "27 02:30:00 +01")
}

// A run that hangs until the third day lets two nights pass; they are not done
// later.
func TestScheduleSkipsWhileARunIsUnderWay(t *testing.T) {
	o := Options{Cron: "0 2 * * *", Location: time.UTC}
	got := week(t, o, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), 5*day, func(_ context.Context, n int) {
		if n == 1 {
			time.Sleep(2*day + time.Hour)
		}
	}, nil)
	expectRuns(t, got, "1 02:00:00 +00", "4 02:00:00 +00", "5 02:00:00 +00")
}

func TestScheduleSurvivesACrash(t *testing.T) {
	o := Options{Cron: "0 2 * * *", Location: time.UTC}
	got := week(t, o, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), 2*day, func(_ context.Context, n int) {
		if n == 1 {
			panic("crash")
		}
	}, nil)
	expectRuns(t, got, "1 02:00:00 +00", "2 02:00:00 +00")
}

func TestScheduleCatchesUpOnce(t *testing.T) {
	start := time.Date(2026, 11, 10, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name string
		last time.Time
		want []string
	}{
		{"never ran", time.Time{}, []string{"11 02:00:00 +00"}},
		{"nothing missed", time.Date(2026, 11, 10, 2, 0, 0, 0, time.UTC), []string{"11 02:00:00 +00"}},
		{"three nights missed", time.Date(2026, 11, 7, 2, 0, 0, 0, time.UTC), []string{"10 09:00:00 +00", "11 02:00:00 +00"}},
		{"in the future", time.Date(2027, 1, 1, 2, 0, 0, 0, time.UTC), []string{"11 02:00:00 +00"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := Options{Cron: "0 2 * * *", Location: time.UTC, LastRun: c.last}
			expectRuns(t, week(t, o, start, day, nil, nil), c.want...)
		})
	}
}

// Set forward past a time that is due, it is done within a minute, and once. Set
// back by days, the timetable begins again; set back by seconds, nothing is
// repeated.
func TestScheduleSurvivesClockThatJumps(t *testing.T) {
	o := Options{Cron: "0 2 * * *", Location: time.UTC}
	start := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	forward := week(t, o, start, day+time.Hour, nil, func(c *fakeClock) {
		time.Sleep(30*time.Minute + 5*time.Second)
		c.move(50 * time.Hour)
	})
	expectRuns(t, forward, "3 02:31:00 +00", "4 02:00:00 +00")
	back := week(t, o, start, 2*day, nil, func(c *fakeClock) {
		time.Sleep(3 * time.Hour)
		c.move(-10 * day)
	})
	expectRuns(t, back, "1 02:00:00 +00", "23 02:00:00 +00")
	slightly := week(t, o, start, day, nil, func(c *fakeClock) {
		time.Sleep(2*time.Hour + time.Second)
		c.move(-5 * time.Second)
	})
	expectRuns(t, slightly, "1 02:00:00 +00")
}

// A run that is under way when the program is stopped is waited for.
func TestScheduleDrains(t *testing.T) {
	o := Options{Cron: "0 2 * * *", Location: time.UTC}
	done := false
	got := week(t, o, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), 2*time.Hour+time.Minute, func(ctx context.Context, _ int) {
		<-ctx.Done()
		time.Sleep(20 * time.Second)
		done = true
	}, nil)
	if expectRuns(t, got, "1 02:00:00 +00"); !done {
		t.Error("the run was not waited for")
	}
}

func TestScheduleJitter(t *testing.T) {
	o := Options{Cron: "0 2 * * *", Location: time.UTC, Jitter: 10 * time.Minute}
	for _, text := range week(t, o, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), 20*day, nil, nil) {
		at, err := time.Parse("2 15:04:05 -07", text)
		if err != nil || at.Hour() != 2 || at.Minute() > 10 {
			t.Errorf("run at %s", text)
		}
	}
}
