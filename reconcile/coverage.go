package reconcile

import (
	"errors"
	"fmt"
)

// Book says how much of the book under the parent account was read.
type Book string

// What can be said of the book.
const (
	// BookWhole: every sub-account was read, those that the ledger does not
	// name included.
	BookWhole Book = "whole"
	// BookPartial: something in scope could not be read.
	BookPartial Book = "partial"
	// BookNarrowed: --accounts asked for a part of it.
	BookNarrowed Book = "narrowed"
	// BookNotDiscoverable: the server does not tell which accounts there are;
	// those that the ledger names were read.
	BookNotDiscoverable Book = "not_discoverable"
)

// Coverage says what was read. Absence at Wix is evidence only where it says so.
type Coverage struct {
	Book     Book                        `json:"book"`
	Narrowed bool                        `json:"narrowed"`
	Problems []string                    `json:"problems,omitempty"` // why the book is partial, beyond single accounts
	Accounts map[string]*AccountCoverage `json:"accounts"`           // by account id in lower case
}

// AccountCoverage says how one sub-account was read.
type AccountCoverage struct {
	Read     bool   `json:"read"`         // whole
	By       string `json:"by,omitempty"` // "chain" or "sweep"
	Packages int    `json:"packages"`     // distinct, as far as read
	Error    string `json:"error,omitempty"`
}

// Whole reports whether a package that was not seen does not exist.
func (c *Coverage) Whole() bool { return c.Book == BookWhole }

// Complete reports whether the whole of the scope was read.
func (c *Coverage) Complete() bool { return c.Book != BookPartial }

// Read reports whether the account was read whole. In a whole book that is so
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
	switch c.Book {
	case BookWhole, BookPartial, BookNarrowed, BookNotDiscoverable:
	default:
		return fmt.Errorf("%q: not a word for how much of a book was read", c.Book)
	}
	if len(c.Accounts) == 0 {
		return errors.New("no account was read")
	}
	for id, a := range c.Accounts {
		if a == nil || !a.Read && c.Book == BookWhole {
			return fmt.Errorf("account %s is not read, in a book that is %s", id, c.Book)
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
	narrowed := &Coverage{Book: BookNarrowed, Narrowed: true, Accounts: make(map[string]*AccountCoverage, len(only))}
	for _, id := range only {
		a, ok := c.Accounts[id]
		if !ok {
			a = &AccountCoverage{Read: c.Read(id)}
		}
		if !a.Read {
			narrowed.Book = BookPartial
		}
		narrowed.Accounts[id] = a
	}
	*c = *narrowed
}
