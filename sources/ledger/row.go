package ledger

// The cells of a row are read in the order of the contract's columns, so that
// all its problems are reported, always in the same order. A bad row keeps what
// could be read: its ids shield what they name. Of a record with too many or too
// few cells nothing is used, because every cell may be one column off; of one
// with a misplaced quote, only the cells before it.

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/table"
)

// A Row has either a line or a bad row. Line and Carried are valid until the next row.
type Row struct {
	Line    *reconcile.Line
	Bad     *reconcile.BadRow
	Carried []string // the other cells, in the order of Ledger.CarriedHeader
}

func (r *Row) isRow() bool { return r.Line != nil || r.Bad != nil }

// problems collects what is wrong with a row.
type problems struct {
	column, value string // of the first
	texts         []string
	cells         []string // each column with a problem, and its cell
}

func (p *problems) add(column, value string, err error) {
	if len(p.texts) == 0 {
		p.column, p.value = column, value
	}
	p.texts = append(p.texts, column+": "+err.Error())
	p.cells = append(p.cells, column, value)
}

// row reads a record. An error stops the reading.
func (r *rowReader) row(record *table.Row) (Row, error) {
	line := &r.line
	*line = reconcile.Line{Quantity: 1, Record: record.Record}
	var p problems
	r.parser.signs = nil
	if record.Problem != "" {
		p.texts = append(p.texts, record.Problem)
	}
	if aligned(record) {
		if err := r.readCells(line, record, &p); err != nil {
			return Row{}, err
		}
	}
	if line.InstanceID != "" {
		line.Quantity = 1
	}
	line.Carried.Hash = r.carry(record)
	row := Row{Line: line, Carried: r.carried}
	if len(p.texts) > 0 {
		if line.AccountID == "" && isTotals(record.Cells) {
			p.texts = append(p.texts, r.totalsText(record))
		}
		row.Line, row.Bad = nil, badRow(line, &p)
		if row.Bad.Cells = hashOf(identity(line, &p, r.carried)); !aligned(record) {
			row.Bad.Cells = hashOf(record.Cells)
		}
	}
	return row, nil
}

// aligned reports whether the cells are under their headers.
func aligned(record *table.Row) bool { return record.Problem == "" || record.Partial }

// badRow returns a bad row with what could be read of the line.
func badRow(line *reconcile.Line, p *problems) *reconcile.BadRow {
	return &reconcile.BadRow{
		ExternalID: line.ExternalID, AccountID: line.AccountID,
		PackageID: line.PackageID, InstanceID: line.InstanceID,
		Column: p.column, Value: p.value, Problem: strings.Join(p.texts, "; "),
		Customer: line.Customer, Record: line.Record, Carried: line.Carried,
	}
}

// identity returns what identifies a bad row. Cells that could be read count by
// their meaning, so that it is the same in another file format; the others count
// as they are.
func identity(l *reconcile.Line, p *problems, carried []string) []string {
	price := ""
	if l.UnitPrice.Known {
		price = l.UnitPrice.Amount.Trim(0).String()
	}
	values := []string{
		l.ExternalID, l.AccountID, string(l.Status), l.ProductID, string(l.Cycle), l.Country, l.SiteID,
		strconv.Itoa(l.Quantity), l.PackageID, l.InstanceID, l.Start.UTC().Format(time.RFC3339Nano),
		l.End.UTC().Format(time.RFC3339Nano), l.Updated.UTC().Format(time.RFC3339Nano), price, l.Currency, l.Customer,
	}
	return append(append(values, p.cells...), carried...)
}

// readCells fills the line and collects the problems. An error stops the reading.
func (r *rowReader) readCells(line *reconcile.Line, record *table.Row, p *problems) error {
	for i := range r.columns {
		c := &r.columns[i]
		cell, kind, exists := r.firstFilled(record, i)
		switch {
		case !exists:
			continue
		case cell == "" && kind == table.Merged:
			p.add(c.name, "", errMerged)
			continue
		case cell == "":
			if c.required {
				p.add(c.name, "", errMissing)
			}
			continue
		}
		r.parser.kind = kind
		err := r.readCell(c, line, cell)
		switch {
		case err == nil:
		case stops(err):
			return fmt.Errorf("%s: column %q: %q: %w", record.Position(), c.name, clipped(cell, 60), err)
		default:
			p.add(c.name, table.ToUTF8(cell), err)
		}
	}
	if err := r.parser.checkSigns(line); err != nil {
		amount, _, _ := r.firstFilled(record, slices.IndexFunc(r.columns, func(c column) bool { return c.name == "unit_price" }))
		p.add("unit_price", table.ToUTF8(amount), err)
	}
	return nil
}

