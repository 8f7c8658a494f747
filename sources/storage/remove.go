package storage

import (
	"context"
	"errors"
	"os"
	"path"
	"path/filepath"
)

// Remove takes an object away; it is no error if it is gone. Local folders below
// the Dir's own that are empty without it go with it, as they would in a bucket,
// and the Dir's own where Put made it.
func (d *Dir) Remove(ctx context.Context, key string) error {
	if err := checkKey(key); err != nil {
		return d.place.fail("remove", d.shown(key), err)
	}
	if !d.place.local() {
		err := d.place.fail("remove", d.shown(key), d.bucket.Delete(ctx, d.prefix+key))
		if NotExist(err) {
			return nil
		}
		return err
	}
	if err := ctx.Err(); err != nil {
		return d.place.fail("remove", d.shown(key), err)
	}
	err := os.Remove(filepath.Join(d.place.path, filepath.FromSlash(key)))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return d.place.fail("remove", d.shown(key), err)
	}
	d.removeEmpty(path.Dir(key))
	d.prune()
	return nil
}

// removeEmpty removes a folder that holds nothing, and those above it.
func (d *Dir) removeEmpty(folder string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for ; folder != "."; folder = path.Dir(folder) {
		if os.Remove(filepath.Join(d.place.path, filepath.FromSlash(folder))) != nil { // it holds something
			return
		}
	}
}
