package storage

import (
	"context"
	"errors"
	"os"
	"path/filepath"
)

// Remove takes an object away that the program put itself, a probe for one; it
// is no error if it is gone. A local folder that Put made for it goes with it
// where it is empty.
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
	err := os.Remove(filepath.Join(d.place.path, filepath.FromSlash(key)))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	d.prune()
	return d.place.fail("remove", d.shown(key), err)
}
