package table_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/unicode"

	"github.com/wixrecon/wixrecon/sources/table"
)

// read returns every row as "position problem|cell|cell", and the last error.
func read(in io.Reader, o *table.Options) (*table.Reader, []string, error) {
	r, err := table.Open(in, o)
	if err != nil {
		return r, nil, err
	}
	var rows []string
	for row, err := range r.Rows() {
		if err != nil {
			return r, rows, err
		}
		rows = append(rows, row.Position()+" "+row.Problem+"|"+strings.Join(row.Cells, "|"))
	}
	return r, rows, nil
}

func known(folded string) bool { return folded == "id" || folded == "status" }

func TestRows(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want []string
	}{
		"plain":           {"id,status\n1,a\n2,b\n", []string{"line 2 |1|a", "line 3 |2|b"}},
		"no last newline": {"id,status\n1,a", []string{"line 2 |1|a"}},
		"crlf, quoted newline": {"id,status\r\n\"1\r\n2\",a\r\n3,b\r\n",
			[]string{"line 2 |1\n2|a", "record 3 (line 4) |3|b"}},
		"blank lines and records count": {"id,status\n\n1,a\n , \n\r\n2,b\n\n",
			[]string{"line 3 |1|a", "line 6 |2|b"}},
		"blank lines before the header": {"\n\nid,status\n1,a\n", []string{"record 2 (line 4) |1|a"}},
		"too few, too many": {"id,status\n1\n1,2,3\n,,,\n4,d\n",
			[]string{"line 2 |1|", "line 3 3 cells, the header has 2|1|2|3", "line 5 |4|d"}},
		"bare quote": {"id,status\n1,5\" pipe\n2,b\"c\n\"x\",y\n",
			[]string{`line 2 quote inside an unquoted cell, at line 2, character 4|1`,
				`line 3 quote inside an unquoted cell, at line 3, character 4|2`, "line 4 |x|y"}},
		"bare quote before a quoted cell": {"id,status\n1\"2,\"a,\"\"b\"\n2,b\n",
			[]string{`line 2 quote inside an unquoted cell, at line 2, character 2|`, "line 3 |2|b"}},
		"header only": {"id,status\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, rows, err := read(strings.NewReader(c.in), nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, rows); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestErrorsThatStopReading(t *testing.T) {
	long := strings.Repeat("x", 200)
	for name, c := range map[string]struct {
		in, want string
		rows     int
	}{
		"empty":                   {"", "the table is empty", 0},
		"byte order mark only":    {"\ufeff", "the table is empty", 0},
		"only newlines":           {"\n\r\n\n", "the table is empty", 0},
		"after a quoted cell":     {"id,status\n1,a\n2,\"b\"c\n3,d\n", "line 3, character 5: text after the closing quote", 1},
		"never closed":            {"id,status\n1,a\n2,\"b\n3,d\n", "never closed (the record begins on line 3)", 1},
		"never closed, no end":    {"id,status\n2,\"b", "never closed (the record begins on line 2)", 0},
		"bare, then open":         {"id,status\n1\"2,\"a\nb\",c\n3,d\n", "line 2, character 2: quote inside an unquoted cell, and the record has no certain end", 0},
		"too long":                {"id,status\n1,a\n2," + long + "\n3,b\n", "line 3: the record is longer than 100 bytes", 1},
		"too long by a quote":     {"id,status\n\n2,\"a\n" + strings.Repeat("3,b\n", 50), "line 3: the record is longer than 100 bytes: a quote in it is never closed", 0},
		"NUL later":               {"id,status\n" + strings.Repeat("1,a\n", 400) + "1,\x00\n", "line 402: NUL byte", 400},
		"NUL":                     {"id,status\n1,\x00", "the file is not text", 0},
		"workbook":                {"PK\x03\x04\x14\x00", "the file is a workbook", 0},
		"broken header":           {"id,st\"atus\n1,2\n", "line 1: header: quote inside an unquoted cell", 0},
		"header of one long line": {long + "," + long + "\n", "line 1: the record is longer than 100 bytes", 0},
	} {
		t.Run(name, func(t *testing.T) {
			_, rows, err := read(strings.NewReader(c.in), &table.Options{Limit: 100})
			if err == nil || !strings.Contains(err.Error(), c.want) || len(rows) != c.rows {
				t.Errorf("%d rows, error %v; want %d, %q", len(rows), err, c.rows, c.want)
			}
		})
	}
}

func TestHugeRecordIsNotRead(t *testing.T) {
	in := &countingReader{in: strings.NewReader("id,status\n1," + strings.Repeat("x", 10<<20) + "\n")}
	_, _, err := read(in, nil)
	if err == nil || !strings.Contains(err.Error(), "line 2: the record is longer than 1048576 bytes") {
		t.Errorf("error %v", err)
	}
	if in.bytes > 3<<20 {
		t.Errorf("%d bytes were read", in.bytes)
	}
}

type countingReader struct {
	in    io.Reader
	bytes int
}

func (c *countingReader) Read(b []byte) (int, error) {
	n, err := c.in.Read(b)
	c.bytes += n
	return n, err
}

func TestReadErrorsAreReturned(t *testing.T) {
	own := errors.New("own")
	in := io.MultiReader(strings.NewReader("id,status\n1,a\n2,"), &failingReader{own})
	_, _, err := read(in, nil)
	if !errors.Is(err, own) {
		t.Errorf("error %v", err)
	}
	long := io.MultiReader(strings.NewReader("id,status\n"+strings.Repeat("1,a\n", 40000)), &failingReader{own})
	_, rows, err := read(long, nil)
	if !errors.Is(err, own) || len(rows) != 40000 {
		t.Errorf("%d rows, error %v", len(rows), err)
	}
}

type failingReader struct{ err error }

func (f *failingReader) Read([]byte) (int, error) { return 0, f.err }

func TestDelimiter(t *testing.T) {
	for in, want := range map[string]rune{
		"id,status\n":             ',',
		"id;status\n":             ';',
		"id\tstatus\n":            '\t',
		"id|status\n":             '|',
		"ID;a,b,c,d;Sta tus\n":    ';',
		"\"id;x\",\"status|y\"\n": ',',
		"\"id\";\"a,b\"\n":        ';',
		"a;b,c\n":                 ',',
		"a;b;c,d\n":               ';',
		"one\n":                   ',',
	} {
		r, err := table.Open(strings.NewReader(in), &table.Options{Known: known})
		if err != nil {
			t.Errorf("%q: %v", in, err)
		} else if r.Delimiter != want {
			t.Errorf("%q: %q, want %q", in, r.Delimiter, want)
		}
	}
}

func TestEncodings(t *testing.T) {
	text := "id,sta\u00a0tus\n1,grün\n2,\"日本\n語\"\n"
	want := []string{"line 2 |1|grün", "line 3 |2|日本\n語"}
	for name, encode := range map[string]func() ([]byte, error){
		"UTF-8 with mark": func() ([]byte, error) { return []byte("\ufeff" + text), nil },
		"UTF-16 little":   utf16(unicode.LittleEndian, text),
		"UTF-16 big":      utf16(unicode.BigEndian, text),
	} {
		in, err := encode()
		if err != nil {
			t.Fatal(err)
		}
		r, rows, err := read(bytes.NewReader(in), &table.Options{Known: known})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, rows); diff != "" || table.Fold(r.Header[1]) != "status" {
			t.Errorf("%s: header %q, %s", name, r.Header, diff)
		}
	}
}

