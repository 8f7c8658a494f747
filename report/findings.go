package report

import (
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/wixrecon/wixrecon/reconcile"
)

// findingColumns are the columns of findings.csv, as reconcile.FindingColumns
// names them, and after them the columns carried over from the ledger.
func findingColumns(asOf time.Time, carried []string) []column[reconcile.Reported] {
	type row = reconcile.Reported
	columns := []column[row]{
		textColumn("kind", 23, func(r *row) string { return r.Kind.String() }),
		textColumn("severity", 10, func(r *row) string { return r.Severity().String() }).in(findingSeverityTone),
		textColumn("state", 10, func(r *row) string { return r.State.String() }).in(findingStateTone),
		textColumn("account_id", 38, func(r *row) string { return r.AccountID }),
		textColumn("external_id", 20, func(r *row) string { return r.ExternalID }),
		textColumn("package_id", 38, func(r *row) string { return r.PackageID }),
		textColumn("instance_id", 38, func(r *row) string { return r.InstanceID }),
		textColumn("field", 20, func(r *row) string { return r.Field }),
		textColumn("ledger_value", 36, func(r *row) string { return r.LedgerValue }),
		textColumn("wix_value", 36, func(r *row) string { return r.WixValue }),
		textColumn("fix", 11, func(r *row) string { return r.Fix }),
		textColumn("outcome", 12, func(r *row) string { return r.Outcome }),
		textColumn("reason", 30, func(r *row) string { return r.Reason }),
		timeColumn("first_seen", 17, func(r *row) time.Time { return r.FirstSeen }),
		numberColumn("age_days", 10, func(r *row) cell { return ageCell(r.FirstSeen, asOf) }),
		textColumn("direction", 11, func(r *row) string { return r.Direction.String() }),
		numberColumn("monthly_amount", 16, func(r *row) cell { return moneyCell(r.Monthly) }),
		textColumn("currency", 10, func(r *row) string { return r.Monthly.Currency }),
		textColumn("customer", 26, func(r *row) string { return r.Customer }),
		numberColumn("ledger_line", 12, func(r *row) cell { return positiveCell(r.Record) }),
		textColumn("finding_id", 24, func(r *row) string { return r.ID }),
	}
	for i, name := range carried {
		columns = append(columns, textColumn(name, 20, func(r *row) string {
			if i >= len(r.Cells) {
				return ""
			}
			return r.Cells[i]
		}))
	}
	return columns
}

// ShownColumns returns how many of the carried columns the workbook shows: as
// many as there is room for in its format. The CSV has all of them.
func ShownColumns(carried int) int {
	return min(carried, excelize.MaxColumns-len(reconcile.FindingColumns()))
}

// findingSheet has the columns in the order in which a person reads a finding:
// what it is, whose, what differs, what it costs; long ids last.
func findingSheet(b *WorkbookData) listSheet[reconcile.Reported] {
	return listSheet[reconcile.Reported]{
		name: "Findings", tab: tabFindings, frozen: 4, pagesWide: 2,
		columns: columnsFirst(findingColumns(b.Summary.AsOf, b.Carried[:ShownColumns(len(b.Carried))]),
			"kind", "severity", "state", "external_id", "customer", "field", "ledger_value", "wix_value", "direction",
			"monthly_amount", "currency", "first_seen", "age_days", "fix", "outcome", "reason", "ledger_line",
			"account_id", "package_id", "instance_id", "finding_id"),
	}
}

// ageCell counts whole days from firstSeen to asOf. A replay may speak for an
// earlier time, so a negative age becomes 0.
func ageCell(firstSeen, asOf time.Time) cell {
	if firstSeen.IsZero() {
		return cell{}
	}
	return wholeCell(max(0, int(asOf.Sub(firstSeen)/(24*time.Hour))))
}

func findingSeverityTone(r *reconcile.Reported) tone { return severityTone(r.Severity()) }

func severityTone(s reconcile.Severity) tone {
	return [...]tone{reconcile.High: toneAlarm, reconcile.Medium: toneWarning, reconcile.Low: toneMuted}[s]
}

func findingStateTone(r *reconcile.Reported) tone {
	if r.State == reconcile.Open {
		return toneStrong
	}
	return toneMuted
}
