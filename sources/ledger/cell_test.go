package ledger

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/govalues/decimal"
	"pgregory.net/rapid"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/table"
)

func TestNumbers(t *testing.T) {
	const unclear, bad = "unclear", "bad"
	for _, c := range []struct{ cell, point, comma, setPoint, setComma string }{
		{"12", "12", "12", "12", "12"},
		{"1234567", "1234567", "1234567", "1234567", "1234567"},
		{"12.50", "12.50", unclear, "12.50", bad},
		{"12,50", unclear, "12.50", bad, "12.50"},
		{"1.234", "1.234", unclear, "1.234", "1234"},
		{"1,234", unclear, "1.234", "1234", "1.234"},
		{"1,234.56", "1234.56", unclear, "1234.56", bad},
		{"1.234,56", unclear, "1234.56", bad, "1234.56"},
		{"1,234,567", "1234567", unclear, "1234567", bad},
		{"1.234.567", unclear, "1234567", bad, "1234567"},
		{"0,500", unclear, "0.500", bad, "0.500"},
		{"0.500", "0.500", unclear, "0.500", bad},
		{"1 234,5", unclear, "1234.5", bad, "1234.5"},
		{"1\u202f234.5", "1234.5", unclear, "1234.5", bad},
		{"12'345", "12345", "12345", "12345", "12345"},
		{"-1,234", unclear, "-1.234", "-1234", "-1.234"},
		{".5", "0.5", unclear, "0.5", bad},
		{"5.", bad, bad, bad, bad},
		{"", bad, bad, bad, bad},
		{"-", bad, bad, bad, bad},
		{".", bad, bad, bad, bad},
		{"+5", bad, bad, bad, bad},
		{"1.2.3", bad, bad, bad, bad},
		{"1,23,456", bad, bad, bad, bad},
		{"12 34", bad, bad, bad, bad},
		{"1 234'567", bad, bad, bad, bad},
		{"1e5", bad, bad, bad, bad},
		{"0x10", bad, bad, bad, bad},
		{"١٢", bad, bad, bad, bad},
		{"NaN", bad, bad, bad, bad},
		{"9.99 EUR", bad, bad, bad, bad},
	} {
		for i, want := range []string{c.point, c.comma, c.setPoint, c.setComma} {
			f := []numberFormat{{'.', false}, {',', false}, {'.', true}, {',', true}}[i]
			d, err := f.parse(c.cell)
			got := d.String()
			if formatErr := new(numberFormatError); errors.As(err, &formatErr) {
				got = unclear
			} else if err != nil {
				got = bad
			}
			if got != want {
				t.Errorf("%q with %c (set: %v) = %s, want %s", c.cell, f.sign, f.set, got, want)
			}
		}
	}
}

// A number in any format, with or without separators of thousands, is read
// exactly or is an error, and never read as another number.
func TestNumberFormats(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		coefficient := rapid.Int64Range(0, 1e15).Draw(t, "coefficient")
		want := decimal.MustNew(coefficient, rapid.IntRange(0, 6).Draw(t, "scale"))
		f := numberFormat{rapid.SampledFrom([]byte{'.', ','}).Draw(t, "sign"), rapid.Bool().Draw(t, "set")}
		whole, fraction, hasFraction := strings.Cut(want.String(), ".")
		cell := withSeparator(whole, rapid.SampledFrom([]string{"", string(f.otherSign()), " ", "'"}).Draw(t, "separator"))
		if hasFraction {
			cell += string(f.sign) + fraction
		}
		got, err := f.parse(cell)
		if formatErr := new(numberFormatError); errors.As(err, &formatErr) && !f.set && !hasFraction {
			return
		}
		if err != nil || got != want {
			t.Fatalf("%q: %v, %v; want %v", cell, got, err, want)
		}
	})
}

func withSeparator(digits, separator string) string {
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + separator + digits[at:]
	}
	return digits
}

