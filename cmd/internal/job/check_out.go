package job

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/wixrecon/wixrecon/sources/storage"
)

// check writes an object to --out, expects a second creation of it to be refused,
// and removes it.

// checkOut also returns how far the store's clock is ahead, where it is known.
func (j *Job) checkOut(ctx context.Context) (ahead *time.Duration, r checkResult) {
	dir, err := j.Opener.OpenDir(ctx, j.Config.Out)
	if err != nil {
		return nil, failed(missingIsUsage(err))
	}
	key := "check-" + rand.Text()
	ahead, err = createOnce(ctx, dir, key)
	err = errors.Join(err, dir.Remove(context.WithoutCancel(ctx), key), dir.Close())
	if err != nil {
		return ahead, failed(err)
	}
	return ahead, okay("%s can be written, and refuses to create a key twice", dir.Name)
}

func createOnce(ctx context.Context, dir *storage.Dir, key string) (ahead *time.Duration, err error) {
	put := func() error {
		return dir.Create(ctx, key, func(out io.Writer) error {
			_, err := io.WriteString(out, "written by wixrecon check\n")
			return err
		})
	}
	if err := put(); err != nil {
		return nil, err
	}
	if entries, err := dir.List(ctx, key, ""); err == nil && len(entries) == 1 {
		skew := time.Until(entries[0].ModTime).Round(time.Second)
		ahead = &skew
	}
	if err := put(); !storage.Exist(err) {
		return ahead, Usagef("%s: a key can be created twice there, so two runs could overwrite each other (second creation: %v); choose another --out",
			dir.Name, orDone(err))
	}
	return ahead, nil
}

func orDone(err error) string {
	if err == nil {
		return "done"
	}
	return fmt.Sprint(err)
}
