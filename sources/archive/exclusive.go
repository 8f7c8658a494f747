package archive

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/sources/storage"
)

// The lease and the journal depend on one guarantee of the store: of several
// clients that create a key, exactly one succeeds, and all others get an error.
// Some stores with an S3 API ignore the condition and overwrite. So the guarantee
// is tested before anything depends on it, with a key that nobody else uses: the
// second creation must fail, and the content of the first must remain.
//
// The test uses Create, because the check in Put would hide a store that never
// refuses.

// ErrNotExclusive means that the store does not refuse to create a key twice, so
// that nothing may be changed with this --out.
var ErrNotExclusive = errors.New("the store does not refuse to create an object that exists, so two runs could act at the same time: choose another --out")

// checkExclusive tests the store with the key, and does not remove the object.
func (a *Archive) checkExclusive(ctx context.Context, key string) error {
	if err := a.dir.Create(ctx, key, writeString("first")); err != nil {
		return err
	}
	err := a.dir.Create(ctx, key, writeString("second"))
	switch {
	case err == nil:
		return fmt.Errorf("write %s twice: %w", a.Folder(key), ErrNotExclusive)
	case !storage.Exist(err):
		return err
	}
	text, err := a.dir.Read(ctx, key)
	if err == nil && string(text) != "first" {
		err = fmt.Errorf("write %s twice: the second was refused but still stored: %w", a.Folder(key), ErrNotExclusive)
	}
	return err
}

func probeKey() string { return probePrefix + strings.ToLower(rand.Text()) }

// cleanupTimeout limits requests that are made after the context may have ended.
const cleanupTimeout = 5 * time.Second

// removeProbe removes a probe, even if the context has ended.
func (a *Archive) removeProbe(ctx context.Context, key string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	a.tryRemove(ctx, []string{key})
}

// tryRemove removes objects if possible. Objects that remain do no harm, so a
// client without permission to delete can still hold the lease.
func (a *Archive) tryRemove(ctx context.Context, keys []string) {
	for _, key := range keys {
		if a.dir.Remove(ctx, key) != nil {
			return
		}
	}
}
