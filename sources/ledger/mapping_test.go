package ledger_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wixrecon/wixrecon/sources/ledger"
)

func TestAllMappingErrorsAreReported(t *testing.T) {
	o := &ledger.Options{Name: "ledger l", Columns: []ledger.ColumnMap{
		{Column: "external_id", Headers: []string{"Subscripton"}, From: "f.yaml:2"},
		{Column: "account_id", Headers: []string{"zzz", "qqq"}, From: "f.yaml:3"},
		{Column: "nonsense", Headers: []string{"State"}, From: "f.yaml:4"},
	}}
	_, err := read(t, "Subscription,Konto,State\nx,y,z\n", o)
	want := `read ledger l: f.yaml:4: columns: "nonsense" is not a column of the ledger
f.yaml:2: columns: external_id: the header has no column "Subscripton"; the nearest is "Subscription". Set in the settings file: columns: {external_id: "Subscription"}
f.yaml:3: columns: account_id: the header has no column "zzz", "qqq"; it has "Subscription", "Konto", "State"
the header lacks the required status; it has "Subscription", "Konto", "State". Set in the settings file: columns: {status: "State"}`
	if err == nil {
		t.Fatal("accepted")
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Error(diff)
	}
}

func TestFirstFilledCellCounts(t *testing.T) {
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
