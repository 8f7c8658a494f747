package table

import (
	"strconv"
	"testing"
)

func TestDateFormats(t *testing.T) {
	for code, want := range map[string]bool{
		"General": false, "0.00": false, `#,##0.00\ "days"`: false, "[Red]0": false, "@": false, `0\d`: false, "0_d": false, "": false,
		"yyyy-mm-dd": true, "DD.MM.YY": true, "[h]:mm": true, "[$-407]d. mmmm yyyy": true, "mm:ss": true, `"on "d`: true, "[mmm]": true,
		`"unclosed`: false, "[unclosed": false, "General yyyy": true,
	} {
		if got := isDateFormat(code); got != want {
			t.Errorf("%q: %t", code, got)
		}
	}
}

func TestDateOfDays(t *testing.T) {
	for _, c := range []struct {
		days   float64
		in1904 bool
		want   string
	}{
		{1, false, "1900-01-01"}, {59, false, "1900-02-28"}, {60, false, ""}, {61, false, "1900-03-01"}, {46023.5, false, "2026-01-01T12:00:00"},
		{2958465, false, "9999-12-31"}, {2958466, false, ""}, {-1, false, ""}, {0.25, false, "06:00:00"}, {0, true, "1904-01-01"}, {44562, true, "2026-01-02"},
		{45000.999999999, false, "2023-03-16"}, {45000.5001, false, "2023-03-15T12:00:08.64"}, {2957100, true, ""},
	} {
		if got, err := dateOfDays(c.days, c.in1904); got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%v, %t: %q, %v; want %q", c.days, c.in1904, got, err, c.want)
		}
	}
}

func TestNumberFormats(t *testing.T) {
	for _, c := range []struct {
		format string
		x      float64
		want   string
		kind   Kind
	}{
		{"General", 48211, "48211", Number}, {"@", 48211, "48211", Number}, {"0", 48211, "48211", Number},
		{"0000000", 48211, "0048211", Number}, {"0000", 48211, "48211", Number}, {`"SUB-"0`, 1001, "SUB-1001", Formatted},
		{`"SUB-"0000`, 7, "SUB-0007", Formatted}, {`\A0-000`, 1234, "A1-234", Formatted}, {"000-0000", 1234567, "123-4567", Formatted},
		{"#,##0.00", 1234.5, "1234.5", Number}, {"0.00", 0.5, "0.5", Number}, {"#.##", 0.5, "0.5", Number}, {"#", 0, "0", Number},
		{`#,##0.00 "EUR"`, 9.99, "9.99 EUR", Formatted}, {`[$€-407]#,##0.00`, 9.99, "€9.99", Formatted}, {`"$"#,##0.00_);\("$"#,##0.00\)`, -9.99, "($9.99)", Formatted},
		{"0.00_);(0.00)", -9.99, "-9.99", Number}, {"0;-0;;@", 5, "5", Number}, {`_-* #,##0.00_-;-* #,##0.00_-;_-* "-"??_-;_-@_-`, 0, "0", Number},
		{"0%", 0.12, "0.12", Unclear}, {"0,", 9990, "9990", Unclear}, {`0.0,,"M"`, 1e6, "1000000", Unclear}, {";;;", 5, "5", Unclear},
		{`[>=100]0;"few"`, 5, "5", Unclear}, {"0.00E+00", 1002003004001, "1002003004001", Number}, {"# ?/?", 1.5, "1.5", Number},
		{"[Red]0", 5, "5", Number}, {`0"x`, 5, "5x", Formatted}, {"", 5, "5", Number}, {`"few"`, 5, "5", Unclear},
	} {
		f := parseFormat(c.format)
		if got, kind := f.show(c.x, strconv.FormatFloat(c.x, 'f', -1, 64), Number); got != c.want || kind != c.kind {
			t.Errorf("%s of %v: %q, %d; want %q, %d", c.format, c.x, got, kind, c.want, c.kind)
		}
	}
}

// Any format shows any number, without a panic.
func FuzzNumberFormat(f *testing.F) {
	f.Add(`"SUB-"0;[Red](#,##0.00)`, -1.5)
	f.Add("_", 0.0)
	f.Fuzz(func(t *testing.T, format string, x float64) {
		shown := parseFormat(format)
		number, kind := formatNumber(x)
		if text, _ := shown.show(x, number, kind); text == "" && number != "" && x != 0 {
			t.Errorf("%q of %v is empty", format, x)
		}
	})
}
