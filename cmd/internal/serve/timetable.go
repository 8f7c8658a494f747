package serve

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// A timetable is a cron expression of five fields, read as the wall clock of a
// time zone. A time that the clock skips, at the start of summer time, is due at
// the first instant after the gap. A time that comes twice, at its end, is due
// once: the first time.
//
// cron's own Next skips the first and returns the second twice. So it computes
// here in UTC, as if that were the wall clock, and its times are then put into the
// zone.
type timetable struct {
	wall     cron.Schedule
	location *time.Location
}

// parseTimetable reads a cron expression.
func parseTimetable(text string, location *time.Location) (*timetable, error) {
	if len(strings.Fields(text)) != 5 {
		return nil, errors.New(`expected five fields: minute, hour, day of month, month, day of week, such as "0 2 * * *"`)
	}
	if strings.Contains(text, "=") { // TZ= and CRON_TZ=
		return nil, errors.New("expected no time zone in it: set --tz")
	}
	schedule, err := cron.ParseStandard(text)
	if err != nil {
		return nil, fmt.Errorf("expected a cron expression: %w", err)
	}
	t := &timetable{inUTC(schedule), location}
	if t.wall.Next(time.Unix(0, 0).UTC()).IsZero() {
		return nil, errors.New("it never comes: no month has such a day")
	}
	return t, nil
}

// inUTC makes a schedule compute in the zone of the time that it is given, which
// is UTC.
func inUTC(s cron.Schedule) cron.Schedule {
	if spec, ok := s.(*cron.SpecSchedule); ok {
		spec.Location = time.UTC
	}
	return s
}

// longestSkip is more than any zone has ever moved its clock at once: a day, to
// the other side of the date line.
const longestSkip = 25 * time.Hour

// next returns the first due instant after t.
func (t *timetable) next(after time.Time) time.Time {
	wall := wallClock(after.In(t.location)).Add(-longestSkip)
	for {
		wall = t.wall.Next(wall)
		if due := instant(wall, t.location); due.After(after) {
			return due
		}
	}
}

// previous returns the last due instant that is not after t; the zero time where
// there is none in the ten years before.
func (t *timetable) previous(at time.Time) time.Time {
	for back := time.Hour; back < 10*366*24*time.Hour; back *= 2 {
		var last time.Time
		for due := t.next(at.Add(-back)); !due.After(at); due = t.next(due) {
			last = due
		}
		if !last.IsZero() {
			return last
		}
	}
	return time.Time{}
}

// wallClock returns what the clock on the wall shows at t, as a time in UTC.
func wallClock(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// instant returns the first instant at which the clock on the wall shows this
// time or, where it skips it, the first instant after the gap.
func instant(wall time.Time, location *time.Location) time.Time {
	// Offsets change by whole minutes, and seldom: the two around the time are
	// enough, and the earlier instant that shows the time is the one.
	early, late := offsetAt(wall.Add(-longestSkip), location), offsetAt(wall.Add(longestSkip), location)
	for _, offset := range []time.Duration{max(early, late), min(early, late)} {
		if at := wall.Add(-offset).In(location); wallClock(at).Equal(wall) {
			return at
		}
	}
	return afterGap(wall, location, wall.Add(-max(early, late)), wall.Add(-min(early, late)))
}

// offsetAt returns the offset of the zone from UTC near a time.
func offsetAt(t time.Time, location *time.Location) time.Duration {
	_, seconds := t.In(location).Zone()
	return time.Duration(seconds) * time.Second
}

// afterGap returns the first instant between two at which the clock shows a time
// after wall.
func afterGap(wall time.Time, location *time.Location, before, after time.Time) time.Time {
	for after.Sub(before) > time.Second {
		middle := before.Add(after.Sub(before) / 2)
		if wallClock(middle.In(location)).Before(wall) {
			before = middle
		} else {
			after = middle
		}
	}
	return after.Truncate(time.Second).In(location)
}
