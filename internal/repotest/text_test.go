package repotest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A textRule is what no file may contain. The regular expression is slow, so it
// is tried only on lines with one of the literals.
type textRule struct {
	fault    string
	literals []string
	pattern  *regexp.Regexp
}

// textRules returns the rules. Their literals are concatenated, so that the
// rules don't find themselves.
func textRules() []textRule {
	notes := []string{"TO" + "DO", "FIX" + "ME"}
	folders := []string{"/ho" + "me/", "/ro" + "ot/", "/wo" + "rk/", "/Us" + "ers/"}
	return []textRule{
		{"a note to oneself: finish it, or file an issue", notes, regexp.MustCompile(`\b(` + strings.Join(notes, "|") + `)\b`)},
		{"a path that exists on one machine only", folders, regexp.MustCompile(`(^|[^\w.$}/-])(` + strings.Join(folders, "|") + `)\w`)},
	}
}

func (r textRule) matches(line string) bool {
	return slices.ContainsFunc(r.literals, func(l string) bool { return strings.Contains(line, l) }) && r.pattern.MatchString(line)
}

func textFaults(name, text string) []string {
	var faults []string
	for _, rule := range textRules() {
		if !slices.ContainsFunc(rule.literals, func(l string) bool { return strings.Contains(text, l) }) {
			continue
		}
		number := 0
		for line := range strings.Lines(text) {
			number++
			if rule.matches(line) {
				faults = append(faults, fmt.Sprintf("%s:%d: %s", name, number, rule.fault))
			}
		}
	}
	return faults
}

func TestTextsAreFinishedAndPortable(t *testing.T) {
	for name, text := range texts(t) {
		for _, fault := range textFaults(name, string(text)) {
			t.Error(fault)
		}
	}
}

func TestTextRules(t *testing.T) {
	slash := "/"
	tests := map[string]int{
		"// TO" + "DO: later":                      1,
		"// fix: FIX" + "ME(me)":                   1,
		"a MASTO" + "DON":                          0,
		"cd " + slash + "home/me/src":              1,
		`open "` + slash + `root/x": permission`:   1,
		slash + "Users/me":                         1,
		"a\nb " + slash + "work/main\n":            1,
		"https://example.com" + slash + "home/a":   0,
		"GET /v1" + slash + "root/x":               0,
		"$HOME" + slash + "work/x":                 0,
		"the homes, the roots and the work/places": 0,
	}
	for text, want := range tests {
		if faults := textFaults("x", text); len(faults) != want {
			t.Errorf("%q: got %q, want %d faults", text, faults, want)
		}
	}
}
