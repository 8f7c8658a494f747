package archive_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// queries uses actions 31 to 36, which begin now, one a minute, because attempts
// that are old by the store's clock are not read at all.
func queries(t *testing.T, j *archive.Journal) {
	ctx, now := t.Context(), time.Now().UTC().Truncate(time.Second)
	at := func(minutes int) time.Time { return now.Add(time.Duration(minutes) * time.Minute) }
	for n, notes := range []string{"", "?", ".", "?.", "!.", "?!."} {
		a := claimOf(31+n, 1, at(n))
		must(t, j.Begin(ctx, a))
		end := completionOf(a, fix.OutcomeFailed, true)
		if strings.Contains(notes, "!") { // it was not sent
			end.Sends = 0
		}
		if strings.Contains(notes, "?") {
			must(t, j.NoteUnsettled(ctx, unsettledNoteOf(a)))
		}
		if strings.Contains(notes, ".") {
			must(t, j.Complete(ctx, end))
		}
	}
	again := claimOf(33, 2, at(10))
	again.RunID, again.Action.AccountID = "late", "ACCOUNT-LATE"
	made := completionOf(again, fix.OutcomeApplied, false)
	made.PackageID = "made"
	must(t, j.Begin(ctx, again), j.Complete(ctx, made))
	got, err := j.Open(ctx)
	check := func(what string, want string) {
		t.Helper()
		ours := slices.DeleteFunc(shown(got), func(s string) bool { return s < "1f" }) // without those of the other tests
		if all := strings.Join(ours, " "); err != nil || all != want {
			t.Errorf("%s: %v, got %s, want %s", what, err, all, want)
		}
	}
	check("open", "1f/1 20/1?")
	got, err = j.Since(ctx, at(60))
	check("since long after", "1f/1 20/1?")
	got, err = j.Since(ctx, at(3))
	check("since", "1f/1 20/1? 21/2. 22/1?.")
	for want, f := range map[string]archive.JournalFilter{
		"21/2. 24/1?. 23/1. 22/1?. 21/1. 20/1? 1f/1": {Since: at(0)},
		"21/2. 24/1?.":    {Since: at(5)},
		"21/2.":           {RunID: "late"},
		"21/2. ":          {AccountID: "account-late"},
		"21/2.  ":         {PlanID: planID(2), Since: at(0)},
		"20/1?":           {PackageID: "PACKAGE-32"},
		"21/2.   ":        {PackageID: "made"},
		"21/2. 21/1.":     {Key: actionKey(33)},
		"20/1? 1f/1":      {OpenOnly: true, Since: at(0)},
		"":                {OpenOnly: true, PlanID: "x"},
		"21/2. 21/1.    ": {Key: actionKey(33), OpenOnly: false},
	} {
		got, _, err = j.All(ctx, f)
		check(fmt.Sprintf("%+v", f), strings.TrimRight(want, " "))
	}
	if got, warnings, err := j.All(ctx, archive.JournalFilter{}); len(got) < 10 || len(warnings) > 0 {
		t.Errorf("all: %d, warnings %v, %v", len(got), warnings, err)
	}
}

// A movableClock is a clock that a test sets.
type movableClock struct{ at time.Time }

func (m *movableClock) Now() time.Time                  { return m.at }
func (m *movableClock) Since(t time.Time) time.Duration { return m.at.Sub(t) }

