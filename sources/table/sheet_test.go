package table_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/wixrecon/wixrecon/sources/table"
)

// workbook returns a workbook of one or more sheets.
func workbook(t testing.TB, edit func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	edit(f)
	out, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func setRow(f *excelize.File, sheet, cell string, values ...any) {
	if err := f.SetSheetRow(sheet, cell, &values); err != nil {
		panic(err)
	}
}

func style(f *excelize.File, sheet, cell, format string) {
	id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
	if err == nil {
		err = f.SetCellStyle(sheet, cell, cell, id)
	}
	if err != nil {
		panic(err)
	}
}

func kinds(row *table.Row) string {
	text := ""
	for _, k := range row.Kinds {
		text += string("tnrdbefu=m"[k])
	}
	return text
}

func sheetRows(t *testing.T, in []byte, o *table.Options) (*table.Reader, []string, error) {
	t.Helper()
	r, err := table.Open(bytes.NewReader(in), o)
	if err != nil {
		return r, nil, err
	}
	var rows []string
	for row, err := range r.Rows() {
		if err != nil {
			return r, rows, err
		}
		rows = append(rows, row.Position()+" "+kinds(&row)+" "+row.Problem+"|"+strings.Join(row.Cells, "|"))
	}
	return r, rows, nil
}

func TestSheetCells(t *testing.T) {
	in := workbook(t, func(f *excelize.File) {
		const s = "Sheet1"
		setRow(f, s, "B2", "id", "Status", "When", "Price")
		setRow(f, s, "B3", "00123", "a\r\nb", 45000.25, 36.3)
		style(f, s, "D3", "dd.mm.yyyy hh:mm")
		setRow(f, s, "B5", 1234567890123, true, 45000, 0.1+0.2)
		style(f, s, "D5", "yyyy-mm-dd")
		setRow(f, s, "B6", 123456789012345678, "", 1.5e-7, 1e20)
		setRow(f, s, "B7", " ", "", nil, "")
		setRow(f, s, "B8", "x", "#N/A", "ü", nil, nil, "  ")
		setRow(f, s, "B9", "x", "beyond", nil, nil, "note")
		if err := f.SetCellFormula(s, "C10", "1/0"); err != nil {
			panic(err)
		}
		setRow(f, s, "B11", "merged", nil, 61, 60)
		if err := f.MergeCell(s, "B11", "C11"); err != nil {
			panic(err)
		}
		style(f, s, "D11", "m/d/yy")
		style(f, s, "E11", "m/d/yy")
		if err := f.SetRowVisible(s, 12, false); err != nil {
			panic(err)
		}
		setRow(f, s, "B12", "hidden", nil, 0.5)
		style(f, s, "D12", "[h]:mm")
	})
	r, rows, err := sheetRows(t, in, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"record 2 (row 3) tttdn ||00123|a\r\nb|2023-03-15T06:00:00|36.3",
		"record 4 (row 5) tnbdn ||1234567890123|TRUE|2023-03-15|0.3",
		"record 5 (row 6) trtnr ||123456789012345680||0.00000015|100000000000000000000",
		"record 7 (row 8) ttttt ||x|#N/A|ü|",
		"record 8 (row 9) tttttt cell in column F, which has no header||x|beyond|||note",
		"record 10 (row 11) ttmde ||merged||1900-03-01|60 (not a valid date of a sheet)",
		"record 11 (row 12) tttdt ||hidden||12:00:00|",
	}
	if diff := cmp.Diff(want, rows); diff != "" || r.Sheets[0] != "Sheet1" || r.Delimiter != 0 {
		t.Error(r.Sheets[0], diff)
	}
	if diff := cmp.Diff([]string{"", "id", "Status", "When", "Price"}, r.Header); diff != "" {
		t.Error(diff)
	}
}

// What other programs write: inline strings, errors, ISO dates, cells without
// names, XML prefixes, escapes, phonetic annotations, a formula with its value.
func TestSheetOfAnotherProgram(t *testing.T) {
	sheet := `<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:cols><x:col min="1"/></x:cols><x:sheetData>
<x:row><x:c t="inlineStr"><x:is><x:t>a</x:t></x:is></x:c><x:c t="str"><x:v>b</x:v></x:c><x:c t="inlineStr"><x:is><x:r><x:t>c</x:t></x:r><x:r><x:t xml:space="preserve"> d</x:t></x:r><x:rPh><x:t>no</x:t></x:rPh></x:is></x:c></x:row>
<x:row r="3"><x:c r="A3" t="e"><x:v>#REF!</x:v></x:c><x:c t="d"><x:v>2026-01-02T03:04:05</x:v></x:c><x:c><x:f>1+1</x:f><x:v>2</x:v></x:c></x:row>
<x:row r="4"><x:c r="B4" t="str"><x:v>x_x000D_y &amp; _z</x:v></x:c><x:c r="C4" s="1"><x:v>1.0</x:v></x:c></x:row>
<x:row r="9"/></x:sheetData></x:worksheet>`
	_, rows, err := sheetRows(t, rawWorkbook(t, map[string]string{"xl/worksheets/sheet1.xml": sheet}), nil)
	want := []string{
		"row 3 edn |#REF!|2026-01-02T03:04:05|2",
		"row 4 ttd ||x\ry & _z|1904-01-02",
	}
	if diff := cmp.Diff(want, rows); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

// rawWorkbook returns a workbook of one sheet, with dates from 1904 and some parts
// replaced.
func rawWorkbook(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	all := map[string]string{
		"_rels/.rels":                `<Relationships><Relationship Id="r1" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook><workbookPr date1904="1"/><sheets><sheet name="One" sheetId="1" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Type="http://x/worksheet" Target="/xl/worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://x/styles" Target="styles.xml"/></Relationships>`,
		"xl/styles.xml":              `<styleSheet><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>`,
		"xl/worksheets/sheet1.xml":   `<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData></worksheet>`,
	}
	for name, text := range parts {
		all[name] = text
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, text := range all {
		if text == "" {
			continue
		}
		part, err := w.Create(name)
		if err == nil {
			_, err = part.Write([]byte(text))
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

func TestSheetByName(t *testing.T) {
	in := workbook(t, func(f *excelize.File) {
		for _, name := range []string{"Notes", "Abos 2026", "Empty"} {
			if _, err := f.NewSheet(name); err != nil {
				panic(err)
			}
		}
		f.SetActiveSheet(1)
		if err := f.SetSheetVisible("Sheet1", false); err != nil {
			panic(err)
		}
		setRow(f, "Sheet1", "A1", "hidden")
		setRow(f, "Notes", "A1", "note")
		setRow(f, "Abos 2026", "A1", "id")
	})
	for name, want := range map[string]string{"": "note", "abos 2026 ": "id", "Sheet1": "hidden"} {
		if r, _, err := sheetRows(t, in, &table.Options{Sheet: name}); err != nil || r.Header[0] != want {
			t.Errorf("%q: %v", name, err)
		}
	}
	for name, want := range map[string]string{
		"Abo":   `the workbook has no sheet "Abo": set sheet to one of "Sheet1" (hidden), "Notes", "Abos 2026", "Empty"`,
		"Empty": `sheet "Empty": the table is empty: set sheet to one of`,
	} {
		if _, _, err := sheetRows(t, in, &table.Options{Sheet: name}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestDamagedWorkbooks(t *testing.T) {
	const head = `<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row>`
	for name, c := range map[string]struct{ sheet, want string }{
		"truncated":           {head + `<row r="2"><c r="A2"><v>2</v></c></row>`, "is truncated"},
		"truncated in a tag":  {head + `<row r="2"><c r="A2`, "is damaged"},
		"truncated in a cell": {head + `<row r="2"><c r="A2"><v>2`, "is truncated"},
		"rows go back":        {head + `<row r="1"/></sheetData></worksheet>`, `row "1" comes after row 1`},
		"cells go back":       {head + `<row r="2"><c r="B2"><v>1</v></c><c r="A2"><v>1</v></c></row></sheetData></worksheet>`, `row 2: the cell "A2" is out of order`},
		"not a number":        {head + `<row r="2"><c r="A2"><v>12x</v></c></row></sheetData></worksheet>`, `row 2, column A: "12x" is not a number`},
		"no such text":        {head + `<row r="2"><c r="A2" t="s"><v>7</v></c></row></sheetData></worksheet>`, "no shared string 7"},
		"unknown type":        {head + `<row r="2"><c r="A2" t="q"><v>7</v></c></row></sheetData></worksheet>`, `unknown cell type "q"`},
		"a far column":        {head + `<row r="2"><c r="ZZZ2"><v>7</v></c></row></sheetData></worksheet>`, "out of order"},
		"a row beyond":        {head + `<row r="1048577"/></sheetData></worksheet>`, "comes after"},
		"a long record":       {head + `<row r="2"><c t="str"><v>` + strings.Repeat("x", 200) + `</v></c></row></sheetData></worksheet>`, "row 2: the record is longer than 100 bytes"},
	} {
		_, _, err := sheetRows(t, rawWorkbook(t, map[string]string{"xl/worksheets/sheet1.xml": c.sheet}), &table.Options{Limit: 100})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// A workbook that is truncated anywhere is never read as a shorter one.
func TestTruncatedWorkbooks(t *testing.T) {
	complete := rawWorkbook(t, nil)
	for n := 4; n < len(complete); n += 3 {
		if _, _, err := sheetRows(t, complete[:n], nil); err == nil {
			t.Fatalf("%d of %d bytes were read as a complete workbook", n, len(complete))
		}
	}
}

func TestUnsupportedFileTypes(t *testing.T) {
	ole := "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
	for in, want := range map[string]string{
		ole + "E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00": "is protected by a password",
		ole + "W\x00o\x00r\x00k\x00b\x00o\x00o\x00k\x00":                                         "is an old .xls workbook: save it as .xlsx",
		ole:                          "is an old .xls workbook, or protected by a password",
		"%PDF-1.7":                   "is a PDF",
		"\n <!DOCTYPE html>":         "is HTML or XML",
		"\ufeff<?xml?>":              "is HTML or XML",
		"{\"a\":1}":                  "is JSON",
		"PAR1":                       "is in Parquet format",
		"\x1f\x8b\x08":               "is compressed twice",
		"i\x00d\x00,\x00b\x00\n\x00": "UTF-16 without a byte order mark: set encoding: utf-16le",
		"\x00i\x00d\x00,\x00b\x00\n": "set encoding: utf-16be",
		string(rawWorkbook(t, map[string]string{"xl/workbook.xml": "", "content.xml": "x", "mimetype": "x"})): "is an OpenDocument file",
		string(rawWorkbook(t, map[string]string{"xl/workbook.xml": "", "xl/workbook.bin": "x"})):              "is a binary .xlsb workbook",
		string(rawWorkbook(t, map[string]string{"xl/workbook.xml": ""})):                                      "is a zip archive and not a workbook",
		"id,status\n": "",
	} {
		_, err := table.Open(strings.NewReader(in), nil)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%.20q: %v, want %q", in, err, want)
		}
	}
	if _, err := table.Open(strings.NewReader("id,status\n"), &table.Options{Sheet: "x"}); err == nil || !strings.Contains(err.Error(), `has no sheet "x"`) {
		t.Errorf("a sheet of a text: %v", err)
	}
}

// A large sheet is read as the library that wrote it has it. The short form has a
// quarter of the cells of the long one.
func TestManyRowsAndColumns(t *testing.T) {
	rows, columns := 6, 1500
	if os.Getenv("WIXRECON_LONG") != "" {
		rows, columns = 12, 3000
	}
	t.Logf("%d rows of %d columns", rows, columns)
	want := make([][]string, rows)
	in := workbook(t, func(f *excelize.File) {
		out, err := f.NewStreamWriter("Sheet1")
		if err != nil {
			panic(err)
		}
		for r := range rows {
			cells := make([]any, columns)
			for c := range columns {
				text := fmt.Sprintf("r%d c%d", r, c)
				want[r], cells[c] = append(want[r], text), text
			}
			if err := out.SetRow(fmt.Sprintf("A%d", r+1), cells); err != nil {
				panic(err)
			}
		}
		if err := out.Flush(); err != nil {
			panic(err)
		}
	})
	r, err := table.Open(bytes.NewReader(in), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := [][]string{r.Header}
	for row, err := range r.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, append([]string(nil), row.Cells...))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff[:1000])
	}
}

func TestSheetDates(t *testing.T) {
	for _, day := range []time.Time{
		time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(2024, 2, 29, 12, 30, 1, 0, time.UTC),
	} {
		in := workbook(t, func(f *excelize.File) { setRow(f, "Sheet1", "A1", "when"); setRow(f, "Sheet1", "A2", day) })
		_, rows, err := sheetRows(t, in, nil)
		want := strings.TrimSuffix(day.Format("2006-01-02T15:04:05"), "T00:00:00")
		if err != nil || len(rows) != 1 || rows[0] != "row 2 d |"+want {
			t.Errorf("%s: %q, %v", day, rows, err)
		}
	}
}

// Any sheet returns complete rows in ascending order, or an error.
func FuzzSheet(f *testing.F) {
	for _, seed := range []string{
		`<worksheet><sheetData><row r="1"><c r="A1" t="str"><v>id</v></c><c r="C1"><v>1E+12</v></c></row><row r="3"><c r="B3" s="1"><v>45000.5</v></c></row></sheetData></worksheet>`,
		`<worksheet><sheetData><row><c t="inlineStr"><is><t>a_x000D_</t></is></c></row><row><c t="b"><v>1</v></c><c t="e"><v>#N/A</v></c></row></sheetData></worksheet>`,
		`<worksheet><sheetData><row><c t="s"><v>0</v></c></row><row/>`, `<x/>`, ``,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sheet string) {
		r, err := table.Open(bytes.NewReader(rawWorkbook(t, map[string]string{"xl/worksheets/sheet1.xml": sheet})), nil)
		if err != nil {
			return
		}
		last := 1
		for row, err := range r.Rows() {
			if err != nil {
				return
			}
			if len(row.Cells) != len(row.Kinds) || (len(row.Cells) != len(r.Header)) != (row.Problem != "") || row.Record <= last {
				t.Fatalf("row %+v after %d, header %q", row, last, r.Header)
			}
			last = row.Record
		}
		if !strings.Contains(sheet, "worksheet>") {
			t.Fatalf("%q was read as a complete sheet", sheet)
		}
	})
}
