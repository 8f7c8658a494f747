package archive

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// What the program can't settle by itself a person does, who found out what became
// of it: a create whose answer was lost and that had no effect, a change with an
// unexpected effect, what Wix refuses every night, and an entry that can't be read.
// The record is a note of the last attempt, created once. After it another attempt
// may begin. The entries themselves stay as they are.

// ErrNotResolvable means that there is nothing for a person to settle.
var ErrNotResolvable = errors.New("there is nothing to settle by hand")

// Resolve records that a person settled an action.
func (j *Journal) Resolve(ctx context.Context, key, reason string, at time.Time) (*fix.Resolution, error) {
	r, err := j.resolve(ctx, strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(reason), at)
	if err != nil {
		return nil, fmt.Errorf("resolve action %s: %w", key, err)
	}
	return r, nil
}

func (j *Journal) resolve(ctx context.Context, key, reason string, at time.Time) (*fix.Resolution, error) {
	if !hashName.MatchString(key) {
		return nil, fmt.Errorf("%w: it is not the key of an action; wixrecon journal lists them", ErrNotResolvable)
	}
	if reason == "" {
		return nil, fmt.Errorf("%w without a reason: say in --reason what became of it", ErrNotResolvable)
	}
	objects, err := j.dir.ListAll(ctx, journalRoot+"/"+key)
	if err != nil {
		return nil, err
	}
	name, err := j.checkResolvable(ctx, objects)
	if err != nil {
		return nil, err
	}
	r := &fix.Resolution{SchemaVersion: fix.JournalVersion, Key: key, Number: name.number, Reason: reason, At: at.UTC()}
	err = j.create(ctx, name.withNote(resolvedNote).path(), r)
	if storage.Exist(err) {
		return nil, fmt.Errorf("%w: somebody has just done it", ErrNotResolvable)
	}
	return r, err
}

// checkResolvable returns the name of the last attempt of an action.
func (j *Journal) checkResolvable(ctx context.Context, objects []storage.Entry) (last entryName, err error) {
	var l journalListing
	actions := l.sortNotes(objects)
	if len(l.faults) > 0 {
		return last, fmt.Errorf("%w: remove the object, or use the version of wixrecon that wrote it", errors.Join(l.faults...))
	}
	if len(actions) != 1 {
		return last, fmt.Errorf("%w: the journal does not have it", ErrNotResolvable)
	}
	notes := actions[0]
	last = entryName{notes[0].key, notes[len(notes)-1].number, claimNote}
	if resolvedUpTo(notes) == last.number {
		return last, fmt.Errorf("%w: it was settled by hand already", ErrNotResolvable)
	}
	attempts, fault := buildAttempts(notes)
	if fault != nil {
		return last, nil //nolint:nilerr // what can't be read is what a person settles
	}
	e, err := j.entry(ctx, attempts[len(attempts)-1])
	if errors.As(err, new(corruptError)) && !errors.Is(err, ErrNewer) {
		return last, nil
	}
	if err != nil {
		return last, err
	}
	return last, resolvable(e)
}

// resolvable returns why an attempt needs nobody to settle it.
func resolvable(e *fix.Entry) error {
	why := ""
	switch {
	case e.Open():
		why = "it is not known yet what became of it: the next run with --fix, or wixrecon apply, finds out"
	case e.Completion.Outcome == fix.OutcomeApplied:
		why = "it was applied"
	case e.Completion.NotDone && e.Completion.Failure != fix.FailureRefused:
		why = "nothing was done, and another attempt may begin"
	default:
		return nil
	}
	return fmt.Errorf("%w: %s", ErrNotResolvable, why)
}

// resolution reads the resolution of an attempt; nil where there is none.
func (j *Journal) resolution(ctx context.Context, name entryName) (*fix.Resolution, error) {
	var r fix.Resolution
	object := name.withNote(resolvedNote).path()
	err := j.read(ctx, object, &r)
	switch {
	case storage.NotExist(err):
		return nil, nil
	case err != nil:
		return nil, err
	case r.Key != name.key || r.Number != name.number:
		err = fmt.Errorf("it is of attempt %d of action %q", r.Number, r.Key)
	default:
		err = r.Verify()
	}
	if err != nil {
		return nil, corruptError{fmt.Errorf("read %s: %w", j.display(object), err)}
	}
	return &r, nil
}
