package ledger

// Notes are what is known of the rows that were read, apart from the rows
// themselves: counts, and what the user should know. Those of consecutive rows can
// be merged.

import (
	"fmt"
	"slices"
	"strings"
)

// notes are the notes of some consecutive rows.
type notes struct {
	counts       Counts
	notUTF8      int    // cells that were read as Windows-1252
	firstNotUTF8 string // position of the first of them
	bad          badExamples
	statuses     countedWords // unknown
	cycles       countedWords // unknown
	nothing      countedWords // words that seem to mean nothing
	years        yearRange    // of dates with two digits

	ignored int         // rows that the settings ignore
	headers rowExamples // that were repeated
	footers int         // counts of rows
	footer  int         // the last of them
	good    bool        // a row could be read, or at least its account or status
	below   rowExamples // rows after the last of those
}

func newNotes() *notes {
	return &notes{statuses: make(countedWords), cycles: make(countedWords), nothing: make(countedWords)}
}

// merge adds the notes of the rows that follow.
func (n *notes) merge(later *notes) {
	n.counts.Rows += later.counts.Rows
	n.counts.Bad += later.counts.Bad
	if n.notUTF8 == 0 {
		n.firstNotUTF8 = later.firstNotUTF8
	}
	n.notUTF8 += later.notUTF8
	n.bad = slices.Concat(n.bad, later.bad[:min(len(later.bad), maxBadExamples-len(n.bad))])
	n.statuses.merge(later.statuses)
	n.cycles.merge(later.cycles)
	n.nothing.merge(later.nothing)
	n.years.merge(later.years)
	n.ignored += later.ignored
	n.headers.merge(&later.headers)
	if later.footers > 0 {
		n.footers, n.footer = n.footers+later.footers, later.footer
	}
	if later.good {
		n.good, n.below = true, later.below
	} else {
		n.below.merge(&later.below)
	}
}

// yearRange is the years that were read from two digits.
type yearRange struct{ dates, first, last int }

func (y *yearRange) merge(other yearRange) {
	switch {
	case other.dates == 0:
		return
	case y.dates == 0:
		*y = other
		return
	}
	y.dates, y.first, y.last = y.dates+other.dates, min(y.first, other.first), max(y.last, other.last)
}

// unknownText names the words that could not be read, and how to set them; it may
// be empty.
func (n *notes) unknownText() string {
	var texts []string
	if words, counts := n.statuses.first(); len(words) > 0 {
		texts = append(texts, "unknown status "+counts+". "+mapStatuses(words...))
	}
	if words, counts := n.cycles.first(); len(words) > 0 {
		texts = append(texts, "unknown billing_cycle "+counts+". "+mapCycles(words...))
	}
	if words, counts := n.nothing.first(); len(words) > 0 {
		texts = append(texts, "cells that seem to mean nothing: "+counts+setIn("empty: "+quotedList(words)))
	}
	return strings.Join(texts, "\n  ")
}

// warnings returns what the user should know of a ledger that was read.
func (n *notes) warnings() []string {
	var warnings []string
	if n.notUTF8 > 0 {
		warnings = append(warnings, fmt.Sprintf("%d cells are not UTF-8 and were read as Windows-1252, the first on %s%s",
			n.notUTF8, n.firstNotUTF8, setIn("encoding: windows-1252")))
	}
	if text := n.unknownText(); text != "" {
		warnings = append(warnings, text)
	}
	if y := n.years; y.dates > 0 {
		warnings = append(warnings, fmt.Sprintf("%d dates have two-digit years, which were read as %d to %d. If that is wrong, export dates with four digits", y.dates, y.first, y.last))
	}
	if n.ignored > 0 {
		warnings = append(warnings, rows(n.ignored)+" ignored, as set by ignore_rows")
	}
	if n.headers.n > 0 {
		warnings = append(warnings, fmt.Sprintf("%s ignored that repeat the header, the first on %s", rows(n.headers.n), n.headers.first[0].position))
	}
	return warnings
}
