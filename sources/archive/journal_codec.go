package archive

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// An entry is accepted completely or not at all. An unknown field is an error like
// a newer schema version: ignoring it would lose a part of what happened. An
// entry must have the action and the attempt of its name, and be consistent.
//
// An entry contains the state of a package. The largest that a ledger can
// describe has 1000 instances, some hundred kilobytes.

// maxEntrySize is the size of the largest object of the journal, in bytes.
const maxEntrySize = 8 << 20

func encodeEntry(content any) ([]byte, error) {
	var text bytes.Buffer
	if err := indented(&text, content); err != nil {
		return nil, fmt.Errorf("encode it: %w", err)
	}
	if text.Len() > maxEntrySize {
		return nil, fmt.Errorf("it has %d bytes, and a journal entry may have up to %d", text.Len(), maxEntrySize)
	}
	return text.Bytes(), nil
}

// decodeEntry decodes an object of the journal.
func decodeEntry(text []byte, into any) error {
	var head struct {
		SchemaVersion int `json:"schema_version"`
	}
	err := json.Unmarshal(text, &head)
	if err != nil {
		return decodeError(err)
	}
	switch v := head.SchemaVersion; {
	case v > fix.JournalVersion:
		return fmt.Errorf("it has schema version %d, this program reads up to %d: %w", v, fix.JournalVersion, ErrNewer)
	case v < 1:
		return errors.New("it has no schema version")
	}
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	if err := in.Decode(into); err != nil {
		return decodeError(err)
	}
	return nil
}

func decodeError(err error) error {
	return errors.New("it is not a journal entry, or it is damaged: " + strings.TrimPrefix(err.Error(), "json: "))
}

// read reads an object of the journal. A damaged one is a corruptError.
func (j *Journal) read(ctx context.Context, object string, into any) error {
	text, err := j.dir.ReadSmall(ctx, object, maxEntrySize)
	switch {
	case errors.Is(err, storage.ErrTooLarge):
		return corruptError{err}
	case err != nil:
		return err
	}
	if err := decodeEntry(text, into); err != nil {
		return corruptError{fmt.Errorf("read %s: %w", j.display(object), err)}
	}
	return nil
}

func (j *Journal) display(object string) string { return folderOf(j.dir, object) }

// entry reads an attempt with its notes. One that a person settled may be damaged.
func (j *Journal) entry(ctx context.Context, t listedAttempt) (*fix.Entry, error) {
	if t.resolved == 0 {
		return j.unresolvedEntry(ctx, t)
	}
	resolution, err := j.resolution(ctx, entryName{t.key, t.resolved, claimNote})
	if err != nil {
		return nil, err
	}
	if resolution == nil {
		return nil, corruptError{fmt.Errorf("read %s: its resolution is gone", j.display(t.path()))}
	}
	e, err := j.unresolvedEntry(ctx, t)
	switch {
	case errors.As(err, new(corruptError)), storage.NotExist(err), err == nil && e.Open():
		e = unreadableEntry(&t, resolution)
	case err != nil:
		return nil, err
	}
	e.Resolution = resolution
	return e, nil
}

// unreadableEntry stands for an attempt that can't be read, and that a person settled.
func unreadableEntry(t *listedAttempt, r *fix.Resolution) *fix.Entry {
	return &fix.Entry{
		Attempt: fix.Attempt{Key: t.key, Number: t.number},
		Completion: &fix.Completion{
			Key: t.key, Number: t.number, Outcome: fix.OutcomeFailed, Failure: fix.FailureUnreadable, NotDone: true, Ended: r.At,
			Reason: "its entry can't be read; a person settled it: " + r.Reason,
		},
	}
}

// unresolvedEntry reads an attempt with its notes.
func (j *Journal) unresolvedEntry(ctx context.Context, t listedAttempt) (*fix.Entry, error) {
	var e fix.Entry
	if err := j.read(ctx, t.path(), &e.Attempt); err != nil {
		return nil, err
	}
	if t.unsettled {
		e.Unsettled = new(fix.UnsettledNote)
		if err := j.read(ctx, t.withNote(unsettledNote).path(), e.Unsettled); err != nil {
			return nil, err
		}
	}
	if t.completed {
		e.Completion = new(fix.Completion)
		if err := j.read(ctx, t.withNote(completionNote).path(), e.Completion); err != nil {
			return nil, err
		}
	}
	if err := t.verify(&e); err != nil {
		return nil, corruptError{fmt.Errorf("read %s: %w", j.display(t.path()), err)}
	}
	return &e, nil
}

// verify returns an error unless the entry is consistent and has this name.
func (t *listedAttempt) verify(e *fix.Entry) error {
	if e.Key != t.key || e.Number != t.number {
		return fmt.Errorf("it is attempt %d of action %q", e.Number, e.Key)
	}
	return e.Verify()
}
