package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
)

// ReadSmall gives the content of the key in one request, where Read takes two.
// What is longer than most bytes is an error, and not read.
func (d *Dir) ReadSmall(ctx context.Context, key string, most int64) ([]byte, error) {
	bucket, err := d.at(key)
	if err = cmp.Or(err, ctx.Err()); err != nil {
		return nil, d.place.fail("open", d.shown(key), err)
	}
	in, err := bucket.NewReader(ctx, d.prefix+key, nil)
	if err != nil {
		return nil, d.place.missing(ctx, bucket, "open", d.shown(key), err)
	}
	content, err := io.ReadAll(io.LimitReader(in, most+1))
	if err = errors.Join(err, in.Close()); err != nil {
		return nil, d.place.fail("read", d.shown(key), err)
	}
	if int64(len(content)) > most {
		return nil, fmt.Errorf("read %s: %w: it has more than %d bytes", d.shown(key), ErrTooLong, most)
	}
	return content, nil
}

// ErrTooLong is the kind of errors that say that an object is longer than what
// it is read for.
var ErrTooLong = errors.New("it can't be what was stored there")
