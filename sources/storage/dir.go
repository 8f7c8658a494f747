package storage

// A key is a slash-separated path below a Dir, the same for every kind of store,
// so it is limited to what all of them accept.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
	"syscall"
	"unicode"
	"unicode/utf8"

	"gocloud.dev/blob"
)

// A Dir is a folder of objects: a local folder, a bucket, or a prefix in one. It
// need not exist: the first Put creates it. It is safe for use by several
// goroutines.
type Dir struct {
	Name string // redacted

	location *location
	prefix   string       // of every key in the bucket: empty, or ends in a slash
	bucket   *blob.Bucket // nil for a local folder
	shared   bool         // the bucket is not closed with the Dir

	mu             sync.Mutex
	createdFolders []string // local folders that Put created, parents first
}

// OpenDir opens the folder called name. A local folder need not exist; a bucket
// must.
func (o *Opener) OpenDir(ctx context.Context, name string) (*Dir, error) {
	l, err := parseName(name)
	if err != nil {
		return nil, err
	}
	d := &Dir{Name: l.display, location: l}
	if l.isLocal() {
		return d, d.checkLocal()
	}
	if d.bucket, d.shared, err = o.openBucket(ctx, l); err != nil {
		return nil, err
	}
	if key := strings.Trim(l.key, "/"); key != "" {
		d.prefix = key + "/"
	}
	exists, err := d.bucket.IsAccessible(ctx)
	switch {
	case err != nil:
		err = l.wrap("open", d.Name, err)
	case !exists:
		err = noBucket("open", d.Name)
	default:
		return d, nil
	}
	return nil, errors.Join(err, d.Close())
}

func (d *Dir) checkLocal() error {
	info, err := os.Stat(d.location.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, syscall.ENOTDIR):
		return d.location.nameError("is below a file, not in a folder")
	case err != nil:
		return d.location.wrap("open", d.Name, err)
	case !info.IsDir():
		return d.location.nameError("is a file, not a folder")
	}
	return nil
}

// Open opens the object of the key.
func (d *Dir) Open(ctx context.Context, key string) (*Reader, error) {
	bucket, err := d.bucketFor(key)
	if err != nil {
		return nil, d.location.wrap("open", d.display(key), err)
	}
	return openObject(ctx, &Reader{Name: d.display(key), location: d.location, key: d.prefix + key, bucket: bucket})
}

// Read returns the whole content of the key.
func (d *Dir) Read(ctx context.Context, key string) ([]byte, error) {
	r, err := d.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(r)
	return content, errors.Join(err, r.Close())
}

// ReadSmall returns the content of the key in one request, where Read needs two.
// Content of more than limit bytes is an ErrTooLarge.
func (d *Dir) ReadSmall(ctx context.Context, key string, limit int64) ([]byte, error) {
	bucket, err := d.bucketFor(key)
	if err = cmp.Or(err, ctx.Err()); err != nil {
		return nil, d.location.wrap("open", d.display(key), err)
	}
	in, err := bucket.NewReader(ctx, d.prefix+key, nil)
	if err != nil {
		return nil, d.location.wrapMissing(ctx, bucket, "open", d.display(key), err)
	}
	content, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err = errors.Join(err, in.Close()); err != nil {
		return nil, d.location.wrap("read", d.display(key), err)
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("read %s: %w: more than %d bytes", d.display(key), ErrTooLarge, limit)
	}
	return content, nil
}

// Exists reports whether the key has an object.
func (d *Dir) Exists(ctx context.Context, key string) (bool, error) {
	bucket, err := d.bucketFor(key)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	exists := false
	if err == nil {
		exists, err = bucket.Exists(ctx, d.prefix+key)
	}
	return exists, d.location.wrap("check", d.display(key), err)
}

// Remove removes an object; a missing object is not an error. Local folders
// below the Dir's own that become empty are removed too, as in a bucket, and so
// is the Dir's own if Put created it.
func (d *Dir) Remove(ctx context.Context, key string) error {
	err := checkKey(key)
	switch {
	case err != nil:
	case d.location.isLocal():
		if err = ctx.Err(); err == nil {
			err = os.Remove(d.localPath(key))
		}
	default:
		err = d.bucket.Delete(ctx, d.prefix+key)
	}
	if err = d.location.wrap("remove", d.display(key), err); err != nil && !NotExist(err) {
		return err
	}
	if d.location.isLocal() {
		d.removeEmptyFolders(path.Dir(key))
		d.removeCreatedFolders()
	}
	return nil
}

// ID identifies the folder, however its name was written: the URL of its bucket
// with the prefix, or its absolute path. It contains no secret.
func (d *Dir) ID() string {
	if d.location.isLocal() {
		return d.location.path
	}
	return d.location.bucket.Scheme + "://" + d.location.bucket.Host + "/" + d.prefix
}

// Close closes the bucket.
func (d *Dir) Close() error {
	if d.bucket == nil || d.shared {
		return nil
	}
	return d.location.wrap("close", d.Name, d.bucket.Close())
}

// bucketFor returns the bucket for a key.
func (d *Dir) bucketFor(key string) (*blob.Bucket, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	if !d.location.isLocal() {
		return d.bucket, nil
	}
	if err := checkRegular(d.localPath(key)); err != nil {
		return nil, err
	}
	return localBucket(d.location.path)
}

// checkRegular refuses pipes and devices, which could block for ever.
func checkRegular(name string) error {
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return errNotRegular
	}
	return nil // what else is wrong, the operation itself reports
}

var errNotRegular = errors.New("it is not a regular file, but a pipe or a device")

// display returns the redacted name of a key.
func (d *Dir) display(key string) string {
	name, query, hasQuery := strings.Cut(d.Name, "?")
	if !strings.Contains(d.Name, "://") {
		name, hasQuery = d.Name, false
	}
	name = strings.TrimSuffix(name, "/") + "/" + printable(key)
	if hasQuery {
		name += "?" + query
	}
	return name
}

// checkKey refuses keys that a driver would store under another name.
func checkKey(key string) error {
	switch {
	case !utf8.ValidString(key):
		return errors.New("the name is not UTF-8")
	case strings.ContainsFunc(key, unicode.IsControl):
		return errors.New("the name contains control characters")
	case !fs.ValidPath(key) || key == ".":
		return errors.New("the name is not a plain path")
	case strings.HasSuffix(key, ".attrs"):
		return errors.New("a name that ends in .attrs is reserved")
	case strings.Contains(key, "__0x"):
		return errors.New("a name that contains __0x is reserved")
	}
	return nil
}
