package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/sources/storage"
)

// A listing of the journal shows which attempts exist and which are settled.
// Claims are written before their notes and attempts one after the other, so a
// note without its claim, or an attempt without the previous one, means that an
// object was lost. Or another run wrote during the listing: such an action is
// listed once more.

// A listedAttempt is an attempt in the listing.
type listedAttempt struct {
	entryName
	unsettled bool
	completed bool
	resolved  int       // the attempt up to which a person settled the action; 0: this one is not
	written   time.Time // its last object, by the store's clock
}

func (t *listedAttempt) open() bool { return !t.completed && t.resolved == 0 }

// maybeSince reports whether, by the store's clock, a request of the attempt may
// have been sent at the time or later: its completion was written after it.
func (t *listedAttempt) maybeSince(from time.Time) bool {
	return !t.written.Before(from.Add(-maxClockSkew))
}

// A journalListing is a listing of the journal.
type journalListing struct {
	attempts []listedAttempt // by action and number
	foreign  []string        // keys that do not belong to the journal
	faults   []error
}

// list lists a folder of the journal. Its error is the store's.
func (j *Journal) list(ctx context.Context, folder string) (*journalListing, error) {
	objects, err := j.dir.ListAll(ctx, folder)
	if err != nil {
		return nil, err
	}
	l := new(journalListing)
	actions := l.sortNotes(objects)
	for i, notes := range actions {
		attempts, fault := buildAttempts(notes)
		if fault != nil {
			if attempts, fault, err = j.relist(ctx, notes[0].key); err != nil {
				return nil, err
			}
		}
		if fault != nil {
			key := actions[i][0].key
			l.faults = append(l.faults, corruptError{withRemedy(fmt.Errorf("read %s: %w", j.display(journalRoot+"/"+key), fault), key)})
		}
		l.attempts = append(l.attempts, attempts...)
	}
	return l, nil
}

// resolvedUpTo returns the last attempt that a person settled; 0 where none is.
func resolvedUpTo(notes []note) int {
	resolved := 0
	for _, o := range notes {
		if o.note == resolvedNote {
			resolved = max(resolved, o.number)
		}
	}
	return resolved
}

// A note is an object of an attempt.
type note struct {
	entryName
	written time.Time
}

// sortNotes returns the notes of each action, in order.
func (l *journalListing) sortNotes(objects []storage.Entry) (actions [][]note) {
	var notes []note
	for _, o := range objects {
		name, isEntry, err := parseEntryName(o.Key)
		switch {
		case err != nil:
			l.faults = append(l.faults, corruptError{fmt.Errorf("read the journal: %w", err)})
		case isEntry:
			notes = append(notes, note{name, o.ModTime})
		case !isPlanKey(o.Key) && !strings.HasSuffix(o.Key, "/"): // some stores have an empty object for a folder
			l.foreign = append(l.foreign, o.Key)
		}
	}
	slices.SortFunc(notes, func(a, b note) int {
		return cmp.Or(strings.Compare(a.key, b.key), cmp.Compare(a.number, b.number), strings.Compare(a.note, b.note))
	})
	for _, n := range notes {
		if last := len(actions) - 1; last >= 0 && actions[last][0].key == n.key {
			actions[last] = append(actions[last], n)
		} else {
			actions = append(actions, []note{n})
		}
	}
	return actions
}

// relist lists one action again.
func (j *Journal) relist(ctx context.Context, key string) (attempts []listedAttempt, fault, err error) {
	objects, err := j.dir.ListAll(ctx, journalRoot+"/"+key)
	if err != nil {
		return nil, nil, err
	}
	for _, notes := range new(journalListing).sortNotes(objects) {
		attempts, fault = buildAttempts(notes)
	}
	return attempts, fault, nil
}

// withRemedy adds to a fault of an action how a person settles it.
func withRemedy(fault error, key string) error {
	if errors.Is(fault, ErrNewer) {
		return fault
	}
	return fmt.Errorf("%w: find out what became of it, and settle it with wixrecon journal resolve %s --reason TEXT", fault, key)
}

// buildAttempts combines the ordered notes of one action to attempts. What is
// missing up to an attempt that a person settled is no fault.
func buildAttempts(notes []note) ([]listedAttempt, error) {
	var attempts []listedAttempt
	resolved := resolvedUpTo(notes)
	for _, o := range notes {
		for len(attempts) < min(o.number, resolved) {
			attempts = append(attempts, listedAttempt{entryName: entryName{o.key, len(attempts) + 1, claimNote}, resolved: resolved})
		}
		if o.note == claimNote && o.number > resolved {
			attempts = append(attempts, listedAttempt{entryName: o.entryName})
			if o.number != len(attempts) {
				return nil, fmt.Errorf("attempt %d exists, but attempt %d does not", o.number, len(attempts))
			}
		}
		if o.number != len(attempts) {
			return nil, fmt.Errorf("attempt %d has %q, but no claim", o.number, strings.TrimPrefix(o.note, "-"))
		}
		last := &attempts[len(attempts)-1]
		last.unsettled = last.unsettled || o.note == unsettledNote
		last.completed = last.completed || o.note == completionNote
		if o.written.After(last.written) {
			last.written = o.written
		}
	}
	return attempts, nil
}
