package report

import (
	"cmp"
	"maps"
	"slices"

	"github.com/wixrecon/wixrecon/reconcile"
)

// sheetCounts collects the rows of the Accounts and Products sheets while findings
// and inventory are written, so that they agree with the other sheets.
type sheetCounts struct {
	coverage *reconcile.Coverage
	findings int
	accounts map[string]*accountRow
	products map[string]*productRow
}

type accountRow struct {
	id       string
	read     bool
	by       string // how it was read
	packages int
	live     int
	findings int
	open     int
	err      string
}

// A productRow counts instances by status. Statuses that are neither live nor
// dead are counted as otherStatus.
type productRow struct {
	id     string
	live   int
	counts map[reconcile.Status]int
}

const otherStatus reconcile.Status = "other"

func newSheetCounts(c *reconcile.Coverage) *sheetCounts {
	n := &sheetCounts{coverage: c, accounts: map[string]*accountRow{}, products: map[string]*productRow{}}
	for id, a := range c.Accounts {
		n.accounts[id] = &accountRow{id: id, read: a.Read, by: a.By, packages: a.Packages, err: a.Error}
	}
	return n
}

// account returns the row of an account. The ledger may name accounts that
// coverage does not.
func (n *sheetCounts) account(id string) *accountRow {
	a := n.accounts[id]
	if a == nil {
		a = &accountRow{id: id, read: n.coverage.Read(id)}
		n.accounts[id] = a
	}
	return a
}

func (n *sheetCounts) addFinding(r *reconcile.Reported) {
	n.findings++
	if r.AccountID == "" {
		return
	}
	a := n.account(r.AccountID)
	a.findings++
	if r.State == reconcile.Open {
		a.open++
	}
}

func (n *sheetCounts) addInventory(r *inventoryRow) {
	a := n.account(r.pkg.AccountID)
	if r.instance.Status.Live() {
		a.live++
	}
	if len(r.pkg.Instances) > 0 {
		n.addInstance(&r.instance)
	}
}

func (n *sheetCounts) addInstance(i *reconcile.Instance) {
	p := n.products[i.ProductID]
	if p == nil {
		p = &productRow{id: i.ProductID, counts: map[reconcile.Status]int{}}
		n.products[i.ProductID] = p
	}
	switch {
	case i.Status.Live():
		p.live++
		p.counts[i.Status]++
	case i.Status.Dead():
		p.counts[i.Status]++
	default:
		p.counts[otherStatus]++
	}
}

// accountRows returns unread accounts first, then those with most open findings.
func (n *sheetCounts) accountRows() []accountRow {
	return sortedRows(n.accounts, func(a, b *accountRow) int {
		switch {
		case a.read == b.read:
			return cmp.Or(cmp.Compare(b.open, a.open), cmp.Compare(a.id, b.id))
		case b.read:
			return -1
		}
		return 1
	})
}

// productRows returns the products with most live instances first.
func (n *sheetCounts) productRows() []productRow {
	return sortedRows(n.products, func(a, b *productRow) int {
		return cmp.Or(cmp.Compare(b.live, a.live), cmp.Compare(a.id, b.id))
	})
}

func sortedRows[T any](rows map[string]*T, compare func(a, b *T) int) []T {
	all := make([]T, 0, len(rows))
	for _, row := range slices.SortedFunc(maps.Values(rows), compare) {
		all = append(all, *row)
	}
	return all
}

func accountSheet() listSheet[accountRow] {
	type row = accountRow
	return listSheet[row]{name: "Accounts", tab: tabQuiet, frozen: 1, pagesWide: 1, columns: []column[row]{
		textColumn("account_id", 38, func(r *row) string { return r.id }),
		textColumn("read", 10, (*row).readText).in((*row).tone),
		textColumn("by", 10, func(r *row) string { return r.by }),
		countColumn("packages", 12, func(r *row) int { return r.packages }),
		countColumn("live_instances", 15, func(r *row) int { return r.live }),
		countColumn("findings", 12, func(r *row) int { return r.findings }),
		countColumn("open_findings", 15, func(r *row) int { return r.open }),
		textColumn("error", 70, func(r *row) string { return r.err }).in((*row).tone),
	}}
}

func (r *accountRow) readText() string {
	if r.read {
		return "complete"
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
	statusColumn := func(name string, width float64, status reconcile.Status) column[row] {
		return countColumn(name, width, func(r *row) int { return r.counts[status] })
	}
	return listSheet[row]{name: "Products", tab: tabQuiet, frozen: 1, pagesWide: 1, columns: []column[row]{
		textColumn("catalog_product_id", 40, func(r *row) string { return r.id }),
		countColumn("live_instances", 15, func(r *row) int { return r.live }),
		statusColumn("enabled", 12, reconcile.StatusEnabled),
		statusColumn("pending", 12, reconcile.StatusPending),
		statusColumn("awaiting_action", 16, reconcile.StatusAwaitingAction),
		statusColumn("canceled", 12, reconcile.StatusCanceled),
		statusColumn("failed", 12, reconcile.StatusFailed),
		statusColumn("other_status", 13, otherStatus),
	}}
}
