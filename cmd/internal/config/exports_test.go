package config

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/ledger"
)

// The sample exports of all billing systems, each with the settings that the
// documentation shows, are the same ledger.
func TestExports(t *testing.T) {
	docs, err := os.ReadFile("../../../docs/ledgers.md")
	if err != nil {
		t.Fatal(err)
	}
	want := contractLedger(t)
	for _, name := range []string{"stripe", "chargebee", "zuora", "whmcs", "odoo"} {
		settings := "../../../testdata/exports/" + name + ".yaml"
		text, err := os.ReadFile(settings)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(docs, append([]byte("```yaml\n"), text...)) {
			t.Errorf("%s: docs/ledgers.md shows other settings", name)
		}
		if n := strings.Count(string(text), "\n"); n > 15 {
			t.Errorf("%s: %d lines of settings", name, n)
		}
		c, err := Load(requiredFlags(map[string]string{"config": settings}), withKey(), os.ReadFile)
		if err != nil {
			t.Fatal(err)
		}
		got := linesOfFile(t, "../../../testdata/exports/"+name+".csv", c.LedgerOptions(name))
		options := cmp.Options{cmpopts.IgnoreFields(reconcile.Line{}, "Carried", "Record"),
			cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Cmp(b) == 0 }), cmpopts.IgnoreUnexported(reconcile.Line{})}
		if d := cmp.Diff(want, got, options); d != "" {
			t.Errorf("%s: -want +got:\n%s", name, d)
		}
	}
}

func linesOfFile(t *testing.T, file string, o *ledger.Options) []reconcile.Line {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return linesIn(t, text, o)
}

func linesIn(t *testing.T, text []byte, o *ledger.Options) []reconcile.Line {
	t.Helper()
	l, err := ledger.Read(t.Context(), bytes.NewReader(text), o)
	if err != nil {
		t.Fatal(err)
	}
	var lines []reconcile.Line
	for row, err := range l.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, *row.Line)
	}
	return lines
}

// contractLedger returns the same lines from the contract's own columns.
func contractLedger(t *testing.T) []reconcile.Line {
	t.Helper()
	return linesIn(t, []byte(`external_id,account_id,status,catalog_product_id,billing_cycle,quantity,start_date,end_date,unit_price,currency,customer
1001,`+subA+`,active,premium-unlimited,1 MONTH,1,2026-01-15,,24.00,EUR,Alder Bakery
1002,`+subA+`,active,premium-business,1 YEAR,2,2025-11-01,,300.00,EUR,Birch & Sons
1003,`+subB+`,canceled,premium-unlimited,1 MONTH,1,2026-03-01,2026-09-01,24.00,USD,Cedar Café
1004,`+subB+`,pending,premium-ecommerce,1 YEAR,1,2027-02-01,,348.50,EUR,Dogwood Ltd
`), nil)
}
