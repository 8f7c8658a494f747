package storage

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// ListWhole gives all that is below a folder, in the order of keys. Unlike
// List, it is an error where any part of a local folder can't be read, for whom
// what is not in the listing is not there; and it walks a local folder once,
// however many files there are.
func (d *Dir) ListWhole(ctx context.Context, folder string) ([]Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, d.place.fail("list", d.shown(folder), err)
	}
	if !d.place.local() {
		return d.List(ctx, folder+"/", "")
	}
	var all []Entry
	root := filepath.Join(d.place.path, filepath.FromSlash(folder))
	err := filepath.WalkDir(root, func(path string, file fs.DirEntry, err error) error {
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return unlessGone(err)
		}
		if file.IsDir() || isTemporary(file.Name()) || strings.HasSuffix(file.Name(), ".attrs") {
			return nil
		}
		info, err := file.Info()
		if err != nil {
			return unlessGone(err)
		}
		below, err := filepath.Rel(d.place.path, path)
		all = append(all, Entry{filepath.ToSlash(below), info.Size(), info.ModTime()})
		return err
	})
	slices.SortFunc(all, func(a, b Entry) int { return cmp.Compare(a.Key, b.Key) })
	return all, d.place.fail("list", d.shown(folder), err)
}

// unlessGone passes over what was removed since its folder was read, or never
// was there.
func unlessGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
