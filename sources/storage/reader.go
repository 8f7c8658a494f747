package storage

// An object is opened by its attributes first: they hold the version that tells
// at the end whether what was read is still what is there. Reading ends with
// the context. A local path is looked at before the driver is asked, which
// would call a folder a file that does not exist.

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

// A Reader reads the bytes of one object, as they are stored. Its reads end
// with the context that it was opened under.
type Reader struct {
	Name    string    // fit to be shown
	Size    int64     // in bytes; -1 where it can't be known before it is read
	ModTime time.Time // by the clock of the store
	Version string    // differs when the content differs; empty for what is no stored object, a pipe

	ctx    context.Context
	place  *place
	key    string
	bucket *blob.Bucket
	owned  bool // the bucket is closed with the reader
	in     *blob.Reader
}

// Open opens the object called name. A name that does not exist is an error
// that NotExist knows; a folder or a bucket is no object.
func (s *Opener) Open(ctx context.Context, name string) (*Reader, error) {
	p, err := parseName(name)
	if err != nil {
		return nil, err
	}
	if p.local() {
		return openFile(ctx, p)
	}
	if p.key == "" || strings.HasSuffix(p.key, "/") {
		return nil, p.misnamed("names a folder, not an object")
	}
	bucket, shared, err := s.bucketOf(ctx, p)
	if err != nil {
		return nil, err
	}
	return openObject(ctx, &Reader{Name: p.shown, place: p, key: p.key, bucket: bucket, owned: !shared})
}

func openFile(ctx context.Context, p *place) (*Reader, error) {
	info, err := os.Stat(p.path)
	switch {
	case errors.Is(err, syscall.ENOTDIR): // a file stands where a folder of the path would
		return nil, p.fail("open", p.shown, fs.ErrNotExist)
	case err != nil:
		return nil, p.fail("open", p.shown, err)
	case info.IsDir():
		return nil, p.misnamed("is a folder, not a file (a folder of parts ends in a slash)")
	}
	folder, key := filepath.Split(p.path)
	if err := checkKey(key); err != nil {
		return nil, p.misnamed("%v", err)
	}
	bucket, err := localBucket(folder)
	if err != nil {
		return nil, p.fail("open", p.shown, err)
	}
	return openObject(ctx, &Reader{Name: p.shown, place: p, key: key, bucket: bucket, owned: true})
}

// openObject fills in a reader whose name, place and bucket are set.
func openObject(ctx context.Context, r *Reader) (*Reader, error) {
	r.ctx = ctx
	attributes, err := r.bucket.Attributes(ctx, r.key)
	if err == nil {
		r.in, err = r.bucket.NewReader(ctx, r.key, nil)
	}
	if err != nil {
		err = r.place.missing(ctx, r.bucket, "open", r.Name, err)
		return nil, errors.Join(err, r.release())
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
		return 0, r.place.fail("read", r.Name, err)
	}
	n, err := r.in.Read(b)
	if errors.Is(err, io.EOF) {
		return n, io.EOF
	}
	return n, r.place.fail("read", r.Name, err)
}

// Unchanged asks the store whether the object still is what was opened, and
// gives an error if it is not. What has no version is taken to be so.
func (r *Reader) Unchanged(ctx context.Context) error {
	if r.Version == "" {
		return nil
	}
	attributes, err := r.bucket.Attributes(ctx, r.key)
	if err != nil {
		return r.place.fail("look again at", r.Name, err)
	}
	if attributes.ETag != r.Version || attributes.Size != r.Size {
		return fmt.Errorf("read %s: it changed while it was read", r.Name)
	}
	return nil
}

// Close ends the reading; Unchanged can't be asked after it.
func (r *Reader) Close() error {
	err := r.place.fail("close", r.Name, r.in.Close())
	return errors.Join(err, r.release())
}

func (r *Reader) release() error {
	if !r.owned {
		return nil
	}
	return r.place.fail("close", r.Name, r.bucket.Close())
}
