package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/ledger"
)

const (
	guidA = "aaaaaaaa-0000-4000-8000-00000000000a"
	guidB = "bbbbbbbb-0000-4000-8000-00000000000b"
	guidC = "cccccccc-0000-4000-8000-00000000000c"
	guidD = "dddddddd-0000-4000-8000-00000000000d"
)

// lenient accepts bad rows up to half of all rows.
func lenient() *ledger.Options {
	return &ledger.Options{Name: "ledger sample/l.csv", MaxBadRows: decimal.NullDecimal{Decimal: decimal.MustNew(50, 0), Valid: true}}
}

// goodRow is for ledgers that would have bad rows only.
const goodRow = "good," + guidA + ",active"

type content struct {
	lines    []reconcile.Line
	bad      []reconcile.BadRow
	carried  [][]string
	header   []string
	counts   ledger.Counts
	warnings []string
}

func read(t *testing.T, text string, o *ledger.Options) (content, error) {
	t.Helper()
	var c content
	l, err := ledger.Read(t.Context(), strings.NewReader(text), o)
	if err != nil {
		return c, err
	}
	c.header = l.CarriedHeader()
	for row, err := range l.Rows() {
		if err != nil {
			return c, err
		}
		if row.Line != nil {
			c.lines = append(c.lines, *row.Line)
		} else {
			c.bad = append(c.bad, *row.Bad)
		}
		c.carried = append(c.carried, slices.Clone(row.Carried))
	}
	c.counts, c.warnings = l.Counts(), l.Warnings()
	return c, nil
}

