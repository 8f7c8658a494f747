package wix

import (
	"context"
	"crypto/sha256"
	"fmt"
	"iter"
	"net/http"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Following cursors without losing a page.
//
// A slice is a sub-account or the whole inventory, read by one chain of cursors. A
// chain ends where a page has no next cursor, or in an error. It is an error
// when a page has a next cursor and no package that is new to the chain: a
// cursor that does not advance, or goes round, ends there, whatever it looks
// like. A filter is believed only if every package satisfies it.

// A Slice is a part of the inventory that is read by one chain of cursors.
type Slice struct {
	Account string // of the sub-account; empty: the whole inventory
}

// Pages gives the pages of a slice. An error is the last item; the page beside
// it, if there is one, holds packages that the server did show, but not as the
// slice has them.
func (c *Client) Pages(ctx context.Context, s Slice) iter.Seq2[*Page, error] {
	return func(yield func(*Page, error) bool) {
		query := Query{AccountID: s.Account}
		seen := make(map[fingerprint]struct{})
		for {
			page, err := c.Query(ctx, query)
			if err == nil {
				err = c.checkPage(s, query, page, seen)
			}
			if !yield(page, err) || err != nil || page.Next == "" {
				return
			}
			query.Cursor = page.Next
		}
	}
}

// checkPage holds a page against the rules of a chain.
func (c *Client) checkPage(s Slice, q Query, page *Page, seen map[fingerprint]struct{}) error {
	before := len(seen)
	for i := range page.Packages {
		p := &page.Packages[i].Package
		if s.Account != "" && !strings.EqualFold(p.AccountID, s.Account) {
			return c.broken(q, "package %s of account %s is no answer to a filter on account %s",
				named(p.ID), named(orDefault(p.AccountID, "(none)")), named(s.Account))
		}
		if p.AccountID == "" {
			return c.broken(q, "package %s has no account id", named(p.ID))
		}
		if fault := instancesOf(p); fault != "" {
			return c.broken(q, "package %s %s", named(p.ID), fault)
		}
		seen[fingerprintOf(p.ID)] = struct{}{}
	}
	if page.Next != "" && len(seen) == before {
		return c.broken(q, "a page with a next cursor has no new package, after %d", before)
	}
	return nil
}

// instancesOf says what is wrong with the instances of a package: it has one at
// least, and each once. They are ordered by id.
func instancesOf(p *reconcile.Package) string {
	if len(p.Instances) == 0 {
		return "has no product instance"
	}
	for i := 1; i < len(p.Instances); i++ {
		if p.Instances[i].ID == p.Instances[i-1].ID {
			return "has a product instance twice: " + named(p.Instances[i].ID)
		}
	}
	return ""
}

// broken makes the error of an answer that breaks the protocol.
func (c *Client) broken(q Query, format string, args ...any) error {
	return &Error{
		Op: c.key.Scrub(q.op()), Method: http.MethodPost, URL: c.key.Scrub(shownURL(c.base.JoinPath(queryPath))),
		Status: http.StatusOK, Err: c.shown(fmt.Errorf(format, args...)),
	}
}

// A fingerprint stands for the id of a package.
type fingerprint [16]byte

func fingerprintOf(id string) fingerprint {
	sum := sha256.Sum256([]byte(id))
	return fingerprint(sum[:16])
}
