package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/sources/ledger"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// Exceptions and prices are configuration that is kept in files. Their faults are
// reported before anything else is read, as wrong configuration.

// lists are the exceptions and prices of a run.
type lists struct {
	exceptions []reconcile.Exception
	prices     *reconcile.Prices // nil where none were named
	files      []reconcile.File
}

// readLists reads the lists that the settings name. An exception may last for a
// limited time from the as-of.
func readLists(ctx context.Context, opener *storage.Opener, c *config.Config, asOf time.Time) (*lists, error) {
	l := &lists{}
	exceptions := l.read(ctx, opener, "exceptions", c.Exceptions, func(in io.Reader, name string) (err error) {
		l.exceptions, err = ledger.ReadExceptions(ctx, in, name, c.Location, asOf)
		return err
	})
	prices := l.read(ctx, opener, "prices", c.Prices, func(in io.Reader, name string) (err error) {
		l.prices, err = ledger.ReadPrices(ctx, in, name)
		return err
	})
	return l, errors.Join(exceptions, prices)
}

// read reads one list, if it is named.
func (l *lists) read(ctx context.Context, opener *storage.Opener, what, name string, read func(in io.Reader, name string) error) (err error) {
	if name == "" {
		return nil
	}
	in, err := opener.Open(ctx, name)
	if err != nil {
		return missingIsUsage(fmt.Errorf("%s: %w", what, err))
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	title := what + " " + in.Name
	file, err := readHashed(in, title, func(plain io.Reader) error { return listFaultIsUsage(read(plain, title)) })
	if err != nil {
		return err
	}
	l.files = append(l.files, file)
	return in.Unchanged(ctx)
}

// listFaultIsUsage makes a fault in the content of a list wrong configuration.
func listFaultIsUsage(err error) error {
	if _, ok := errors.AsType[*ledger.ListError](err); ok {
		return &UsageError{err}
	}
	return err
}

// lookup returns the prices for planning; nil where none were named.
func (l *lists) lookup() fix.PriceLookup {
	if l.prices == nil {
		return nil
	}
	return l.prices.Monthly
}
