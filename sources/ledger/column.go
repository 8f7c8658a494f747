package ledger

// The columns of the contract, in its order, which is also the order of the
// problems of a bad row. All other columns are carried into the reports.

import (
	"slices"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/table"
)

// A column is one of the contract's.
type column struct {
	name     string
	required bool // in the header, and filled in every row
	id       bool // must be UTF-8
	read     readFunc
}

func columns() []column {
	return []column{
		{"external_id", true, true, (*cellParser).externalID},
		{"account_id", true, true, guid(func(l *reconcile.Line) *string { return &l.AccountID })},
		{"status", true, false, (*cellParser).status},
		{"catalog_product_id", false, true, (*cellParser).product},
		{"billing_cycle", false, false, (*cellParser).cycle},
		{"country_code", false, false, letters(2, func(l *reconcile.Line) *string { return &l.Country })},
		{"site_id", false, true, (*cellParser).site},
		{"quantity", false, false, (*cellParser).quantity},
		{"package_id", false, true, guid(func(l *reconcile.Line) *string { return &l.PackageID })},
		{"instance_id", false, true, guid(func(l *reconcile.Line) *string { return &l.InstanceID })},
		{"start_date", false, false, (*cellParser).start},
		{"end_date", false, false, (*cellParser).end},
		{"updated_date", false, false, (*cellParser).updated},
		{"unit_price", false, false, (*cellParser).price},
		{"currency", false, false, (*cellParser).currency},
		{"customer", false, false, (*cellParser).customer},
	}
}

// Columns returns the names of the contract's columns, in its order.
func Columns() []string {
	var names []string
	for _, c := range columns() {
		names = append(names, c.name)
	}
	return names
}

// carriedName returns the name of a carried column in the reports: with the
// prefix ledger_ where findings.csv has a column of its name.
func carriedName(name string) string {
	same := func(column string) bool { return table.Fold(column) == table.Fold(name) }
	if slices.ContainsFunc(reconcile.FindingColumns(), same) {
		return "ledger_" + name
	}
	return name
}
