package report

import (
	"strings"

	"github.com/wixrecon/wixrecon/reconcile"
)

// What a summary says of fixes: what was asked for, what became of the planned
// actions and of the findings that they are for, and why nothing was sent. A
// run that was not asked to fix anything says nothing of it.

// A fixLine is one line about fixes.
type fixLine struct {
	name, words string
	refuses     bool
}

func (l *fixLine) String() string { return l.name + ": " + l.words }

func fixLines(s *reconcile.Summary) []fixLine {
	f := s.Fixes
	if f == nil {
		return nil
	}
	asked := oneLine(strings.Join(f.Asked, ", "))
	if f.PlanID != "" {
		asked += "; plan " + oneLine(f.PlanID)
	}
	lines := []fixLine{{name: "Fixes asked", words: asked}, {name: "Actions", words: outcomeWords(f.Actions)}}
	if findings := outcomeWords(f.Outcomes); findings != outcomeWords(nil) {
		lines = append(lines, fixLine{name: "Findings", words: findings})
	}
	for i := range f.Refusals {
		r := summedRefusal(&f.Refusals[i])
		words := oneLine(r.Text)
		if how := raising(r, s.Wix.LiveInstances); how != "" {
			words += "; " + how
		}
		lines = append(lines, fixLine{name: "Fixes refused", words: words, refuses: true})
	}
	return lines
}