func TestNumberFormatOf(t *testing.T) {
	for _, c := range []struct {
		setting   string
		delimiter rune
		want      numberFormat
	}{
		{"", ',', numberFormat{'.', false}},
		{"", '\t', numberFormat{'.', false}},
		{"", ';', numberFormat{',', false}},
		{"point", ';', numberFormat{'.', true}},
		{"comma", ',', numberFormat{',', true}},
	} {
		if got, err := numberFormatOf(c.setting, c.delimiter); got != c.want || err != nil {
			t.Errorf("%q, %q: %v, %v", c.setting, c.delimiter, got, err)
		}
	}
}

func TestDates(t *testing.T) {
	berlin, saoPaulo := load(t, "Europe/Berlin"), load(t, "America/Sao_Paulo")
	for _, c := range []struct {
		cell string
		zone *time.Location
		want string // in UTC; empty: bad
	}{
		{"2026-01-02", time.UTC, "2026-01-02T00:00:00Z"},
		{"2026-07-02", berlin, "2026-07-01T22:00:00Z"},
		{"2018-11-04", saoPaulo, "2018-11-04T03:00:00Z"}, // no midnight: the day begins at 1:00
		{"2026-03-29", berlin, "2026-03-28T23:00:00Z"},
		{"2026-01-02T03:04", berlin, "2026-01-02T02:04:00Z"},
		{"2026-01-02 03:04:05", time.UTC, "2026-01-02T03:04:05Z"},
		{"2026-01-02\u00a003:04:05", time.UTC, "2026-01-02T03:04:05Z"},
		{"2026-01-02T03:04:05.678901234", time.UTC, "2026-01-02T03:04:05.678901234Z"},
		{"2026-01-02T03:04:05,5", time.UTC, "2026-01-02T03:04:05.5Z"},
		{"2026-01-02T03:04Z", berlin, "2026-01-02T03:04:00Z"},
		{"2026-01-02T03:04:05Z", berlin, "2026-01-02T03:04:05Z"},
		{"2026-01-02T03:04:05.5+02:00", berlin, "2026-01-02T01:04:05.5Z"},
		{"2026-01-02 03:04:05-0730", time.UTC, "2026-01-02T10:34:05Z"},
		{"2026-01-02T03:04:05+02", time.UTC, "2026-01-02T01:04:05Z"},
		{"9999-12-31", time.UTC, "9999-12-31T00:00:00Z"},
		{"1900-01-01", time.UTC, "1900-01-01T00:00:00Z"},
		{"1899-12-31", time.UTC, ""}, {"0026-01-02", time.UTC, ""}, {"2026-02-29", time.UTC, ""}, {"2026-13-01", time.UTC, ""},
		{"2026-1-2", time.UTC, ""}, {"20260102", time.UTC, ""}, {"02/01/2026", time.UTC, ""}, {"2026-01-02T", time.UTC, ""},
		{"2026-01-02T3:04:05", time.UTC, ""}, {"2026-01-02T25:00", time.UTC, ""}, {"2026-01-02T03:04:60", time.UTC, ""},
		{"2026-01-02T03:04:05 CET", time.UTC, ""}, {"2026-01-02T03:04:05+2", time.UTC, ""}, {"2026-01-02T03:04Zulu", time.UTC, ""},
		{"46024", time.UTC, ""}, {"today", time.UTC, ""}, {"", time.UTC, ""}, {"2026-01-0é", time.UTC, ""},
	} {
		got, err := parseISODate(c.cell, c.zone)
		if text := got.UTC().Format(time.RFC3339Nano); (err != nil) != (c.want == "") || err == nil && text != c.want {
			t.Errorf("%q in %s: %s, %v; want %s", c.cell, c.zone, text, err, c.want)
		}
		if usual, ok := parseUsualDate(c.cell, c.zone); ok && (err != nil || usual != got) {
			t.Errorf("%q in %s: %v as a usual date, else %v, %v", c.cell, c.zone, usual, got, err)
		}
	}
}

