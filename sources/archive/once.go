package archive

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/sources/storage"
)

// The lease and the journal rest on one promise of the store: that of those who
// create a key, one succeeds and all others are told that it is taken. Not every
// store that answers in the tongue of S3 keeps it: some never heard of the
// condition and write over what is there. So it is tried before anything rests
// on it, on a key that nobody else has: the second creation must be refused, and
// what the first one wrote must be there afterwards.
//
// The store's refusal itself is tried. A look before the writing would hide a
// store that refuses nothing.

// ErrNotExclusive says that the store does not refuse to create a key twice, so
// that nothing may be changed from there.
var ErrNotExclusive = errors.New("the store does not refuse to create an object that exists, so two runs could act at the same time: choose another --out")

// probe leaves an object of the key.
func (a *Archive) probe(ctx context.Context, key string) error {
	if err := a.dir.Create(ctx, key, words("first")); err != nil {
		return err
	}
	err := a.dir.Create(ctx, key, words("second"))
	switch {
	case err == nil:
		return fmt.Errorf("write %s twice: %w", a.Folder(key), ErrNotExclusive)
	case !storage.Exist(err):
		return err
	}
	text, err := a.dir.Read(ctx, key)
	if err == nil && string(text) != "first" {
		err = fmt.Errorf("write %s twice: the second is there although it was refused: %w", a.Folder(key), ErrNotExclusive)
	}
	return err
}

func probeKey() string { return probePrefix + strings.ToLower(rand.Text()) }

// discardTime is how long may be spent on taking something away that is of no
// use any more.
const discardTime = 5 * time.Second

// discard takes an object away, under a context that has ended too.
func (a *Archive) discard(ctx context.Context, key string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), discardTime)
	defer cancel()
	a.removeAll(ctx, []string{key})
}

// removeAll takes objects away if the store lets it: what stays is in nobody's
// way, and who may not remove anything can hold the lease all the same.
func (a *Archive) removeAll(ctx context.Context, keys []string) {
	for _, key := range keys {
		if a.dir.Remove(ctx, key) != nil {
			return
		}
	}
}

func words(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}
