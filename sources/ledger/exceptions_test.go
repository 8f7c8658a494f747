package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/unicode"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/ledger"
	"github.com/wixrecon/wixrecon/sources/table"
)

const exceptionHeader = "kind,external_id,package_id,account_id,reason,owner,ticket,expires\n"

// listAsOf is the as-of of these tests.
func listAsOf() time.Time { return time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC) }

func exceptions(t testing.TB, text string) ([]reconcile.Exception, error) {
	t.Helper()
	return ledger.ReadExceptions(t.Context(), strings.NewReader(text), "exceptions sample/e.csv", nil, listAsOf())
}

func TestExceptions(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	must(t, err)
	text := exceptionHeader +
		"orphan_package,\u00a0SUB-1 ,,,\"agreed, in writing\",Ann,T-1,2027-01-31\n" +
		"\n" +
		"*,*," + strings.ToUpper(guidA) + ",,pilot,,,2020-01-01\n" +
		",,," + strings.ToUpper(guidB) + ",closing,,,2027-11-22T00:30:00+01:00\n" +
		"Extra Instance,00123,*,*,twice,,,2026-12-01 12:00\n"
	got, err := ledger.ReadExceptions(t.Context(), strings.NewReader(text), "e.csv", berlin, listAsOf())
	must(t, err)
	at := func(year int, month time.Month, day, hour, minute int) time.Time {
		return time.Date(year, month, day, hour, minute, 0, 0, berlin)
	}
	want := []reconcile.Exception{
		{Kind: "orphan_package", ExternalID: "SUB-1", Reason: "agreed, in writing", Owner: "Ann", Ticket: "T-1", Expires: at(2027, 1, 31, 0, 0), Record: 2},
		{Kind: "*", PackageID: guidA, Reason: "pilot", Expires: at(2020, 1, 1, 0, 0), Record: 4},
		{Kind: "*", AccountID: guidB, Reason: "closing", Expires: at(2027, 11, 22, 0, 30), Record: 5},
		{Kind: "extra_instance", ExternalID: "00123", Reason: "twice", Expires: at(2026, 12, 1, 12, 0), Record: 6},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// A list is read in the formats in which people keep it.
func TestExceptionsInOtherFormats(t *testing.T) {
	want := []reconcile.Exception{{Kind: "missing_instance", ExternalID: "00123", AccountID: guidA, Reason: "geklärt",
		Expires: time.Date(2026, 12, 24, 0, 0, 0, 0, time.UTC), Record: 2}}
	rows := "Kind;External ID;ACCOUNT_ID;Why;Reason;Expires\nmissing_instance;00123;" + guidA + ";x;geklärt;2026-12-24\n"
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(rows)
	must(t, err)
	for name, text := range map[string]string{
		"semicolons": rows,
		"tabs":       strings.ReplaceAll(rows, ";", "\t"),
		"BOM":        "\ufeff" + rows,
		"UTF-16":     wide,
		"1252":       strings.ReplaceAll(rows, "ä", "\xe4"),
		"a sheet":    sheetOf(t, rows),
	} {
		got, err := exceptions(t, text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// sheetOf returns a workbook with text cells and date cells.
func sheetOf(t *testing.T, rows string) string {
	t.Helper()
	f := excelize.NewFile()
	for r, row := range strings.Split(strings.TrimSpace(rows), "\n") {
		for c, text := range strings.Split(row, ";") {
			name, err := excelize.CoordinatesToCellName(c+1, r+1)
			must(t, err)
			var value any = text
			if date, err := time.Parse(time.DateOnly, text); err == nil {
				value = date
			}
			must(t, f.SetCellValue("Sheet1", name, value))
		}
	}
	out, err := f.WriteToBuffer()
	must(t, err)
	return out.String()
}

// A report is an exceptions file, where people filled its two columns.
func TestExceptionsOfAReport(t *testing.T) {
	report := func(rows ...[]any) string {
		f := excelize.NewFile()
		for _, name := range []string{"Findings", "Findings 2", "Exceptions"} {
			if _, err := f.NewSheet(name); err != nil {
				t.Fatal(err)
			}
		}
		set := func(sheet string, row int, cells ...any) {
			must(t, f.SetSheetRow(sheet, fmt.Sprint("A", row), &cells))
		}
		set("Sheet1", 1, "Summary")
		set("Exceptions", 1, "kind", "external_id", "reason", "expires")
		set("Exceptions", 2, "*", "old", "known", "2027-01-01")
		header := []any{"kind", "severity", "external_id", "customer", "account_id", "package_id", "except_until", "except_reason"}
		set("Findings", 1, header...)
		set("Findings 2", 1, header...)
		for i, row := range rows {
			set("Findings", i+2, row...)
		}
		set("Findings 2", 2, "missing_package", "high", "last", "x", "", "", "2027-01-02", "later")
		out, err := f.WriteToBuffer()
		must(t, err)
		return out.String()
	}
	got, err := exceptions(t, report(
		[]any{"orphan_package", "high", "SUB-1", "Bakery", guidA, guidB, time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC), "agreed"},
		[]any{"orphan_package", "high", "SUB-2", "Bakery", guidA, guidB, "", ""},
	))
	want := []reconcile.Exception{
		{Record: 2, Kind: "orphan_package", ExternalID: "SUB-1", AccountID: guidA, PackageID: guidB, Reason: "agreed", Expires: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)},
		{Record: 2, Kind: "missing_package", ExternalID: "last", Reason: "later", Expires: time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC)},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for want, row := range map[string][]any{
		`sheet "Findings", row 2: column "except_until": missing`:  {"orphan_package", "high", "SUB-1", "", "", "", "", "agreed"},
		`sheet "Findings", row 2: column "except_reason": missing`: {"orphan_package", "high", "SUB-1", "", "", "", "2027-01-31", ""},
		"can't be excepted":        {"invalid_ledger_row", "high", "", "", "", "", "2027-01-31", "agreed"},
		"more than 366 days ahead": {"orphan_package", "high", "SUB-1", "", "", "", "2037-01-31", "agreed"},
	} {
		if _, err := exceptions(t, report(row)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestHeaderOnlyMeansNoExceptions(t *testing.T) {
	for _, text := range []string{exceptionHeader, exceptionHeader + "\n\n", "kind,external_id,reason,expires", "\ufeffkind\treason\texpires\taccount id\n"} {
		got, err := exceptions(t, text)
		if err != nil || len(got) > 0 {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

func TestBadExceptions(t *testing.T) {
	ok := ",,," + guidA + ",r,,,2027-01-01"
	for name, c := range map[string]struct {
		row  string
		want []string // lines
	}{
		"misspelled kind": {"orphan_packages,a,,,r,,,2027-01-01", []string{`line 2: column "kind": "orphan_packages": not a kind of finding: did you mean "orphan_package"?`}},
		"unknown kind":    {"xyzzy,a,,,r,,,2027-01-01", []string{`line 2: column "kind": "xyzzy": not a kind of finding`}},
		"no id":           {"orphan_package,,,,r,,,2027-01-01", []string{`line 2: columns external_id, package_id and account_id: one of them must have an id`}},
		"asterisks only":  {"*,*,*,*,r,,,2027-01-01", []string{`line 2: columns external_id, package_id and account_id: one of them must have an id`}},
		"no GUID":         {"*,,p-1,a-1,r,,,2027-01-01", []string{`line 2: column "package_id": "p-1": not a GUID`, `line 2: column "account_id": "a-1": not a GUID`}},
		"an id too long":  {"*," + strings.Repeat("x", 101) + ",,,r,,,2027-01-01", []string{`line 2: column "external_id": "` + strings.Repeat("x", 60) + `…": longer than 100 characters`}},
		"an id not UTF-8": {"*,\xff,,,r,,,2027-01-01", []string{`line 2: column "external_id": "ÿ": not UTF-8`}},
		"no reason":       {"*,a,,,  ,,,2027-01-01", []string{`line 2: column "reason": missing`}},
		"a long reason":   {"*,a,,," + strings.Repeat("é", 1001) + ",,,2027-01-01", []string{`line 2: column "reason": "` + strings.Repeat("é", 60) + `…": longer than 1000 characters`}},
		"no date":         {"*,a,,,r,,,", []string{`line 2: column "expires": missing`}},
		"no end":          {"*,a,,,r,,,*", []string{`line 2: column "expires": "*": not an ISO 8601 date such as 2026-01-31 or 2026-01-31T15:04:05Z`}},
		"ambiguous date":  {"*,a,,,r,,,03/04/2027", []string{`line 2: column "expires": "03/04/2027": not an ISO 8601 date such as 2026-01-31 or 2026-01-31T15:04:05Z`}},
		"too far":         {"*,a,,,r,,,2027-11-23", []string{`line 2: column "expires": "2027-11-23": more than 366 days ahead: the latest date is 2027-11-22`}},
		"too few cells":   {"*,a,,,r", []string{`line 2: column "expires": missing`}},
		"everything": {"?,,,,,,,", []string{`line 2: column "kind": "?": not a kind of finding`,
			`line 2: columns external_id, package_id and account_id: one of them must have an id`,
			`line 2: column "reason": missing`, `line 2: column "expires": missing`}},
		"two rows": {ok + "\n\n*,b,,,,,,2027-01-01\n" + ok, []string{`line 4: column "reason": missing`}},
	} {
		got, err := exceptions(t, exceptionHeader+c.row+"\n")
		for i := range c.want {
			c.want[i] = "read exceptions sample/e.csv: " + c.want[i]
		}
		if listErr := (*ledger.ListError)(nil); !errors.As(err, &listErr) || got != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		} else if d := cmp.Diff(c.want, strings.Split(err.Error(), "\n")); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestBadExceptionHeader(t *testing.T) {
	for header, want := range map[string]string{
		"external_id,owner\n": `read e: the header lacks the required kind, reason, expires; it has "external_id", "owner"`,
		"kind,external_id,account_id,packge_id,reason,expires\n":   `read e: the header has "packge_id" and no package_id: did you mean "package_id"?`,
		"kind,external_id,External ID,package_id,reason,expires\n": `read e: the header has the column "external_id" twice, as column 2 and 3: remove or rename one of them`,
		"": "read e: the table is empty",
	} {
		_, err := ledger.ReadExceptions(t.Context(), strings.NewReader(header), "e", nil, listAsOf())
		if listErr := (*ledger.ListError)(nil); !errors.As(err, &listErr) || err.Error() != want {
			t.Errorf("%q: %v, want %s", header, err, want)
		}
	}
	_, err := exceptions(t, "")
	if !errors.Is(err, table.ErrEmpty) {
		t.Errorf("empty file: %v", err)
	}
}

func TestManyBadExceptionsAreCounted(t *testing.T) {
	_, err := exceptions(t, exceptionHeader+strings.Repeat("*,a,,,,,,2027-01-01\n", 1000))
	lines := strings.Split(fmt.Sprint(err), "\n")
	if len(lines) != 51 || lines[50] != "read exceptions sample/e.csv: and 950 more like these" {
		t.Errorf("%d lines, the last %s", len(lines), lines[len(lines)-1])
	}
}

// A read error is not a ListError.
func TestListReadErrors(t *testing.T) {
	broken := errors.New("connection lost")
	in := io.MultiReader(strings.NewReader(exceptionHeader+strings.Repeat("*,a,,,r,,,2027-01-01\n", 10_000)), failingReader{broken})
	_, err := ledger.ReadExceptions(t.Context(), in, "e", nil, listAsOf())
	if listErr := (*ledger.ListError)(nil); !errors.Is(err, broken) || errors.As(err, &listErr) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = ledger.ReadExceptions(ctx, strings.NewReader(exceptionHeader+"*,a,,,r,,,2027-01-01\n"), "e", nil, listAsOf())
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// FuzzExceptions: every exception has an id, a reason and a date within the limit.
func FuzzExceptions(f *testing.F) {
	f.Add(exceptionHeader + "orphan_package,a,,,r,,,2027-01-01\n")
	f.Add("kind;account_id;reason;expires\n*;" + guidA + ";r;2027-01-01T00:00Z\n")
	f.Add("kind\texternal_id\treason\texpires\n\"\t*\tr\t2020-01-01\n")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := exceptions(t, text)
		if err != nil && all != nil {
			t.Error("exceptions and an error")
		}
		for _, e := range all {
			if e.ExternalID+e.PackageID+e.AccountID == "" || e.Reason == "" || e.Expires.IsZero() || e.Kind == "" ||
				e.Expires.After(listAsOf().AddDate(0, 0, 366)) || e.Record < 2 {
				t.Errorf("accepted %+v", e)
			}
		}
	})
}
