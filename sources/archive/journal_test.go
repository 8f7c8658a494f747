package archive_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/sources/archive"
)

// The same suite runs over every kind of store.
func TestJournal(t *testing.T) {
	for name, openKind := range journalKinds() {
		t.Run(name, func(t *testing.T) {
			r := openKind(t)
			j := r.Journal()
			if entries, err := j.Open(t.Context()); err != nil || len(entries) != 0 {
				t.Errorf("an empty journal: %v, %v", entries, err)
			}
			t.Run("one action", func(t *testing.T) { oneAction(t, r) })
			t.Run("race of claims", func(t *testing.T) { raceClaims(t, j) })
			t.Run("race of ends", func(t *testing.T) { raceEnds(t, j) })
			t.Run("plans", func(t *testing.T) { usePlansOnce(t, j) })
			t.Run("queries", func(t *testing.T) { queries(t, j) })
		})
	}
}

func oneAction(t *testing.T, r *rig) {
	j, ctx := r.Journal(), t.Context()
	first, other := claimOf(1, 1, day(0)), claimOf(1, 1, day(0))
	other.Nonce, other.RunID = "other", "late"
	must(t, j.Begin(ctx, first), j.Begin(ctx, first)) // the same claim again succeeds
	if err := j.Begin(ctx, other); !errors.Is(err, fix.ErrClaimed) || !strings.Contains(err.Error(), "run-1") {
		t.Errorf("another's claim: %v", err)
	}
	again := unsettledNoteOf(first)
	again.Reason = "another"
	must(t, j.NoteUnsettled(ctx, unsettledNoteOf(first)), j.NoteUnsettled(ctx, again))
	second := claimOf(1, 2, day(1))
	if err := j.Begin(ctx, second); err == nil || !strings.Contains(err.Error(), "attempt 1 does not exist or is not settled") {
		t.Errorf("a second attempt before the first is completed: %v", err)
	}
	must(t, j.Complete(ctx, completionOf(first, fix.OutcomeFailed, true)), j.Complete(ctx, completionOf(first, fix.OutcomeFailed, true)))
	for _, different := range []*fix.Completion{completionOf(first, fix.OutcomeApplied, false), completionOf(first, fix.OutcomeFailed, false)} {
		if err := j.Complete(ctx, different); !errors.Is(err, fix.ErrClaimed) {
			t.Errorf("a different completion: %v", err)
		}
	}
	must(t, j.Begin(ctx, second), j.Complete(ctx, completionOf(second, fix.OutcomeApplied, false)))
	if err := j.Begin(ctx, claimOf(1, 3, day(2))); err == nil || !strings.Contains(err.Error(), "ended as applied") {
		t.Errorf("the cancel again: %v", err)
	}
	want := []fix.Entry{
		{Attempt: *first, Unsettled: unsettledNoteOf(first), Completion: completionOf(first, fix.OutcomeFailed, true)},
		{Attempt: *second, Completion: completionOf(second, fix.OutcomeApplied, false)},
	}
	for i := range want {
		want[i].SchemaVersion, want[i].Completion.SchemaVersion = fix.JournalVersion, fix.JournalVersion
	}
	want[0].Unsettled.SchemaVersion = fix.JournalVersion
	got, err := j.Entries(ctx, actionKey(1))
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("read back: %v, %s", err, diff)
	}
	if got, err := j.Entries(ctx, actionKey(2)); err != nil || len(got) != 0 {
		t.Errorf("of another action: %v, %v", got, err)
	}
	for _, key := range []string{"journal/" + actionKey(1) + "/0001", "journal/" + actionKey(1) + "/0001-doubt", "journal/" + actionKey(1) + "/0002-end"} {
		if exists, err := r.dir.Exists(ctx, key); err != nil || !exists {
			t.Errorf("%s: %t, %v", key, exists, err)
		}
	}
}

// race calls do n times concurrently, and returns which calls succeeded; all
// others must return fix.ErrClaimed.
func race(t *testing.T, n int, do func(i int) error) (winners []int) {
	t.Helper()
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			err := do(i)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				winners = append(winners, i)
			} else if !errors.Is(err, fix.ErrClaimed) {
				t.Errorf("writer %d: %v", i, err)
			}
		})
	}
	all.Wait()
	return winners
}

