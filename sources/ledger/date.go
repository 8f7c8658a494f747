package ledger

// Dates are ISO 8601: a date, which begins at midnight in the zone of the
// options, or a date and a time of day, in that zone unless it names its own.
// Nothing else is tried: 03/04/2026 means two days.

import (
	"errors"
	"strings"
	"time"
)

const (
	firstYear = 1900
	lastYear  = 9999
)

var (
	errDate = errors.New("not an ISO 8601 date (2026-01-31, or 2026-01-31T15:04:05Z)")
	errYear = errors.New("the year is not between 1900 and 9999")
)

func parseDate(cell string, zone *time.Location) (time.Time, error) {
	if strings.Contains(cell, "\u00a0") {
		cell = strings.ReplaceAll(cell, "\u00a0", " ")
	}
	var t time.Time
	var err error
	if len(cell) == len(time.DateOnly) {
		t, err = midnight(cell, zone)
	} else if layout, ok := layoutOf(cell); ok {
		t, err = time.ParseInLocation(layout, cell, zone)
	} else {
		err = errDate
	}
	switch {
	case err != nil:
		return time.Time{}, errDate
	case t.Year() < firstYear || t.Year() > lastYear:
		return time.Time{}, errYear
	}
	return t, nil
}

// midnight gives the first instant of a day, which is later where the clocks
// go forward at midnight.
func midnight(date string, zone *time.Location) (time.Time, error) {
	t, err := time.ParseInLocation(time.DateOnly, date, zone)
	if err != nil {
		return t, err
	}
	if hour, minute, second := t.Clock(); hour > 12 { // of the day before
		passed := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second
		t = t.Add(24*time.Hour - passed)
	}
	return t, nil
}

// layoutOf gives the layout of a date and a time of day. A fraction after the
// seconds is none of the layout's: the package time takes it by itself.
func layoutOf(cell string) (string, bool) {
	const minutes = len("2006-01-02T15:04")
	if len(cell) < minutes || cell[10] != 'T' && cell[10] != ' ' || cell[13] != ':' {
		return "", false
	}
	layout := "2006-01-02" + cell[10:11] + "15:04"
	rest, zone := cell[minutes:], ""
	if at := strings.IndexAny(rest, "+-Z"); at >= 0 {
		rest, zone = rest[:at], zoneLayout(rest[at:])
	}
	if rest != "" {
		layout += ":05"
	}
	return layout + zone, true
}

func zoneLayout(zone string) string {
	switch {
	case strings.Contains(zone, ":"):
		return "Z07:00"
	case len(zone) == len("+0100"):
		return "Z0700"
	}
	return "Z07"
}
