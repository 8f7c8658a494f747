package ledger

// A report.xlsx is a list of exceptions too: people fill except_until and
// except_reason beside a finding of the sheet Findings. Each such row is an exception
// for that kind and those ids; rows where both are blank are none, and one without
// the other is an error. A finding without any id can't be excepted.

import (
	"errors"
	"slices"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/table"
)

// findingColumns are the columns of the sheet Findings that are read. The others are
// what the finding shows.
func findingColumns() []listColumn {
	return []listColumn{
		{"kind", true, true},
		{"external_id", false, true},
		{"package_id", false, true},
		{"account_id", false, true},
		{"except_until", true, false},
		{"except_reason", true, false},
	}
}

// exceptionHeader ranks a header: findings of a report before exceptions, because a
// report has a sheet of its exceptions too.
func exceptionHeader(cells []string) int {
	switch {
	case hasRequired(cells, findingColumns()):
		return 2
	case hasRequired(cells, exceptionColumns()):
		return 1
	}
	return 0
}

// isReport reports whether the list is the findings of a report.
func isReport(header []string) bool { return hasRequired(header, findingColumns()) }

func hasRequired(cells []string, columns []listColumn) bool {
	for _, c := range columns {
		named := func(cell string) bool { return table.Fold(cell) == table.Fold(c.name) }
		if c.required && !slices.ContainsFunc(cells, named) {
			return false
		}
	}
	return true
}

// findingException reads a row of a report. It reports false for a finding that is not
// excepted.
func (r *listRow) findingException(last time.Time) (reconcile.Exception, bool) {
	until, _ := r.cell("except_until")
	reason, _ := r.cell("except_reason")
	if until == "" && reason == "" {
		return reconcile.Exception{}, false
	}
	e := reconcile.Exception{Record: r.record.Record, Kind: reconcile.AnyValue}
	var ids reconcile.Line
	r.required("kind", &ids, kind(&e.Kind))
	r.optional("external_id", &ids, (*cellParser).externalID)
	r.optional("package_id", &ids, guid(func(l *reconcile.Line) *string { return &l.PackageID }))
	r.optional("account_id", &ids, guid(func(l *reconcile.Line) *string { return &l.AccountID }))
	e.ExternalID, e.PackageID, e.AccountID = ids.ExternalID, ids.PackageID, ids.AccountID
	if e.ExternalID+e.PackageID+e.AccountID == "" && r.valid() {
		r.addError(errors.New("the finding has no external_id, package_id or account_id, so that it can't be excepted"))
	}
	r.required("except_reason", &ids, note(&e.Reason))
	r.required("except_until", &ids, expires(&e.Expires, last))
	return e, true
}
