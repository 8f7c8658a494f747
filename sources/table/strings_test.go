package table

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A text is given back as it was added, wherever it is kept.
func TestStringsAreGivenBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.StringN(0, 40, -1), 1, 60).Draw(t, "texts")
		if rapid.Bool().Draw(t, "long") {
			want = append(want, strings.Repeat("x", 3*pageSize+7), "after")
		}
		s := &stringStore{bound: rapid.IntRange(0, 2000).Draw(t, "bound")}
		defer func() { _ = s.close() }()
		for _, text := range want {
			if err := s.add([]byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.seal(); err != nil {
			t.Fatal(err)
		}
		for _, i := range rapid.Permutation(indices(len(want))).Draw(t, "order") {
			if got, err := s.get(i); err != nil || got != want[i] {
				t.Fatalf("text %d: %.50q, %v; want %.50q", i, got, err, want[i])
			}
		}
		if _, err := s.get(len(want)); err == nil {
			t.Fatal("a text that is not there was given")
		}
	})
}

func indices(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

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

func TestDaysOfASheet(t *testing.T) {
	for _, c := range []struct {
		days   float64
		in1904 bool
		want   string
	}{
		{1, false, "1900-01-01"}, {59, false, "1900-02-28"}, {60, false, ""}, {61, false, "1900-03-01"}, {46023.5, false, "2026-01-01T12:00:00"},
		{2958465, false, "9999-12-31"}, {2958466, false, ""}, {-1, false, ""}, {0.25, false, "06:00:00"}, {0, true, "1904-01-01"}, {44562, true, "2026-01-02"},
		{45000.999999999, false, "2023-03-16"}, {45000.5001, false, "2023-03-15T12:00:08.64"}, {2957100, true, ""},
	} {
		if got, err := dateOf(c.days, c.in1904); got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%v, %t: %q, %v; want %q", c.days, c.in1904, got, err, c.want)
		}
	}
}

func TestNearestHeader(t *testing.T) {
	header := []string{"Subscription ID", "Wix Account (metadata)", "Status", "Amount", "x"}
	for name, want := range map[string]string{
		"subscription_id": "Subscription ID", "Subscripton Id": "Subscription ID", "wix_account_id": "Wix Account (metadata)", "state": "Status",
		"amout": "Amount", "quantity": "", "": "", "end_date": "",
	} {
		if got := Nearest(name, header); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