func raceClaims(t *testing.T, j *archive.Journal) {
	for round := range sample(t, 1, 3) {
		winners := race(t, 16, func(i int) error {
			a := claimOf(10+round, 1, day(0))
			a.Nonce, a.RunID = fmt.Sprintf("nonce-%d", i), fmt.Sprintf("run-%d", i)
			return j.Begin(t.Context(), a)
		})
		entries, err := j.Entries(t.Context(), actionKey(10+round))
		if err != nil || len(winners) != 1 || len(entries) != 1 || entries[0].RunID != fmt.Sprintf("run-%d", winners[0]) {
			t.Errorf("winners %v, entries %v, %v", winners, entries, err)
		}
	}
}

// Of different ends of an attempt exactly one is stored.
func raceEnds(t *testing.T, j *archive.Journal) {
	a := claimOf(20, 1, day(0))
	must(t, j.Begin(t.Context(), a))
	ends := []*fix.Completion{completionOf(a, fix.OutcomeApplied, false), completionOf(a, fix.OutcomeFailed, true), completionOf(a, fix.OutcomeFailed, false)}
	winners := race(t, 15, func(i int) error { return j.Complete(t.Context(), ends[i%3]) })
	entries, err := j.Entries(t.Context(), a.Key)
	if err != nil || len(winners) != 5 || len(entries) != 1 {
		t.Fatalf("winners %v, entries %v, %v", winners, entries, err)
	}
	for _, i := range winners {
		if end := ends[i%3]; entries[0].Completion.Outcome != end.Outcome || entries[0].Completion.NotDone != end.NotDone {
			t.Errorf("%d succeeded with %s, but %s is stored", i, end.Outcome, entries[0].Completion.Outcome)
		}
	}
}

func usePlansOnce(t *testing.T, j *archive.Journal) {
	ctx := t.Context()
	startOf := func(n int) archive.PlanStart {
		return archive.PlanStart{PlanID: planID(1), RunID: fmt.Sprint("run-", n), Fence: int64(n), At: day(n)}
	}
	end := archive.PlanEnd{PlanStart: startOf(2), Outcomes: map[string]int{fix.OutcomeApplied: 2}}
	if err := j.EndPlan(ctx, end); err == nil || !strings.Contains(err.Error(), "not begun") {
		t.Errorf("end before it was begun: %v", err)
	}
	var mu sync.Mutex
	states := make(map[archive.PlanState]int)
	race(t, 16, func(i int) error {
		state, err := j.BeginPlan(ctx, startOf(i))
		mu.Lock()
		defer mu.Unlock()
		states[state]++
		return err
	})
	if states[archive.PlanFresh] != 1 || states[archive.PlanInterrupted] != 15 {
		t.Errorf("states %v", states)
	}
	if winners := race(t, 8, func(int) error { return j.EndPlan(ctx, end) }); len(winners) != 1 {
		t.Errorf("ended %d times", len(winners))
	}
	if state, err := j.BeginPlan(ctx, startOf(3)); state != archive.PlanUsed || err != nil {
		t.Errorf("after its end: %q, %v", state, err)
	}
	if state, err := j.BeginPlan(ctx, archive.PlanStart{PlanID: "../x"}); state != "" || err == nil {
		t.Errorf("a plan without an id: %q, %v", state, err)
	}
}

