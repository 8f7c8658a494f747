package report

import (
	"slices"
	"testing"
	"time"
)

func TestJournalLines(t *testing.T) {
	lines := journalLines(sampleEntries(), sampleSettle)
	open := lines[slices.IndexFunc(lines, func(l journalLine) bool { return l.Outcome == outcomeOpen })]
	if want := sampleAsOf.Add(time.Hour); !open.Since.Equal(want) || !open.SettlesAt.Equal(want.Add(sampleSettle)) || open.Sends != nil {
		t.Errorf("an open attempt: %+v", open)
	}
	crashed := lines[len(lines)-1]
	if want := sampleAsOf.Add(time.Hour + 20*time.Second + sampleSettle); crashed.Outcome != outcomeOpen || !crashed.SettlesAt.Equal(want) || crashed.Observed != "" {
		t.Errorf("an attempt whose sender crashed: %+v", crashed)
	}
	created := lines[slices.IndexFunc(lines, func(l journalLine) bool { return l.Fix == "create" })]
	if created.PackageID != guid(2, 6) || created.Before != "none" || created.Observed != "2 PENDING" {
		t.Errorf("a create: %+v", created)
	}
	if lines[0].Sends != nil || lines[1].Sends == nil || *lines[1].Sends != 1 {
		t.Errorf("sends %v, %v", lines[0].Sends, lines[1].Sends)
	}
}
