package archive

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// People look at the journal to learn what was sent, and what is wrong with it:
// so what can be read is shown beside what can't, which for fixes is a reason to
// do nothing.

// A JournalFilter says which attempts are shown. Where nothing is filled in it
// is all of them.
type JournalFilter struct {
	PlanID    string // what the plan's id begins with
	RunID     string // that claimed it, or said what became of it
	AccountID string
	PackageID string    // of a create, the package that it made
	Key       string    // what the action's key begins with
	OpenOnly  bool      // not settled
	Since     time.Time // begun then or later
}

// All gives the attempts that the filter lets through, newest first, and
// warnings of what else lies in the journal. Beside an error it gives what could
// be read.
func (j *Journal) All(ctx context.Context, f JournalFilter) (entries []fix.Entry, warnings []string, err error) {
	l, err := j.list(ctx, journalRoot)
	if err != nil {
		return nil, nil, err
	}
	entries, faults, err := j.readAll(ctx, l.attempts, f.reads)
	if err != nil {
		return nil, nil, err
	}
	entries = slices.DeleteFunc(entries, func(e fix.Entry) bool { return !f.shows(&e) })
	slices.SortFunc(entries, func(a, b fix.Entry) int {
		return cmp.Or(b.Begun.Compare(a.Begun), strings.Compare(a.Key, b.Key), cmp.Compare(b.Number, a.Number))
	})
	return entries, l.warnings(j), joined(append(l.faults, faults...))
}

// reads reports whether the filter needs to see more of an attempt than its
// name.
func (f *JournalFilter) reads(t *tried) bool {
	return strings.HasPrefix(t.key, strings.ToLower(f.Key)) && (t.open() || !f.OpenOnly && t.since(f.Since))
}

func (f *JournalFilter) shows(e *fix.Entry) bool {
	is := func(want string, values ...string) bool {
		return want == "" || slices.ContainsFunc(values, func(v string) bool { return strings.EqualFold(v, want) })
	}
	ended := fix.End{}
	if e.End != nil {
		ended = *e.End
	}
	return strings.HasPrefix(e.PlanID, strings.ToLower(f.PlanID)) && is(f.RunID, e.RunID, ended.RunID) && is(f.AccountID, e.Action.AccountID) &&
		is(f.PackageID, e.Action.PackageID, ended.PackageID) && !e.Begun.Before(f.Since)
}

// warnings tells what in the journal is not the journal's.
func (l *journalListing) warnings(j *Journal) []string {
	switch n := len(l.foreign); n {
	case 0:
		return nil
	case 1:
		return []string{fmt.Sprintf("%s is not the journal's: it was left alone", j.shown(l.foreign[0]))}
	default:
		return []string{fmt.Sprintf("%d objects in %s are not the journal's, %s among them: they were left alone", n, j.shown(journalRoot), l.foreign[0])}
	}
}
