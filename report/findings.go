package report

import (
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The columns of findings.csv, as reconcile.FindingColumns names them, and
// behind them the carried columns of the ledger, under names that are free.

func findingColumns(asOf time.Time, carried []string) []column[reconcile.Reported] {
	type row = reconcile.Reported
	columns := []column[row]{
		{"kind", 23, func(r *row) cell { return textCell(r.Kind.String()) }, nil, false},
		{"severity", 10, func(r *row) cell { return textCell(r.Kind.Severity().String()) }, severityTone, false},
		{"state", 10, func(r *row) cell { return textCell(r.State.String()) }, stateTone, false},
		{"account_id", 38, func(r *row) cell { return textCell(r.AccountID) }, nil, false},
		{"external_id", 20, func(r *row) cell { return textCell(r.ExternalID) }, nil, false},
		{"package_id", 38, func(r *row) cell { return textCell(r.PackageID) }, nil, false},
		{"instance_id", 38, func(r *row) cell { return textCell(r.InstanceID) }, nil, false},
		{"field", 20, func(r *row) cell { return textCell(r.Field) }, nil, false},
		{"ledger_value", 36, func(r *row) cell { return textCell(r.LedgerValue) }, nil, false},
		{"wix_value", 36, func(r *row) cell { return textCell(r.WixValue) }, nil, false},
		{"fix", 11, func(r *row) cell { return textCell(r.Fix) }, nil, false},
		{"outcome", 12, func(r *row) cell { return textCell(r.Outcome) }, nil, false},
		{"reason", 30, func(r *row) cell { return textCell(r.Reason) }, nil, false},
		{"first_seen", 17, func(r *row) cell { return momentCell(r.FirstSeen) }, nil, false},
		{"age_days", 10, func(r *row) cell { return ageCell(r.FirstSeen, asOf) }, nil, true},
		{"direction", 11, func(r *row) cell { return textCell(r.Direction.String()) }, nil, false},
		{"monthly_amount", 16, func(r *row) cell { return moneyCell(r.Monthly) }, nil, true},
		{"currency", 10, func(r *row) cell { return textCell(r.Monthly.Currency) }, nil, false},
		{"customer", 26, func(r *row) cell { return textCell(r.Customer) }, nil, false},
		{"ledger_line", 12, func(r *row) cell { return recordCell(r.Record) }, nil, true},
		{"finding_id", 24, func(r *row) cell { return textCell(r.ID) }, nil, false},
	}
	for i, name := range carried {
		columns = append(columns, column[row]{name, 20, func(r *row) cell { return carriedCell(r.Cells, i) }, nil, false})
	}
	return columns
}

// readingOrder is the order in which a person reads a finding: what it is,
// whose, what differs, what it costs; the long ids last.
func readingOrder(columns []column[reconcile.Reported]) []column[reconcile.Reported] {
	return reordered(columns, "kind", "severity", "state", "external_id", "customer", "field",
		"ledger_value", "wix_value", "direction", "monthly_amount", "currency", "first_seen", "age_days",
		"fix", "outcome", "reason", "ledger_line", "account_id", "package_id", "instance_id", "finding_id")
}

// ageCell counts the whole days from first to asOf. In a replay that speaks
// for an earlier moment nothing is younger than new.
func ageCell(first, asOf time.Time) cell {
	if first.IsZero() {
		return cell{}
	}
	return wholeCell(max(0, int(asOf.Sub(first)/(24*time.Hour))))
}

func recordCell(record int) cell {
	if record == 0 {
		return cell{}
	}
	return wholeCell(record)
}

func carriedCell(cells []string, i int) cell {
	if i >= len(cells) {
		return cell{}
	}
	return textCell(cells[i])
}

func severityTone(r *reconcile.Reported) tone { return severityTones(r.Kind.Severity()) }

func severityTones(s reconcile.Severity) tone {
	return [...]tone{reconcile.High: toneAlarm, reconcile.Medium: toneWarning, reconcile.Low: toneMuted}[s]
}

func stateTone(r *reconcile.Reported) tone {
	if r.State == reconcile.Open {
		return toneStrong
	}
	return toneMuted
}
