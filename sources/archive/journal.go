package archive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// The journal records what was sent to Wix and its outcome. All runs and plans of
// --out share it, and nothing in it is ever changed or removed:
//
//	journal/<action-key>/<attempt>        the claim, made before the request is sent
//	journal/<action-key>/<attempt>-doubt  the outcome is unknown
//	journal/<action-key>/<attempt>-end    the final outcome
//	journal/<action-key>/<attempt>-resolved  a person settled the action up to this attempt
//	journal/plan-<plan-id>/begun          a run started to execute the plan
//	journal/plan-<plan-id>/ended          nothing of the plan is left to do
//
// Each object is created once. After an error the store may still have created
// it, so it is read back: the nonce of our own claim means that we won, another
// nonce that we lost, and a claim that can't be read that nothing may be sent.
//
// Nothing is written that would be rejected when it is read back, because one
// invalid entry stops all fixes. So a note is first verified against its claim,
// and an attempt against the previous one.

// A Journal is the journal of an archive. It is safe for use by several
// goroutines.
type Journal struct {
	dir *storage.Dir
}

// Journal returns the archive's journal.
func (a *Archive) Journal() *Journal { return &Journal{dir: a.dir} }

// readBackTimeout limits the read-back after an error, which may have been the end
// of the context.
const readBackTimeout = 10 * time.Second

// Begin claims an attempt. It returns fix.ErrClaimed if another claimed it, and
// nil only if this claim is stored.
func (j *Journal) Begin(ctx context.Context, a *fix.Attempt) error {
	if err := j.begin(ctx, a); err != nil {
		return fmt.Errorf("begin attempt %d of action %s: %w", a.Number, a.Key, err)
	}
	return nil
}

func (j *Journal) begin(ctx context.Context, a *fix.Attempt) error {
	name, err := attemptName(a.Key, a.Number)
	if err != nil {
		return err
	}
	claim := fix.Entry{Attempt: *a}
	claim.SchemaVersion = fix.JournalVersion
	if err := errors.Join(claim.Verify(), j.checkPrevious(ctx, name, a)); err != nil {
		return err
	}
	created := j.create(ctx, name.path(), &claim.Attempt)
	return j.resolveCreate(ctx, created, func(ctx context.Context) error {
		stored, err := j.entry(ctx, listedAttempt{entryName: name})
		if err == nil && stored.Nonce != a.Nonce {
			err = fmt.Errorf("%w: run %s claimed it at %s", fix.ErrClaimed, stored.RunID, stored.Begun.Format(time.RFC3339))
		}
		return err
	})
}

// checkPrevious returns an error if the previous attempt does not allow this one.
func (j *Journal) checkPrevious(ctx context.Context, name entryName, a *fix.Attempt) error {
	if name.number == 1 {
		return nil
	}
	name.number--
	resolution, err := j.resolution(ctx, name)
	if err != nil {
		return err
	}
	if resolution != nil {
		return nil
	}
	previous, err := j.entry(ctx, listedAttempt{entryName: name, completed: true})
	if storage.NotExist(err) {
		return fmt.Errorf("attempt %d does not exist or is not settled", name.number)
	}
	if err != nil {
		return err
	}
	return a.Follows(previous)
}

// NoteUnsettled records that the outcome of an attempt is unknown. The first of
// two notes stays.
func (j *Journal) NoteUnsettled(ctx context.Context, u *fix.UnsettledNote) error {
	note := *u
	note.SchemaVersion = fix.JournalVersion
	name, err := j.checkNote(ctx, u.Key, u.Number, func(e *fix.Entry) { e.Unsettled = &note })
	if err == nil {
		created := j.create(ctx, name.withNote(unsettledNote).path(), &note)
		err = j.resolveCreate(ctx, created, func(ctx context.Context) error {
			_, err := j.entry(ctx, listedAttempt{entryName: name, unsettled: true})
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("write that attempt %d of action %s is unsettled: %w", u.Number, u.Key, err)
	}
	return nil
}

// Complete records the final outcome of an attempt. It returns fix.ErrClaimed if a
// different one is stored.
func (j *Journal) Complete(ctx context.Context, e *fix.Completion) error {
	note := *e
	note.SchemaVersion = fix.JournalVersion
	name, err := j.checkNote(ctx, e.Key, e.Number, func(of *fix.Entry) { of.Completion = &note })
	if err == nil {
		created := j.create(ctx, name.withNote(completionNote).path(), &note)
		err = j.resolveCreate(ctx, created, func(ctx context.Context) error { return j.checkSameCompletion(ctx, name, &note) })
	}
	if err != nil {
		return fmt.Errorf("write the completion of attempt %d of action %s: %w", e.Number, e.Key, err)
	}
	return nil
}

// checkSameCompletion returns fix.ErrClaimed if the stored completion has a
// different outcome.
func (j *Journal) checkSameCompletion(ctx context.Context, name entryName, e *fix.Completion) error {
	stored, err := j.entry(ctx, listedAttempt{entryName: name, completed: true})
	if err != nil {
		return err
	}
	if c := stored.Completion; c.Outcome != e.Outcome || c.NotDone != e.NotDone {
		return fmt.Errorf("%w: run %s ended it at %s as %s", fix.ErrClaimed, c.RunID, c.Ended.Format(time.RFC3339), c.Outcome)
	}
	return nil
}

// checkNote returns the name of the claim that a note belongs to, after verifying
// that the two agree.
func (j *Journal) checkNote(ctx context.Context, key string, number int, add func(*fix.Entry)) (entryName, error) {
	name, err := attemptName(key, number)
	if err != nil {
		return name, err
	}
	e, err := j.entry(ctx, listedAttempt{entryName: name})
	if err != nil {
		return name, err
	}
	add(e)
	return name, e.Verify()
}

// create creates an object, unless it is too large to be read back.
func (j *Journal) create(ctx context.Context, key string, content any) error {
	text, err := encodeEntry(content)
	if err != nil {
		return encodeError{err}
	}
	return j.dir.Create(ctx, key, writeString(string(text)))
}

// An encodeError means that the content could not be encoded.
type encodeError struct{ error }

// resolveCreate returns the real result of a creation that returned err: that of
// readBack or, if nothing was created, err.
func (j *Journal) resolveCreate(ctx context.Context, err error, readBack func(context.Context) error) error {
	if err == nil || errors.As(err, new(encodeError)) {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readBackTimeout)
	defer cancel()
	switch found := readBack(ctx); {
	case storage.NotExist(found):
		return err
	case found == nil || errors.Is(found, fix.ErrClaimed) || storage.Exist(err):
		return found
	default:
		return errors.Join(err, found)
	}
}
