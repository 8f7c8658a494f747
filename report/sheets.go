package report

import "github.com/wixrecon/wixrecon/reconcile"

// The sheets that are lists. Findings and Inventory have the columns of the
// CSV files, so that a name means the same in both; the order is a reader's.

const (
	tabFindings = "B91C1C"
	tabFixes    = "B45309"
	tabQuiet    = "BCCCDC"
	tabSummary  = "334E68"
)

func findingSheet(b *WorkbookData) listSheet[reconcile.Reported] {
	columns := readingOrder(findingColumns(b.Summary.AsOf, b.Carried))
	return listSheet[reconcile.Reported]{name: "Findings", tab: tabFindings, columns: columns, frozen: 4, wide: 2}
}

func inventorySheet() listSheet[holding] {
	columns := reordered(inventoryColumns(), "external_id", "status", "class", "catalog_product_id", "billing_cycle",
		"country_code", "created_date", "updated_date", "expiration_date", "account_id", "package_id", "instance_id", "site_id")
	return listSheet[holding]{name: "Inventory", tab: tabQuiet, columns: columns, frozen: 1, wide: 2}
}

func accountSheet() listSheet[accountRow] {
	type row = accountRow
	return listSheet[row]{name: "Accounts", tab: tabQuiet, frozen: 1, wide: 1, columns: []column[row]{
		{"account_id", 38, func(r *row) cell { return textCell(r.id) }, nil, false},
		{"read", 10, func(r *row) cell { return textCell(r.how()) }, (*row).tone, false},
		{"by", 10, func(r *row) cell { return textCell(r.by) }, nil, false},
		{"packages", 12, func(r *row) cell { return wholeCell(r.packages) }, nil, true},
		{"live_instances", 15, func(r *row) cell { return wholeCell(r.live) }, nil, true},
		{"findings", 12, func(r *row) cell { return wholeCell(r.findings) }, nil, true},
		{"open_findings", 15, func(r *row) cell { return wholeCell(r.open) }, nil, true},
		{"error", 70, func(r *row) cell { return textCell(r.err) }, (*row).tone, false},
	}}
}

func (r *accountRow) how() string {
	if r.read {
		return "whole"
	}
	return "not read"
}

func (r *accountRow) tone() tone {
	if r.read {
		return tonePlain
	}
	return toneAlarm
}

func productSheet() listSheet[productRow] {
	type row = productRow
	return listSheet[row]{name: "Products", tab: tabQuiet, frozen: 1, wide: 1, columns: []column[row]{
		{"catalog_product_id", 40, func(r *row) cell { return textCell(r.id) }, nil, false},
		{"live_instances", 15, func(r *row) cell { return wholeCell(r.live) }, nil, true},
		{"enabled", 12, func(r *row) cell { return wholeCell(r.enabled) }, nil, true},
		{"pending", 12, func(r *row) cell { return wholeCell(r.pending) }, nil, true},
		{"awaiting_action", 16, func(r *row) cell { return wholeCell(r.awaiting) }, nil, true},
		{"canceled", 12, func(r *row) cell { return wholeCell(r.canceled) }, nil, true},
		{"failed", 12, func(r *row) cell { return wholeCell(r.failed) }, nil, true},
		{"other_status", 13, func(r *row) cell { return wholeCell(r.other) }, nil, true},
	}}
}
