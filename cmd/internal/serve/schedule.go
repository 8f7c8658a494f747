package serve

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"
)

// The loop of the schedule. It runs at the times of the timetable, one run at a
// time: a time that comes while one runs is skipped. After a stop it catches up at
// most once, with the last time that was missed. It reads the wall clock at least
// once a minute, so that a clock that jumps, and a machine that slept, delay a
// run by a minute at most.

// Options of a Schedule. Log may not be nil.
type Options struct {
	Cron     string         // five fields
	Location *time.Location // nil is UTC
	Jitter   time.Duration  // each run starts up to this much late, at random
	LastRun  time.Time      // when the last run before this program started; zero where there is none
	Log      *slog.Logger

	// Run does one run, and returns when it is done. It must end soon after its
	// context. Due is the time of the timetable.
	Run func(ctx context.Context, due time.Time)

	Now func() time.Time // the wall clock; nil is time.Now
}

// A Schedule does runs at fixed times.
type Schedule struct {
	options   Options
	timetable *timetable

	mu    sync.Mutex
	state State
}

// State is what a Schedule does at the moment.
type State struct {
	Running bool
	Since   time.Time // when this run, or the waiting, began
	Due     time.Time // of this run, or the next one
	Checked time.Time // when the loop last read the clock
}

// wakeInterval is the longest time between two reads of the clock, and backwards how far
// the clock must be set back for the timetable to begin again from there.
const (
	wakeInterval = time.Minute
	backwards    = time.Hour
)

// New returns a schedule. Its error is that of the cron expression.
func New(o Options) (*Schedule, error) {
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	t, err := parseTimetable(o.Cron, o.Location)
	if err != nil {
		return nil, err
	}
	return &Schedule{options: o, timetable: t}, nil
}

// Interval returns the time between the next two runs after t.
func (s *Schedule) Interval(t time.Time) time.Duration {
	next := s.timetable.next(t)
	return s.timetable.next(next).Sub(next)
}

// Previous returns the last time of the timetable that is not after t.
func (s *Schedule) Previous(t time.Time) time.Time { return s.timetable.previous(t) }

// State returns what the schedule does at the moment.
func (s *Schedule) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

func (s *Schedule) set(change func(*State)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.state)
}

// now returns the wall clock, without the monotonic one, which does not jump.
func (s *Schedule) now() time.Time { return s.options.Now().Round(0) }

// Loop runs until the context ends and the run that is then under way is done.
func (s *Schedule) Loop(ctx context.Context) {
	due := s.firstDue(s.now())
	for s.wait(ctx, &due) {
		s.run(ctx, due)
		due = s.afterRun(due)
	}
}

// firstDue returns when the first run is due: at once, where a time was missed
// since the last run.
func (s *Schedule) firstDue(now time.Time) time.Time {
	missed := s.timetable.previous(now)
	if last := s.options.LastRun; !last.IsZero() && last.Before(missed) {
		s.options.Log.Warn("a scheduled run was missed: it is done now", "due", missed, "last_run", last.In(s.options.Location))
		return missed
	}
	return s.timetable.next(now)
}

// afterRun returns when the run after the one that was due is due.
func (s *Schedule) afterRun(due time.Time) time.Time {
	now := s.now()
	skipped := 0
	for due = s.timetable.next(due); !due.After(now) && skipped < 1000; due = s.timetable.next(due) {
		skipped++
	}
	if skipped > 0 {
		s.options.Log.Warn("scheduled runs were skipped, because one was under way", "skipped", skipped)
	}
	if !due.After(now) {
		due = s.timetable.next(now)
	}
	return due
}

// wait returns true when the run is due, and false when the context ends. It sets
// due again where the clock was set back.
func (s *Schedule) wait(ctx context.Context, due *time.Time) bool {
	last := s.now()
	start := due.Add(s.jitter())
	s.options.Log.Info("waiting for the next run", "due", due.In(s.options.Location), "start", start.In(s.options.Location))
	s.set(func(state *State) { *state = State{Since: last, Due: *due, Checked: last} })
	for {
		now := s.now()
		if now.Before(last.Add(-backwards)) {
			*due = s.timetable.next(now)
			start = due.Add(s.jitter())
			s.options.Log.Warn("the clock was set back", "from", last, "to", now, "due", due.In(s.options.Location))
		}
		last = now
		s.set(func(state *State) { state.Due, state.Checked = *due, now })
		if !now.Before(start) {
			return ctx.Err() == nil
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(min(wakeInterval, start.Sub(now))):
		}
	}
}

func (s *Schedule) jitter() time.Duration {
	if s.options.Jitter <= 0 {
		return 0
	}
	return rand.N(s.options.Jitter)
}

// run does one run, and survives its crash.
func (s *Schedule) run(ctx context.Context, due time.Time) {
	s.set(func(state *State) { state.Running, state.Since = true, s.now() })
	defer func() {
		if r := recover(); r != nil {
			s.options.Log.Error("the run crashed", "cause", fmt.Sprint(r), "stack", string(debug.Stack()))
		}
	}()
	s.options.Run(ctx, due)
}
