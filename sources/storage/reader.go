package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"gocloud.dev/blob"
)

// A Reader reads the stored bytes of one object. Reads end with the context that
// it was opened with.
type Reader struct {
	Name    string    // redacted
	Size    int64     // in bytes; -1 if unknown before reading
	ModTime time.Time // by the store's clock
	Version string    // differs when the content differs; empty for a pipe

	ctx      context.Context
	location *location
	key      string
	bucket   *blob.Bucket
	owned    bool // the bucket is closed with the Reader
	in       *blob.Reader
}

// Open opens the object called name. If it does not exist, the error satisfies
// NotExist; the name of a folder or a bucket is an ErrName.
func (o *Opener) Open(ctx context.Context, name string) (*Reader, error) {
	l, err := parseName(name)
	if err != nil {
		return nil, err
	}
	return o.open(ctx, l)
}

// OpenBeside opens an object that nobody named, like Open: a pipe in its place is
// an error, where one that was named is read.
func (o *Opener) OpenBeside(ctx context.Context, name string) (*Reader, error) {
	l, err := parseName(name)
	if err != nil {
		return nil, err
	}
	if l.isLocal() {
		if err := checkRegular(l.path); err != nil {
			return nil, l.wrap("open", l.display, err)
		}
	}
	return o.open(ctx, l)
}

func (o *Opener) open(ctx context.Context, l *location) (*Reader, error) {
	if l.isLocal() {
		return openFile(ctx, l)
	}
	if l.key == "" || strings.HasSuffix(l.key, "/") {
		return nil, l.nameError("names a folder, not an object")
	}
	bucket, shared, err := o.openBucket(ctx, l)
	if err != nil {
		return nil, err
	}
	return openObject(ctx, &Reader{Name: l.display, location: l, key: l.key, bucket: bucket, owned: !shared})
}

// openFile opens a local file. It checks the path before the driver does, which
// would report a folder as a file that does not exist.
func openFile(ctx context.Context, l *location) (*Reader, error) {
	info, err := os.Stat(l.path)
	switch {
	case errors.Is(err, syscall.ENOTDIR): // a parent is a file
		return nil, l.wrap("open", l.display, fs.ErrNotExist)
	case err != nil:
		return nil, l.wrap("open", l.display, err)
	case info.IsDir():
		return nil, l.nameError("is a folder, not a file (a folder of parts ends in a slash)")
	}
	folder, key := filepath.Split(l.path)
	if err := checkKey(key); err != nil {
		return nil, l.nameError("%v", err)
	}
	bucket, err := localBucket(folder)
	if err != nil {
		return nil, l.wrap("open", l.display, err)
	}
	return openObject(ctx, &Reader{Name: l.display, location: l, key: key, bucket: bucket, owned: true})
}

// openObject completes a Reader whose name, location and bucket are set. It gets
// the attributes first: their version shows later whether the object changed.
func openObject(ctx context.Context, r *Reader) (*Reader, error) {
	r.ctx = ctx
	attributes, err := r.bucket.Attributes(ctx, r.key)
	if err == nil {
		r.in, err = r.bucket.NewReader(ctx, r.key, nil)
	}
	if err != nil {
		err = r.location.wrapMissing(ctx, r.bucket, "open", r.Name, err)
		return nil, errors.Join(err, r.closeBucket())
	}
	r.ModTime, r.Size, r.Version = attributes.ModTime, attributes.Size, attributes.ETag
	var info fs.FileInfo
	if attributes.As(&info) && !info.Mode().IsRegular() {
		r.Size, r.Version = -1, ""
	}
	return r, nil
}

func (r *Reader) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, r.location.wrap("read", r.Name, err)
	}
	n, err := r.in.Read(b)
	if errors.Is(err, io.EOF) {
		return n, io.EOF
	}
	return n, r.location.wrap("read", r.Name, err)
}

// Unchanged returns an error unless the store still has the object that was
// opened. An object without a version counts as unchanged.
func (r *Reader) Unchanged(ctx context.Context) error {
	if r.Version == "" {
		return nil
	}
	attributes, err := r.bucket.Attributes(ctx, r.key)
	if err != nil {
		return r.location.wrap("check again", r.Name, err)
	}
	if attributes.ETag != r.Version || attributes.Size != r.Size {
		return fmt.Errorf("read %s: it changed while it was read", r.Name)
	}
	return nil
}

// Close closes the object; Unchanged must not be called after it.
func (r *Reader) Close() error {
	err := r.location.wrap("close", r.Name, r.in.Close())
	return errors.Join(err, r.closeBucket())
}

func (r *Reader) closeBucket() error {
	if !r.owned {
		return nil
	}
	return r.location.wrap("close", r.Name, r.bucket.Close())
}
