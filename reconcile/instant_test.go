package reconcile

import (
	"testing"
	"time"
)

func TestParseInstant(t *testing.T) {
	for day := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 10000; day = day.AddDate(0, 0, 1) {
		got, ok := ParseInstant(day.Format(time.DateOnly))
		if ok != (day.Day() <= 28) || ok && got != day {
			t.Fatalf("%s: %s, %v", day, got, ok)
		}
	}
	for _, text := range []string{"2026-01-02T03:04:05Z", "2026-01-02T03:04:05.678Z", "2026-12-28T23:59:59.000Z"} {
		want, _ := time.Parse(time.RFC3339Nano, text)
		if got, ok := ParseInstant(text); !ok || got != want {
			t.Errorf("%s: %s, %v", text, got, ok)
		}
	}
	for _, text := range []string{
		"", "2026-1-02", "2026-13-01", "2026-00-01", "2026-01-00", "0000-01-01", "2026-01-02T24:00:00Z", "2026-01-02T03:60:00Z", "2026-01-02T03:04:60Z",
		"2026-01-02T03:04:05z", "2026-01-02 03:04:05Z", "2026-01-02T03:04:05.67Z", "2026-01-02T03:04:05+", "２026-01-02",
	} {
		if got, ok := ParseInstant(text); ok {
			t.Errorf("%q was read as %s", text, got)
		}
	}
}