func TestFullRow(t *testing.T) {
	text := "\ufeffCustomer;Unit Price;EXTERNAL_ID;account id;Status;CatalogProductId;billing_cycle;country\u00a0code;site_id;quantity;" +
		"package_id;instance_id;start_date;end_date;updated_date;currency;region\r\n" +
		"\" Grün; \"\"Co\"\" \";1.234,50; 007 ;" + strings.ToUpper(guidA) + ";\u00a0Active ;" + strings.ToUpper(guidD) + ";monthly;de;none;7;" +
		strings.ToUpper(guidB) + ";" + strings.ToUpper(guidC) + ";2026-01-02;2026-02-03T04:05:06+02:00;2026-01-02 03:04;eur;north\r\n"
	berlin := zone(t, "Europe/Berlin")
	got, err := read(t, text, &ledger.Options{Location: berlin})
	if err != nil {
		t.Fatal(err)
	}
	want := reconcile.Line{
		ExternalID: "007", AccountID: guidA, Status: reconcile.Active, ProductID: guidD, Cycle: "1 MONTH", Country: "DE",
		SiteID: reconcile.Floating, Quantity: 1, PackageID: guidB, InstanceID: guidC,
		Start:     time.Date(2026, 1, 2, 0, 0, 0, 0, berlin),
		End:       time.Date(2026, 2, 3, 2, 5, 6, 0, time.UTC),
		Updated:   time.Date(2026, 1, 2, 3, 4, 0, 0, berlin),
		UnitPrice: reconcile.Price{Amount: decimal.MustParse("1234.50"), Known: true},
		Currency:  "EUR", Customer: `Grün; "Co"`, Record: 2,
		Carried: reconcile.Carried{Hash: got.lines[0].Carried.Hash},
	}
	if diff := cmp.Diff(want, got.lines[0], cmp.Comparer(func(a, b decimal.Decimal) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]string{{"north"}}, got.carried); diff != "" || got.header[0] != "region" || got.lines[0].Carried.Hash == 0 {
		t.Errorf("carried: %q, %s", got.header, diff)
	}
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// A cellCase is a cell and the problem that it causes, if any.
type cellCase struct{ column, cell, want string }

func TestTextCells(t *testing.T) {
	hundred := strings.Repeat("ü", 100)
	checkCells(t, []cellCase{
		{"external_id", hundred, ""},
		{"external_id", hundred + "x", "external_id: longer than 100 characters"},
		{"external_id", " \u00a0 ", "external_id: missing"},
		{"external_id", "a\tb", "external_id: contains control characters"},
		{"external_id", "caf\xe9", "external_id: not UTF-8. Set in the settings file: encoding: windows-1252"},
		{"account_id", "", "account_id: missing"},
		{"account_id", "1234", "account_id: not a GUID"},
		{"account_id", guidA + "x", "account_id: not a GUID"},
		{"status", "", "status: missing"},
		{"status", "CANCELLED", ""},
		{"status", "Canceled", ""},
		{"status", "paused", `status: unknown status. Map it to active, pending or canceled in the settings file: status: {"paused": active}`},
		{"catalog_product_id", "premium plan", ""},
		{"catalog_product_id", strings.Repeat("x", 101), "catalog_product_id: longer than 100 characters"},
		{"billing_cycle", "P3M", ""},
		{"billing_cycle", "1\u00a0YEAR", ""},
		{"billing_cycle", "sometimes", "billing_cycle: not a billing cycle (ONE_TIME, a count of DAY, WEEK, MONTH or YEAR, or a word such as monthly). Map it in the settings file, for example: cycle: {\"sometimes\": 1 MONTH}"},
		{"country_code", "uk", ""},
		{"country_code", "GER", "country_code: not a code of 2 letters"},
		{"country_code", "é", "country_code: not a code of 2 letters"},
		{"site_id", "none", ""},
		{"site_id", "None", `site_id: "None" usually means that there is no value. Set in the settings file: empty: ["None"]`},
		{"catalog_product_id", "NULL", `catalog_product_id: "NULL" usually means that there is no value. Set in the settings file: empty: ["NULL"]`},
		{"catalog_product_id", "#N/A", `catalog_product_id: "#N/A" usually means that there is no value. Set in the settings file: empty: ["#N/A"]`},
		{"country_code", "NA", ""},
		{"customer", "-", ""},
		{"external_id", "#NAME?", ""},
		{"site_id", "here", `site_id: neither a GUID nor "none" in lower case`},
	})
}

func TestNumberAndDateCells(t *testing.T) {
	checkCells(t, []cellCase{
		{"quantity", "1000", ""},
		{"quantity", "2.00", ""},
		{"quantity", "0", "quantity: not a whole number from 1 to 1000"},
		{"quantity", "1001", "quantity: not a whole number from 1 to 1000"},
		{"quantity", "1.5", "quantity: not a whole number from 1 to 1000"},
		{"quantity", "9999999999999999999", "quantity: not a whole number from 1 to 1000"},
		{"quantity", "two", "quantity: not a number"},
		{"package_id", "x", "package_id: not a GUID"},
		{"instance_id", "x", "instance_id: not a GUID"},
		{"start_date", "02.01.2026", "start_date: not an ISO 8601 date. Set in the settings file: date_format: DD.MM.YYYY"},
		{"start_date", "02/01/2026", "start_date: not an ISO 8601 date. Set in the settings file: date_format: DD/MM/YYYY or date_format: MM/DD/YYYY"},
		{"start_date", "soon", "start_date: not an ISO 8601 date such as 2026-01-31 or 2026-01-31T15:04:05Z"},
		{"updated_date", "1899-12-31", `updated_date: no date of a subscription. If it means that there is none, set in the settings file: empty: ["1899-12-31"]`},
		{"end_date", "1970-01-01", `end_date: no date of a subscription. If it means that there is none, set in the settings file: empty: ["1970-01-01"]`},
		{"end_date", "0000-00-00 00:00:00", `end_date: "0000-00-00 00:00:00" usually means that there is no value. Set in the settings file: empty: ["0000-00-00 00:00:00"]`},
		{"end_date", "9999-12-31", ""},
		{"end_date", "46203", "end_date: the number of a day, as a spreadsheet stores it, and not a date: format the column as a date, such as 2026-01-31, before you export it"},
		{"end_date", "1798761600", "end_date: seconds or milliseconds since 1970, and not a date: export dates in ISO 8601, such as 2026-01-31T15:04:05Z"},
		{"end_date", "2027-06-30 00:00:00 UTC", ""},
		{"end_date", "2027-06-30 00:00:00 +0000 UTC", ""},
		{"end_date", "2027-06-30 00:00:00 EST", `end_date: the zone "EST" is not one of UTC: write an offset such as -05:00, or set in the settings file: tz: ZONE`},
		{"unit_price", "0", ""},
		{"unit_price", "-0.01", "unit_price: negative price"},
		{"unit_price", "abc", "unit_price: not a number"},
		{"unit_price", "1e5", "unit_price: not a number"},
		{"unit_price", "12345678901234567890", "unit_price: more than 19 digits"},
		{"unit_price", "0.12345678901234567890", "unit_price: more than 19 digits"},
		{"currency", "EURO", "currency: not an ISO 4217 currency code, such as EUR"},
		{"currency", "RMB", "currency: not an ISO 4217 currency code, such as EUR"},
		{"customer", "caf\xe9", ""},
	})
}

func checkCells(t *testing.T, cases []cellCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.column+"="+c.cell, func(t *testing.T) {
			got, err := read(t, rowWith(c.column, c.cell), lenient())
			switch {
			case err != nil:
				t.Error(err)
			case c.want == "" && len(got.bad) != 0:
				t.Errorf("bad row %+v", got.bad[0])
			case c.want != "" && len(got.bad) != 1:
				t.Errorf("lines %+v, want %q", got.lines, c.want)
			case c.want != "" && (got.bad[0].Problem != c.want || got.bad[0].Column != c.column || got.bad[0].Record != 3):
				t.Errorf("bad row %+v, want %q", got.bad[0], c.want)
			}
		})
	}
}

