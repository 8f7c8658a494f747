package main

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Ledgers as programs and people export them, each with the right outcome: read, and
// nothing found; findings that fix nothing by mistake; or refused, with a message that
// names the cause and the remedy. The inventory has six packages, SUB-1001 to SUB-1006.

// A fieldCase is a ledger below testdata/field and what an audit of it must show.
type fieldCase struct {
	ledger  string
	flags   string // more flags; FOLDER is the folder of the ledger
	refused string // a part of the error; empty if the ledger is read
	finding string // kind, external id and field of all findings; empty if there are none
	warning string // a part of the log
}

func fieldCases() []fieldCase {
	const bad = "invalid_ledger_row SUB-1003 catalog_product_id"
	noDate := "--date-format DD/MM/YYYY"
	return []fieldCase{
		{ledger: "sheet-errors-in-csv/product.csv", finding: bad, warning: `empty: [\"#N/A\"]`},
		{ledger: "words-for-nothing/NULL.csv", finding: bad, warning: `empty: [\"NULL\"]`},
		{ledger: "words-for-nothing/backslash-N.csv", finding: bad},
		{ledger: "words-for-nothing/not-available.csv", finding: bad},
		{ledger: "words-for-nothing/dash.csv", finding: bad},
		{ledger: "words-for-nothing/nan.csv", finding: bad},
		{ledger: "words-for-nothing/dates.csv", refused: `"NULL" usually means that there is no value. Set in the settings file: empty: ["NULL"]`},
		{ledger: "words-for-nothing/NULL.csv", flags: "--config FOLDER/empty.yaml"},
		{ledger: "words-for-nothing/dates.csv", flags: "--config FOLDER/empty.yaml"},
		{ledger: "none-of-python/ledger.csv", refused: `empty: ["None"]`},
		{ledger: "formulas-without-a-stored-result/end-date.xlsx", finding: "invalid_ledger_row SUB-1003 end_date"},
		{ledger: "formulas-without-a-stored-result/quantity.xlsx", finding: "invalid_ledger_row SUB-1003 quantity"},
		{ledger: "formulas-without-a-stored-result/product.xlsx", finding: "invalid_ledger_row SUB-1003 catalog_product_id"},
		{ledger: "formulas-without-a-stored-result/price.xlsx", finding: "invalid_ledger_row SUB-1003 unit_price"},
		{ledger: "more-than-one-sheet/goes-on.xlsx", refused: `several sheets have the header`},
		{ledger: "more-than-one-sheet/goes-on.xlsx", flags: "--sheet *"},
		{ledger: "more-than-one-sheet/regions.xlsx", refused: `or sheet: "*" to read all`},
		{ledger: "more-than-one-sheet/regions.xlsx", flags: "--sheet *"},
		{ledger: "ids-by-number-format/zeros.xlsx", flags: "--snapshot FOLDER/zeros.jsonl"},
		{ledger: "ids-by-number-format/prefix.xlsx"},
		{ledger: "zone-abbreviations/ledger.csv", flags: "--date-format #", finding: "invalid_ledger_row SUB-1003 end_date"},
		{ledger: "zone-abbreviations/ledger.csv", flags: "--tz America/New_York"},
		{ledger: "the-same-part-twice/parts/", refused: "has the same bytes as"},
		{ledger: "sep-line/semicolon.csv"},
		{ledger: "sep-line/comma.csv"},
		{ledger: "carriage-returns-alone/ledger.csv"},
		{ledger: "carriage-returns-alone/quoted.csv"},
		{ledger: "title-above-the-header/ledger.csv"},
		{ledger: "title-above-the-header/ledger.csv", flags: "--header-row 4"},
		{ledger: "title-above-the-header/ledger.csv", flags: "--header-row 2", refused: "columns: {external_id: "},
		{ledger: "title-above-the-header/ledger.xlsx"},
		{ledger: "title-above-the-header/comment.csv"},
		{ledger: "row-of-commas-above-the-header/ledger.csv"},
		{ledger: "empty-cells-left-out-at-the-end/ledger.csv"},
		{ledger: "dates-that-mean-none/mysql.csv", flags: noDate, refused: `empty: ["0000-00-00"]`},
		{ledger: "dates-that-mean-none/mysql-time.csv", flags: noDate, refused: `empty: ["0000-00-00 00:00:00"]`},
		{ledger: "dates-that-mean-none/slashes.csv", flags: noDate, refused: `empty: ["00/00/0000"]`},
		{ledger: "dates-that-mean-none/dotnet.csv", flags: noDate, refused: `empty: ["0001-01-01T00:00:00"]`},
		{ledger: "dates-that-mean-none/sql-server.csv", flags: noDate, refused: `empty: ["1753-01-01"]`},
		{ledger: "utc-after-the-time/bigquery.csv"},
		{ledger: "utc-after-the-time/ruby.csv"},
		{ledger: "utc-after-the-time/go.csv"},
		{ledger: "billing-cycles-in-words/ledger.csv", flags: "--snapshot FOLDER/inventory.jsonl"},
		{ledger: "currency-signs-in-prices/whmcs.csv"},
		{ledger: "currency-signs-in-prices/euro.csv"},
		{ledger: "currency-signs-in-prices/dollar.csv", refused: `the amount has the currency sign "$", but the row has no currency`},
		{ledger: "marks-in-the-header/two-marks.csv", refused: `external_id: "\ufeffexternal_id"`},
		{ledger: "marks-in-the-header/zero-width.csv", refused: `account_id: "account_id\u200b"`},
		{ledger: "marks-in-the-header/quotes.csv", refused: `external_id: "“external_id”"`},
		{ledger: "control-characters/end.csv"},
		{ledger: "control-characters/long-end.csv"},
		{ledger: "control-characters/name.csv"},
		{ledger: "control-characters/later.csv"},
		{ledger: "parts-without-rows/header-only/", warning: "this part of the folder has no rows"},
		{ledger: "parts-without-rows/zero-bytes/", warning: "this part of the folder has no rows"},
		{ledger: "parts-without-rows/athena/", refused: "begin its name with a dot or an underscore"},
		{ledger: "lines-below-the-table/psql.csv"},
		{ledger: "lines-below-the-table/concatenated.csv", warning: "that repeat the header"},
		{ledger: "lines-below-the-table/salesforce.csv", refused: `ignore_rows: {external_id: ["Subscriptions", "Copyright`},
		{ledger: "cover-sheet-first/ledger.xlsx", warning: "Subscriptions"},
		{ledger: "packed-pieces-one-after-another/two.csv.gz"},
		{ledger: "packed-pieces-one-after-another/two.csv.zst"},
		{ledger: "packed-pieces-one-after-another/skippable-first.csv.zst"},
		{ledger: "packed-pieces-one-after-another/skippable-last.csv.zst"},
		{ledger: "packed-pieces-one-after-another/renamed.csv"},
		{ledger: "lines-of-python-on-windows/ledger.csv"},
		{ledger: "lines-of-python-on-windows/mark-before-quotes.csv"},
		{ledger: "strict-workbook/ledger.xlsx"},
		{ledger: "times-of-databases/ledger.csv"},
		{ledger: "times-of-databases/impossible.csv", finding: "invalid_ledger_row SUB-1003 end_date"},
		{ledger: "shape-of-partner-center/charges.csv", flags: "--config FOLDER/settings.yaml"},
		{ledger: "shape-of-partner-center/credits.csv", flags: "--config FOLDER/settings.yaml", refused: `column "quantity": "-1"`},
	}
}

