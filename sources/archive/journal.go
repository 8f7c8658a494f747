package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// The journal says what was sent to Wix and what became of it. It is one for
// all runs and plans of --out, and nothing in it is ever changed or taken away:
//
//	journal/<action-key>/<attempt>        the claim, made before the request is sent
//	journal/<action-key>/<attempt>-doubt  nobody knows what became of it
//	journal/<action-key>/<attempt>-end    what became of it, for good
//	journal/plan-<plan-id>/begun          that a plan is being carried out
//	journal/plan-<plan-id>/ended          and that nothing of it is left to do
//
// Each object is created once. An error of the creation says nothing of what the
// store holds, so after any error the object is read back: who finds the nonce of
// its own claim there has won, who finds another's has lost, and who can't read
// it may not send anything.
//
// Nothing is written that would not be believed when it is read back, because
// one entry that can't be believed stops all fixes. For the same reason a note is
// held against its claim first, and a later attempt against the one before.

// A Journal is the journal of an archive. It is used by many goroutines.
type Journal struct {
	dir *storage.Dir
}

var _ fix.Journal = (*Journal)(nil)

// Journal gives the archive's journal.
func (a *Archive) Journal() *Journal { return &Journal{dir: a.dir} }

// lookBackTime is how long an object is looked for whose creation ended in an
// error, which may have been the end of the context.
const lookBackTime = 10 * time.Second

// Begin claims an attempt. It gives fix.ErrClaimed where another has claimed
// it, and no error only where the claim is stored and is this one.
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
	if err := errors.Join(claim.Verify(), j.follows(ctx, name, a)); err != nil {
		return err
	}
	failed := j.create(ctx, name.path(), &claim.Attempt)
	return j.judge(ctx, failed, func(ctx context.Context) error {
		there, err := j.claim(ctx, name)
		if err == nil && there.Nonce != a.Nonce {
			err = fmt.Errorf("%w: run %s claimed it at %s", fix.ErrClaimed, there.RunID, there.Begun.Format(time.RFC3339))
		}
		return err
	})
}

// follows reports what stands against an attempt in the one before.
func (j *Journal) follows(ctx context.Context, name entryName, a *fix.Attempt) error {
	if name.number == 1 {
		return nil
	}
	name.number--
	before, err := j.entry(ctx, tried{entryName: name, ended: true})
	if storage.NotExist(err) {
		return fmt.Errorf("attempt %d is not there, or not settled", name.number)
	}
	if err != nil {
		return err
	}
	return a.Follows(before)
}

// Doubt notes that nobody knows what became of an attempt. Of two notes the
// first stays.
func (j *Journal) Doubt(ctx context.Context, d *fix.Doubt) error {
	note := *d
	note.SchemaVersion = fix.JournalVersion
	name, err := j.beside(ctx, d.Key, d.Number, func(e *fix.Entry) { e.Doubt = &note })
	if err == nil {
		failed := j.create(ctx, name.as(doubtNote).path(), &note)
		err = j.judge(ctx, failed, func(ctx context.Context) error {
			_, err := j.entry(ctx, tried{entryName: name, doubted: true})
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("note the doubt about attempt %d of action %s: %w", d.Number, d.Key, err)
	}
	return nil
}

// End says for good what became of an attempt. It gives fix.ErrClaimed where
// another has said otherwise already.
func (j *Journal) End(ctx context.Context, e *fix.End) error {
	note := *e
	note.SchemaVersion = fix.JournalVersion
	name, err := j.beside(ctx, e.Key, e.Number, func(of *fix.Entry) { of.End = &note })
	if err == nil {
		failed := j.create(ctx, name.as(endNote).path(), &note)
		err = j.judge(ctx, failed, func(ctx context.Context) error { return j.sameEnd(ctx, name, &note) })
	}
	if err != nil {
		return fmt.Errorf("end attempt %d of action %s: %w", e.Number, e.Key, err)
	}
	return nil
}

// sameEnd gives fix.ErrClaimed where the end that is there says otherwise.
func (j *Journal) sameEnd(ctx context.Context, name entryName, e *fix.End) error {
	there, err := j.entry(ctx, tried{entryName: name, ended: true})
	if err != nil {
		return err
	}
	if end := there.End; end.Outcome != e.Outcome || end.NotDone != e.NotDone {
		return fmt.Errorf("%w: run %s ended it at %s as %s", fix.ErrClaimed, end.RunID, end.Ended.Format(time.RFC3339), end.Outcome)
	}
	return nil
}

// beside names the claim that a note is to stand beside, once it is known that
// the two agree.
func (j *Journal) beside(ctx context.Context, key string, number int, add func(*fix.Entry)) (entryName, error) {
	name, err := attemptName(key, number)
	if err != nil {
		return name, err
	}
	claim, err := j.claim(ctx, name)
	if err != nil {
		return name, err
	}
	e := fix.Entry{Attempt: *claim}
	add(&e)
	return name, e.Verify()
}

// create writes an object that is not there, and is not too long to be read.
func (j *Journal) create(ctx context.Context, key string, content any) error {
	text, err := encodeEntry(content)
	if err != nil {
		return unwritten{err}
	}
	return j.dir.Create(ctx, key, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// unwritten is the fault of what was to be written.
type unwritten struct{ error }

// judge says what became of a creation that ended with failed: what look finds
// there, or failed where there is nothing.
func (j *Journal) judge(ctx context.Context, failed error, look func(context.Context) error) error {
	if failed == nil || errors.As(failed, new(unwritten)) {
		return failed
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookBackTime)
	defer cancel()
	switch found := look(ctx); {
	case storage.NotExist(found):
		return failed
	case found == nil || errors.Is(found, fix.ErrClaimed) || storage.Exist(failed):
		return found
	default:
		return errors.Join(failed, found)
	}
}
