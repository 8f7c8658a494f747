package wix

import (
	"strings"
	"testing"
)

func TestLongestArray(t *testing.T) {
	for text, want := range map[string]int{
		`{"a":1,"b":2}`:                         0,
		`[1,2,3]`:                               3,
		`{"p":[{"a":1,"b":[1,2]},3]}`:           2,
		`["a,b","c\\",",\""]`:                   3,
		`]],,[`:                                 0,
		`[` + strings.Repeat("0,", 5000) + `0]`: maxElements + 1,
	} {
		if got := longestArray([]byte(text)); got != want {
			t.Errorf("%.40s: %d, want %d", text, got, want)
		}
	}
}
