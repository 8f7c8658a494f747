package fix

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A journal is held against Wix by reading what it says was changed. Of several
// attempts at the same thing – a site, an external id, a status – the last one
// counts; and of what was canceled later nothing else is asked, because Wix may
// take a site away with it. What was applied must be there; what was not done
// must not be; what is open is told with what is seen. Who changed something by
// other means since then makes a difference too: it is told, and nobody is blamed.

// A Verdict says whether Wix is as the journal says.
type Verification struct {
	Entry
	Agrees bool
	Text   string // what the journal says and what was found, in words
	Err    error  // it could not be read
}

// Verify reads what the attempts of a journal were about, and changes nothing.
func Verify(ctx context.Context, w Wix, entries []Entry, concurrency int) []Verification {
	last := lastWords(entries)
	verdicts := make([]Verification, len(last))
	var g errgroup.Group
	g.SetLimit(max(1, concurrency))
	reader := &Executor{Wix: w}
	for i := range last {
		g.Go(func() error { verdicts[i] = reader.verdict(ctx, last[i]); return nil })
	}
	_ = g.Wait() // what goes wrong is in the verdicts
	return verdicts
}

// lastWords gives the last attempt at each thing, oldest first.
func lastWords(entries []Entry) []Entry {
	sorted := slices.Clone(entries)
	slices.SortFunc(sorted, func(a, b Entry) int {
		return cmp.Or(a.Begun.Compare(b.Begun), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Number, b.Number))
	})
	last, gone := make(map[string]int), make(map[string]int)
	for i := range sorted {
		a := &sorted[i].Action
		last[a.place()+" "+a.about()] = i
		if a.Fix == reconcile.FixCancel && !sorted[i].Open() && sorted[i].End.Outcome == OutcomeApplied {
			for _, id := range a.takes() {
				gone[id] = i
			}
		}
	}
	var kept []Entry
	for i := range sorted {
		a := &sorted[i].Action
		by, superseded := gone[a.InstanceID]
		superseded = superseded && by != i
		if last[a.place()+" "+a.about()] == i && !superseded {
			kept = append(kept, sorted[i])
		}
	}
	return kept
}

func (ap *Executor) verdict(ctx context.Context, e Entry) Verification {
	made := ""
	if !e.Open() && e.Action.Fix == reconcile.FixCreate {
		made = e.End.PackageID
	}
	seen, err := ap.look(ctx, &e.Action, e.Action.Seen, made)
	if err != nil {
		return Verification{Entry: e, Err: err, Text: fmt.Sprintf("read %s: %v", e.Action.named(), err)}
	}
	says, agrees := "open", false
	if !e.Open() {
		says, agrees = e.End.Outcome, true
		switch {
		case says == OutcomeApplied:
			agrees = seen.effect == effectDone
		case e.End.NotDone:
			agrees = seen.effect != effectDone
		}
	}
	return Verification{Entry: e, Agrees: agrees, Text: fmt.Sprintf("the journal says %s; %s", says, seen.text)}
}
