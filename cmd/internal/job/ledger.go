package job

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/ledger"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// readLedger fills the ledger's side of the table. The ledger is hashed as it
// is stored, and must be the same object at the end as at the beginning.
func (w *audit) readLedger(ctx context.Context) (err error) {
	in, err := w.Places.Open(ctx, w.Config.Ledger)
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	w.Log.Info("reading the ledger", "name", in.Name)
	hash := sha256.New()
	stored := io.TeeReader(in, hash)
	plain, err := storage.Plain(stored)
	if err != nil {
		return fmt.Errorf("ledger %s: %w", in.Name, err)
	}
	if err := errors.Join(w.readRows(ctx, plain, in.Name), plain.Close()); err != nil {
		return err
	}
	size, err := io.Copy(io.Discard, stored) // what a decompressor left unread
	if err != nil {
		return err
	}
	if in.Size >= 0 {
		size = in.Size
	}
	w.summary.Inputs = append(w.summary.Inputs, reconcile.File{
		Name: in.Name, Bytes: size, SHA256: hex.EncodeToString(hash.Sum(nil)), Modified: in.ModTime,
	})
	return in.Unchanged(ctx)
}

func (w *audit) readRows(ctx context.Context, plain io.Reader, name string) error {
	l, err := ledger.Read(ctx, plain, &ledger.Options{
		Name: "ledger " + name, Location: w.Config.Location, Decimal: w.Config.Decimal,
		MaxBadRows: decimal.NullDecimal{Decimal: w.Config.MaxBadRows, Valid: true},
	})
	if err != nil {
		return err
	}
	w.carried = l.CarriedHeader()
	accounts := make(map[string]bool)
	for row, err := range l.Rows() {
		if err != nil {
			return err
		}
		if row.Line != nil {
			accounts[row.Line.AccountID] = true
			err = w.table.AddLine(*row.Line, row.Carried)
		} else {
			if row.Bad.AccountID != "" {
				accounts[row.Bad.AccountID] = true
			}
			err = w.table.AddBadRow(*row.Bad, row.Carried)
		}
		if err != nil {
			return err
		}
	}
	w.accounts = slices.Sorted(maps.Keys(accounts))
	for _, text := range l.Warnings() {
		w.warn(text)
	}
	return nil
}