// rowWith returns a ledger with a good row and one that has the cell.
func rowWith(name, cell string) string {
	cells := map[string]string{"external_id": "x", "account_id": guidA, "status": "active"}
	cells[name] = cell
	var values []string
	for _, column := range ledger.Columns() {
		values = append(values, `"`+cells[column]+`"`)
	}
	filler := strings.Repeat(",", len(values)-3)
	return strings.Join(ledger.Columns(), ",") + "\n" + goodRow + filler + "\n" + strings.Join(values, ",") + "\n"
}

func TestBadRowKeepsValidCells(t *testing.T) {
	text := "package_id,external_id,account_id,status,quantity,instance_id,customer,end_date,start_date,note\n" +
		"," + goodRow + ",,,,,,\n" +
		strings.ToUpper(guidB) + ", ext ," + guidA + "x,on,many," + guidC + ",Acme,2026-01-01,2026-01-02,n\n"
	got, err := read(t, text, lenient())
	if err != nil {
		t.Fatal(err)
	}
	want := []reconcile.BadRow{{
		ExternalID: "ext", PackageID: guidB, InstanceID: guidC, Column: "account_id", Value: guidA + "x", Customer: "Acme", Record: 3,
		Problem: "account_id: not a GUID; status: unknown status. Map it to active, pending or canceled in the settings file: status: {\"on\": active}; quantity: not a number; end_date: before start_date",
		Cells:   got.bad[0].Cells, Carried: got.bad[0].Carried,
	}}
	if diff := cmp.Diff(want, got.bad); diff != "" || got.bad[0].Cells == 0 || got.bad[0].Carried.Hash == 0 {
		t.Error(diff)
	}
}

func TestMalformedRecords(t *testing.T) {
	text := "external_id,account_id,status,note\n" + goodRow + ",\n" + goodRow + ",\n" + goodRow + ",\n" +
		"one,x," + guidA + ",active,n\n" + "two,half," + guidA + ",active,n\n" + "three," + guidA + ",active,5\" pipe\n"
	got, err := read(t, text, lenient())
	if err != nil {
		t.Fatal(err)
	}
	var problems []string
	for _, b := range got.bad {
		problems = append(problems, fmt.Sprintf("%d %q %q %q %s", b.Record, b.ExternalID, b.AccountID, b.Column, b.Problem))
	}
	want := []string{
		`5 "" "" "" 5 cells, the header has 4`,
		`6 "" "" "" 5 cells, the header has 4`,
		`7 "three" "` + guidA + `" "" quote inside an unquoted cell, at line 7, character 52`,
	}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Error(diff)
	}
}

func TestLedgerErrors(t *testing.T) {
	head := "external_id,account_id,status,unit_price\n"
	for name, c := range map[string]struct {
		text string
		o    ledger.Options
		want []string
	}{
		"empty":       {"", ledger.Options{}, []string{"read ledger: the table is empty"}},
		"header only": {head + "\n,,,\n", ledger.Options{Name: "ledger l"}, []string{"read ledger l: the ledger has a header and no rows"}},
		"columns missing": {"id;Status;price\n", ledger.Options{Name: "ledger l"},
			[]string{"read ledger l: the header lacks the required external_id, account_id; it has \"id\", \"Status\", \"price\". Set in the settings file: columns: {external_id: \"id\", account_id: HEADER}"}},
		"columns twice, and a bad option": {"external_id,External ID,account_id,Account_Id,status\n", ledger.Options{Decimal: "dot"},
			[]string{`column "external_id" twice`, `column "account_id" twice`, `decimal: "dot"`}},
		"credit":     {"external_id,account_id,status,quantity\n" + goodRow + ",-2\n", ledger.Options{Name: "ledger l"}, []string{`read ledger l: line 2: column "quantity": "-2": a credit, which is a line of an invoice`, `ignore_rows: {quantity: ["-2"]}`}},
		"binary":     {"\x7fELF\x02\x01\x01\x00", ledger.Options{Name: "ledger l"}, []string{"read ledger l: the file is not text"}},
		"comma":      {head + goodRow + ",\"12,5\"\n", ledger.Options{Name: "ledger l"}, []string{`read ledger l: line 2: column "unit_price": "12,5": not a number with a decimal point. Correct it, or set in the settings file: decimal: comma`}},
		"thousands?": {head + goodRow + ",\"1,234\"\n", ledger.Options{}, []string{`line 2: column "unit_price": "1,234": ambiguous: a whole number or a fraction. Set in the settings file: decimal: point or decimal: comma`}},
		"all bad":    {head + "x,y,z,\n", ledger.Options{MaxBadRows: percent("100")}, []string{"every row is bad (1)", "line 2", `column "account_id": "y"`, "not a GUID"}},
		"one too many": {head + strings.Repeat(goodRow+",1\n", 98) + "x,y,active,\n" + "z,y,active,\n", ledger.Options{},
			[]string{"2 of 100 rows are bad; the limit is 1 %", "line 100", "line 101", "Correct these rows, or accept them in the settings file: max_bad_rows: 2 %"}},
		"none allowed": {head + strings.Repeat(goodRow+",1\n", 500) + "x,y,active,\n", ledger.Options{MaxBadRows: percent("0")}, []string{"1 of 501 rows are bad"}},
		"many": {head + strings.Repeat("x,y,active,\n", 100), ledger.Options{},
			[]string{"100 of 100 rows are bad", "line 6", "and 95 more"}},
		"truncated": {head + goodRow + ",1\n" + goodRow + ",\"1\n", ledger.Options{}, []string{"never closed (the record begins on line 3)"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(t, c.text, &c.o)
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v, want %q", err, want)
				}
			}
		})
	}
}

