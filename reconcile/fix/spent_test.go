package fix_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// What the journal sent of late counts, whatever became of it.

// entrySent is an attempt that was begun at a time and could be sent for a minute.
func entrySent(a fix.Action, begun time.Time, edit ...func(*fix.Entry)) fix.Entry {
	e := fix.Entry{Attempt: fix.Attempt{
		Key: a.Key, Number: 1, Nonce: "n", Begun: begun, SendBy: begun.Add(time.Minute), Action: a,
	}}
	for _, change := range edit {
		change(&e)
	}
	return e
}

func entryDoubted(after time.Duration) func(*fix.Entry) {
	return func(e *fix.Entry) {
		e.Doubt = &fix.Doubt{Key: e.Key, Number: e.Number, Nonce: e.Nonce, SentAt: e.Begun.Add(after)}
	}
}

func entryEnded(outcome string, sends int, after time.Duration) func(*fix.Entry) {
	return func(e *fix.Entry) {
		e.End = &fix.End{Key: e.Key, Number: e.Number, Nonce: e.Nonce, Outcome: outcome, Sends: sends, Ended: e.Begun.Add(after)}
		if sends > 0 {
			e.End.SentAt = e.Begun.Add(after)
		}
	}
}

func TestSpent(t *testing.T) {
	from := now.Add(-24 * time.Hour)
	at := func(after time.Duration) time.Time { return from.Add(after) }
	const second = time.Second
	for _, c := range []struct {
		name  string
		entry fix.Entry
		want  int
	}{
		{"applied", entrySent(removal(1, 2), at(time.Hour), entryEnded(fix.OutcomeApplied, 1, second)), 2},
		{"failed", entrySent(removal(1, 2), at(time.Hour), entryEnded(fix.OutcomeFailed, 1, second)), 2},
		{"never sent", entrySent(removal(1, 2), at(time.Hour), entryEnded(fix.OutcomeFailed, 0, second)), 0},
		{"nobody knows whether it was sent", entrySent(removal(1, 2), at(time.Hour), entryEnded(fix.OutcomeFailed, -1, second)), 2},
		{"open", entrySent(removal(1, 2), at(time.Hour)), 2},
		{"open, in doubt", entrySent(removal(1, 2), at(time.Hour), entryDoubted(second)), 2},
		{"sent too early", entrySent(removal(1, 2), at(-time.Hour), entryEnded(fix.OutcomeApplied, 1, second)), 0},
		{"sent at that moment", entrySent(removal(1, 2), at(-second), entryEnded(fix.OutcomeApplied, 1, second)), 2},
		{"begun before, sent after", entrySent(removal(1, 2), at(-second), entryEnded(fix.OutcomeApplied, 2, 2*second)), 2},
		{"sent before, settled after", entrySent(removal(1, 2), at(-time.Hour), entryDoubted(second), entryEnded(fix.OutcomeApplied, -1, 2*time.Hour)), 0},
		{"perhaps sent after", entrySent(removal(1, 2), at(-30*second)), 2},
		{"perhaps sent after, and settled", entrySent(removal(1, 2), at(-30*second), entryEnded(fix.OutcomeFailed, -1, time.Hour)), 2},
		{"can't have been sent after", entrySent(removal(1, 2), at(-61*second)), 0},
	} {
		got := fix.UsageOf([]fix.Entry{c.entry}, from)
		if c.want == 0 && len(got) == 0 {
			continue
		}
		if len(got) != 1 || got[0].Cancels != c.want || got[0].Fixes != c.want || got[0].AccountID != account(1) {
			t.Errorf("%s: got %+v, want %d", c.name, got, c.want)
		}
	}
}

// Attempts add up by sub-account, each by itself, in whatever order they come.
func TestSpentAddsUp(t *testing.T) {
	dollars, cheap := removal(2, 1), change(2, 3)
	dollars.Costs, dollars.Unpriced = []fix.Cost{{Currency: "USD", Monthly: dec("0.10")}}, 1
	cheap.Costs, cheap.Unpriced = []fix.Cost{{Currency: "EUR", Monthly: dec("9")}}, 9 // of what is no removal
	again := entrySent(removal(1, 2), now, entryEnded(fix.OutcomeFailed, 1, 0))
	again.Number = 2
	entries := []fix.Entry{
		entrySent(removal(1, 2), now, entryEnded(fix.OutcomeFailed, 1, 0)), again, entrySent(removal(2, 1), now), entrySent(dollars, now), entrySent(cheap, now),
	}
	want := []fix.Usage{
		{AccountID: account(1), Fixes: 4, Cancels: 4, Costs: []fix.Cost{{Currency: "EUR", Monthly: dec("4.00")}}},
		{AccountID: account(2), Fixes: 5, Cancels: 2, Unpriced: 1,
			Costs: []fix.Cost{{Currency: "EUR", Monthly: dec("1.00")}, {Currency: "USD", Monthly: dec("0.10")}}},
	}
	for range len(entries) {
		if diff := cmp.Diff(want, fix.UsageOf(entries, now)); diff != "" {
			t.Error(diff)
		}
		entries = append(entries[1:], entries[0])
	}
	if got := fix.UsageOf(nil, now); len(got) != 0 {
		t.Errorf("of nothing: %+v", got)
	}
}

// What was sent counts against a limit as if it were in the plan.
func TestSpentCountsAgainstLimits(t *testing.T) {
	spent := fix.UsageOf([]fix.Entry{entrySent(removal(1, 9), now)}, now)
	for n, refused := range map[int]bool{1: false, 2: true} {
		limits := fix.Limits{Cancels: fix.Limit{Max: 10}, Fixes: fix.Limit{Off: true}, CancelsPerAccount: fix.Limit{Off: true},
			CancelPercent: fix.Percent{Off: true}, CancelCost: fix.CostLimit{Off: true}}
		if got := limits.Evaluate([]fix.Action{removal(2, n)}, false, spent, 1000); (len(got) > 0) != refused {
			t.Errorf("%d more: %+v", n, got)
		}
	}
}

func TestUnsettled(t *testing.T) {
	create := fix.Action{Fix: reconcile.FixCreate, AccountID: account(1), ExternalID: "sub-1"}
	adjust := fix.Action{Fix: reconcile.FixAdjust, AccountID: account(1), ExternalID: "sub-2", PackageID: "A"}
	done := fix.Action{Fix: reconcile.FixAdjust, AccountID: account(1), ExternalID: "sub-3", PackageID: "D"}
	entries := []fix.Entry{
		entrySent(create, now), entrySent(adjust, now.AddDate(-1, 0, 0), entryDoubted(0)), entrySent(done, now, entryEnded(fix.OutcomeFailed, 1, 0)),
	}
	got := slices.Sorted(maps.Keys(fix.UnsettledOf(entries)))
	if fmt.Sprint(got) != "[A sub-1]" {
		t.Errorf("got %v", got)
	}
}
