package report

import (
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// exceptionSheet lists every exception with its state. One that has expired, or
// that silences nothing any more, should be removed from the file.
func exceptionSheet() listSheet[reconcile.ExceptionUse] {
	type row = reconcile.ExceptionUse
	return listSheet[row]{name: "Exceptions", tab: tabQuiet, frozen: 2, pagesWide: 1, columns: []column[row]{
		countColumn("record", 9, func(e *row) int { return e.Record }),
		textColumn("state", 10, func(e *row) string { return e.State }).in(exceptionTone),
		countColumn("findings", 11, func(e *row) int { return e.Findings }),
		timeColumn("expires", 17, func(e *row) time.Time { return e.Expires }).in(exceptionTone),
		textColumn("kind", 23, func(e *row) string { return e.Kind }),
		textColumn("external_id", 20, func(e *row) string { return e.ExternalID }),
		textColumn("reason", 44, func(e *row) string { return e.Reason }),
		textColumn("owner", 18, func(e *row) string { return e.Owner }),
		textColumn("ticket", 14, func(e *row) string { return e.Ticket }),
		textColumn("account_id", 38, func(e *row) string { return e.AccountID }),
		textColumn("package_id", 38, func(e *row) string { return e.PackageID }),
	}}
}

func exceptionTone(e *reconcile.ExceptionUse) tone {
	switch e.State {
	case reconcile.ExceptionExpired:
		return toneWarning
	case reconcile.ExceptionUnused:
		return toneMuted
	}
	return tonePlain
}