func percent(s string) decimal.NullDecimal {
	return decimal.NullDecimal{Decimal: decimal.MustParse(s), Valid: true}
}

func TestBadRowLimit(t *testing.T) {
	text := "external_id,account_id,status\n" + strings.Repeat(goodRow+"\n", 1995) + strings.Repeat("x,y,active\n", 5)
	got, err := read(t, text, &ledger.Options{MaxBadRows: percent("0.25")})
	if err != nil || got.counts != (ledger.Counts{Rows: 2000, Bad: 5}) {
		t.Errorf("%+v, %v", got.counts, err)
	}
	if _, err := read(t, text, &ledger.Options{MaxBadRows: percent("0.249")}); err == nil {
		t.Error("more bad rows than the limit were accepted")
	}
}

func TestCarriedColumns(t *testing.T) {
	long := strings.Repeat("x", 40000)
	text := "reason,external_id,Kind,account_id,status,ledger_reason,note,note\n" +
		"r,good, k ," + guidA + ",active,l,1," + long + "\n"
	got, err := read(t, text, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"ledger_reason", "ledger_Kind", "ledger_reason_2", "note", "note_2"}
	if diff := cmp.Diff(want, got.header); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]string{{"r", " k ", "l", "1", long}}, got.carried); diff != "" {
		t.Error(diff)
	}
}

func TestCarriedHash(t *testing.T) {
	head := "external_id,account_id,status,a,b\n"
	got, err := read(t, head+goodRow+",x,yz\n"+goodRow+",xy,z\n"+goodRow+",x,yz\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	first, second, third := got.lines[0].Carried.Hash, got.lines[1].Carried.Hash, got.lines[2].Carried.Hash
	if first == second || first != third || first != 0x2e3209c15be8508b {
		t.Errorf("hashes %x %x %x", first, second, third)
	}
	bare, err := read(t, "external_id,account_id,status\n"+goodRow+"\n", nil)
	if err != nil || bare.lines[0].Carried.Hash != 0 {
		t.Errorf("without carried columns: %+v, %v", bare.lines, err)
	}
}

func TestBytesThatAreNotUTF8(t *testing.T) {
	text := "external_id,account_id,status,customer,note\n" + goodRow + ",,\n" + goodRow + ",caf\xe9,\x80\n" + "\xe9," + guidA + ",active,M\xfcller,\n" + goodRow + ",,\n"
	got, err := read(t, text, lenient())
	if err != nil {
		t.Fatal(err)
	}
	if got.lines[1].Customer != "café" || got.carried[1][0] != "€" || got.bad[0].Customer != "Müller" || got.bad[0].Value != "é" || got.bad[0].ExternalID != "" {
		t.Errorf("%+v", got)
	}
	want := []string{"ledger sample/l.csv: 3 cells are not UTF-8 and were read as Windows-1252, the first on line 3. Set in the settings file: encoding: windows-1252"}
	if diff := cmp.Diff(want, got.warnings); diff != "" {
		t.Error(diff)
	}
}

func TestContextStopsRows(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	text := "external_id,account_id,status\n" + strings.Repeat(goodRow+"\n", 2000)
	l, err := ledger.Read(ctx, strings.NewReader(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	for _, err = range l.Rows() {
		if err != nil {
			break
		}
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
