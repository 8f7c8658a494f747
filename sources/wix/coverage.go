package wix

import "github.com/wixrecon/wixrecon/reconcile"

// What was read of an inventory, by the rules in inventory.go.

// evidence is the basis of an extent.
type evidence struct {
	counted bool // the server has a total
	total   int
	read    int  // distinct packages read
	failed  bool // a chain failed, or a conflict was not resolved
	missing int  // packages that chains showed and the sweep did not
}

func (r *reader) evidence() evidence {
	return evidence{
		counted: r.counted, total: r.total, read: r.index.len(),
		failed: len(r.failures())+len(r.conflictErrors) > 0, missing: r.index.missingFrom(r.sweeps),
	}
}

// extentAfterChains returns the extent of what the chains read, empty if a sweep
// is needed.
func extentAfterChains(e evidence) reconcile.InventoryExtent {
	switch {
	case e.counted && e.total < e.read:
		return reconcile.InventoryNotDiscoverable
	case e.counted && e.total == e.read && !e.failed:
		return reconcile.InventoryWhole
	}
	return ""
}

// extentAfterSweep returns the extent after a complete sweep, empty if less was
// read than the server's total.
func extentAfterSweep(e evidence) reconcile.InventoryExtent {
	switch {
	case e.counted && e.read < e.total:
		return ""
	case e.missing > 0, e.counted && e.total < e.read:
		return reconcile.InventoryNotDiscoverable
	}
	return reconcile.InventoryWhole
}

func (r *reader) coverage() *reconcile.Coverage {
	c := &reconcile.Coverage{
		Inventory: r.extent, Narrowed: r.narrowed, Problems: r.problems,
		Accounts: make(map[string]*reconcile.AccountCoverage),
	}
	packages := r.index.perAccount()
	for _, account := range r.scope {
		c.Accounts[account] = &reconcile.AccountCoverage{Read: true, By: orDefault(r.plan.done[account], bySweep), Packages: packages[account]}
	}
	if !r.narrowed { // a narrowed run lists only the accounts it was asked for
		for account, n := range packages {
			if c.Accounts[account] == nil && n > 0 {
				c.Accounts[account] = r.outOfScope(account, n)
			}
		}
	}
	r.markUnread(c, r.failures())
	r.markUnread(c, r.conflictErrors)
	return c
}

// failures returns why accounts in scope were not read. The others were only
// tried because an earlier run found packages there: whether they still exist, the
// total or a sweep shows.
func (r *reader) failures() map[string]error {
	errs := make(map[string]error)
	for account, err := range r.plan.failures {
		if contains(r.scope, account) {
			errs[account] = err
		}
	}
	return errs
}

// outOfScope returns the coverage of an account that is not in scope by itself.
func (r *reader) outOfScope(account string, packages int) *reconcile.AccountCoverage {
	if r.extent == reconcile.InventoryWhole {
		return &reconcile.AccountCoverage{Read: true, By: orDefault(r.plan.done[account], bySweep), Packages: packages}
	}
	return &reconcile.AccountCoverage{Packages: packages, Error: "packages were seen, but no sweep covered the whole inventory"}
}

// markUnread marks the accounts that have an error as not read.
func (r *reader) markUnread(c *reconcile.Coverage, errs map[string]error) {
	for account, err := range errs {
		a := c.Accounts[account]
		if a == nil && r.narrowed {
			continue
		}
		if a == nil {
			a = &reconcile.AccountCoverage{}
			c.Accounts[account] = a
		}
		a.Read, a.By, a.Error = false, "", err.Error()
		c.Inventory = reconcile.InventoryPartial
	}
}
