package storage

// What Put writes appears whole or not at all, under a key that nothing has.
// In a bucket a cancelled context before the end aborts the upload, and the
// store refuses a second creation. A local file is written beside its place,
// synced, and linked: unlike a rename, a link never replaces, and unlike an
// exclusive creation it leaves no empty file behind a crash.
//
// An upload whose answer was lost is sent again by the client, and refused: its
// own first one stands there. So every upload carries a mark, and whatever the
// error at its end, the store is asked whose mark the object has. Ours is a
// success; another's is an object that exists already.

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
	}
	return d.Create(ctx, key, write)
}

// Create is Put without a look first, which spares the upload of what would be
// refused: whether the key exists is for the store alone to say.
func (d *Dir) Create(ctx context.Context, key string, write func(io.Writer) error) error {
	if err := checkKey(key); err != nil {
		return d.place.fail("write", d.shown(key), err)
	}
	if d.place.local() {
		return d.putFile(ctx, key, write, publishNew)
	}
	return d.putObject(ctx, key, write, true)
}

// Replace writes the object of the key, in place of what may be there: who
// reads it gets all of the one or all of the other. Of two at once the later
// stays.
func (d *Dir) Replace(ctx context.Context, key string, write func(io.Writer) error) error {
	if err := checkKey(key); err != nil {
		return d.place.fail("write", d.shown(key), err)
	}
	if d.place.local() {
		return d.putFile(ctx, key, write, publishOver)
	}
	return d.putObject(ctx, key, write, false)
}

func (d *Dir) putObject(ctx context.Context, key string, write func(io.Writer) error, create bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	mark := rand.Text()
	out, err := d.bucket.NewWriter(ctx, d.prefix+key, &blob.WriterOptions{
		IfNotExist: create, ContentType: contentType(key), Metadata: map[string]string{markName: mark},
	})
	if err != nil {
		return d.place.fail("write", d.shown(key), err)
	}
	if err := d.fill(ctx, key, out, write); err != nil {
		cancel()
		_ = out.Close() // says only that it was cancelled
		return err
	}
	return d.judge(ctx, key, mark, create, out.Close())
}

// markName is the metadata that an upload is told from another's by.
const markName = "wixrecon-upload"

// How often, how far apart and for how long altogether an upload that ended in
// an error is looked for.
const (
	looks    = 4
	lookWait = 250 * time.Millisecond
	lookTime = 10 * time.Second
)

// judge says what became of an upload that ended with err. Its context may have
// ended, so the questions have one of their own.
func (d *Dir) judge(ctx context.Context, key, mark string, create bool, err error) error {
	if err == nil {
		return nil
	}
	look, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTime)
	defer cancel()
	told := d.place.missing(look, d.bucket, "write", d.shown(key), err)
	for i := 1; ; i++ {
		mine, over := d.look(look, key, mark, create, told)
		if mine {
			return nil
		}
		if over != nil {
			return over
		}
		if i == looks || !Exist(told) && statusOf(err) != statusConflict {
			return told
		}
		pause(look, lookWait*time.Duration(i)) // another's upload may be on its way
	}
}

// look asks whose the object of the key is. Where that settles it for another,
// over says how.
func (d *Dir) look(ctx context.Context, key, mark string, create bool, told error) (mine bool, over error) {
	attributes, err := d.bucket.Attributes(ctx, d.prefix+key)
	switch {
	case err != nil && errors.Is(kindOf(err), fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, told
	case attributes.Metadata[markName] == mark:
		return true, nil
	case create:
		return false, d.place.fail("write", d.shown(key), fs.ErrExist)
	}
	return false, told
}

// pause waits, but no longer than the context.
func pause(ctx context.Context, wait time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(wait):
	}
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
