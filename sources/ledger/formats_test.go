package ledger_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"io"
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

// The same ledger in any file format has the same lines and carried cells.

func ledgerCells() [][]string {
	return [][]string{
		{"external_id", "account_id", "status", "catalog_product_id", "billing_cycle", "quantity", "start_date", "unit_price", "currency", "customer", "Region"},
		{"00123", guidA, "active", "premium", "1 MONTH", "2", "2026-01-02", "1234.50", "EUR", "Müller & Söhne, Köln", "Süd"},
		{"1234567890123", guidB, "pending", guidD, "1 YEAR", "1", "2027-03-04", "9.99", "USD", "Café \"Zoë\"", "West"},
		{"SUB-3", guidC, "canceled", "", "", "", "", "", "", "two\nlines", ""},
	}
}

// asCSV writes the cells with a delimiter and a decimal sign.
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

// sheetValue returns a cell as a sheet usually has it: numbers and dates are not
// text, and a long id is a number.
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

func encode(t *testing.T, text []byte, encoder func([]byte) ([]byte, error)) []byte {
	t.Helper()
	out, err := encoder(text)
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

// withOtherWords returns the cells with other headers, words of status and dates.
func withOtherWords() [][]string {
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

func otherWordsOptions(t *testing.T) *ledger.Options {
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

func TestFileFormats(t *testing.T) {
	cells := ledgerCells()
	plain := asCSV(t, cells, ',', false)
	want := readFile(t, "comma", plain, nil)
	if len(want.lines) != 3 || want.lines[0].UnitPrice.Amount.String() != "1234.50" {
		t.Fatalf("%+v", want)
	}
	for name, c := range map[string]struct {
		file []byte
		o    *ledger.Options
	}{
		"semicolon, decimal comma": {asCSV(t, cells, ';', true), nil},
		"tab":                      {asCSV(t, cells, '\t', false), nil},
		"pipe":                     {asCSV(t, cells, '|', false), nil},
		"UTF-8 with BOM":           {append([]byte("\ufeff"), plain...), nil},
		"UTF-16 LE":                {encode(t, plain, utf16(unicode.LittleEndian)), nil},
		"UTF-16 BE":                {encode(t, plain, utf16(unicode.BigEndian)), nil},
		"Windows-1252 labels":      {encode(t, plain, charmap.Windows1252.NewEncoder().Bytes), nil},
		"an encoding that is set":  {encode(t, plain, charmap.Macintosh.NewEncoder().Bytes), &ledger.Options{Encoding: "macintosh"}},
		"gzip":                     {encode(t, plain, zipped), nil},
		"zstd":                     {encode(t, plain, zstandard), nil},
		"xlsx":                     {asSheet(t, cells), nil},
		"xlsx under gzip, by name": {encode(t, asSheet(t, cells), zipped), &ledger.Options{Sheet: "sheet1", Decimal: "comma"}},
		"mapped":                   {asCSV(t, withOtherWords(), ',', false), otherWordsOptions(t)},
		"headers in another case":  {[]byte(strings.Replace(string(plain), "external_id,account_id,status", "External ID,ACCOUNT_ID, Status ", 1)), nil},
		"blank rows at the end":    {append(slices.Clone(plain), ",,,,,,,,,,\n , ,,,,,,,,,\n\n"...), nil},
	} {
		got := readFile(t, name, c.file, c.o)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(content{}), cmpopts.IgnoreFields(content{}, "warnings"), cmp.Comparer(sameAmount)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// sameAmount compares by value: a sheet does not keep trailing zeros.
func sameAmount(a, b decimal.Decimal) bool { return a.Cmp(b) == 0 }

func readFile(t *testing.T, name string, file []byte, o *ledger.Options) content {
	t.Helper()
	unpacked, err := storage.Decompress(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	c, err := read(t, string(text), o)
	if err != nil || len(c.bad) > 0 {
		t.Fatalf("%s: %+v, %v", name, c.bad, err)
	}
	for i := range c.lines {
		c.lines[i].Record = 0
	}
	return c
}
