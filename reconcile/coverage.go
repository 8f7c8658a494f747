package reconcile

import (
	"errors"
	"fmt"
)

// Book says how much of the inventory under the parent account was read.
type InventoryExtent string

// What can be said of the inventory.
const (
	// BookWhole: every sub-account was read, those that the ledger does not
	// name included.
	InventoryWhole InventoryExtent = "whole"
	// BookPartial: something in scope could not be read.
	InventoryPartial InventoryExtent = "partial"
	// BookNarrowed: --accounts asked for a part of it.
	InventoryNarrowed InventoryExtent = "narrowed"
	// BookNotDiscoverable: the server does not tell which accounts there are;
	// those that the ledger names were read.
	InventoryNotDiscoverable InventoryExtent = "not_discoverable"
)

// Coverage says what was read. Absence at Wix is evidence only where it says so.
type Coverage struct {
	Inventory InventoryExtent             `json:"book"`
	Narrowed  bool                        `json:"narrowed"`
	Problems  []string                    `json:"problems,omitempty"` // why the inventory is partial, beyond single accounts
	Accounts  map[string]*AccountCoverage `json:"accounts"`           // by account id in lower case
}

// AccountCoverage says how one sub-account was read.
type AccountCoverage struct {
	Read     bool   `json:"read"`         // whole
	By       string `json:"by,omitempty"` // "chain" or "sweep"
	Packages int    `json:"packages"`     // distinct, as far as read
	Error    string `json:"error,omitempty"`
}

// Whole reports whether a package that was not seen does not exist.
func (c *Coverage) Whole() bool { return c.Inventory == InventoryWhole }

// Complete reports whether the whole of the scope was read.
func (c *Coverage) Complete() bool { return c.Inventory != InventoryPartial }

// Read reports whether the account was read whole. In a whole inventory that is so
// of an account that nothing was seen of, too.
func (c *Coverage) Read(account string) bool {
	if a, ok := c.Accounts[account]; ok {
		return a.Read
	}
	return c.Whole()
}

// Shown reports whether findings of the account belong into the reports.
func (c *Coverage) Shown(account string) bool {
	if !c.Narrowed || account == "" {
		return true
	}
	_, ok := c.Accounts[account]
	return ok
}

// Check says what is wrong with a coverage that was read back.
func (c *Coverage) Check() error {
	switch c.Inventory {
	case InventoryWhole, InventoryPartial, InventoryNarrowed, InventoryNotDiscoverable:
	default:
		return fmt.Errorf("%q: not a word for how much of an inventory was read", c.Inventory)
	}
	if len(c.Accounts) == 0 {
		return errors.New("no account was read")
	}
	for id, a := range c.Accounts {
		if a == nil || !a.Read && c.Inventory == InventoryWhole {
			return fmt.Errorf("account %s is not read, in an inventory that is %s", id, c.Inventory)
		}
	}
	return nil
}

// Narrow keeps of the coverage just the named accounts, as a run that was asked
// for them alone would have it; nil keeps all.
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
