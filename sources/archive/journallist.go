package archive

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/sources/storage"
)

// A listing of the journal tells which attempts there are and which of them are
// settled. Claims come before their notes and attempts one after the other, so a
// note without its claim, or an attempt without the one before, is the trace of
// something that was lost. It may also be the trace of another run, which wrote
// while the listing went on: such an action is listed once more.

// tried is an attempt as the listing shows it.
type tried struct {
	entryName
	doubted bool
	ended   bool
	written time.Time // when its last object was, by the store's clock
}

func (t *tried) open() bool { return !t.ended }

// since reports whether a request of the attempt may have left at a moment or
// after it, as far as the store's clock tells: its end was written afterwards.
func (t *tried) since(from time.Time) bool { return !t.written.Before(from.Add(-clocksApart)) }

// A journalListing is what stands in the journal.
type journalListing struct {
	attempts []tried  // by action and number
	foreign  []string // objects that are not the journal's
	faults   []error
}

// list lists a folder of the journal. Its error is the store's.
func (j *Journal) list(ctx context.Context, folder string) (*journalListing, error) {
	objects, err := j.dir.ListWhole(ctx, folder)
	if err != nil {
		return nil, err
	}
	l := new(journalListing)
	actions := l.sort(objects)
	for i, notes := range actions {
		attempts, fault := attemptsOf(notes)
		if fault != nil {
			if attempts, fault, err = j.again(ctx, notes[0].key); err != nil {
				return nil, err
			}
		}
		if fault != nil {
			l.faults = append(l.faults, damage{fmt.Errorf("read %s: %w", j.shown(journalRoot+"/"+actions[i][0].key), fault)})
		}
		l.attempts = append(l.attempts, attempts...)
	}
	return l, nil
}

// A note is an object of an attempt.
type note struct {
	entryName
	written time.Time
}

// sort gives the notes of each action, in their order.
func (l *journalListing) sort(objects []storage.Entry) (actions [][]note) {
	var notes []note
	for _, o := range objects {
		name, is, err := parseEntryName(o.Key)
		switch {
		case err != nil:
			l.faults = append(l.faults, damage{fmt.Errorf("read the journal: %w", err)})
		case is:
			notes = append(notes, note{name, o.ModTime})
		case !ofPlan(o.Key) && !strings.HasSuffix(o.Key, "/"): // some stores hold a folder as an empty object
			l.foreign = append(l.foreign, o.Key)
		}
	}
	slices.SortFunc(notes, func(a, b note) int {
		return cmp.Or(strings.Compare(a.key, b.key), cmp.Compare(a.number, b.number), strings.Compare(a.note, b.note))
	})
	return slices.Collect(chunksByKey(notes))
}

// chunksByKey cuts ordered notes by action.
func chunksByKey(notes []note) func(yield func([]note) bool) {
	return func(yield func([]note) bool) {
		for len(notes) > 0 {
			n := slices.IndexFunc(notes, func(o note) bool { return o.key != notes[0].key })
			if n < 0 {
				n = len(notes)
			}
			if !yield(notes[:n:n]) {
				return
			}
			notes = notes[n:]
		}
	}
}

// again lists one action.
func (j *Journal) again(ctx context.Context, key string) (attempts []tried, fault, err error) {
	objects, err := j.dir.ListWhole(ctx, journalRoot+"/"+key)
	if err != nil {
		return nil, nil, err
	}
	for _, notes := range new(journalListing).sort(objects) {
		attempts, fault = attemptsOf(notes)
	}
	return attempts, fault, nil
}

// attemptsOf puts the ordered notes of one action together.
func attemptsOf(notes []note) ([]tried, error) {
	var attempts []tried
	for _, o := range notes {
		if o.note == claimNote {
			attempts = append(attempts, tried{entryName: o.entryName})
			if o.number != len(attempts) {
				return nil, fmt.Errorf("attempt %d is there, and attempt %d is not", o.number, len(attempts))
			}
		}
		if o.number != len(attempts) {
			return nil, fmt.Errorf("of attempt %d there is %q, and no claim", o.number, strings.TrimPrefix(o.note, "-"))
		}
		last := &attempts[len(attempts)-1]
		last.doubted = last.doubted || o.note == doubtNote
		last.ended = last.ended || o.note == endNote
		if o.written.After(last.written) {
			last.written = o.written
		}
	}
	return attempts, nil
}
