package wix

import (
	"context"
	"fmt"
	"iter"
	"net/http"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Following cursors without losing a page.
//
// A slice of the inventory is read by one chain of cursors. A chain ends with a
// page that has no next cursor, or in an error. If the server refuses a cursor,
// which may have expired, the chain starts again, once. A page with
// a next cursor and no package that is new to the chain is an error: this ends
// every cursor that does not advance or goes in a loop. A total that a page states
// must agree with what the chain read. A filter is only believed if every package
// matches it.

// Pages iterates over the pages of a slice. An error comes last. If it comes
// with a page, the server did show those packages, but they are not a valid
// page of the slice.
func (c *Client) Pages(ctx context.Context, s Slice) iter.Seq2[*Page, error] {
	return func(yield func(*Page, error) bool) {
		if c.chain(ctx, s, yield, true) {
			c.log.Warn("the server refused a cursor: the pages are read again from the first", "slice", s.name())
			c.chain(ctx, s, yield, false)
		}
	}
}

// chain iterates once over the pages of a slice. It reports whether the server
// refused a cursor where the chain may start again.
func (c *Client) chain(ctx context.Context, s Slice, yield func(*Page, error) bool, mayRestart bool) (restart bool) {
	query := Query{Slice: s}
	seen := make(map[idHash]struct{})
	for {
		r := c.pageRequest(query)
		page, err := fetch(ctx, c, r, decodePage)
		if query.Cursor != "" && mayRestart && cursorRefused(err) {
			return true
		}
		if err == nil {
			page.First = query.Cursor == ""
			err = c.checkPage(query, s, page, seen)
		}
		more := yield(page, err)
		c.releaseLarge(r)
		if !more || err != nil || page.Next == "" {
			return false
		}
		query.Cursor = page.Next
	}
}

// cursorRefused reports whether the server refused the cursor of a query.
func cursorRefused(err error) bool {
	status := statusOf(err)
	return status == http.StatusBadRequest || status == http.StatusGone
}

// checkPage checks a page against the rules of a chain, and adds its packages
// to seen. Another total may only mean that the inventory changed meanwhile, so
// the chain may be read again.
func (c *Client) checkPage(q Query, s Slice, page *Page, seen map[idHash]struct{}) error {
	if err := s.checkPackages(page, seen); err != nil {
		return c.protocolError(q, err, false)
	}
	if err := page.checkTotal(len(seen)); err != nil {
		return c.protocolError(q, err, true)
	}
	return nil
}

func (s Slice) checkPackages(page *Page, seen map[idHash]struct{}) error {
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

// checkTotal checks the total that a page states: a chain reads all of it, and
// no more.
func (p *Page) checkTotal(read int) error {
	if p.Counted && (p.Total < read || p.Next == "" && p.Total != read) {
		return fmt.Errorf("the total is %d, but %d packages were read by the page with it", p.Total, read)
	}
	return nil
}

func (s Slice) checkPackage(p *reconcile.Package) error {
	if err := s.checkFilter(p); err != nil {
		return err
	}
	switch {
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
func (c *Client) protocolError(q Query, cause error, retryable bool) error {
	e := c.newError(q.op(), http.MethodPost, c.base.JoinPath(queryPath))
	e.Status, e.Err, e.Retryable = http.StatusOK, c.printable(cause), retryable
	return e
}
