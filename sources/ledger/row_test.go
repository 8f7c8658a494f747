package ledger_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"
	"github.com/xuri/excelize/v2"

	"github.com/wixrecon/wixrecon/sources/ledger"
)

func TestTotalsRow(t *testing.T) {
	head := "external_id,account_id,status,unit_price\n"
	for row, hint := range map[string]string{
		"Total,,,120.00": `external_id: ["Total"]`, ",,Grand total:,120.00": `status: ["Grand total:"]`,
		"Gesamt: 3,,,1": `external_id: ["Gesamt: 3"]`, "Total,,120.00": `external_id: ["Total"]`,
		"x,,active,1": "", "Total Energies," + guidA + ",strange,1": "", ",,totally,": "",
	} {
		got, err := read(t, head+goodRow+",1\n"+row+"\n"+goodRow+",1\n", lenient())
		want := "; it may be a totals row: remove it from the export, or set in the settings file: ignore_rows: {" + hint + "}"
		if err != nil || len(got.bad) != 1 || strings.HasSuffix(got.bad[0].Problem, want) != (hint != "") {
			t.Errorf("%s: %+v, %v", row, got.bad, err)
		}
		_, err = read(t, head+goodRow+",1\n"+row+"\n", lenient())
		if (err != nil) != (hint != "") || err != nil && !strings.Contains(err.Error(), "ignore_rows: {"+hint+"}") {
			t.Errorf("%s below the table: %v", row, err)
		}
	}
}

func TestCellsChangedByASheet(t *testing.T) {
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
		"external_id: the sheet has lost digits of this number: format the column as text there",
		"external_id: the sheet has turned it into a date: format the column as text there; start_date: a number and not a date: format the column as a date in the sheet",
	}
	if diff := cmp.Diff(want, []string{got.bad[0].Problem, got.bad[1].Problem}); diff != "" {
		t.Error(diff)
	}
}

func TestEncodingThatIsSetIsStrict(t *testing.T) {
	o := lenient()
	o.Encoding = "UTF-8"
	got, err := read(t, "external_id,account_id,status,customer\n"+goodRow+",ü\n"+goodRow+",caf\xe9\n", o)
	if err != nil || len(got.bad) != 1 || got.bad[0].Problem != "customer: not UTF-8" {
		t.Errorf("%+v, %v", got.bad, err)
	}
}
