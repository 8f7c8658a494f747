package storage

// A Dir is a folder of objects: a local folder, a bucket, or what lies under a
// prefix of one. It need not be there: the first Put makes it. A key is a
// slash separated path below it, the same on every kind of place, so it keeps
// to what all of them can hold.

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
	"sync"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"gocloud.dev/blob"
)

// Dir is safe for use by several goroutines.
type Dir struct {
	Name string // fit to be shown

	place  *place
	prefix string       // of every key in the bucket: empty, or ends in a slash
	bucket *blob.Bucket // nil for a local folder
	shared bool         // the bucket is not closed with the Dir

	mu   sync.Mutex
	made []string // local folders that Put made, parents first
}

// An Entry is what List found.
type Entry struct {
	Key     string // ends in the delimiter where it stands for all keys that begin so
	Size    int64
	ModTime time.Time
}

// OpenDir opens the folder called name. A local folder need not exist; a bucket
// must.
func (s *Opener) OpenDir(ctx context.Context, name string) (*Dir, error) {
	p, err := parseName(name)
	if err != nil {
		return nil, err
	}
	d := &Dir{Name: p.shown, place: p}
	if p.local() {
		return d, d.checkLocal()
	}
	if d.bucket, d.shared, err = s.bucketOf(ctx, p); err != nil {
		return nil, err
	}
	if key := strings.Trim(p.key, "/"); key != "" {
		d.prefix = key + "/"
	}
	there, err := d.bucket.IsAccessible(ctx)
	if err == nil && there {
		return d, nil
	}
	if err == nil {
		err = &failure{text: "open " + d.Name + ": there is no such bucket", kind: fs.ErrNotExist}
	}
	return nil, errors.Join(p.fail("open", d.Name, err), d.Close())
}

func (d *Dir) checkLocal() error {
	info, err := os.Stat(d.place.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, syscall.ENOTDIR):
		return d.place.misnamed("lies below a file, not in a folder")
	case err != nil:
		return d.place.fail("open", d.Name, err)
	case !info.IsDir():
		return d.place.misnamed("is a file, not a folder")
	}
	return nil
}

// Open opens the object of the key.
func (d *Dir) Open(ctx context.Context, key string) (*Reader, error) {
	bucket, err := d.at(key)
	if err != nil {
		return nil, d.place.fail("open", d.shown(key), err)
	}
	return openObject(ctx, &Reader{Name: d.shown(key), place: d.place, key: d.prefix + key, bucket: bucket})
}

// Read gives the whole content of the key.
func (d *Dir) Read(ctx context.Context, key string) ([]byte, error) {
	r, err := d.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(r)
	return content, errors.Join(err, r.Close())
}

// Exists reports whether there is an object of the key.
func (d *Dir) Exists(ctx context.Context, key string) (bool, error) {
	bucket, err := d.at(key)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, d.place.fail("look for", d.shown(key), err)
	}
	there, err := bucket.Exists(ctx, d.prefix+key)
	return there, d.place.fail("look for", d.shown(key), err)
}

// List gives what begins with prefix, in the order of keys. With a delimiter,
// keys that share all up to its next occurrence are one entry. A folder that
// is not there holds nothing. A local folder out of which another process takes
// a file while it is listed is listed anew.
func (d *Dir) List(ctx context.Context, prefix, delimiter string) (all []Entry, err error) {
	for range tries {
		if all, err = d.list(ctx, prefix, delimiter); !d.place.local() || !NotExist(err) {
			break
		}
	}
	return all, err
}

func (d *Dir) list(ctx context.Context, prefix, delimiter string) ([]Entry, error) {
	bucket, err := d.readable(prefix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, d.place.fail("list", d.shown(prefix), err)
	}
	var all []Entry
	objects := bucket.List(&blob.ListOptions{Prefix: d.prefix + prefix, Delimiter: delimiter})
	for {
		object, err := objects.Next(ctx)
		if errors.Is(err, io.EOF) {
			slices.SortFunc(all, func(a, b Entry) int { return cmp.Compare(a.Key, b.Key) })
			return all, nil
		}
		if err != nil {
			return nil, d.place.fail("list", d.shown(prefix), err)
		}
		if !isTemporary(path.Base(object.Key)) {
			all = append(all, Entry{strings.TrimPrefix(object.Key, d.prefix), object.Size, object.ModTime})
		}
	}
}

// readable gives the bucket for a listing. A local folder that may not be read
// would be an empty one to the driver.
func (d *Dir) readable(prefix string) (*blob.Bucket, error) {
	if !d.place.local() {
		return d.bucket, nil
	}
	folder, _ := path.Split(prefix)
	f, err := os.Open(filepath.Join(d.place.path, filepath.FromSlash(folder)))
	if err != nil {
		return nil, err
	}
	_, err = f.Readdirnames(1)
	if err = errors.Join(f.Close(), err); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return localBucket(d.place.path)
}

// ID gives where the folder is, whatever it was called: the URL of its bucket
// with the prefix, or its absolute path. It holds no secret.
func (d *Dir) ID() string {
	if d.place.local() {
		return d.place.path
	}
	return d.place.bucket.Scheme + "://" + d.place.bucket.Host + "/" + d.prefix
}

// Close lets go of the bucket.
func (d *Dir) Close() error {
	if d.bucket == nil || d.shared {
		return nil
	}
	return d.place.fail("close", d.Name, d.bucket.Close())
}

// at gives the bucket that holds the key.
func (d *Dir) at(key string) (*blob.Bucket, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	if d.place.local() {
		return localBucket(d.place.path)
	}
	return d.bucket, nil
}

// shown gives the name of a key for people.
func (d *Dir) shown(key string) string {
	name, query, hasQuery := strings.Cut(d.Name, "?")
	if !strings.Contains(d.Name, "://") {
		name, hasQuery = d.Name, false
	}
	name = strings.TrimSuffix(name, "/") + "/" + key
	if hasQuery {
		name += "?" + query
	}
	return name
}

// checkKey refuses names that a driver would store under another one.
func checkKey(key string) error {
	switch {
	case !utf8.ValidString(key):
		return errors.New("the name is not UTF-8")
	case strings.ContainsFunc(key, unicode.IsControl):
		return errors.New("the name holds control characters")
	case !fs.ValidPath(key) || key == ".":
		return errors.New("the name is not a plain path")
	case strings.HasSuffix(key, ".attrs"):
		return errors.New("a name that ends in .attrs is reserved")
	case strings.Contains(key, "__0x"):
		return errors.New("a name that holds __0x is reserved")
	}
	return nil
}