// wordCases are ledgers with words that YAML takes for other values.
func wordCases(t *testing.T) []fieldCase {
	t.Helper()
	var cases []fieldCase
	settings, err := filepath.Glob("../../testdata/field/words-that-yaml-reads-as-values/*.yaml")
	if err != nil || len(settings) != 10 {
		t.Fatal(settings, err)
	}
	for _, name := range settings {
		base := strings.TrimSuffix(filepath.Base(name), ".yaml")
		ledger := base + ".csv"
		if base == "sheet" {
			ledger = "sheet.xlsx"
		}
		cases = append(cases, fieldCase{ledger: "words-that-yaml-reads-as-values/" + ledger, flags: "--config FOLDER/" + base + ".yaml"})
	}
	return cases
}

func TestLedgersFromTheField(t *testing.T) {
	for _, c := range append(fieldCases(), wordCases(t)...) {
		t.Run(strings.TrimSuffix(c.ledger, "/")+" "+c.flags, func(t *testing.T) { c.run(t) })
	}
}

func (c *fieldCase) run(t *testing.T) {
	t.Helper()
	const field = "../../testdata/field/"
	out := t.TempDir()
	args := []string{"wixrecon", "run", "--ledger", field + c.ledger, "--out", out, "--run-id", "field", "--as-of", "2026-11-20T00:00:00Z",
		"--progress", "off", "--reports", "findings"}
	if !strings.Contains(c.flags, "--snapshot") {
		args = append(args, "--snapshot", field+"packages.jsonl")
	}
	for _, flag := range strings.Fields(c.flags) {
		flag = strings.ReplaceAll(flag, "FOLDER", filepath.Dir(field+c.ledger))
		args = append(args, strings.ReplaceAll(flag, "#", "2006-01-02 15:04:05 MST"))
	}
	var stdout, stderr bytes.Buffer
	code := (&program{stdout: &stdout, stderr: &stderr}).run(t.Context(), args)
	if c.refused != "" {
		if code != 1 || !strings.Contains(stderr.String(), c.refused) {
			t.Errorf("exit code %d, want 1 and %q\n%s", code, c.refused, stderr.String())
		}
		return
	}
	if code != 0 || !strings.Contains(stderr.String(), c.warning) {
		t.Fatalf("exit code %d, want 0 and %q\n%s", code, c.warning, stderr.String())
	}
	if got := findingsOf(t, filepath.Join(out, "field", "findings.csv")); got != c.finding {
		t.Errorf("findings %q, want %q", got, c.finding)
	}
}

// findingsOf returns kind, external id and field of the findings.
func findingsOf(t *testing.T, name string) string {
	t.Helper()
	in, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	rows, err := csv.NewReader(in).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, row := range rows[1:] {
		cell := func(column string) string { return row[slices.Index(rows[0], column)] }
		texts = append(texts, cell("kind")+" "+cell("external_id")+" "+cell("field"))
	}
	return strings.Join(texts, ", ")
}
