package job

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/ledger"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// Exceptions and prices are configuration that happens to be kept in files: what
// is wrong with them is told before anything else is read, and as wrong
// configuration.

// readLists reads the exceptions and the prices, where they are named.
func (w *audit) readLists(ctx context.Context) error {
	exceptions := w.readList(ctx, "exceptions", w.Config.Exceptions, func(in io.Reader, name string) (err error) {
		w.exceptions, err = ledger.ReadExceptions(ctx, in, name, w.Config.Location, w.summary.AsOf)
		return err
	})
	prices := w.readList(ctx, "prices", w.Config.Prices, func(in io.Reader, name string) (err error) {
		w.prices, err = ledger.ReadPrices(ctx, in, name)
		return err
	})
	return errors.Join(exceptions, prices)
}

// readList reads one of them and notes what was read.
func (w *audit) readList(ctx context.Context, what, name string, read func(in io.Reader, name string) error) (err error) {
	if name == "" {
		return nil
	}
	in, err := w.Places.Open(ctx, name)
	if err != nil {
		return named(fmt.Errorf("%s: %w", what, err))
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	stored := &stored{in: in, hash: sha256.New()}
	plain, err := storage.Plain(stored)
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
	w.summary.Lists = append(w.summary.Lists, reconcile.File{
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