// trimmed is reconcile.TrimID, which decodes every character, for the cells of which
// it returns all.
func trimmed(cell string) string {
	if n := len(cell); n == 0 || ' ' < cell[0] && cell[0] < 0x7f && ' ' < cell[n-1] && cell[n-1] < 0x7f {
		return cell
	}
	return reconcile.TrimID(cell)
}

// stops reports whether an error of a cell is one of the whole file.
func stops(err error) bool {
	var format *numberFormatError
	var credit *creditError
	return errors.As(err, &format) || errors.As(err, &credit)
}

// firstFilled returns the first cell of a column that is not blank, and does not
// mean nothing. It reports false where the column is absent, or comes after a
// misplaced quote.
func (l *Ledger) firstFilled(record *table.Row, column int) (cell string, kind table.Kind, exists bool) {
	empty := l.empty.of[column] != nil
	return firstFilled(record, l.indices[column], func(cell string) bool { return empty && l.empty.means(column, cell) })
}

func firstFilled(record *table.Row, indices []int, means func(cell string) bool) (cell string, kind table.Kind, exists bool) {
	for _, i := range indices {
		if i >= len(record.Cells) {
			continue
		}
		exists = true
		if cell = trimmed(record.Cells[i]); cell != "" && (means == nil || !means(cell)) {
			return cell, record.Kind(i), true
		}
		if record.Kind(i) == table.Merged {
			kind = table.Merged
		}
	}
	return "", kind, exists
}

func (r *rowReader) readCell(c *column, line *reconcile.Line, cell string) error {
	err := checkCell(cell, r.parser.kind, c.id, r.strict)
	switch {
	case errors.Is(err, errNotUTF8) && !r.strict:
		return fmt.Errorf("%w%s", err, setIn("encoding: windows-1252"))
	case err != nil:
		return err
	}
	err = c.read(&r.parser, line, cell)
	if (err != nil || c.name == "catalog_product_id") && isNothing(cell) { // a product may have any name
		r.parser.notes.nothing.add(table.ToUTF8(cell), 1)
		return nothingError(cell)
	}
	return err
}

// checkCell returns an error if the cell is not what was entered. Ids, and with
// strict all texts, must be UTF-8.
func checkCell(cell string, kind table.Kind, id, strict bool) error {
	switch {
	case kind == table.Error:
		return errors.New("the sheet has an error here, and no value")
	case kind == table.Rounded:
		return errors.New("the sheet has lost digits of this number: format the column as text there")
	case kind == table.NoResult:
		return errors.New("a formula whose result is not stored: open the workbook in a spreadsheet program, let it calculate, and save it")
	case kind == table.Unclear:
		return errors.New("its number format shows another number than the sheet stores: format the column as General there")
	case kind == table.Date && id:
		return errors.New("the sheet has turned it into a date: format the column as text there")
	case (id || strict) && !utf8.ValidString(cell):
		return errNotUTF8
	}
	return nil
}

// carry fills r.carried with the other cells, and returns their hash.
func (r *rowReader) carry(record *table.Row) uint64 {
	r.carried = r.carried[:0]
	for _, at := range r.others {
		cell := ""
		if at < len(record.Cells) && aligned(record) {
			cell = table.ToUTF8(record.Cells[at])
		}
		r.carried = append(r.carried, cell)
	}
	if len(r.carried) == 0 {
		return 0
	}
	return hashOf(r.carried)
}

// hashOf must never change, because finding ids depend on it: 64-bit FNV-1a over
// the length of each cell, as eight bytes in big-endian order, and the cell.
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

// totalsText explains a totals row, and how to ignore it.
func (l *Ledger) totalsText(record *table.Row) string {
	text := "it may be a totals row: remove it from the export"
	if e := l.example(record); e.column != "" && aligned(record) {
		text += fmt.Sprintf(", or set in the settings file: ignore_rows: {%s: %s}", yamlKey(e.column), quotedList([]string{e.value}))
	}
	return text
}

// isTotals reports whether a cell of the row is the word total, in one of a few
// languages. It only explains a bad row.
func isTotals(cells []string) bool {
	for _, cell := range cells {
		if len(cell) > 40 || table.Blank(cell) {
			continue
		}
		first, _, _ := strings.Cut(strings.TrimLeft(strings.ToLower(table.ToUTF8(cell)), " \t\u00a0*#"), ":")
		words := strings.Fields(first)
		if len(words) == 0 {
			continue
		}
		switch words[0] {
		case "total", "totals", "subtotal", "sum", "summe", "gesamt", "gesamtsumme", "insgesamt", "totale", "totaal", "totalt", "suma", "somme":
			return true
		case "grand", "sub", "overall":
			return len(words) > 1 && strings.HasPrefix(words[1], "total")
		}
	}
	return false
}
