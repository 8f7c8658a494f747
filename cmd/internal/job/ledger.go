package job

// The ledger is read object by object: one, or the parts of a folder in the
// order of their names. Each is hashed as it is stored and must still be the
// same when it has been read, and so must the folder be in the end. Only then
// are the control totals held against what was read; until they hold, nothing
// is concluded.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/ledger"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// ledgerReading is the reading of a ledger on its way.
type ledgerReading struct {
	*audit
	source   *storage.Source
	counts   ledger.Counts // over all parts
	accounts map[string]bool
}

// readLedger fills the ledger's side of the table.
func (w *audit) readLedger(ctx context.Context) (err error) {
	at, err := w.ledgerMoment(ctx)
	if err != nil {
		return err
	}
	source, err := w.Opener.Find(ctx, w.Config.Ledger, at.In(w.Config.Location))
	if err != nil {
		return named(fmt.Errorf("ledger: %w", err))
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	w.Log.Info("reading the ledger", "name", source.Name)
	r := &ledgerReading{audit: w, source: source, accounts: make(map[string]bool)}
	for part := range source.Parts {
		if err := r.readPart(ctx, part); err != nil {
			return err
		}
	}
	w.accounts = slices.Sorted(maps.Keys(r.accounts))
	w.summary.LedgerVersion = reconcile.LedgerVersion(w.summary.Inputs)
	if err := source.Unchanged(ctx); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	return errors.Join(r.judgeBadRows(), r.judgeTotals(ctx))
}

// ledgerMoment gives what the date in a ledger's name is made of: the as-of,
// which a replay takes from its snapshot.
func (w *audit) ledgerMoment(ctx context.Context) (time.Time, error) {
	if w.Config.Snapshot == "" || !w.Config.AsOf.IsZero() || !storage.HasDate(w.Config.Ledger) {
		return w.summary.AsOf, nil
	}
	earlier, err := w.beside(ctx)
	if err != nil {
		return time.Time{}, err
	}
	if earlier != nil {
		return earlier.AsOf, nil
	}
	in, err := w.Opener.Open(ctx, w.Config.Snapshot)
	if err != nil {
		return time.Time{}, named(fmt.Errorf("snapshot: %w", err))
	}
	return in.ModTime, in.Close()
}

// readPart reads one object of the ledger.
func (r *ledgerReading) readPart(ctx context.Context, part int) (err error) {
	in, err := r.source.Open(ctx, part)
	switch {
	case err != nil && len(r.source.Parts) == 1: // no listing has shown that it is there
		return named(fmt.Errorf("ledger: %w", err))
	case err != nil:
		return fmt.Errorf("ledger: %w", err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	stored := &stored{in: in, hash: sha256.New()}
	plain, err := storage.Decompress(stored)
	if err != nil {
		return fmt.Errorf("ledger %s: %w", in.Name, err)
	}
	defer plain.Close() // a fault of the packing has come out of a read
	if err := r.readRows(ctx, plain, in.Name); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, stored); err != nil { // what a decompressor left unread
		return err
	}
	r.summary.Inputs = append(r.summary.Inputs, reconcile.File{
		Name: in.Name, Bytes: stored.bytes, SHA256: hex.EncodeToString(stored.hash.Sum(nil)), Modified: in.ModTime,
	})
	return in.Unchanged(ctx)
}

// ledgerOptions says how the rows are read. Where there are several parts the
// share of bad rows is judged over all of them.
func (r *ledgerReading) ledgerOptions(name string) *ledger.Options {
	o := r.Config.LedgerOptions("ledger " + name)
	if len(r.source.Parts) > 1 {
		o.MaxBadRows.Decimal = decimal.Hundred
	}
	return o
}

func (r *ledgerReading) readRows(ctx context.Context, plain io.Reader, name string) (err error) {
	l, err := ledger.Read(ctx, plain, r.ledgerOptions(name))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	if err := r.sameColumns(l.CarriedHeader(), name); err != nil {
		return err
	}
	for row, err := range l.Rows() {
		if err == nil {
			err = r.add(&row)
		}
		if err != nil {
			return err
		}
	}
	r.counts.Rows += l.Counts().Rows
	r.counts.Bad += l.Counts().Bad
	for _, text := range l.Warnings() {
		r.warn(text)
	}
	return nil
}

// sameColumns holds the carried columns of a part against those of the first:
// a cell must not land under another part's header.
func (r *ledgerReading) sameColumns(header []string, name string) error {
	if len(r.summary.Inputs) == 0 {
		r.carried = header
		return nil
	}
	if slices.Equal(r.carried, header) {
		return nil
	}
	first := r.summary.Inputs[0].Name
	for i := range max(len(header), len(r.carried)) {
		if i >= len(header) || i >= len(r.carried) || header[i] != r.carried[i] {
			return fmt.Errorf("ledger %s: its header is not that of %s: of the columns that are carried, number %d is %s, there %s",
				name, first, i+1, columnAt(header, i), columnAt(r.carried, i))
		}
	}
	return nil
}

func columnAt(header []string, i int) string {
	if i >= len(header) {
		return "missing"
	}
	return fmt.Sprintf("%q", header[i])
}

func (r *ledgerReading) add(row *ledger.Row) error {
	if r.rereading != nil {
		r.rereading.Add(row.Line, row.Bad)
	}
	if row.Line != nil {
		r.accounts[row.Line.AccountID] = true
		return r.table.AddLine(*row.Line, row.Carried)
	}
	if row.Bad.AccountID != "" {
		r.accounts[row.Bad.AccountID] = true
	}
	return r.table.AddBadRow(*row.Bad, row.Carried)
}
