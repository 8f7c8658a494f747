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

// People read the journal to see what was sent, and what is wrong with it. So the
// readable entries are shown even if others are invalid, which stops all fixes.

// A JournalFilter selects attempts; an empty one selects all.
type JournalFilter struct {
	PlanID    string // prefix
	RunID     string // that claimed or ended the attempt
	AccountID string
	PackageID string    // for a create, the created package
	Key       string    // prefix of the action's key
	OpenOnly  bool      // not settled
	Since     time.Time // begun then or later
}

// All returns the attempts that match the filter, newest first, and warnings
// about other objects in the journal. With an error it returns what could be
// read.
func (j *Journal) All(ctx context.Context, f JournalFilter) (entries []fix.Entry, warnings []string, err error) {
	l, err := j.list(ctx, journalRoot)
	if err != nil {
		return nil, nil, err
	}
	entries, faults, err := j.readAttempts(ctx, l.attempts, f.mayMatch)
	if err != nil {
		return nil, nil, err
	}
	entries = slices.DeleteFunc(entries, func(e fix.Entry) bool { return !f.matches(&e) })
	slices.SortFunc(entries, func(a, b fix.Entry) int {
		return cmp.Or(b.Begun.Compare(a.Begun), strings.Compare(a.Key, b.Key), cmp.Compare(b.Number, a.Number))
	})
	return entries, l.warnings(j), joinFaults(append(l.faults, faults...))
}

// mayMatch reports whether an attempt must be read, because its name and times do
// not rule it out.
func (f *JournalFilter) mayMatch(t *listedAttempt) bool {
	return strings.HasPrefix(t.key, strings.ToLower(f.Key)) && (t.open() || !f.OpenOnly && t.maybeSince(f.Since))
}

func (f *JournalFilter) matches(e *fix.Entry) bool {
	is := func(selected string, values ...string) bool {
		return selected == "" || slices.ContainsFunc(values, func(v string) bool { return strings.EqualFold(v, selected) })
	}
	ended := fix.Completion{}
	if e.Completion != nil {
		ended = *e.Completion
	}
	return strings.HasPrefix(e.PlanID, strings.ToLower(f.PlanID)) && is(f.RunID, e.RunID, ended.RunID) && is(f.AccountID, e.Action.AccountID) &&
		is(f.PackageID, e.Action.PackageID, ended.PackageID) && !e.Begun.Before(f.Since)
}

// warnings lists the objects that do not belong to the journal.
func (l *journalListing) warnings(j *Journal) []string {
	switch n := len(l.foreign); n {
	case 0:
		return nil
	case 1:
		return []string{fmt.Sprintf("%s does not belong to the journal: it was ignored", j.display(l.foreign[0]))}
	default:
		return []string{fmt.Sprintf("%d objects in %s do not belong to the journal, for example %s: they were ignored", n, j.display(journalRoot), l.foreign[0])}
	}
}
