package reconcile

import (
	"errors"
	"fmt"
)

// InventoryExtent is how much of the inventory under the parent account was read.
type InventoryExtent string

// The extents of an inventory.
const (
	// InventoryWhole: every sub-account was read, including those that the
	// ledger does not name.
	InventoryWhole InventoryExtent = "whole"
	// InventoryPartial: something in scope could not be read.
	InventoryPartial InventoryExtent = "partial"
	// InventoryNarrowed: only the accounts of --accounts were asked for.
	InventoryNarrowed InventoryExtent = "narrowed"
	// InventoryNotDiscoverable: the server does not report which accounts exist;
	// those that the ledger names were read.
	InventoryNotDiscoverable InventoryExtent = "not_discoverable"
)

// Coverage is what was read from Wix. A package that was not seen counts as
// absent only where its coverage proves it.
type Coverage struct {
	Inventory InventoryExtent             `json:"book"`
	Narrowed  bool                        `json:"narrowed"`
	Problems  []string                    `json:"problems,omitempty"` // why the inventory is partial, beyond single accounts
	Accounts  map[string]*AccountCoverage `json:"accounts"`           // by account id in lower case
}

// AccountCoverage is how one sub-account was read.
type AccountCoverage struct {
	Read     bool   `json:"read"`         // whole
	By       string `json:"by,omitempty"` // "chain" or "sweep"
	Packages int    `json:"packages"`     // distinct, as far as read
	Error    string `json:"error,omitempty"`
}

// Failed returns the number of sub-accounts that could not be read.
func (c *Coverage) Failed() int {
	failed := 0
	for _, a := range c.Accounts {
		if !a.Read {
			failed++
		}
	}
	return failed
}

// Whole reports whether a package that was not seen does not exist.
func (c *Coverage) Whole() bool { return c.Inventory == InventoryWhole }

// Complete reports whether everything in scope was read.
func (c *Coverage) Complete() bool { return c.Inventory != InventoryPartial }

// Read reports whether the account was read whole. In a whole inventory that
// includes an account of which nothing was seen.
func (c *Coverage) Read(account string) bool {
	if a, ok := c.Accounts[account]; ok {
		return a.Read
	}
	return c.Whole()
}

// InScope reports whether findings of the account belong in the reports.
func (c *Coverage) InScope(account string) bool {
	if !c.Narrowed || account == "" {
		return true
	}
	_, ok := c.Accounts[account]
	return ok
}

// Validate checks a coverage that was read back from a file.
func (c *Coverage) Validate() error {
	switch c.Inventory {
	case InventoryWhole, InventoryPartial, InventoryNarrowed, InventoryNotDiscoverable:
	default:
		return fmt.Errorf("unknown inventory extent %q", c.Inventory)
	}
	if len(c.Accounts) == 0 {
		return errors.New("no account was read")
	}
	for id, a := range c.Accounts {
		if a == nil || !a.Read && c.Inventory == InventoryWhole {
			return fmt.Errorf("account %s was not read, but the inventory is %s", id, c.Inventory)
		}
	}
	return nil
}

// Narrow reduces the coverage to the named accounts, as if only they had been
// asked for. Nil keeps all.
func (c *Coverage) Narrow(only []string) {
	if only == nil {
		return
	}
	narrowed := &Coverage{Inventory: InventoryNarrowed, Narrowed: true, Accounts: make(map[string]*AccountCoverage, len(only))}
	for _, id := range only {
		a, ok := c.Accounts[id]
		if !ok {
			a = &AccountCoverage{Read: c.Read(id)}
		}
		if !a.Read {
			narrowed.Inventory = InventoryPartial
		}
		narrowed.Accounts[id] = a
	}
	*c = *narrowed
}
