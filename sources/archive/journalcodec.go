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

// What is read back is believed whole or not at all. A field that this version
// does not know is an error like a newer schema version: whatever it says, half
// of an entry is not what happened. An entry must be of the action and the
// attempt that its name says, and agree with itself.
//
// An entry holds the state of a package. The largest that the ledger can ask for
// has 1000 instances, which are some hundred kilobytes.

// maxEntry is the size of the longest object of the journal, in bytes.
const maxEntry = 8 << 20

func encodeEntry(content any) ([]byte, error) {
	var text bytes.Buffer
	if err := indented(&text, content); err != nil {
		return nil, fmt.Errorf("encode it: %w", err)
	}
	if text.Len() > maxEntry {
		return nil, fmt.Errorf("it has %d bytes, and no entry of the journal has more than %d", text.Len(), maxEntry)
	}
	return text.Bytes(), nil
}

// decodeEntry reads an object of the journal.
func decodeEntry(text []byte, into any) error {
	var head struct {
		SchemaVersion int `json:"schema_version"`
	}
	err := json.Unmarshal(text, &head)
	if err != nil {
		return noEntry(err)
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
		return noEntry(err)
	}
	return nil
}

func noEntry(err error) error {
	return errors.New("it is no entry of the journal, or damaged: " + strings.TrimPrefix(err.Error(), "json: "))
}

// read reads an object of the journal. That it is damaged is a fault of its own.
func (j *Journal) read(ctx context.Context, object string, into any) error {
	text, err := j.dir.ReadSmall(ctx, object, maxEntry)
	switch {
	case errors.Is(err, storage.ErrTooLong):
		return damage{err}
	case err != nil:
		return err
	}
	if err := decodeEntry(text, into); err != nil {
		return damage{fmt.Errorf("read %s: %w", j.shown(object), err)}
	}
	return nil
}

func (j *Journal) shown(object string) string { return folderOf(j.dir, object) }

// claim reads the claim of an attempt.
func (j *Journal) claim(ctx context.Context, name entryName) (*fix.Attempt, error) {
	e, err := j.entry(ctx, tried{entryName: name})
	if err != nil {
		return nil, err
	}
	return &e.Attempt, nil
}

// entry reads an attempt, with the notes that stand beside it.
func (j *Journal) entry(ctx context.Context, t tried) (*fix.Entry, error) {
	var e fix.Entry
	if err := j.read(ctx, t.path(), &e.Attempt); err != nil {
		return nil, err
	}
	if t.doubted {
		e.Doubt = new(fix.Doubt)
		if err := j.read(ctx, t.as(doubtNote).path(), e.Doubt); err != nil {
			return nil, err
		}
	}
	if t.ended {
		e.End = new(fix.End)
		if err := j.read(ctx, t.as(endNote).path(), e.End); err != nil {
			return nil, err
		}
	}
	if err := t.agrees(&e); err != nil {
		return nil, damage{fmt.Errorf("read %s: %w", j.shown(t.path()), err)}
	}
	return &e, nil
}

// agrees reports what stands against believing an entry of this name.
func (t *tried) agrees(e *fix.Entry) error {
	if e.Key != t.key || e.Number != t.number {
		return fmt.Errorf("it is attempt %d of action %q", e.Number, e.Key)
	}
	return e.Verify()
}
