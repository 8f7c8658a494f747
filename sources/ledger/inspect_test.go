package ledger_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wixrecon/wixrecon/sources/ledger"
)

func TestInspect(t *testing.T) {
	text := "external_id;account_id;status;start_date;unit_price;note\n" +
		"a;" + guidA + ";Paused;31.12.2026;1.234;x\nb;" + guidA + ";active;02.01.2026;1;\xe9\nc;" + guidA + ";active;;2;\nd;x;active;;2;\n"
	s, err := ledger.Inspect(t.Context(), strings.NewReader(text), &ledger.Options{Name: "l"}, 3)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"status:\n  \"Paused\": … # active, pending or canceled; 1 row", "decimal: comma # or point", "date_format: DD.MM.YYYY", "encoding: windows-1252",
	}
	if s.Rows != 3 || s.Err == nil || s.Bad != 2 || len(s.Examples) != 2 || s.Dialect.Decimal != ledger.Comma || s.Carried[0] != "note" {
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

func TestInspectUnknownHeader(t *testing.T) {
	s, err := ledger.Inspect(t.Context(), strings.NewReader("Subscription ID,Wix Account,customer\na,b,c\n"), nil, 10)
	if err != nil || s.Err == nil {
		t.Fatal(s, err)
	}
	want := []ledger.Suggestion{{"required columns have other headers, or are missing",
		"columns:\n  external_id: \"Subscription ID\"\n  account_id: \"Wix Account\"\n  status: \"…\""}}
	if diff := cmp.Diff(want, s.Suggestions); diff != "" || len(s.Mapping) != len(ledger.Columns()) {
		t.Error(diff)
	}
	for _, text := range []string{"", "PK\x03\x04", "\x7fELF\x00"} {
		s, err := ledger.Inspect(t.Context(), bytes.NewReader([]byte(text)), nil, 10)
		if err != nil || s.Err == nil {
			t.Errorf("%q: %+v, %v", text, s, err)
		}
	}
}
