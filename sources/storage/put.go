package storage

// What Put writes appears whole or not at all, under a key that nothing has.
// In a bucket a cancelled context before the end aborts the upload, and the
// store refuses a second creation. A local file is written beside its place,
// synced, and linked: unlike a rename, a link never replaces, and unlike an
// exclusive creation it leaves no empty file behind a crash.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"

	"gocloud.dev/blob"
)

// Put creates the object of the key with what write writes. After an error,
// of write or of the context among them, nothing is left, not even a local
// folder that Put made; if the key exists already, Exist knows the error.
func (d *Dir) Put(ctx context.Context, key string, write func(io.Writer) error) error {
	there, err := d.Exists(ctx, key)
	switch {
	case err != nil:
		return err
	case there:
		return d.place.fail("write", d.shown(key), fs.ErrExist)
	case d.place.local():
		return d.putFile(ctx, key, write)
	}
	return d.putObject(ctx, key, write)
}

func (d *Dir) putObject(ctx context.Context, key string, write func(io.Writer) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out, err := d.bucket.NewWriter(ctx, d.prefix+key, &blob.WriterOptions{IfNotExist: true, ContentType: contentType(key)})
	if err != nil {
		return d.place.fail("write", d.shown(key), err)
	}
	if err := d.fill(ctx, key, out, write); err != nil {
		cancel()
		_ = out.Close() // says only that it was cancelled
		return err
	}
	return d.place.fail("write", d.shown(key), out.Close())
}

// fill lets write write. Its own errors keep their chain.
func (d *Dir) fill(ctx context.Context, key string, out io.Writer, write func(io.Writer) error) error {
	name := d.shown(key)
	err := write(&watched{ctx: ctx, out: out, place: d.place, name: name})
	var told *failure
	switch {
	case errors.As(err, &told):
		return err
	case err != nil:
		return fmt.Errorf("write %s: %w", name, err)
	}
	return d.place.fail("write", name, ctx.Err())
}

// watched refuses writes after the end of its context, and tells errors of the
// store so that they may be shown.
type watched struct {
	ctx   context.Context
	out   io.Writer
	place *place
	name  string
}

func (w *watched) Write(b []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, w.place.fail("write", w.name, err)
	}
	n, err := w.out.Write(b)
	return n, w.place.fail("write", w.name, err)
}

// contentType lets a browser show what it can. An unknown kind is bytes: the
// driver would guess from the content.
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
