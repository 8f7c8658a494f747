package execute

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// Verify reads what the attempts of a journal changed, compares, and changes
// nothing. Of several attempts at the same thing – a site, an external id, a
// status – the last one counts; and of what was canceled later nothing else is
// checked, because Wix may remove a site with it. What was applied must be there;
// what was not done must not be; what is open is returned with what was found. A
// change that somebody made by other means since then is a difference too.
func Verify(ctx context.Context, w Wix, entries []fix.Entry, concurrency int) []fix.Verification {
	last := lastAttempts(entries)
	verifications := make([]fix.Verification, len(last))
	var g errgroup.Group
	g.SetLimit(max(1, concurrency))
	for i := range last {
		g.Go(func() error { verifications[i] = verify(ctx, w, last[i]); return nil })
	}
	_ = g.Wait() // faults are in the verifications
	return verifications
}

// lastAttempts returns the last attempt at each thing, oldest first.
func lastAttempts(entries []fix.Entry) []fix.Entry {
	sorted := slices.DeleteFunc(slices.Clone(entries), func(e fix.Entry) bool { return e.Action.Fix == "" }) // what can't be read
	slices.SortFunc(sorted, func(a, b fix.Entry) int {
		return cmp.Or(a.Begun.Compare(b.Begun), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Number, b.Number))
	})
	last, canceled := make(map[string]int), make(map[string]int)
	for i := range sorted {
		a := &sorted[i].Action
		last[packageKey(a)+" "+changeOf(a).field] = i
		if a.Fix == reconcile.FixCancel && !sorted[i].Open() && sorted[i].Completion.Outcome == fix.OutcomeApplied {
			for _, id := range a.RemovedInstances() {
				canceled[id] = i
			}
		}
	}
	var kept []fix.Entry
	for i := range sorted {
		a := &sorted[i].Action
		by, superseded := canceled[a.InstanceID]
		if last[packageKey(a)+" "+changeOf(a).field] == i && (!superseded || by == i) {
			kept = append(kept, sorted[i])
		}
	}
	return kept
}

func verify(ctx context.Context, w Wix, e fix.Entry) fix.Verification {
	made := ""
	if !e.Open() && e.Action.Fix == reconcile.FixCreate {
		made = e.Completion.PackageID
	}
	seen, err := observe(ctx, w, &e.Action, e.Action.Seen, made)
	if err != nil {
		return fix.Verification{Entry: e, Err: err, Text: fmt.Sprintf("read %s: %v", object(&e.Action), err)}
	}
	outcome, agrees := "open", false
	if !e.Open() {
		outcome, agrees = e.Completion.Outcome, true
		switch {
		case outcome == fix.OutcomeApplied:
			agrees = seen.effect == effectDone
		case e.Completion.NotDone:
			agrees = seen.effect != effectDone
		}
	}
	return fix.Verification{Entry: e, Agrees: agrees, Text: fmt.Sprintf("in the journal: %s; %s", outcome, seen.text)}
}
