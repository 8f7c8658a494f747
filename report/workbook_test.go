package report

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/wixrecon/wixrecon/reconcile"
)

func workbookOf(t *testing.T, b *WorkbookData) (*excelize.File, []byte) {
	t.Helper()
	b.TmpDir = t.TempDir()
	raw := written(t, func(w io.Writer) error { return Workbook(w, b) })
	if left, err := os.ReadDir(b.TmpDir); err != nil || len(left) > 0 {
		t.Errorf("files left in the temporary folder: %v, %v", left, err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f, raw
}

func cellOf(t *testing.T, f *excelize.File, sheet, cell string) string {
	t.Helper()
	value, err := f.GetCellValue(sheet, cell, excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestWorkbookSheets(t *testing.T) {
	f, _ := workbookOf(t, sampleData(50, 30))
	want := []string{"Summary", "Findings", "Fixes", "Accounts", "Products", "Inventory", "Exceptions", "Run"}
	if got := f.GetSheetList(); !slices.Equal(got, want) {
		t.Errorf("sheets %q, want %q", got, want)
	}
}

// Every formula has the same value as its cached one, and every check ties.
func TestSummaryFormulas(t *testing.T) {
	b := sampleData(200, 180)
	b.maxRows = 64
	f, _ := workbookOf(t, b)
	formulas, ties := 0, 0
	rows, err := f.GetRows("Summary", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	for r := range rows {
		for c := range rightEnd {
			name := cellName(c+1, r+1)
			formula, err := f.GetCellFormula("Summary", name)
			if err != nil || formula == "" {
				continue
			}
			formulas++
			cached := cellOf(t, f, "Summary", name)
			computed, err := f.CalcCellValue("Summary", name, excelize.Options{RawCellValue: true})
			if err != nil || computed != cached {
				t.Errorf("%s: %s is %q, cached %q (%v)", name, formula, computed, cached, err)
			}
			if cached == "ties" {
				ties++
			}
		}
	}
	if kinds := len(reconcile.Kinds()); formulas != kinds+5+1+1+2+2 || ties != 3 {
		t.Errorf("%d formulas, %d checks tie", formulas, ties)
	}
}

func TestSummaryShowsTotalsThatDoNotTie(t *testing.T) {
	b := sampleData(20, 10)
	b.Summary.Wix.Packages++
	f, _ := workbookOf(t, b)
	found, err := f.SearchSheet("Summary", "DOES NOT TIE")
	if err != nil || len(found) != 1 {
		t.Errorf("found at %v, %v", found, err)
	}
}

func TestWorkbookRejectsAWrongCount(t *testing.T) {
	b := sampleData(20, 10)
	b.Summary.Findings.Total++
	err := Workbook(io.Discard, b)
	if err == nil || !strings.Contains(err.Error(), "20 rows, the summary has 21") {
		t.Errorf("error %v", err)
	}
}

// Ids are strings, amounts and ages are numbers, times are dates.
func TestFindingCellTypes(t *testing.T) {
	f, _ := workbookOf(t, sampleData(30, 3))
	header, err := f.GetRows("Findings", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]excelize.CellType{
		"external_id": excelize.CellTypeInlineString, "ledger_Kind": excelize.CellTypeInlineString,
		"=cost centre": excelize.CellTypeInlineString, "finding_id": excelize.CellTypeInlineString,
		"monthly_amount": excelize.CellTypeUnset, "age_days": excelize.CellTypeUnset, "first_seen": excelize.CellTypeUnset,
	}
	for i, name := range header[0] {
		kind, ok := want[name]
		if !ok {
			continue
		}
		delete(want, name)
		got, err := f.GetCellType("Findings", cellName(i+1, 2))
		if err != nil || got != kind {
			t.Errorf("%s has type %v, want %v (%v)", name, got, kind, err)
		}
	}
	if len(want) > 0 {
		t.Errorf("no columns %v in %q", want, header[0])
	}
	checkFormatted(t, f, header[0])
}

func checkFormatted(t *testing.T, f *excelize.File, header []string) {
	t.Helper()
	for name, want := range map[string]string{
		"first_seen": "2026-11-19 17:00", "monthly_amount": "1.793", "ledger_Kind": "0003", "=cost centre": "-12",
	} {
		got, err := f.GetCellValue("Findings", cellName(slices.Index(header, name)+1, 5))
		if err != nil || got != want {
			t.Errorf("%s is shown as %q, want %q (%v)", name, got, want, err)
		}
	}
}

func TestListSheets(t *testing.T) {
	f, raw := workbookOf(t, fixedData(30, 20))
	for _, sheet := range []string{"Findings", "Fixes", "Accounts", "Products", "Inventory", "Exceptions"} {
		panes, err := f.GetPanes(sheet)
		if err != nil || !panes.Freeze || panes.YSplit != 1 {
			t.Errorf("%s: panes %+v, %v", sheet, panes, err)
		}
		layout, err := f.GetPageLayout(sheet)
		if err != nil || *layout.Orientation != "landscape" || *layout.FitToHeight != 0 {
			t.Errorf("%s: layout %+v, %v", sheet, layout, err)
		}
		props, err := f.GetSheetProps(sheet)
		if err != nil || !*props.FitToPage {
			t.Errorf("%s: not fitted to the page (%v)", sheet, err)
		}
		xml := part(t, raw, sheetPath(t, f, sheet))
		if !strings.Contains(xml, `<autoFilter ref="$A$1:`) && !strings.Contains(xml, `<autoFilter ref="A1:`) {
			t.Errorf("%s has no filter", sheet)
		}
	}
	titles := map[string]string{}
	for _, d := range f.GetDefinedName() {
		if d.Name == "_xlnm.Print_Titles" {
			titles[d.Scope] = d.RefersTo
		}
	}
	if titles["Findings"] != "'Findings'!$A:$D,'Findings'!$1:$1" {
		t.Errorf("print titles %v", titles)
	}
}

func sheetPath(t *testing.T, f *excelize.File, sheet string) string {
	t.Helper()
	i, err := f.GetSheetIndex(sheet)
	if err != nil {
		t.Fatal(err)
	}
	return "xl/worksheets/sheet" + string(rune('1'+i)) + ".xml"
}

func part(t *testing.T, raw []byte, name string) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(f) // also checks the CRC
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestFindingsContinueInOtherSheets(t *testing.T) {
	for _, c := range []struct{ rows, limit, sheets int }{{9, 10, 1}, {10, 10, 2}, {27, 10, 3}, {28, 10, 4}, {0, 10, 1}, {3, 2, 3}} {
		b := sampleData(c.rows, 3)
		b.maxRows = c.limit
		f, _ := workbookOf(t, b)
		var ids []string
		sheets := 0
		for _, name := range f.GetSheetList() {
			if !strings.HasPrefix(name, "Findings") {
				continue
			}
			sheets++
			rows, err := f.GetRows(name)
			if err != nil || len(rows) > c.limit || rows[0][0] != "kind" {
				t.Errorf("%s: %d rows, %v", name, len(rows), err)
			}
			for _, row := range rows[1:] {
				ids = append(ids, row[3])
			}
		}
		if sheets != c.sheets || len(ids) != c.rows {
			t.Errorf("%d rows at %d a sheet: %d sheets, %d rows", c.rows, c.limit, sheets, len(ids))
		}
		for i, id := range ids {
			if id != sampleFinding(i).ExternalID {
				t.Errorf("row %d is %s", i, id)
			}
		}
	}
}

// Two workbooks of the same run are compared; with WIXRECON_LONG six.
func TestSameBytes(t *testing.T) {
	repeats := 1
	if os.Getenv("WIXRECON_LONG") != "" {
		repeats = 5
	}
	t.Logf("sampled: %d repeats", repeats)
	_, first := workbookOf(t, fixedData(120, 90))
	for range repeats {
		if _, again := workbookOf(t, fixedData(120, 90)); !bytes.Equal(first, again) {
			t.Fatal("two workbooks of the same run differ")
		}
	}
}

func TestIncompleteVerdictIsRed(t *testing.T) {
	b := sampleData(20, 30)
	incomplete(b.Summary)
	f, _ := workbookOf(t, b)
	if got := cellOf(t, f, "Summary", "A2"); !strings.HasPrefix(got, "INCOMPLETE: 2 of 17 sub-accounts could not be read") {
		t.Errorf("verdict %q", got)
	}
	id, err := f.GetCellStyle("Summary", "A2")
	if err != nil {
		t.Fatal(err)
	}
	style, err := f.GetStyle(id)
	if err != nil || !slices.Equal(style.Fill.Color, []string{"B91C1C"}) {
		t.Errorf("verdict has the fill %v, %v", style, err)
	}
	if got := cellOf(t, f, "Accounts", "B2"); got != "not read" {
		t.Errorf("the first account has read %q", got)
	}
}

func TestAccountsCountFindings(t *testing.T) {
	f, _ := workbookOf(t, sampleData(200, 180))
	rows, err := f.GetRows("Accounts", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{}
	for r := range sampleFindings(200) {
		if r.AccountID != "" && r.State == reconcile.Open {
			want[r.AccountID]++
		}
	}
	for _, row := range rows[1:] {
		if row[6] != wholeText(want[row[0]]) {
			t.Errorf("account %s: %s open findings, want %d", row[0], row[6], want[row[0]])
		}
		delete(want, row[0])
	}
	if len(want) > 0 {
		t.Errorf("accounts without a row: %v", want)
	}
}

func wholeText(n int) string {
	c := wholeCell(n)
	return string(c.appendCSV(nil))
}

func TestTruncateCell(t *testing.T) {
	const limit = excelize.TotalCellChars
	for name, s := range map[string]string{
		"ascii": strings.Repeat("a", limit+1), "two bytes": strings.Repeat("é", limit+1),
		"two units": strings.Repeat("😀", limit/2+1),
	} {
		got := truncateCell(s)
		if n := excelUnits(got); n > limit || n < limit-1 || !strings.HasSuffix(got, truncatedMark) {
			t.Errorf("%s: truncated to %d units, ends %q", name, n, got[len(got)-10:])
		}
	}
	for name, s := range map[string]string{"full": strings.Repeat("a", limit), "full of é": strings.Repeat("é", limit), "empty": ""} {
		if truncateCell(s) != s {
			t.Errorf("%s was truncated", name)
		}
	}
}

func excelUnits(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

func TestMissingTempFolderIsAnError(t *testing.T) {
	b := sampleData(1, 1)
	b.TmpDir = t.TempDir() + "/none"
	if err := Workbook(io.Discard, b); err == nil {
		t.Error("no error for a missing temporary folder")
	}
}

// Text that looks like a formula, a number or an escape sequence of the format is
// read back unchanged.
func TestTextIsUnchanged(t *testing.T) {
	texts := []string{"=1+1", "+49", "-12", "@x", "007", "1E+12", "12345678901234567890", "2026-11-21", "TRUE", "_x0041_", " a ", "a\nb", "<b>&amp;"}
	row := reconcile.Reported{Cells: texts}
	names := make([]string, len(texts))
	b := &WorkbookData{Summary: sampleSummary(0, 0), Carried: names, Findings: rowsOf(row)}
	b.Summary.Findings.Total = 1
	f, _ := workbookOf(t, b)
	first := len(strings.Split(contractColumns, ",")) + 1
	for i, want := range texts {
		name := cellName(first+i, 2)
		formula, err := f.GetCellFormula("Findings", name)
		if got := cellOf(t, f, "Findings", name); got != want || formula != "" || err != nil {
			t.Errorf("%q was read back as %q, formula %q (%v)", want, got, formula, err)
		}
	}
}

func TestContentTypesAreSorted(t *testing.T) {
	_, raw := workbookOf(t, sampleData(3, 3))
	xml := part(t, raw, contentTypes)
	var parts []string
	for _, chunk := range strings.Split(xml, `PartName="`)[1:] {
		parts = append(parts, chunk[:strings.IndexByte(chunk, '"')])
	}
	if !slices.IsSorted(parts) || len(parts) < 8 {
		t.Errorf("parts %q", parts)
	}
}