// bigJournal returns a bucket with n attempts, one every 20 minutes, every
// hundredth of them open, and when the last began.
func bigJournal(t testing.TB, n int) (handler http.Handler, last time.Time) {
	t.Helper()
	clock := &movableClock{start()}
	backend := s3mem.New(s3mem.WithTimeSource(clock))
	if err := backend.CreateBucket("data"); err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		_, err := backend.PutObject("data", "runs/journal/"+name, map[string]string{}, strings.NewReader(text), int64(len(text)), nil)
		if err != nil {
			t.Fatal(err)
		}
	}
	first := claimOf(0, 1, start())
	claim, end := encodeClaim(t, first), encodeCompletion(t, completionOf(first, fix.OutcomeApplied, false))
	for i := range n {
		clock.at = start().Add(time.Duration(i) * 20 * time.Minute)
		is := strings.NewReplacer(first.Key, actionKey(i), "2026-11-01T02:00:0", clock.at.Format("2006-01-02T15:04:0"),
			"2026-11-01T02:01:00Z", clock.at.Add(time.Minute).Format(time.RFC3339))
		write(actionKey(i)+"/0001", is.Replace(claim))
		if i%100 != 0 {
			write(actionKey(i)+"/0001-end", is.Replace(end))
		}
	}
	return gofakes3.New(backend, gofakes3.WithTimeSource(clock), gofakes3.WithTimeSkewLimit(0)).Server(), clock.at
}

// Of many attempts only the selected ones are read: one request for each of their
// objects, and one for every 1000 objects of the listing.
func TestRequestsOfJournal(t *testing.T) {
	t.Parallel()
	n := sample(t, 1000, 10_000)
	store, last := bigJournal(t, n)
	pages := int64(n / 500) // a page has 1000 objects, two an attempt
	requests := new(requestCounter)
	j := open(t, s3At(serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { requests.serve(w, r, store) })))).Journal()
	for _, c := range []struct {
		what    string
		read    func() ([]fix.Entry, error)
		entries int
		limit   int64 // of requests
	}{
		{"open", func() ([]fix.Entry, error) { return j.Open(t.Context()) }, n / 100, pages + int64(n/100)},
		{"since 24 hours", func() ([]fix.Entry, error) { return j.Since(t.Context(), last.Add(-24*time.Hour)) },
			73 + n/100, pages + int64(n/100) + 2*(73+6)},
		{"one action", func() ([]fix.Entry, error) { return j.Entries(t.Context(), actionKey(1)) }, 1, 3},
	} {
		before := requests.count.Load()
		entries, err := c.read()
		sent := requests.count.Load() - before
		t.Logf("%s: %d entries with %d requests", c.what, len(entries), sent)
		if err != nil || len(entries) != c.entries || sent > c.limit {
			t.Errorf("%s: %v, %d entries, want %d, with %d requests, want at most %d", c.what, err, len(entries), c.entries, sent, c.limit)
		}
	}
}

// The clocks of the store and of machines may differ; the times in the entries
// decide.
func TestSinceWithClockSkew(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-time.Hour, 0, time.Hour, 1000 * time.Hour} {
		clock := &movableClock{day(1).Add(skew)}
		name, _ := bucketAt(t, clock)
		j := open(t, name).Journal()
		old, late := claimOf(1, 1, day(1).Add(-time.Minute)), claimOf(2, 1, day(1))
		for _, a := range []*fix.Attempt{old, late} {
			must(t, j.Begin(t.Context(), a), j.Complete(t.Context(), completionOf(a, fix.OutcomeApplied, false)))
		}
		got, err := j.Since(t.Context(), day(1))
		if diff := cmp.Diff([]string{"02/1."}, shown(got)); err != nil || diff != "" {
			t.Errorf("a skew of %s: %v, %s", skew, err, diff)
		}
	}
}

// BenchmarkJournal reads a journal of 10,000 attempts in a folder.
func BenchmarkJournal(b *testing.B) {
	folder := b.TempDir()
	for i := range 10_000 {
		at := filepath.Join(folder, "journal", actionKey(i))
		if err := os.MkdirAll(at, 0o755); err != nil {
			b.Fatal(err)
		}
		for name, text := range map[string]string{"0001": encodeClaim(b, claimOf(i, 1, day(0))), "0001-end": "{}"} {
			if i%100 == 0 && name != "0001" {
				continue
			}
			if err := os.WriteFile(filepath.Join(at, name), []byte(text), 0o600); err != nil {
				b.Fatal(err)
			}
		}
	}
	a, err := archive.Open(b.Context(), new(storage.Opener), folder)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if open, err := a.Journal().Open(b.Context()); err != nil || len(open) != 100 {
			b.Fatal(len(open), err)
		}
	}
}
