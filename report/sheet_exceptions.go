package report

import (
	"iter"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The Exceptions sheet lists every row of the exceptions with what became of
// it. What has expired, or silences nothing any more, is to be taken out.

func exceptionSheet() listSheet[reconcile.ExceptionUse] {
	type row = reconcile.ExceptionUse
	return listSheet[row]{name: "Exceptions", tab: tabQuiet, frozen: 2, wide: 1, columns: []column[row]{
		{"record", 9, func(e *row) cell { return wholeCell(e.Record) }, nil, true},
		{"state", 10, func(e *row) cell { return textCell(e.State) }, exceptionTone, false},
		{"findings", 11, func(e *row) cell { return wholeCell(e.Findings) }, nil, true},
		{"expires", 17, func(e *row) cell { return momentCell(e.Expires) }, exceptionTone, false},
		{"kind", 23, func(e *row) cell { return textCell(e.Kind) }, nil, false},
		{"external_id", 20, func(e *row) cell { return textCell(e.ExternalID) }, nil, false},
		{"reason", 44, func(e *row) cell { return textCell(e.Reason) }, nil, false},
		{"owner", 18, func(e *row) cell { return textCell(e.Owner) }, nil, false},
		{"ticket", 14, func(e *row) cell { return textCell(e.Ticket) }, nil, false},
		{"account_id", 38, func(e *row) cell { return textCell(e.AccountID) }, nil, false},
		{"package_id", 38, func(e *row) cell { return textCell(e.PackageID) }, nil, false},
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

func exceptionRows(uses []reconcile.ExceptionUse) iter.Seq2[reconcile.ExceptionUse, error] {
	return func(yield func(reconcile.ExceptionUse, error) bool) {
		for _, e := range uses {
			if !yield(e, nil) {
				return
			}
		}
	}
}
