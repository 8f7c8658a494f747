package ledger_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/govalues/decimal"
	"github.com/klauspost/compress/zstd"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/ledger"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// One ledger in the forms that people have gives the same lines and the same
// carried cells.

func ledgerCells() [][]string {
	return [][]string{
		{"external_id", "account_id", "status", "catalog_product_id", "billing_cycle", "quantity", "start_date", "unit_price", "currency", "customer", "Region"},
		{"00123", guidA, "active", "premium", "1 MONTH", "2", "2026-01-02", "1234.50", "EUR", "Müller & Söhne, Köln", "Süd"},
		{"1234567890123", guidB, "pending", guidD, "1 YEAR", "1", "2027-03-04", "9.99", "USD", "Café \"Zoë\"", "West"},
		{"SUB-3", guidC, "canceled", "", "", "", "", "", "", "two\nlines", ""},
	}
}

// asCSV writes the cells, with the marks of a dialect.
func asCSV(t *testing.T, cells [][]string, comma rune, decimalComma bool) []byte {
	t.Helper()
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	w.Comma = comma
	for i, row := range cells {
		row = slices.Clone(row)
		if i > 0 && decimalComma {
			row[7] = strings.ReplaceAll(row[7], ".", ",")
		}
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	return out.Bytes()
}

func asSheet(t *testing.T, cells [][]string) []byte {
	t.Helper()
	f := excelize.NewFile()
	for r, row := range cells {
		for c, text := range row {
			name, err := excelize.CoordinatesToCellName(c+1, r+1)
			if err == nil {
				err = f.SetCellValue("Sheet1", name, sheetValue(t, r, c, text))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	out, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// sheetValue gives a cell as people keep it: numbers and dates are none of
// text, and a long id became a number.
func sheetValue(t *testing.T, row, column int, text string) any {
	t.Helper()
	switch {
	case row == 0 || text == "":
		return text
	case column == 6:
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return day
	case column == 5, column == 7, text == "1234567890123":
		number, _ := decimal.MustParse(text).Float64()
		return number
	}
	return text
}

func encoded(t *testing.T, text []byte, encode func([]byte) ([]byte, error)) []byte {
	t.Helper()
	out, err := encode(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func zipped(text []byte) ([]byte, error) {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	err := w.Close()
	return out.Bytes(), err
}

func zstandard(text []byte) ([]byte, error) {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		return nil, err
	}
	return w.EncodeAll(text, nil), w.Close()
}

func utf16(order unicode.Endianness) func([]byte) ([]byte, error) {
	return unicode.UTF16(order, unicode.UseBOM).NewEncoder().Bytes
}

// inOtherWords gives the cells with headers, words and dates of one's own.
func inOtherWords() [][]string {
	cells := ledgerCells()
	cells[0] = []string{"Vertrag Nr.", "Wix-Konto", "Stand", "Produkt", "Abrechnung", "Menge", "Beginn", "Preis", "Währung", "Kunde", "Region"}
	for i, word := range []string{"", "aktiv", "Beauftragt", "GEKÜNDIGT"} {
		cells[i][2] = word
		if i > 0 && cells[i][6] != "" {
			day := cells[i][6]
			cells[i][6] = day[8:] + "." + day[5:7] + "." + day[:4]
		}
	}
	cells[0][2] = "Stand"
	return cells
}

func otherWords(t *testing.T) *ledger.Options {
	t.Helper()
	german, err := ledger.ParseDateFormat("DD.MM.YYYY")
	if err != nil {
		t.Fatal(err)
	}
	o := &ledger.Options{Dates: []ledger.DateFormat{german}, Statuses: []ledger.StatusWord{
		{Word: "Aktiv", Status: reconcile.Active}, {Word: "beauftragt", Status: reconcile.Pending}, {Word: "gekündigt", Status: reconcile.Canceled},
	}}
	for header, column := range map[string]string{
		"vertrag_nr.": "external_id", "WIX-Konto": "account_id", "Stand": "status", "Produkt": "catalog_product_id", "Abrechnung": "billing_cycle",
		"Menge": "quantity", "Beginn": "start_date", "Preis": "unit_price", "Währung": "currency", "Kunde": "customer",
	} {
		o.Columns = append(o.Columns, ledger.ColumnMap{Column: column, Headers: []string{"not there", header}})
	}
	return o
}

func TestOneLedgerInManyForms(t *testing.T) {
	cells := ledgerCells()
	plain := asCSV(t, cells, ',', false)
	want := readForm(t, "comma", plain, nil)
	if len(want.lines) != 3 || want.lines[0].UnitPrice.Amount.String() != "1234.50" {
		t.Fatalf("%+v", want)
	}
	for name, form := range map[string]struct {
		file []byte
		o    *ledger.Options
	}{
		"semicolon, decimal comma": {asCSV(t, cells, ';', true), nil},
		"tab":                      {asCSV(t, cells, '\t', false), nil},
		"pipe":                     {asCSV(t, cells, '|', false), nil},
		"UTF-8 with mark":          {append([]byte("\ufeff"), plain...), nil},
		"UTF-16 LE":                {encoded(t, plain, utf16(unicode.LittleEndian)), nil},
		"UTF-16 BE":                {encoded(t, plain, utf16(unicode.BigEndian)), nil},
		"Windows-1252 labels":      {encoded(t, plain, charmap.Windows1252.NewEncoder().Bytes), nil},
		"an encoding that is set":  {encoded(t, plain, charmap.Macintosh.NewEncoder().Bytes), &ledger.Options{Encoding: "macintosh"}},
		"gzip":                     {encoded(t, plain, zipped), nil},
		"zstd":                     {encoded(t, plain, zstandard), nil},
		"xlsx":                     {asSheet(t, cells), nil},
		"xlsx under gzip, by name": {encoded(t, asSheet(t, cells), zipped), &ledger.Options{Sheet: "sheet1", Decimal: "comma"}},
		"mapped":                   {asCSV(t, inOtherWords(), ',', false), otherWords(t)},
		"headers in another case":  {[]byte(strings.Replace(string(plain), "external_id,account_id,status", "External ID,ACCOUNT_ID, Status ", 1)), nil},
		"blank rows at the end":    {append(slices.Clone(plain), ",,,,,,,,,,\n , ,,,,,,,,,\n\n"...), nil},
	} {
		got := readForm(t, name, form.file, form.o)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(content{}), cmpopts.IgnoreFields(content{}, "warnings"), cmp.Comparer(sameAmount)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// sameAmount compares by value: a sheet does not keep the last zero.
func sameAmount(a, b decimal.Decimal) bool { return a.Cmp(b) == 0 }

func readForm(t *testing.T, name string, file []byte, o *ledger.Options) content {
	t.Helper()
	unpacked, err := storage.Decompress(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Read(t.Context(), unpacked, o)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return drained(t, name, l)
}

func drained(t *testing.T, name string, l *ledger.Ledger) content {
	t.Helper()
	c := content{header: l.CarriedHeader()}
	for row, err := range l.Rows() {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if row.Line == nil {
			t.Fatalf("%s: %+v", name, row.Bad)
		}
		line := *row.Line
		line.Record = 0
		c.lines, c.carried = append(c.lines, line), append(c.carried, slices.Clone(row.Carried))
	}
	c.counts, c.warnings = l.Counts(), l.Warnings()
	return c
}
