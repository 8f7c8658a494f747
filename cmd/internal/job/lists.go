package job

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/ledger"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// Exceptions and prices are configuration that happens to be kept in files: what
// is wrong with them is told before anything else is read, and as wrong
// configuration.

// lists are the exceptions and the prices of a run.
type lists struct {
	exceptions []reconcile.Exception
	prices     *reconcile.Prices // nil where none were named
	files      []reconcile.File
}

// readLists reads the lists of the run.
func (w *audit) readLists(ctx context.Context) (err error) {
	if w.lists, err = listsOf(ctx, w.Opener, w.Config, w.summary.AsOf); err == nil {
		w.summary.Lists = w.lists.files
	}
	return err
}

// listsOf reads the exceptions and the prices, where they are named. Exceptions
// may hold for so long from the as-of.
func listsOf(ctx context.Context, places *storage.Opener, c *config.Config, asOf time.Time) (*lists, error) {
	l := &lists{}
	exceptions := l.read(ctx, places, "exceptions", c.Exceptions, func(in io.Reader, name string) (err error) {
		l.exceptions, err = ledger.ReadExceptions(ctx, in, name, c.Location, asOf)
		return err
	})
	prices := l.read(ctx, places, "prices", c.Prices, func(in io.Reader, name string) (err error) {
		l.prices, err = ledger.ReadPrices(ctx, in, name)
		return err
	})
	return l, errors.Join(exceptions, prices)
}

// read reads one of them and notes what was read.
func (l *lists) read(ctx context.Context, places *storage.Opener, what, name string, read func(in io.Reader, name string) error) (err error) {
	if name == "" {
		return nil
	}
	in, err := places.Open(ctx, name)
	if err != nil {
		return named(fmt.Errorf("%s: %w", what, err))
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	stored := &stored{in: in, hash: sha256.New()}
	plain, err := storage.Decompress(stored)
	if err != nil {
		return fmt.Errorf("%s %s: %w", what, in.Name, err)
	}
	defer plain.Close() // a fault of the packing has come out of a read
	if err := misconfigured(read(plain, what+" "+in.Name)); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, stored); err != nil { // what a decompressor left unread
		return err
	}
	l.files = append(l.files, reconcile.File{
		Name: in.Name, Bytes: stored.bytes, SHA256: hex.EncodeToString(stored.hash.Sum(nil)), Modified: in.ModTime,
	})
	return in.Unchanged(ctx)
}

// misconfigured makes what is wrong with the content of a list a fault of the
// configuration.
func misconfigured(err error) error {
	var fault *ledger.ListFault
	if errors.As(err, &fault) {
		return &UsageError{err}
	}
	return err
}
