package table

import "testing"

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
