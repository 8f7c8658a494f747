package report

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The Accounts and Products sheets are counted while findings and inventory
// are written: what they show is what the other sheets hold.

type count struct {
	coverage *reconcile.Coverage
	findings int
	accounts map[string]*accountRow
	products map[string]*productRow
}

// An accountRow is one row of the Accounts sheet.
type accountRow struct {
	id       string
	read     bool
	by       string
	packages int
	live     int
	findings int
	open     int
	err      string
}

// A productRow is one row of the Products sheet: instances by status.
type productRow struct {
	id                         string
	live                       int
	enabled, pending, awaiting int
	canceled, failed, other    int
}

func newCount(c *reconcile.Coverage) *count {
	n := &count{coverage: c, accounts: map[string]*accountRow{}, products: map[string]*productRow{}}
	for id, a := range c.Accounts {
		n.accounts[id] = &accountRow{id: id, read: a.Read, by: a.By, packages: a.Packages, err: a.Error}
	}
	return n
}

// account gives the row of an account; one that coverage does not name is
// there because the ledger names it.
func (n *count) account(id string) *accountRow {
	a := n.accounts[id]
	if a == nil {
		a = &accountRow{id: id, read: n.coverage.Read(id)}
		n.accounts[id] = a
	}
	return a
}

func (n *count) finding(r *reconcile.Reported) {
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

func (n *count) holding(h *holding) {
	a := n.account(h.stock.AccountID)
	if h.instance.Status.Live() {
		a.live++
	}
	if len(h.stock.Instances) > 0 {
		n.product(&h.instance)
	}
}

func (n *count) product(i *reconcile.Instance) {
	p := n.products[i.ProductID]
	if p == nil {
		p = &productRow{id: i.ProductID}
		n.products[i.ProductID] = p
	}
	if i.Status.Live() {
		p.live++
	}
	switch i.Status {
	case reconcile.StatusEnabled:
		p.enabled++
	case reconcile.StatusPending:
		p.pending++
	case reconcile.StatusAwaitingAction:
		p.awaiting++
	case reconcile.StatusCanceled:
		p.canceled++
	case reconcile.StatusFailed:
		p.failed++
	default:
		p.other++
	}
}

// accountRows gives the accounts that were not read first, then by most open
// findings, then by id.
func (n *count) accountRows() iter.Seq2[accountRow, error] {
	return sorted(n.accounts, func(a, b *accountRow) int {
		return cmp.Or(order(a.read, b.read), cmp.Compare(b.open, a.open), cmp.Compare(a.id, b.id))
	})
}

// productRows gives the products by most live instances, then by id.
func (n *count) productRows() iter.Seq2[productRow, error] {
	return sorted(n.products, func(a, b *productRow) int {
		return cmp.Or(cmp.Compare(b.live, a.live), cmp.Compare(a.id, b.id))
	})
}

// order puts what is not so before what is.
func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

func sorted[T any](rows map[string]*T, compare func(a, b *T) int) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, row := range slices.SortedFunc(maps.Values(rows), compare) {
			if !yield(*row, nil) {
				return
			}
		}
	}
}
