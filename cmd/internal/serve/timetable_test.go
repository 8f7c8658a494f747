package serve

import (
	"testing"
	"time"
	_ "time/tzdata"
)

func mustLoad(t *testing.T, name string) *time.Location {
	t.Helper()
	location, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return location
}

func TestTimetableNext(t *testing.T) {
	const layout = "2006-01-02T15:04:05Z07:00"
	for _, c := range []struct{ name, cron, zone, after, want string }{
		{"every night", "0 2 * * *", "UTC", "2026-11-20T02:00:00Z", "2026-11-21T02:00:00Z"},
		{"the same second", "0 2 * * *", "UTC", "2026-11-20T01:59:59Z", "2026-11-20T02:00:00Z"},
		{"skipped in spring", "30 2 * * *", "America/New_York", "2026-03-07T12:00:00-05:00", "2026-03-08T03:00:00-04:00"},
		{"the day after", "30 2 * * *", "America/New_York", "2026-03-08T03:00:00-04:00", "2026-03-09T02:30:00-04:00"},
		{"several skipped are one", "*/10 2 * * *", "America/New_York", "2026-03-08T03:00:00-04:00", "2026-03-09T02:00:00-04:00"},
		{"twice in autumn: the first", "30 1 * * *", "America/New_York", "2026-11-01T00:00:00-04:00", "2026-11-01T01:30:00-04:00"},
		{"twice in autumn: not again", "30 1 * * *", "America/New_York", "2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"},
		{"after the fold", "30 2 * * *", "America/New_York", "2026-11-01T01:30:00-05:00", "2026-11-01T02:30:00-05:00"},
		{"half an hour", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00+10:30", "2026-10-04T02:30:00+11:00"},
		{"midnight that does not exist", "0 0 * * *", "America/Santiago", "2026-09-05T12:00:00-04:00", "2026-09-06T01:00:00-03:00"},
		{"a day that does not exist", "0 12 30 12 *", "Pacific/Apia", "2011-12-29T12:30:00-10:00", "2011-12-31T00:00:00+14:00"},
		{"leap day", "0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"},
		{"first of the month", "0 6 1 * *", "Europe/Berlin", "2026-10-25T00:00:00+02:00", "2026-11-01T06:00:00+01:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			location := mustLoad(t, c.zone)
			table, err := parseTimetable(c.cron, location)
			if err != nil {
				t.Fatal(err)
			}
			after, err := time.Parse(layout, c.after)
			if err != nil {
				t.Fatal(err)
			}
			if got := table.next(after).In(location).Format(layout); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if due := table.next(after); !table.previous(due).Equal(due) || !table.previous(due.Add(time.Second)).Equal(due) {
				t.Errorf("previous of %s is %s", due, table.previous(due))
			}
		})
	}
}

// Over five years each day has one run, whatever the clock does.
func TestTimetableRunsOnceADay(t *testing.T) {
	for _, zone := range []string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"} {
		for _, cron := range []string{"0 0 * * *", "30 1 * * *", "30 2 * * *", "59 23 * * *"} {
			location := mustLoad(t, zone)
			table, err := parseTimetable(cron, location)
			if err != nil {
				t.Fatal(err)
			}
			at := time.Date(2020, 1, 1, 12, 0, 0, 0, location)
			days := make(map[string]int)
			for at.Year() < 2025 {
				at = table.next(at).In(location)
				days[at.Format(time.DateOnly)]++
			}
			for day, n := range days {
				if n != 1 {
					t.Errorf("%s %q: %d runs on %s", zone, cron, n, day)
				}
			}
			if n := len(days); n < 1826 {
				t.Errorf("%s %q: %d days", zone, cron, n)
			}
		}
	}
}

func TestTimetableRefuses(t *testing.T) {
	for _, text := range []string{"", "0 2 * *", "0 2 * * * *", "@daily", "@every 1h", "TZ=UTC 0 2 * * *", "TZ=0 2 * * *", "61 2 * * *", "0 0 30 2 *", "a b c d e", "0 2 * * 9"} {
		if _, err := parseTimetable(text, time.UTC); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}
