package ledger

// The columns of the contract, in its order, which is also the order in which
// a bad row's faults are told. All others are carried into the reports; a
// carried column whose name is one of findings.csv is there ledger_<name>.

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
	read     func(p *parser, l *reconcile.Line, cell string) error
}

func columns() []column {
	return []column{
		{"external_id", true, true, (*parser).externalID},
		{"account_id", true, true, guid(func(l *reconcile.Line) *string { return &l.AccountID })},
		{"status", true, false, (*parser).status},
		{"catalog_product_id", false, true, (*parser).product},
		{"billing_cycle", false, false, (*parser).cycle},
		{"country_code", false, false, letters(2, func(l *reconcile.Line) *string { return &l.Country })},
		{"site_id", false, true, (*parser).site},
		{"quantity", false, false, (*parser).quantity},
		{"package_id", false, true, guid(func(l *reconcile.Line) *string { return &l.PackageID })},
		{"instance_id", false, true, guid(func(l *reconcile.Line) *string { return &l.InstanceID })},
		{"start_date", false, false, (*parser).start},
		{"end_date", false, false, (*parser).end},
		{"updated_date", false, false, (*parser).updated},
		{"unit_price", false, false, (*parser).price},
		{"currency", false, false, letters(3, func(l *reconcile.Line) *string { return &l.Currency })},
		{"customer", false, false, (*parser).customer},
	}
}

// Columns gives the names of the contract's columns, in its order.
func Columns() []string {
	var names []string
	for _, c := range columns() {
		names = append(names, c.name)
	}
	return names
}

// carriedName gives the name under which the reports show a carried column.
func carriedName(name string) string {
	taken := func(column string) bool { return table.Fold(column) == table.Fold(name) }
	if slices.ContainsFunc(reconcile.FindingColumns(), taken) {
		return "ledger_" + name
	}
	return name
}
