package report

import (
	"strings"

	"github.com/wixrecon/wixrecon/reconcile"
)

// What a summary says of fixes: what was asked for, what became of the planned
// actions and of the findings that they are for, and why nothing was sent. A
// run that was not asked to mend anything says nothing of it.

// A fixLine is one line about fixes.
type fixLine struct {
	words   string
	refuses bool
}

func fixLines(s *reconcile.Summary) []fixLine {
	f := s.Fixes
	if f == nil {
		return nil
	}
	asked := make([]string, len(f.Asked))
	for i, name := range f.Asked {
		asked[i] = oneLine(name)
	}
	head := "Fixes asked: " + strings.Join(asked, ", ")
	if f.PlanID != "" {
		head += "; plan " + oneLine(f.PlanID)
	}
	lines := []fixLine{{words: head}, {words: "Fixes by action: " + outcomeWords(f.Actions)}}
	if findings := outcomeWords(f.Outcomes); findings != outcomeWords(nil) {
		lines = append(lines, fixLine{words: "Fixes by finding: " + findings})
	}
	for i := range f.Refusals {
		r := summedRefusal(&f.Refusals[i])
		words := "Fixes refused: " + oneLine(r.Text)
		if how := raising(r, s.Wix.LiveInstances); how != "" {
			words += "; " + how
		}
		lines = append(lines, fixLine{words: words, refuses: true})
	}
	return lines
}
