package repotest

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// What may stand in no file at all. The words are put together here, so that
// the rules do not find themselves.
var (
	// openEnds are notes to oneself: a thing is done, or it is an issue.
	openEnds = regexp.MustCompile(`\b(` + strings.Join([]string{"TO" + "DO", "FIX" + "ME"}, "|") + `)\b`)
	// machinePaths are folders of one person's machine, which no other has.
	machinePaths = regexp.MustCompile(`(^|[^\w.$}/-])/(` + strings.Join([]string{"home", "root", "work", "Users"}, "|") + `)/\w`)
)

func faultsOfText(name string, text []byte) []string {
	var faults []string
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		if openEnds.MatchString(line) {
			faults = append(faults, fmt.Sprintf("%s:%d: a note to oneself", name, number))
		}
		if machinePaths.MatchString(line) {
			faults = append(faults, fmt.Sprintf("%s:%d: a path of one machine", name, number))
		}
	}
	return faults
}

func TestNoFileHoldsWhatIsNotTheRepositorys(t *testing.T) {
	for name, text := range texts(t) {
		for _, fault := range faultsOfText(name, text) {
			t.Error(fault)
		}
	}
}

func TestTheRulesOfText(t *testing.T) {
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
		if faults := faultsOfText("x", []byte(text)); len(faults) != want {
			t.Errorf("%q: got %q, want %d faults", text, faults, want)
		}
	}
}
