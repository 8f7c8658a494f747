package storage

// An object is written completely or not at all, and never over an existing one
// unless it is replaced. In a bucket, canceling the context aborts the upload,
// and the store refuses to create a key twice. For local files see local.go.
//
// If the response to an upload is lost, the client sends it again, and the store
// refuses it because the first upload exists. So every upload has an id in its
// metadata, and after any error the id of the stored object is read back: our
// own means success, another means that the object already exists.

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"time"

	"gocloud.dev/blob"
)

// Put creates the object of the key with what write writes. After any error,
// also of write or of the context, nothing is left, not even a local folder that
// Put created. For an existing key the error satisfies Exist.
func (d *Dir) Put(ctx context.Context, key string, write func(io.Writer) error) error {
	exists, err := d.Exists(ctx, key)
	switch {
	case err != nil:
		return err
	case exists:
		return d.location.wrap("write", d.display(key), fs.ErrExist)
	}
	return d.Create(ctx, key, write)
}

// Create is Put without checking first, which only saves a useless upload: the
// store alone decides whether the key exists.
func (d *Dir) Create(ctx context.Context, key string, write func(io.Writer) error) error {
	return d.write(ctx, key, write, true)
}

// Replace writes the object of the key, in place of an existing one: a reader
// gets either the whole old or the whole new content. Of two concurrent writers
// the later wins.
func (d *Dir) Replace(ctx context.Context, key string, write func(io.Writer) error) error {
	return d.write(ctx, key, write, false)
}

func (d *Dir) write(ctx context.Context, key string, write func(io.Writer) error, create bool) error {
	err := checkKey(key)
	switch {
	case err != nil:
		return d.location.wrap("write", d.display(key), err)
	case !d.location.isLocal():
		return d.uploadObject(ctx, key, write, create)
	}
	return d.writeFile(ctx, key, write, create)
}

func (d *Dir) uploadObject(ctx context.Context, key string, write func(io.Writer) error, create bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	uploadID := rand.Text()
	out, err := d.bucket.NewWriter(ctx, d.prefix+key, &blob.WriterOptions{
		IfNotExist: create, ContentType: contentType(key), Metadata: map[string]string{uploadIDName: uploadID},
	})
	if err != nil {
		return d.location.wrap("write", d.display(key), err)
	}
	if err := d.runWriter(ctx, key, out, write); err != nil {
		cancel()
		_ = out.Close() // reports only the cancellation
		return err
	}
	return d.resolveUpload(ctx, key, uploadID, create, out.Close())
}

// uploadIDName is the metadata key of an upload's id.
const uploadIDName = "wixrecon-upload"

// How often, at what interval and for how long in total an object is read back
// after an upload that ended with an error.
const (
	readBackTries   = 4
	readBackPause   = 250 * time.Millisecond
	readBackTimeout = 10 * time.Second
)

// resolveUpload returns the real outcome of an upload that ended with err. It
// has a context of its own, because the upload's may have ended.
func (d *Dir) resolveUpload(ctx context.Context, key, uploadID string, create bool, err error) error {
	if err == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readBackTimeout)
	defer cancel()
	wrapped := d.location.wrapMissing(ctx, d.bucket, "write", d.display(key), err)
	for i := 1; ; i++ {
		own, final := d.findOwner(ctx, key, uploadID, create, wrapped)
		if own {
			return nil
		}
		if final != nil {
			return final
		}
		if i == readBackTries || !Exist(wrapped) && httpStatus(err) != statusConflict {
			return wrapped
		}
		sleep(ctx, readBackPause*time.Duration(i)) // another upload may be about to finish
	}
}

// findOwner reads back whose upload the object of the key is. If it is
// definitely not our own, final is the error to return.
func (d *Dir) findOwner(ctx context.Context, key, uploadID string, create bool, wrapped error) (own bool, final error) {
	attributes, err := d.bucket.Attributes(ctx, d.prefix+key)
	switch {
	case err != nil && errors.Is(kindOf(err), fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, wrapped
	case attributes.Metadata[uploadIDName] == uploadID:
		return true, nil
	case create:
		return false, d.location.wrap("write", d.display(key), fs.ErrExist)
	}
	return false, wrapped
}

// sleep waits, but no longer than the context.
func sleep(ctx context.Context, wait time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(wait):
	}
}

// runWriter calls write. Errors of write itself keep their chain.
func (d *Dir) runWriter(ctx context.Context, key string, out io.Writer, write func(io.Writer) error) error {
	name := d.display(key)
	err := write(&contextWriter{ctx: ctx, out: out, location: d.location, name: name})
	switch {
	case errors.As(err, new(*opError)):
		return err
	case err != nil:
		return fmt.Errorf("write %s: %w", name, err)
	}
	return d.location.wrap("write", name, ctx.Err())
}

// A contextWriter refuses writes after the end of its context, and wraps errors
// of the store.
type contextWriter struct {
	ctx      context.Context
	out      io.Writer
	location *location
	name     string
}

func (w *contextWriter) Write(b []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, w.location.wrap("write", w.name, err)
	}
	n, err := w.out.Write(b)
	return n, w.location.wrap("write", w.name, err)
}

// contentType lets a browser display the object. Other types are plain bytes,
// because the driver would guess from the content.
func contentType(key string) string {
	switch path.Ext(key) {
	case ".csv":
		return "text/csv; charset=utf-8"
	case ".html":
		return "text/html; charset=utf-8"
	case ".json":
		return "application/json"
	case ".xlsx":
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return "application/octet-stream"
}
