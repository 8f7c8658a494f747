package report

import (
	"slices"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// fixSheet has a row for each action of the plan, in the order of sending,
// whatever its outcome. The cost of removals has a column for each currency, so
// that a column can be added up, and nothing else can.
func fixSheet(v *planView) listSheet[actionView] {
	type row = actionView
	columns := []column[row]{
		countColumn("number", 9, func(a *row) int { return a.number }),
		textColumn("outcome", 13, func(a *row) string { return a.outcome }).in((*row).outcomeTone),
		textColumn("fix", 12, func(a *row) string { return a.Fix }).in((*row).removalTone),
		textColumn("external_id", 20, func(a *row) string { return a.ExternalID }),
		textColumn("reason", 46, func(a *row) string { return oneLine(a.reason) }).in((*row).outcomeTone),
		textColumn("kind", 23, func(a *row) string { return a.Kind }),
		textColumn("changes", 12, func(a *row) string { return changedField(a.Action) }),
		textColumn("before", 38, func(a *row) string { return stateText(a.Action, a.Seen) }),
		textColumn("desired", 38, func(a *row) string { return desiredText(a.Action) }),
		textColumn("observed", 38, (*row).observed),
		textColumn("removal", 10, func(a *row) string { return yesOrNo(a.Removal) }).in((*row).removalTone),
		countColumn("instances", 11, func(a *row) int { return a.Instances }),
	}
	costs, _ := v.removalCosts()
	for i := range costs {
		currency := costs[i].currency
		columns = append(columns, numberColumn("monthly_cost_"+oneLine(currency), 18,
			func(a *row) cell { return costCell(a.Costs, currency) }))
	}
	return listSheet[row]{name: "Fixes", tab: tabFixes, frozen: 4, pagesWide: 3, columns: append(columns, evidenceColumns()...)}
}

// evidenceColumns are the evidence for an action and the ids to look it up by.
func evidenceColumns() []column[actionView] {
	type row = actionView
	return []column[row]{
		countColumn("unpriced_instances", 18, func(a *row) int { return a.Unpriced }),
		numberColumn("sightings", 11, func(a *row) cell {
			if a.evidence == nil {
				return cell{}
			}
			return wholeCell(a.evidence.Sightings)
		}),
		timeColumn("first_seen", 17, func(a *row) time.Time { return a.evidenceOrEmpty().FirstSeen }),
		timeColumn("last_counted", 17, func(a *row) time.Time { return a.evidenceOrEmpty().Counted }),
		textColumn("ledger_lines", 16, func(a *row) string { return formatRanges(a.evidenceOrEmpty().Records) }),
		numberColumn("attempt", 9, func(a *row) cell { return positiveCell(a.resultOrEmpty().Attempt) }),
		timeColumn("sent_at", 17, func(a *row) time.Time { return a.resultOrEmpty().SentAt }),
		textColumn("account_id", 38, func(a *row) string { return a.AccountID }),
		textColumn("package_id", 38, (*row).packageOrCreated),
		textColumn("instance_id", 38, func(a *row) string { return a.InstanceID }),
		textColumn("action_key", 34, func(a *row) string { return a.Key }),
		textColumn("dependants", 38, func(a *row) string { return strings.Join(a.Dependants, ", ") }),
	}
}

func costCell(costs []fix.Cost, currency string) cell {
	i := slices.IndexFunc(costs, func(c fix.Cost) bool { return c.Currency == currency })
	if i < 0 {
		return cell{}
	}
	return amountCell(costs[i].Monthly, currency)
}

func (a *actionView) evidenceOrEmpty() *fix.Evidence {
	if a.evidence == nil {
		return &fix.Evidence{}
	}
	return a.evidence
}

func (a *actionView) resultOrEmpty() *fix.Result {
	if a.result == nil {
		return &fix.Result{}
	}
	return a.result
}

func (a *actionView) observed() string {
	if s := a.resultOrEmpty().Observed; s != nil {
		return stateText(a.Action, s)
	}
	return ""
}

// packageOrCreated returns the package that was changed, or created.
func (a *actionView) packageOrCreated() string {
	if a.PackageID == "" {
		return a.resultOrEmpty().Created
	}
	return a.PackageID
}

// outcomeTone is red for a failure, amber for what is not done, grey for what was
// not due.
func (a *actionView) outcomeTone() tone {
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

func (a *actionView) removalTone() tone {
	if a.Removal {
		return toneAlarm
	}
	return tonePlain
}
