package wix

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Following cursors without losing a page.
//
// A slice is a sub-account or the whole inventory, read by one chain of cursors.
// A chain ends with a page that has no next cursor, or in an error. A page with
// a next cursor and no package that is new to the chain is an error: this ends
// every cursor that does not advance or goes in a loop. A filter is only
// believed if every package matches it.

// A Slice is a part of the inventory that is read by one chain of cursors.
type Slice struct {
	Account string // of the sub-account; empty: the whole inventory
}

// Pages iterates over the pages of a slice. An error comes last. If it comes
// with a page, the server did show those packages, but they are not a valid
// page of the slice.
func (c *Client) Pages(ctx context.Context, s Slice) iter.Seq2[*Page, error] {
	return func(yield func(*Page, error) bool) {
		query := Query{AccountID: s.Account}
		seen := make(map[idHash]struct{})
		for {
			page, err := c.Query(ctx, query)
			if err == nil {
				if err = s.checkPage(page, seen); err != nil {
					err = c.protocolError(query, err)
				}
			}
			if !yield(page, err) || err != nil || page.Next == "" {
				return
			}
			query.Cursor = page.Next
		}
	}
}

// checkPage checks a page against the rules of a chain, and adds its packages
// to seen.
func (s Slice) checkPage(page *Page, seen map[idHash]struct{}) error {
	before := len(seen)
	for i := range page.Packages {
		p := &page.Packages[i].Package
		if err := s.checkPackage(p); err != nil {
			return err
		}
		seen[hashID(p.ID)] = struct{}{}
	}
	if page.Next != "" && len(seen) == before {
		return fmt.Errorf("a page with a next cursor has no new package, after %d", before)
	}
	return nil
}

func (s Slice) checkPackage(p *reconcile.Package) error {
	switch {
	case s.Account != "" && !strings.EqualFold(p.AccountID, s.Account):
		return fmt.Errorf("package %s of account %s does not match the filter on account %s",
			showID(p.ID), showID(orDefault(p.AccountID, "(none)")), showID(s.Account))
	case p.AccountID == "":
		return fmt.Errorf("package %s has no account id", showID(p.ID))
	case len(p.Instances) == 0:
		return fmt.Errorf("package %s has no product instance", showID(p.ID))
	}
	for i := 1; i < len(p.Instances); i++ { // they are sorted by id
		if id := p.Instances[i].ID; id == p.Instances[i-1].ID {
			return fmt.Errorf("package %s has product instance %s twice", showID(p.ID), showID(id))
		}
	}
	return nil
}

// protocolError returns the error of a page that breaks the rules of a chain.
func (c *Client) protocolError(q Query, cause error) error {
	e := c.newError(q.op(), http.MethodPost, c.base.JoinPath(queryPath))
	e.Status, e.Err = http.StatusOK, c.printable(cause)
	return e
}
