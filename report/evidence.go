package report

import (
	"strconv"
	"strings"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// The evidence for an action, in words: its sightings, the ledger lines that it
// is based on, what its findings are worth, and which instances depend on it.

func sightingText(e *fix.Evidence) string {
	if e == nil {
		return "no evidence"
	}
	text := plural(e.Sightings, "sighting", "sightings")
	if !e.FirstSeen.IsZero() {
		text += ", first seen " + formatTime(e.FirstSeen)
	}
	if !e.Counted.IsZero() {
		text += ", last counted " + formatTime(e.Counted)
	}
	return text
}

// ledgerLineText names the ledger lines that an action is based on.
func ledgerLineText(e *fix.Evidence) string {
	switch {
	case e == nil:
		return ""
	case len(e.Records) == 0:
		return "no line"
	case len(e.Records) == 1:
		return "line " + formatRanges(e.Records)
	}
	return "lines " + formatRanges(e.Records)
}

// formatRanges writes ascending numbers, with neighbours as a range: "5-7, 9".
func formatRanges(numbers []int) string {
	var parts []string
	for i := 0; i < len(numbers); {
		end := i
		for end+1 < len(numbers) && numbers[end+1] == numbers[end]+1 {
			end++
		}
		part := strconv.Itoa(numbers[i])
		if end > i {
			part += "-" + strconv.Itoa(numbers[end])
		}
		parts = append(parts, part)
		i = end + 1
	}
	return strings.Join(parts, ", ")
}

// monthlyText returns what the findings of an action are worth per month, by
// direction.
func monthlyText(e *fix.Evidence) string {
	if e == nil {
		return ""
	}
	var parts []string
	for _, m := range e.Monthly {
		if m.Direction == "" || m.Direction == "none" {
			continue
		}
		amount := "unknown price"
		if d, err := decimal.Parse(m.Amount); err == nil {
			amount = formatAmount(d, m.Currency) + " " + oneLine(m.Currency)
		}
		parts = append(parts, strings.ReplaceAll(oneLine(m.Direction), "_", " ")+" "+amount)
	}
	return strings.Join(parts, ", ")
}

// reviewText returns why an action needs a review: the remaining instances that
// depend on it, where they are known.
func reviewText(a *fix.Action) string {
	if len(a.Dependants) == 0 && a.PossibleMatch != "" {
		return "it could be " + oneLine(a.PossibleMatch) + " on the other side"
	}
	if len(a.Dependants) == 0 {
		return oneLine(a.Needs)
	}
	ids := make([]string, len(a.Dependants))
	for i, id := range a.Dependants {
		ids[i] = oneLine(id)
	}
	return plural(len(ids), "remaining instance depends", "remaining instances depend") + " on it: " + strings.Join(ids, ", ")
}
