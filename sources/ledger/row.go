package ledger

// A row is read cell by cell, in the order of the contract's columns, so that
// all its faults are told and the first of them is always the same one. What
// could be read of a bad row stays: its ids shield what they name. Of a record
// with too many or too few cells nothing is taken, because every cell may be
// one column off; of one with a misplaced quote, the cells before it.

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/table"
)

// A Row is a line or a bad row: one of the two is set. Carried is valid until
// the next row.
type Row struct {
	Line    *reconcile.Line
	Bad     *reconcile.BadRow
	Carried []string // the other cells, under Ledger.CarriedHeader
}

// faults collects what is wrong with a row.
type faults struct {
	column, value string // of the first
	texts         []string
	cells         []string // columns and what stands there, as it could not be read
}

func (f *faults) add(column, value string, err error) {
	if len(f.texts) == 0 {
		f.column, f.value = column, value
	}
	f.texts = append(f.texts, column+": "+err.Error())
	f.cells = append(f.cells, column, value)
}

// row reads a record. The error is one that stops the reading.
func (l *Ledger) row(record *table.Row) (Row, error) {
	line := &reconcile.Line{Quantity: 1, Record: record.Record}
	var wrong faults
	if record.Problem != "" {
		wrong.texts = append(wrong.texts, record.Problem)
	}
	if l.aligned(record) {
		if err := l.cells(line, record, &wrong); err != nil {
			return Row{}, err
		}
	}
	if line.InstanceID != "" {
		line.Quantity = 1
	}
	line.Carried.Hash = l.carry(record)
	row := Row{Line: line, Carried: l.carried}
	if len(wrong.texts) > 0 {
		if line.AccountID == "" && isTotals(record.Cells) {
			wrong.texts = append(wrong.texts, "looks like a totals row: leave it out of the export")
		}
		row.Line, row.Bad = nil, bad(line, &wrong)
		if row.Bad.Cells = hashOf(identity(line, &wrong, l.carried)); !l.aligned(record) {
			row.Bad.Cells = hashOf(record.Cells)
		}
	}
	return row, nil
}

// identity gives what a bad row says: the cells that could be read by what they
// mean, so that it is the same in another form of the file, and the others as
// they stand. Of a row whose cells can't be told apart it is the cells.
func identity(l *reconcile.Line, wrong *faults, carried []string) []string {
	price := ""
	if l.UnitPrice.Known {
		price = l.UnitPrice.Amount.Trim(0).String()
	}
	said := []string{
		l.ExternalID, l.AccountID, string(l.Status), l.ProductID, string(l.Cycle), l.Country, l.SiteID,
		strconv.Itoa(l.Quantity), l.PackageID, l.InstanceID, l.Start.UTC().Format(time.RFC3339Nano),
		l.End.UTC().Format(time.RFC3339Nano), l.Updated.UTC().Format(time.RFC3339Nano), price, l.Currency, l.Customer,
	}
	return append(append(said, wrong.cells...), carried...)
}

// aligned reports whether the cells stand under their headers.
func (l *Ledger) aligned(record *table.Row) bool {
	return record.Problem == "" || record.Partial
}

func (l *Ledger) cells(line *reconcile.Line, record *table.Row, wrong *faults) error {
	for i := range l.columns {
		c := &l.columns[i]
		cell, kind, there := filled(record, l.at[i])
		if !there {
			continue
		}
		if cell == "" {
			if c.required {
				wrong.add(c.name, "", errMissing)
			}
			continue
		}
		l.parser.kind = kind
		err := l.read(c, line, cell)
		var doubt *misfit
		switch {
		case errors.As(err, &doubt):
			return fmt.Errorf("%s: column %q: %q %w", record.At(), c.name, clipped(cell, 60), err)
		case err != nil:
			wrong.add(c.name, table.Legible(cell), err)
		}
	}
	return nil
}

// filled gives the first of the cells that is not blank. None is there where
// the column is absent, or stands after a misplaced quote.
func filled(record *table.Row, at []int) (cell string, kind table.Kind, there bool) {
	for _, i := range at {
		if i >= len(record.Cells) {
			continue
		}
		there = true
		if cell = reconcile.TrimID(record.Cells[i]); cell != "" {
			return cell, record.Kind(i), true
		}
	}
	return "", table.Text, there
}

func (l *Ledger) read(c *column, line *reconcile.Line, cell string) error {
	if err := believe(cell, l.parser.kind, c.id, l.strict); err != nil {
		return err
	}
	return c.read(&l.parser, line, cell)
}

// believe says why a cell is not what its writer meant, if it is not. Text of
// an id, and where strict all text, must be UTF-8.
func believe(cell string, kind table.Kind, id, strict bool) error {
	switch {
	case kind == table.Error:
		return errors.New("the sheet shows an error here, and no value")
	case kind == table.Rounded:
		return errors.New("the sheet has lost digits of this number: keep it as text there")
	case kind == table.Date && id:
		return errors.New("the sheet has made a date of it: keep it as text there")
	case (id || strict) && !utf8.ValidString(cell):
		return errors.New("not UTF-8")
	}
	return nil
}

// bad makes a bad row of what was read of the line.
func bad(line *reconcile.Line, wrong *faults) *reconcile.BadRow {
	return &reconcile.BadRow{
		ExternalID: line.ExternalID, AccountID: line.AccountID,
		PackageID: line.PackageID, InstanceID: line.InstanceID,
		Column: wrong.column, Value: wrong.value, Problem: strings.Join(wrong.texts, "; "),
		Customer: line.Customer, Record: line.Record, Carried: line.Carried,
	}
}

// carry fills l.carried with the other cells, and gives their hash.
func (l *Ledger) carry(record *table.Row) uint64 {
	l.carried = l.carried[:0]
	for _, at := range l.rest {
		cell := ""
		if at < len(record.Cells) && l.aligned(record) {
			cell = table.Legible(record.Cells[at])
		}
		l.carried = append(l.carried, cell)
	}
	if len(l.carried) == 0 {
		return 0
	}
	return hashOf(l.carried)
}

// hashOf is fixed, because ids of findings rest on it: FNV-1a in 64 bits over
// the length of each cell, as eight bytes with the highest first, and the cell.
func hashOf(cells []string) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for _, cell := range cells {
		for shift := 56; shift >= 0; shift -= 8 {
			h = (h ^ uint64(len(cell))>>shift&0xff) * prime
		}
		for i := range len(cell) {
			h = (h ^ uint64(cell[i])) * prime
		}
	}
	return h
}