// Nothing is written that would be rejected when it is read back.
func TestInvalidEntriesAreNotWritten(t *testing.T) {
	t.Parallel()
	r := open(t, "mem://out")
	j, ctx, a := r.Journal(), t.Context(), claimOf(1, 1, day(0))
	must(t, j.Begin(ctx, a))
	before := r.keys(t)
	for name, edit := range map[string]func(*fix.Attempt){
		"a key that is a path": func(a *fix.Attempt) { a.Key, a.Action.Key = "../../x", "../../x" },
		"attempt 0":            func(a *fix.Attempt) { a.Number = 0 },
		"attempt 10000":        func(a *fix.Attempt) { a.Number = 10000 },
		"attempt 3 first":      func(a *fix.Attempt) { a.Number = 3 },
		"no nonce":             func(a *fix.Attempt) { a.Nonce = "" },
		"no action":            func(a *fix.Attempt) { a.Action = fix.Action{} },
		"too large":            func(a *fix.Attempt) { a.Action.ExternalID = strings.Repeat("x", 9<<20) },
	} {
		if name == "too large" && !longTests() {
			t.Log("without the entry of 9 MiB; WIXRECON_LONG=1 has it")
			continue
		}
		claim := claimOf(2, 1, day(0))
		edit(claim)
		if err := j.Begin(ctx, claim); err == nil || errors.Is(err, fix.ErrClaimed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	missing, other := claimOf(3, 1, day(0)), claimOf(1, 1, day(0))
	other.Nonce = "other"
	invalid := completionOf(a, "unsettled", false)
	for name, err := range map[string]error{
		"a note without claim":       j.NoteUnsettled(ctx, unsettledNoteOf(missing)),
		"a completion without claim": j.Complete(ctx, completionOf(missing, fix.OutcomeFailed, true)),
		"another's note":             j.NoteUnsettled(ctx, unsettledNoteOf(other)),
		"another's completion":       j.Complete(ctx, completionOf(other, fix.OutcomeFailed, true)),
		"an invalid completion":      j.Complete(ctx, invalid),
		"a note without a time":      j.NoteUnsettled(ctx, &fix.UnsettledNote{Key: a.Key, Number: 1, Nonce: a.Nonce}),
	} {
		if err == nil || errors.Is(err, fix.ErrClaimed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if diff := cmp.Diff(before, r.keys(t)); diff != "" {
		t.Error(diff)
	}
	if _, err := j.Entries(ctx, "x"); err == nil {
		t.Error("an invalid key was accepted")
	}
}

// With a canceled context no claim is made, and an existing claim is recognized.
func TestJournalWithCanceledContext(t *testing.T) {
	t.Parallel()
	for _, out := range []string{t.TempDir(), "mem://out"} {
		j, a := open(t, out).Journal(), claimOf(1, 1, day(0))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := j.Begin(ctx, a); !errors.Is(err, context.Canceled) || errors.Is(err, fix.ErrClaimed) {
			t.Errorf("begin: %v", err)
		}
		must(t, j.Begin(t.Context(), a))
		if err := j.Begin(ctx, a); err != nil {
			t.Errorf("its own claim: %v", err)
		}
		if entries, err := j.Open(ctx); len(entries) > 0 || !errors.Is(err, context.Canceled) {
			t.Errorf("open: %v, %v", entries, err)
		}
	}
}

// Pruning does not touch the journal, whatever the ids of runs.
func TestPruningKeepsTheJournal(t *testing.T) {
	t.Parallel()
	for name, r := range stores(t) {
		j, a := r.Journal(), claimOf(1, 1, day(0))
		must(t, j.Begin(t.Context(), a), j.Complete(t.Context(), completionOf(a, fix.OutcomeApplied, false)))
		_, err := j.BeginPlan(t.Context(), archive.PlanStart{PlanID: planID(1), RunID: "r", At: day(0)})
		must(t, err)
		before := r.keys(t)
		for n, id := range []string{"journal-1", "j", "run-1"} {
			r.finish(t, summaryOf(id, day(n)))
		}
		r.finish(t, summaryOf("run-2", day(200)))
		removed, _ := r.pruneCandidates(t, 24*time.Hour, 200)
		for i := range removed {
			must(t, r.Remove(t.Context(), &removed[i]))
		}
		var remaining []string
		for _, key := range r.keys(t) {
			if !strings.HasPrefix(key, "run-2/") {
				remaining = append(remaining, key)
			}
		}
		if diff := cmp.Diff(before, remaining); len(removed) != 3 || diff != "" {
			t.Errorf("%s: removed %s, %s", name, names(removed), diff)
		}
	}
}
