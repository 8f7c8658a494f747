package report

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// How an action was proven: how often it was seen and since when, the rows of
// the ledger that it rests on, what it is worth, and who depends on it.

func proofWords(e *fix.Evidence) string {
	if e == nil {
		return "no evidence"
	}
	words := counted(e.Sightings, "sighting", "sightings")
	if !e.FirstSeen.IsZero() {
		words += ", first seen " + moment(e.FirstSeen)
	}
	if !e.Counted.IsZero() {
		words += ", last counted " + moment(e.Counted)
	}
	return words
}

// ledgerWords names the rows of the ledger that an action rests on.
func ledgerWords(e *fix.Evidence) string {
	switch {
	case e == nil:
		return ""
	case len(e.Records) == 0:
		return "no line"
	case len(e.Records) == 1:
		return "line " + rangesOf(e.Records)
	}
	return "lines " + rangesOf(e.Records)
}

// rangesOf writes ordered numbers, neighbours as a range.
func rangesOf(numbers []int) string {
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

// worthWords says what the findings of an action are worth a month.
func worthWords(e *fix.Evidence) string {
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
			amount = spell(d, m.Currency) + " " + oneLine(m.Currency)
		}
		parts = append(parts, strings.ReplaceAll(oneLine(m.Direction), "_", " ")+" "+amount)
	}
	return strings.Join(parts, ", ")
}

// reviewWords names who stays and needs what the action takes away.
func reviewWords(a *fix.Action) string {
	if a.Needs == "" && len(a.Dependants) == 0 {
		return ""
	}
	ids := make([]string, len(a.Dependants))
	for i, id := range a.Dependants {
		ids[i] = oneLine(id)
	}
	if len(ids) == 0 {
		return oneLine(a.Needs)
	}
	return fmt.Sprintf("%s %s it: %s", counted(len(ids), "instance", "instances"), needs(len(ids)), strings.Join(ids, ", "))
}

func needs(n int) string {
	if n == 1 {
		return "that stays needs"
	}
	return "that stay need"
}
