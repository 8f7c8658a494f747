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

func (c *checker) out(ctx context.Context) checkResult {
	dir, err := c.Opener.OpenDir(ctx, c.Config.Out)
	if err != nil {
		return failed(missingIsUsage(err))
	}
	key := "check-" + rand.Text()
	err = c.createOnce(ctx, dir, key)
	err = errors.Join(err, dir.Remove(context.WithoutCancel(ctx), key), dir.Close())
	if err != nil {
		return failed(err)
	}
	return okay("%s can be written, and refuses to create a key twice", dir.Name)
}

func (c *checker) createOnce(ctx context.Context, dir *storage.Dir, key string) error {
	put := func() error {
		return dir.Create(ctx, key, func(out io.Writer) error {
			_, err := io.WriteString(out, "written by wixrecon check\n")
			return err
		})
	}
	if err := put(); err != nil {
		return err
	}
	if entries, err := dir.List(ctx, key, ""); err == nil && len(entries) == 1 {
		ahead := time.Until(entries[0].ModTime).Round(time.Second)
		c.storeAhead = &ahead
	}
	if err := put(); !storage.Exist(err) {
		return Usagef("%s: a key can be created twice there, so two runs could overwrite each other (second creation: %v); choose another --out",
			dir.Name, orDone(err))
	}
	return nil
}

func orDone(err error) string {
	if err == nil {
		return "done"
	}
	return fmt.Sprint(err)
}
