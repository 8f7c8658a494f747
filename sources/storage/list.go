package storage

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gocloud.dev/blob"
)

// An Entry is an object or a folder in a listing.
type Entry struct {
	Key     string // ends in the delimiter for a folder: all keys with that prefix
	Size    int64
	ModTime time.Time
}

func (e *Entry) isFolder() bool { return strings.HasSuffix(e.Key, "/") }

func byKey(a, b Entry) int { return cmp.Compare(a.Key, b.Key) }

// List returns the keys that begin with prefix, in order. With a delimiter, keys
// that are equal up to its next occurrence are one entry. A missing folder is
// empty. The listing of a local folder is repeated if another process removes a
// file meanwhile.
func (d *Dir) List(ctx context.Context, prefix, delimiter string) (all []Entry, err error) {
	for range maxLocalTries {
		if all, err = d.list(ctx, prefix, delimiter); !d.location.isLocal() || !NotExist(err) {
			break
		}
	}
	return all, err
}

func (d *Dir) list(ctx context.Context, prefix, delimiter string) ([]Entry, error) {
	bucket, err := d.listableBucket(prefix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, d.location.wrap("list", d.display(prefix), err)
	}
	var all []Entry
	objects := bucket.List(&blob.ListOptions{Prefix: d.prefix + prefix, Delimiter: delimiter})
	for {
		object, err := objects.Next(ctx)
		if errors.Is(err, io.EOF) {
			slices.SortFunc(all, byKey)
			return all, nil
		}
		if err != nil {
			return nil, d.location.wrap("list", d.display(prefix), err)
		}
		if !isTemporary(path.Base(object.Key)) {
			all = append(all, Entry{strings.TrimPrefix(object.Key, d.prefix), object.Size, object.ModTime})
		}
	}
}

// listableBucket returns the bucket for a listing. It reads a local folder
// first, because the driver would list one without read permission as empty.
func (d *Dir) listableBucket(prefix string) (*blob.Bucket, error) {
	if !d.location.isLocal() {
		return d.bucket, nil
	}
	folder, _ := path.Split(prefix)
	f, err := os.Open(filepath.Join(d.location.path, filepath.FromSlash(folder)))
	if err != nil {
		return nil, err
	}
	_, err = f.Readdirnames(1)
	if err = errors.Join(f.Close(), err); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return localBucket(d.location.path)
}

// ListAll returns all keys below a folder, in order. Unlike with List, a part of
// a local folder that can't be read is an error, for callers that treat what is
// not listed as absent. It walks a local folder only once.
func (d *Dir) ListAll(ctx context.Context, folder string) ([]Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, d.location.wrap("list", d.display(folder), err)
	}
	if !d.location.isLocal() {
		return d.List(ctx, folder+"/", "")
	}
	var all []Entry
	err := d.walk(ctx, filepath.Join(d.location.path, filepath.FromSlash(folder)), func(key string, file fs.DirEntry) error {
		if file.IsDir() || isTemporary(file.Name()) || strings.HasSuffix(file.Name(), ".attrs") {
			return nil
		}
		info, err := file.Info()
		if err != nil {
			return ignoreNotExist(err)
		}
		all = append(all, Entry{key, info.Size(), info.ModTime()})
		return nil
	})
	slices.SortFunc(all, byKey)
	return all, d.location.wrap("list", d.display(folder), err)
}

// walk calls visit with all that is below a local folder, and its key. A folder
// that can't be read is an error; what is removed meanwhile, and a missing root,
// are not.
func (d *Dir) walk(ctx context.Context, root string, visit func(key string, file fs.DirEntry) error) error {
	return filepath.WalkDir(root, func(path string, file fs.DirEntry, err error) error {
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return ignoreNotExist(err)
		}
		key, err := filepath.Rel(d.location.path, path)
		if err != nil || path == root {
			return err
		}
		return visit(filepath.ToSlash(key), file)
	})
}

// ignoreNotExist ignores files that were removed during the walk, and a missing
// root.
func ignoreNotExist(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
