package report

import (
	"encoding/xml"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// readText reads XML text as a spreadsheet does: codes are read from left to
// right.
func readText(t *testing.T, text string) string {
	t.Helper()
	var content string
	if err := xml.Unmarshal([]byte("<t>"+text+"</t>"), &content); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`).ReplaceAllStringFunc(content, func(code string) string {
		n, _ := strconv.ParseUint(code[2:6], 16, 32)
		return string(rune(n))
	})
}

// xmlText is what XML can have of a text.
func xmlText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && !strings.ContainsRune("\t\n\r", r) || r == 0xfffe || r == 0xffff {
			return utf8.RuneError
		}
		return r
	}, s)
}

func FuzzAppendText(f *testing.F) {
	for _, s := range []string{"", "SUB-1", "a<b>&\"'", "_x0041_", "_x0041_x0042_", "_x005F_x0041_", "__x000D__x", "_x", "é\u00a0 ", "\x00\x1f\ufffe", "a\nb\r\tc"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "\uFFFD")
		if got, want := readText(t, string(appendText(nil, s))), xmlText(s); got != want {
			t.Errorf("%q was read back as %q", s, got)
		}
	})
}

func TestAppendColumnsJoinsEqualWidths(t *testing.T) {
	got := string(appendColumns(nil, []float64{8.5, 20, 20, 20, 8.5}))
	want := `<cols><col min="1" max="1" width="8.5" customWidth="1"/><col min="2" max="4" width="20" customWidth="1"/>` +
		`<col min="5" max="5" width="8.5" customWidth="1"/></cols>`
	if got != want || len(appendColumns(nil, nil)) > 0 {
		t.Errorf("got %s", got)
	}
}

func TestDatesAsNumbers(t *testing.T) {
	for text, want := range map[string]string{
		"1900-03-01T00:00:00Z": "<v>61</v>", "1969-12-31T18:00:00Z": "<v>25568.75</v>", "1970-01-01T12:00:00Z": "<v>25569.5</v>",
		"2026-11-01T00:00:00Z": "<v>46327</v>", "9999-12-31T23:59:59Z": "<v>2958465.999988426</v>",
		"1900-02-28T00:00:00Z": "<is><t>1900-02-28T00:00:00Z</t></is>", "0001-01-02T00:00:00Z": "<is><t>0001-01-02T00:00:00Z</t></is>",
	} {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(appendCell(nil, "A", 1, 2, &styledCell{cell: timeCell(at)})); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
