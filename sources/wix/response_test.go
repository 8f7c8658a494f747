package wix

import (
	"strings"
	"testing"
)

func TestCheckShape(t *testing.T) {
	row := `[` + strings.Repeat("0,", maxElements-1) + `0],`
	for text, want := range map[string]string{
		`{"a":1,"b":2}`:              "",
		`["a,b","c\\",",\"]`:         "",
		`]],,[`:                      "",
		strings.Repeat("{},", 5000):  "",
		strings.TrimSuffix(row, ","): "",
		`[` + strings.Repeat("0,", maxElements) + `0]`: "more than 1000 elements",
		`[` + strings.Repeat(row, 201) + `0]`:          "more than 200000 in all",
		strings.Repeat(`[`, maxDepth):                  "",
		strings.Repeat(`[`, maxDepth+1):                "nested more than 64 deep",
		strings.Repeat(`{"a":`, maxDepth+1):            "nested more than 64 deep",
		strings.Repeat(`[]`, maxDepth+1):               "",
		`"` + strings.Repeat(`[`, maxDepth+1) + `"`:    "",
		`"\"` + strings.Repeat(`[`, maxDepth+1) + `"`:  "",
		`"\\"` + strings.Repeat(`[`, maxDepth+1) + `"`: "nested more than 64 deep",
	} {
		if err := checkShape([]byte(text)); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %v, want %q", text, err, want)
		}
	}
}
