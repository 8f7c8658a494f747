package table_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/wixrecon/wixrecon/sources/table"
)

// What programs do to tables: each shape is read as people see it, or refused.

// hasID accepts a header with the names id and status.
func hasID(cells []string) int {
	id, status := false, false
	for _, cell := range cells {
		id, status = id || table.Fold(cell) == "id", status || table.Fold(cell) == "status"
	}
	if id && status {
		return 1
	}
	return 0
}

func withHeader(sheet string) *table.Options {
	return &table.Options{Known: known, Header: hasID, Sheet: sheet}
}

func TestTextShapes(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want []string
	}{
		"sep":                       {"sep=;\r\nid;status\r\n1;a\r\n", []string{"record 2 (line 3) |1|a"}},
		"sep in quotes":             {"\"sep=|\"\nid|status\n1|a\n", []string{"record 2 (line 3) |1|a"}},
		"CR":                        {"id,status\r1,a\r\"2\r3\",b\r", []string{"line 2 |1|a", "line 3 |2\n3|b"}},
		"titles":                    {"Report \"x\"\n,,\n\nmade on;today\nid,status\n1,a\n", []string{"record 2 (line 6) |1|a"}},
		"a data row like a title":   {"1,2\nid,status\n1,a\n", []string{"record 2 (line 3) |1|a"}},
		"delimiter at the end":      {"id,status,\n1,a,\n2,b\n", []string{"line 2 |1|a|", "line 3 |2|b|"}},
		"delimiters beyond":         {"id,status\n1,a,,,\n2,b,,x\n", []string{"line 2 |1|a", "line 3 4 cells, the header has 2|2|b||x"}},
		"cells left out":            {"id,status,note\n1,a\n2,b,c\n3", []string{"line 2 |1|a|", "line 3 |2|b|c", "line 4 |3||"}},
		"torn":                      {"id,status,note\n1,a,x\n2,b,c\n3,cance", []string{"line 2 |1|a|x", "line 3 |2|b|c", "line 4 2 cells, the header has 3, and no line end: the file may be incomplete|3|cance"}},
		"end of file of DOS":        {"id,status\n1,a\n\x1a", []string{"line 2 |1|a"}},
		"CR where others end in LF": {"id,status\n1,a\r2,b\n", []string{"line 2 3 cells, the header has 2. It has a carriage return: save the file with the same line end everywhere|1|a\r2|b"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, rows, err := read(strings.NewReader(c.in), withHeader(""))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, rows); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, _, err := read(strings.NewReader("sep=#\nid#status\n"), withHeader("")); err == nil || !strings.Contains(err.Error(), `line 1 sets the delimiter "#"`) {
		t.Error(err)
	}
}

func TestHeaderIsWithinTwentyRows(t *testing.T) {
	for titles, found := range map[int]bool{19: true, 20: false} {
		text := strings.Repeat("a, title\n", titles) + "id;status\n1;a\n"
		r, _, err := read(strings.NewReader(text), withHeader(""))
		if err != nil || (r.Header[0] == "id") != found {
			t.Errorf("%d titles: %v, %v", titles, r, err)
		}
		r, _, err = read(strings.NewReader(text), &table.Options{Known: known, Header: hasID, HeaderRow: titles + 1})
		if err != nil || r.HeaderLine != titles+1 || len(r.Header) != 2 {
			t.Errorf("%d titles: %v, %v", titles, r, err)
		}
	}
}

func TestSheetsWithTheHeader(t *testing.T) {
	in := workbook(t, func(f *excelize.File) {
		for _, name := range []string{"North", "South", "West"} {
			if _, err := f.NewSheet(name); err != nil {
				panic(err)
			}
		}
		setRow(f, "Sheet1", "A1", "cover")
		setRow(f, "North", "A1", "title")
		setRow(f, "North", "A3", "ID", "Status")
		setRow(f, "North", "A4", "1", "a")
		setRow(f, "South", "A1", "id", "status")
		setRow(f, "South", "A2", "2", "b")
	})
	if _, _, err := sheetRows(t, in, withHeader("")); err == nil || err.Error() != `several sheets have the header: "North", "South". Set sheet to one of them, or sheet: "*" to read all` {
		t.Error(err)
	}
	r, rows, err := sheetRows(t, in, withHeader("*"))
	if err != nil || strings.Join(r.Sheets, ",") != "North,South" || strings.Join(r.Others, ",") != "Sheet1,West" {
		t.Fatal(r, err)
	}
	if diff := cmp.Diff([]string{`sheet "North", row 4 tt |1|a`, `sheet "South", row 2 tt |2|b`}, rows); diff != "" {
		t.Error(diff)
	}
	if _, rows, err = sheetRows(t, in, withHeader("south")); err != nil || len(rows) != 1 {
		t.Error(rows, err)
	}
}

func TestMergedCellsAreMarked(t *testing.T) {
	in := workbook(t, func(f *excelize.File) {
		setRow(f, "Sheet1", "A1", "a title over all columns")
		setRow(f, "Sheet1", "A2", "id", "status", "note")
		setRow(f, "Sheet1", "A3", "1", "a", "x")
		setRow(f, "Sheet1", "A4", "2", nil, "y")
		setRow(f, "Sheet1", "A5", "3", "b", nil)
		for _, r := range []string{"A1:C1", "B3:B4"} {
			from, to, _ := strings.Cut(r, ":")
			if err := f.MergeCell("Sheet1", from, to); err != nil {
				panic(err)
			}
		}
	})
	_, rows, err := sheetRows(t, in, withHeader(""))
	want := []string{"record 2 (row 3) ttt |1|a|x", "record 3 (row 4) tmt |2||y", "record 4 (row 5) ttt |3|b|"}
	if diff := cmp.Diff(want, rows); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestFormulasWithoutAResult(t *testing.T) {
	cells := `<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2"><f>NOW()</f></c></row>` +
		`<row r="3"><c r="A3"><f>1+1</f><v>0</v></c></row><row r="4"><c r="A4" t="str"><f>""</f><v></v></c><c r="B4"><v>1</v></c></row></sheetData></worksheet>`
	book := func(calc string) []byte {
		return rawWorkbook(t, map[string]string{"xl/worksheets/sheet1.xml": cells,
			"xl/workbook.xml": `<workbook><sheets><sheet name="One" sheetId="1" r:id="r1"/></sheets>` + calc + `</workbook>`})
	}
	for calc, want := range map[string]string{"": "=NOW()=0n", `<calcPr fullCalcOnLoad="1"/>`: "=NOW()==1+1="} {
		r, err := table.Open(bytes.NewReader(book(calc)), nil)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for row, err := range r.Rows() {
			if err != nil {
				t.Fatal(err)
			}
			if row.Line < 4 {
				got += row.Cells[0] + kinds(&row)
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", calc, got, want)
		}
	}
}

func TestTwoEntriesForOneSheet(t *testing.T) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range []string{"xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/worksheets/Sheet1.xml"} {
		if _, err := w.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := table.Open(&out, nil); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Error(err)
	}
}

// excelize reads a sheet that is torn in half as 2,503 of 5,001 rows, without an
// error. That is why the reader of sheets is our own.
func TestTornSheet(t *testing.T) {
	in := tear(t, workbook(t, func(f *excelize.File) {
		for i := range 5001 {
			setRow(f, "Sheet1", fmt.Sprint("A", i+1), i, "active")
		}
	}))
	if _, rows, err := sheetRows(t, in, nil); err == nil || !strings.Contains(err.Error(), "is truncated") && !strings.Contains(err.Error(), "is damaged") {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := f.GetRows("Sheet1")
	if err = errors.Join(err, f.Close()); err != nil || len(rows) < 1000 || len(rows) > 4000 {
		t.Errorf("excelize reads %d rows, %v: it has changed, and this reader may not be needed any more", len(rows), err)
	}
	t.Logf("excelize reads %d of 5001 rows", len(rows))
}

// tear returns a workbook of which the sheet ends after half of its text.
func tear(t *testing.T, workbook []byte) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(workbook), int64(len(workbook)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range in.File {
		from, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(from)
		if strings.HasSuffix(f.Name, "sheet1.xml") {
			text = text[:len(text)/2]
		}
		to, createErr := w.Create(f.Name)
		if err = errors.Join(err, createErr); err == nil {
			_, err = to.Write(text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestManyHeadersOfOneName(t *testing.T) {
	const n = 50_000
	header := make([]string, n)
	for i := range header {
		header[i] = "x"
	}
	c, err := table.MapColumns(header, []string{"id"}, nil)
	if err != nil || len(c.Names) != n || c.Names[0] != "x" || c.Names[1] != "x_2" || c.Names[n-1] != fmt.Sprint("x_", n) {
		t.Error(len(c.Names), err)
	}
}
