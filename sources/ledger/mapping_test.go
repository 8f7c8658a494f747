package ledger_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"
	"github.com/xuri/excelize/v2"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/ledger"
)

func TestFaultsOfAMappingAreToldAtOnce(t *testing.T) {
	o := &ledger.Options{Name: "ledger l", Columns: []ledger.ColumnMap{
		{Column: "external_id", Headers: []string{"Subscripton"}, From: "f.yaml:2"},
		{Column: "account_id", Headers: []string{"zzz", "qqq"}, From: "f.yaml:3"},
		{Column: "nonsense", Headers: []string{"State"}, From: "f.yaml:4"},
	}}
	_, err := read(t, "Subscription,Konto,State\nx,y,z\n", o)
	want := `ledger l: f.yaml:4: columns: "nonsense" is no column of a ledger
f.yaml:2: columns: external_id: the ledger has no column "Subscripton": did you mean "Subscription"?
f.yaml:3: columns: account_id: the ledger has no column "zzz", "qqq"; it has "Subscription", "Konto", "State"
the header lacks the required status; it has "Subscription", "Konto", "State"
  if "State" is status, set columns: {status: "State"}`
	if err == nil {
		t.Fatal("accepted")
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Error(diff)
	}
}

func TestTheFirstFilledCellCounts(t *testing.T) {
	o := lenient()
	o.Columns = []ledger.ColumnMap{{Column: "external_id", Headers: []string{"new", "old"}}, {Column: "customer", Headers: []string{"old"}}}
	got, err := read(t, "old,new,account_id,status,external_id\na,b,"+guidA+",active,x\nc, ,"+guidA+",active,\n,,"+guidA+",active,\n", o)
	if err != nil {
		t.Fatal(err)
	}
	if got.lines[0].ExternalID != "b" || got.lines[1].ExternalID != "c" || got.lines[0].Customer != "a" || got.bad[0].Problem != "external_id: missing" {
		t.Errorf("%+v", got)
	}
	if diff := cmp.Diff([]string{"ledger_external_id"}, got.header); diff != "" || got.carried[0][0] != "x" {
		t.Error(diff)
	}
}

func TestWordsOfStatus(t *testing.T) {
	o := lenient()
	o.Statuses = []ledger.StatusWord{{Word: "Non  Renewing", Status: reconcile.Active}, {Word: "pending", Status: reconcile.Canceled}}
	rows := func(words ...string) string {
		text := "external_id,account_id,status\n"
		for _, word := range words {
			text += "x," + guidA + "," + word + "\n"
		}
		return text
	}
	got, err := read(t, rows("NON renewing", "Pending", "active", "canceled", "Paused", "paused", "Trial"), o)
	if err != nil {
		t.Fatal(err)
	}
	if got.lines[0].Status != reconcile.Active || got.lines[1].Status != reconcile.Canceled || got.counts.Bad != 3 {
		t.Errorf("%+v", got)
	}
	told := `status words that are not mapped: "Paused" (2 rows), "Trial" (1 row): say under status: what they mean`
	if diff := cmp.Diff([]string{"ledger books/l.csv: " + told}, got.warnings); diff != "" {
		t.Error(diff)
	}
	if _, err := read(t, rows("Paused", "paused", "Trial"), nil); err == nil || !strings.HasSuffix(err.Error(), told) {
		t.Errorf("error %v", err)
	}
}

func TestDateFormatsOfALedger(t *testing.T) {
	for _, c := range []struct{ format, cell, want string }{
		{"DD.MM.YYYY", "02.01.2026", "2026-01-02T00:00:00Z"}, {"dd.mm.yyyy", "02.01.2026", "2026-01-02T00:00:00Z"},
		{"D/M/YY", "2/1/26", "2026-01-02T00:00:00Z"}, {"M/D/YYYY h:mm A", "1/2/2026 3:04 PM", "2026-01-02T15:04:00Z"},
		{"yyyymmdd hh:mm:ss a", "20260102 03:04:05 pm", "2026-01-02T15:04:05Z"}, {"MMM D, YYYY", "Jan 2, 2026", "2026-01-02T00:00:00Z"},
		{"D MMMM YYYY", "2 January 2026", "2026-01-02T00:00:00Z"}, {"DD-MMM-YYYY HH:mm:ss", "02-Jan-2026 15:04:05", "2026-01-02T15:04:05Z"},
		{"02/01/2006 15:04", "02/01/2026 03:04", "2026-01-02T03:04:00Z"}, {"DD.MM.YYYY HH:mm Z", "02.01.2026 03:04 +02:00", "2026-01-02T01:04:00Z"},
		{"YYYYMMDD", "20260102", "2026-01-02T00:00:00Z"},
		{"DD.MM.YYYY", "2026-01-02", "2026-01-02T00:00:00Z"}, {"DD.MM.YYYY", "31.02.2026", ""}, {"DD.MM.YYYY", "01.02.0026", ""}, {"DD.MM.YYYY", "2.1.2026", ""},
	} {
		f, err := ledger.ParseDateFormat(c.format)
		if err != nil {
			t.Errorf("%s: %v", c.format, err)
			continue
		}
		o := lenient()
		o.Dates = []ledger.DateFormat{f}
		got, err := read(t, rowWith("start_date", c.cell), o)
		if err != nil || c.want == "" && len(got.bad) != 1 || c.want != "" && (len(got.lines) != 2 || got.lines[1].Start.UTC().Format(time.RFC3339) != c.want) {
			t.Errorf("%s %q: %+v, %v; want %s", c.format, c.cell, got, err, c.want)
		}
	}
	for _, bad := range []string{"", "DD.MM", "YYYY", "hello", "2006-01", "DD.MM.YYYY hh:mm", "15:04", "MM/YYYY"} {
		if f, err := ledger.ParseDateFormat(bad); err == nil {
			t.Errorf("%q was accepted: %+v", bad, f)
		}
	}
}

