package report

import (
	"iter"
	"slices"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// The Fixes sheet has one row an action of the plan, in the order of sending,
// whatever became of it. What a removal takes away has a column a currency, so
// that a column can be added up and nothing else can.

func fixSheet(v *planView) listSheet[actionView] {
	type row = actionView
	columns := []column[row]{
		{"number", 9, func(a *row) cell { return wholeCell(a.place) }, nil, true},
		{"outcome", 13, func(a *row) cell { return textCell(a.outcome) }, (*row).tone, false},
		{"fix", 12, func(a *row) cell { return textCell(a.Fix) }, (*row).weight, false},
		{"external_id", 20, func(a *row) cell { return textCell(a.ExternalID) }, nil, false},
		{"reason", 46, func(a *row) cell { return textCell(oneLine(a.reason)) }, (*row).tone, false},
		{"kind", 23, func(a *row) cell { return textCell(a.Kind) }, nil, false},
		{"changes", 12, func(a *row) cell { return textCell(changed(a.Action)) }, nil, false},
		{"before", 38, func(a *row) cell { return textCell(stateWords(a.Action, a.Seen)) }, nil, false},
		{"wanted", 38, func(a *row) cell { return textCell(wantedWords(a.Action)) }, nil, false},
		{"observed", 38, (*row).observed, nil, false},
		{"removal", 10, func(a *row) cell { return textCell(yesNo(a.Removal)) }, (*row).weight, false},
		{"instances", 11, func(a *row) cell { return wholeCell(a.Instances) }, nil, true},
	}
	for _, currency := range v.currencies() {
		columns = append(columns, column[row]{
			"monthly_cost_" + oneLine(currency), 18, func(a *row) cell { return costCell(a.Costs, currency) }, nil, true,
		})
	}
	return listSheet[row]{name: "Fixes", tab: tabFixes, frozen: 4, wide: 3, columns: append(columns, fixEvidence()...)}
}

// fixEvidence are the columns that say how an action was proven, and by what
// ids it is looked up.
func fixEvidence() []column[actionView] {
	type row = actionView
	return []column[row]{
		{"unpriced_instances", 18, func(a *row) cell { return wholeCell(a.Unpriced) }, nil, true},
		{"sightings", 11, func(a *row) cell {
			return evidenceCell(a, func(e *fix.Evidence) cell { return wholeCell(e.Sightings) })
		}, nil, true},
		{"first_seen", 17, func(a *row) cell {
			return evidenceCell(a, func(e *fix.Evidence) cell { return momentCell(e.FirstSeen) })
		}, nil, false},
		{"last_counted", 17, func(a *row) cell { return evidenceCell(a, func(e *fix.Evidence) cell { return momentCell(e.Counted) }) }, nil, false},
		{"ledger_lines", 16, func(a *row) cell {
			return evidenceCell(a, func(e *fix.Evidence) cell { return textCell(rangesOf(e.Records)) })
		}, nil, false},
		{"attempt", 9, (*row).attempt, nil, true},
		{"sent_at", 17, (*row).sentAt, nil, false},
		{"account_id", 38, func(a *row) cell { return textCell(a.AccountID) }, nil, false},
		{"package_id", 38, (*row).packageID, nil, false},
		{"instance_id", 38, func(a *row) cell { return textCell(a.InstanceID) }, nil, false},
		{"action_key", 34, func(a *row) cell { return textCell(a.Key) }, nil, false},
		{"dependants", 38, func(a *row) cell { return textCell(strings.Join(a.Dependants, ", ")) }, nil, false},
	}
}

// fixRows gives the actions of a plan as rows.
func fixRows(v *planView) iter.Seq2[actionView, error] {
	return func(yield func(actionView, error) bool) {
		for i := range v.actions {
			if !yield(v.actions[i], nil) {
				return
			}
		}
	}
}

func costCell(costs []fix.Cost, currency string) cell {
	i := slices.IndexFunc(costs, func(c fix.Cost) bool { return c.Currency == currency })
	if i < 0 {
		return cell{}
	}
	return amountCell(costs[i].Monthly, currency)
}

func evidenceCell(a *actionView, of func(*fix.Evidence) cell) cell {
	if a.evidence == nil {
		return cell{}
	}
	return of(a.evidence)
}

func (a *actionView) observed() cell {
	if a.result == nil || a.result.Observed == nil {
		return cell{}
	}
	return textCell(stateWords(a.Action, a.result.Observed))
}

// packageID is of a create the package that it made.
func (a *actionView) packageID() cell {
	if a.PackageID == "" && a.result != nil {
		return textCell(a.result.Created)
	}
	return textCell(a.PackageID)
}

func (a *actionView) attempt() cell {
	if a.result == nil || a.result.Attempt == 0 {
		return cell{}
	}
	return wholeCell(a.result.Attempt)
}

func (a *actionView) sentAt() cell {
	if a.result == nil {
		return cell{}
	}
	return momentCell(a.result.SentAt)
}

// tone is red for what went wrong, amber for what is not done, grey for what was
// not to be.
func (a *actionView) tone() tone {
	switch a.outcome {
	case fix.OutcomeFailed, fix.OutcomeUnsettled:
		return toneAlarm
	case fix.OutcomeStale, fix.OutcomeNotStarted, fix.OutcomeOverLimit:
		return toneWarning
	case fix.OutcomeWaiting, fix.OutcomeNotAllowed:
		return toneMuted
	}
	return toneStrong
}

// weight marks what takes something away.
func (a *actionView) weight() tone {
	if a.Removal {
		return toneAlarm
	}
	return tonePlain
}
