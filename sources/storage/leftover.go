package storage

// A process that is killed while it writes a local file leaves the temporary
// file, with a part of the content. A writer holds a lock on its temporary file,
// which ends with the process: one that can be locked was left. Where the file
// system has no locks, one that was not written for a day counts as left. Buckets
// have no such files: an upload that is not completed is no object.

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// leftoverAge is when a temporary file that can't be locked counts as left.
const leftoverAge = 24 * time.Hour

// errNoLocks means that a file can't be locked there.
var errNoLocks = errors.New("the file system has no locks")

// Leftovers returns the temporary files below the Dir whose writers are gone.
// Folders of the Dir for which skip returns true are left out.
func (d *Dir) Leftovers(ctx context.Context, skip func(folder string) bool) (left []Entry, err error) {
	if !d.location.isLocal() {
		return nil, nil
	}
	err = d.walk(ctx, d.location.path, func(key string, file fs.DirEntry) error {
		if file.IsDir() {
			if skip(key) {
				return fs.SkipDir
			}
			return nil
		}
		if !isTemporary(file.Name()) || !file.Type().IsRegular() {
			return nil
		}
		info, err := file.Info()
		if err == nil && isLeftover(d.localPath(key), info, func() error { return nil }) == nil {
			left = append(left, Entry{key, info.Size(), info.ModTime()})
		}
		return ignoreNotExist(err)
	})
	return left, d.location.wrap("list", d.Name, err)
}

// errInUse means that the writer of a temporary file may be alive.
var errInUse = errors.New("its writer may be running")

// isLeftover calls do where the writer of a temporary file is gone, and returns
// errInUse where it may not be. A writer that creates the file at the same moment
// finds it locked, or removed, and creates another one.
func isLeftover(name string, info fs.FileInfo, do func() error) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // nothing was written
	err = lockFile(f)
	if errors.Is(err, errNoLocks) && time.Since(info.ModTime()) < leftoverAge {
		return errInUse
	}
	if err != nil && !errors.Is(err, errNoLocks) {
		return err
	}
	return do()
}

// RemoveLeftover removes a temporary file whose writer is gone, and folders that
// become empty.
func (d *Dir) RemoveLeftover(ctx context.Context, key string) error {
	name := d.localPath(key)
	info, err := os.Stat(name)
	if err = cmp.Or(ctx.Err(), err); err == nil {
		err = isLeftover(name, info, func() error { return os.Remove(name) })
	}
	if err = ignoreNotExist(err); err != nil {
		return d.location.wrap("remove", d.display(key), err)
	}
	d.removeEmptyFolders(filepath.ToSlash(filepath.Dir(filepath.FromSlash(key))))
	return nil
}

// localPath returns the path of a key of a local folder.
func (d *Dir) localPath(key string) string {
	return filepath.Join(d.location.path, filepath.FromSlash(key))
}