func TestADateOfTwoMeaningsIsBad(t *testing.T) {
	o := lenient()
	for _, text := range []string{"DD/MM/YYYY", "MM/DD/YYYY"} {
		f, err := ledger.ParseDateFormat(text)
		if err != nil {
			t.Fatal(err)
		}
		o.Dates = append(o.Dates, f)
	}
	for cell, want := range map[string]string{
		"31/12/2026": "", "12/31/2026": "", "05/05/2026": "",
		"03/04/2026": "start_date: DD/MM/YYYY reads it as 2026-04-03, and MM/DD/YYYY as 2026-03-04: give one date_format",
	} {
		got, err := read(t, rowWith("start_date", cell), o)
		if err != nil || (want == "") != (len(got.bad) == 0) || want != "" && got.bad[0].Problem != want {
			t.Errorf("%s: %+v, %v", cell, got.bad, err)
		}
	}
}

func TestATotalsRow(t *testing.T) {
	head := "external_id,account_id,status,unit_price\n"
	for row, hint := range map[string]bool{
		"Total,,,120.00": true, ",,Grand total:,120.00": true, "Gesamt: 3,,,1": true, "Total,,120.00": true,
		"x,,active,1": false, "Total Energies," + guidA + ",odd,1": false, ",,totally,": false,
	} {
		got, err := read(t, head+good+",1\n"+row+"\n", lenient())
		if err != nil || len(got.bad) != 1 || strings.HasSuffix(got.bad[0].Problem, "; looks like a totals row: leave it out of the export") != hint {
			t.Errorf("%s: %+v, %v", row, got.bad, err)
		}
	}
}

func TestCellsThatASheetSpoiled(t *testing.T) {
	f := excelize.NewFile()
	day := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	for i, row := range [][]any{
		{"external_id", "account_id", "status", "start_date", "unit_price", "note"},
		{"good", guidA, "active", day, 12.5, 1e20},
		{123456789012345678, guidA, "active", "", "", ""},
		{day, guidA, "active", 46000, "12,5", ""},
	} {
		if err := f.SetSheetRow("Sheet1", "A"+string(rune('1'+i)), &row); err != nil {
			t.Fatal(err)
		}
	}
	out, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	o := &ledger.Options{Name: "l", Decimal: ledger.Comma, MaxBadRows: decimal.NullDecimal{Decimal: decimal.Hundred, Valid: true}}
	got, err := read(t, out.String(), o)
	if err != nil || len(got.bad) != 2 || got.lines[0].UnitPrice.Amount.String() != "12.5" || got.carried[0][0] != "100000000000000000000" {
		t.Fatalf("%+v, %v", got, err)
	}
	want := []string{
		"external_id: the sheet has lost digits of this number: keep it as text there",
		"external_id: the sheet has made a date of it: keep it as text there; start_date: a number and no date: give the column a date format in the sheet",
	}
	if diff := cmp.Diff(want, []string{got.bad[0].Problem, got.bad[1].Problem}); diff != "" {
		t.Error(diff)
	}
}

func TestEncodingThatIsSetIsNotGuessedAt(t *testing.T) {
	o := lenient()
	o.Encoding = "UTF-8"
	got, err := read(t, "external_id,account_id,status,customer\n"+good+",ü\n"+good+",caf\xe9\n", o)
	if err != nil || len(got.bad) != 1 || got.bad[0].Problem != "customer: not UTF-8" {
		t.Errorf("%+v, %v", got.bad, err)
	}
}

func TestSurvey(t *testing.T) {
	text := "external_id;account_id;status;start_date;unit_price;note\n" +
		"a;" + guidA + ";Paused;31.12.2026;1.234;x\nb;" + guidA + ";active;02.01.2026;1;\xe9\nc;" + guidA + ";active;;2;\nd;x;active;;2;\n"
	s, err := ledger.Inspect(t.Context(), strings.NewReader(text), &ledger.Options{Name: "l"}, 3)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"status:\n  \"Paused\": … # active, pending or canceled; 1 row", "decimal: comma # or point", "date_format: DD.MM.YYYY", "encoding: windows-1252",
	}
	if s.Rows != 3 || s.Whole || s.Fault == nil || s.Bad != 2 || len(s.Examples) != 2 || s.Dialect.Decimal != ledger.Comma || s.Carried[0] != "note" {
		t.Errorf("%+v", s)
	}
	var yaml []string
	for _, one := range s.Suggestions {
		yaml = append(yaml, one.YAML)
	}
	if diff := cmp.Diff(want, yaml); diff != "" {
		t.Error(diff)
	}
}

func TestSurveyOfAHeaderThatDoesNotFit(t *testing.T) {
	s, err := ledger.Inspect(t.Context(), strings.NewReader("Subscription ID,Wix Account,customer\na,b,c\n"), nil, 10)
	if err != nil || s.Fault == nil {
		t.Fatal(s, err)
	}
	want := []ledger.Suggestion{{"the required columns stand under other headers, or are not there",
		"columns:\n  external_id: \"Subscription ID\"\n  account_id: \"Wix Account\"\n  status: \"…\""}}
	if diff := cmp.Diff(want, s.Suggestions); diff != "" || len(s.Mapping) != len(ledger.Columns()) {
		t.Error(diff)
	}
	for _, text := range []string{"", "PK\x03\x04", "\x7fELF\x00"} {
		s, err := ledger.Inspect(t.Context(), bytes.NewReader([]byte(text)), nil, 10)
		if err != nil || s.Fault == nil {
			t.Errorf("%q: %+v, %v", text, s, err)
		}
	}
}