func utf16(order unicode.Endianness, text string) func() ([]byte, error) {
	return func() ([]byte, error) {
		return unicode.UTF16(order, unicode.UseBOM).NewEncoder().Bytes([]byte(text))
	}
}

func TestCellsThatAreNotUTF8(t *testing.T) {
	r, err := table.Open(strings.NewReader("id,gr\xfcn\n1,a\n2,caf\xe9\n\"\xe4\n\",\xfc\n4,d\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got [][]int
	for row, err := range r.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, row.Invalid)
	}
	if diff := cmp.Diff([][]int{nil, {1}, {0, 1}, nil}, got); diff != "" || r.Header[1] != "grün" {
		t.Errorf("header %q, %s", r.Header, diff)
	}
}

func TestMapColumns(t *testing.T) {
	rename := func(name string) string {
		if name == "kind" {
			return "ledger_kind"
		}
		return name
	}
	got, err := table.MapColumns([]string{"Sta Tus", " note ", "ID", "note", "", "kind", "Note_", "ledger kind"}, []string{"id", "status", "end_date"}, rename)
	want := &table.Columns{
		Index: []int{2, 0, -1}, Others: []int{1, 3, 4, 5, 6, 7},
		Names: []string{"note", "note_2", "column_5", "ledger_kind", "Note__3", "ledger kind_2"},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	_, err = table.MapColumns([]string{"id", "I_D", "status", "STATUS"}, []string{"id", "status"}, nil)
	if err == nil || strings.Count(err.Error(), "twice, as column") != 2 {
		t.Errorf("duplicate columns: %v", err)
	}
}

// What encoding/csv reads without an error is read the same, and what it refuses
// never becomes a good row.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{
		"a,b\n1,2\n", "a;b\r\n\"1\n\r\n\";2\r\n", "a,b\n\n1,\"\"\"\"\n", "a,b\n1\"2,\"3\n4\",5\n", "a\r\r\n\"\r\n\"", "a,b\n1,\"x\"y\n", "\ufeffa|b\n1|2",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		r, err := table.Open(strings.NewReader(in), nil)
		if err != nil || strings.HasPrefix(in, "\xff\xfe") || strings.HasPrefix(in, "\xfe\xff") {
			return
		}
		oracle := csv.NewReader(strings.NewReader(strings.TrimPrefix(in, "\ufeff")))
		oracle.Comma, oracle.FieldsPerRecord = r.Delimiter, -1
		if _, err := oracle.Read(); err != nil {
			t.Fatalf("header: %v", err)
		}
		sameRows(t, r, oracle)
	})
}

func sameRows(t *testing.T, r *table.Reader, oracle *csv.Reader) {
	for row, err := range r.Rows() {
		want, wantErr := oracle.Read()
		for wantErr == nil && table.Blank(strings.Join(want, "")) {
			want, wantErr = oracle.Read()
		}
		if err != nil {
			if wantErr == nil && !strings.Contains(err.Error(), "NUL") {
				t.Fatalf("error %v, want the record %q", err, want)
			}
			return
		}
		if (wantErr != nil || len(want) != len(r.Header)) != (row.Problem != "") {
			t.Fatalf("row %+v, want %q, %v", row, want, wantErr)
		}
		if !slices.Equal(want, row.Cells) {
			t.Fatalf("cells %q, want %q", row.Cells, want)
		}
		if wantErr == nil {
			if line, _ := oracle.FieldPos(0); line != row.Line {
				t.Fatalf("line %d, want %d", row.Line, line)
			}
		}
	}
	if rest, err := oracle.Read(); err == nil && !table.Blank(strings.Join(rest, "")) {
		t.Fatalf("the record %q is missing", rest)
	}
}
