package report

import (
	"fmt"

	"github.com/wixrecon/wixrecon/reconcile"
)

// How a run stands to the others of its scope. A first run has nothing to say,
// nor has a replay.

// standingLines says what the run found against the runs before it, and what
// keeps it from being what later runs are measured against.
func standingLines(s *reconcile.Summary) []string {
	var lines []string
	if c := s.Changes; c != nil {
		line := fmt.Sprintf("Against earlier runs: %s new, %s known, %s resolved", grouped(fmt.Sprint(c.New)),
			grouped(fmt.Sprint(c.Known)), grouped(fmt.Sprint(c.Resolved)))
		if c.Reopened > 0 {
			line += ", " + grouped(fmt.Sprint(c.Reopened)) + " reopened"
		}
		lines = append(lines, line)
	}
	for _, objection := range s.Objections {
		lines = append(lines, "Not accepted: "+objection)
	}
	if a := s.Acceptance; a != nil {
		lines = append(lines, fmt.Sprintf("Accepted by hand on %s UTC: %s", moment(a.At), a.Reason))
	}
	return lines
}