// A usual date is read as parseISODate reads it, or not at all.
func TestUsualDates(t *testing.T) {
	berlin := load(t, "Europe/Berlin")
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.StringMatching(`(0000|1899|1900|20[0-9]{2}|9999)-[01][0-9]-[0-3][0-9](T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{3})?Z)?`).Draw(t, "cell")
		zone := rapid.SampledFrom([]*time.Location{time.UTC, berlin}).Draw(t, "zone")
		want, err := parseISODate(cell, zone)
		if got, ok := parseUsualDate(cell, zone); ok && (err != nil || got != want) {
			t.Fatalf("%q in %s: %v, want %v, %v", cell, zone, got, want, err)
		}
	})
	for _, cell := range []string{"2026-01-02", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.678Z"} {
		if _, ok := parseUsualDate(cell, time.UTC); !ok {
			t.Errorf("%s is not read as a usual date", cell)
		}
	}
}

func load(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// Any cells make a valid line or a bad row with a problem.
func FuzzRow(f *testing.F) {
	guid := "AAAAAAAA-0000-4000-8000-00000000000A"
	f.Add("x", guid, "active", "1 MONTH", "12.5", "2026-01-02", "2", "none")
	f.Add(" ü ", guid, "cancelled", "P1Y", "1,234", "2026-01-02T03:04:05.6+02:00", "1000", guid)
	f.Add("\xff", "", "?", "", "-1", "0000-00-00", "1e3", "None")
	f.Fuzz(func(t *testing.T, id, account, status, cycle, price, date, quantity, site string) {
		l := &Ledger{columns: columns(), parser: newCellParser(new(Options)), empty: emptyWords{of: make([]map[string]bool, len(columns()))}, table: &table.Reader{Header: []string{"a"}}}
		l.parser.numbers = numberFormat{'.', false}
		l.indices = make([][]int, len(l.columns))
		cells := []string{id, account, status, "", cycle, "", site, quantity, "", "", date, "", date, price, "", ""}
		for i := range l.indices {
			l.indices[i] = []int{i}
		}
		row, err := l.newRowReader().row(&table.Row{Record: 2, Line: 2, Cells: cells})
		if err == nil {
			requireValid(t, row)
		}
	})
}

func requireValid(t *testing.T, row Row) {
	t.Helper()
	if (row.Line == nil) == (row.Bad == nil) {
		t.Fatalf("%+v", row)
	}
	if row.Bad != nil {
		if row.Bad.Problem == "" || row.Bad.Column == "" {
			t.Fatalf("%+v", row.Bad)
		}
		return
	}
	l := row.Line
	valid := l.ExternalID != "" && l.ExternalID == reconcile.TrimID(l.ExternalID) && reconcile.IsGUID(l.AccountID) &&
		l.AccountID == strings.ToLower(l.AccountID) && l.Quantity >= 1 && l.Quantity <= reconcile.MaxQuantity && !l.UnitPrice.Amount.IsNeg()
	if !valid {
		t.Fatalf("%+v", l)
	}
}

func BenchmarkRows(b *testing.B) {
	guid := "aaaaaaaa-0000-4000-8000-00000000000a"
	var text strings.Builder
	text.WriteString("external_id,account_id,status,catalog_product_id,billing_cycle,country_code,site_id,quantity,start_date,end_date,unit_price,currency,customer,region\n")
	for i := range 100_000 {
		text.WriteString("SUB-" + strconv.Itoa(i) + "," + guid + ",active," + guid + ",1 MONTH,DE," + guid + ",1,2026-01-02,2027-01-02,12.50,EUR,Acme GmbH,north\n")
	}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		l, err := Read(b.Context(), strings.NewReader(text.String()), nil)
		if err != nil {
			b.Fatal(err)
		}
		if err := l.EachRow(2, func(int, *Row) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
