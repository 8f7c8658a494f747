package wix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The two calls, and what is believed of their answers. A page is whole or an
// error: where the paging metadata is missing, contradicts itself or can't be
// decoded, nothing says that the page was the last.

const (
	packagePath = "/resellers/v1/packages/"
	queryPath   = packagePath + "query"
)

// PageLimit is how many packages Wix puts on a page at most.
const PageLimit = 100

// A Query asks for one page of packages.
type Query struct {
	AccountID string // only this sub-account; empty: all that the parent sees
	Cursor    string // the page after; empty: the first
	Count     bool   // ask for the total of the inventory in place of a page
}

// A Page is the answer to a Query.
type Page struct {
	Packages []Copy
	Next     string // cursor of the next page; empty on the last
	Total    int    // what the server counts, where Counted
	Counted  bool
}

// A Copy is a package as one answer showed it.
type Copy struct {
	Package reconcile.Package
	Raw     json.RawMessage // as Wix sent it
}

// Query fetches one page. An error is an *Error, or the context's.
func (c *Client) Query(ctx context.Context, q Query) (*Page, error) {
	body, err := q.encode()
	if err != nil {
		return nil, err
	}
	var page *Page
	err = c.send(ctx, &call{
		op: q.op(), method: http.MethodPost, path: queryPath,
		account: c.parent, body: body, counter: &c.count.query,
		decode: func(body []byte) (err error) { page, err = decodePage(body); return err },
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// Get fetches one package, which must belong to the account. An error is an
// *Error, or the context's.
func (c *Client) Get(ctx context.Context, accountID, packageID string) (*Copy, error) {
	op := "get package " + named(packageID)
	if packageID == "" || packageID == "." || packageID == ".." {
		return nil, fmt.Errorf("%s: not an id that can be asked for", op)
	}
	var found *Copy
	err := c.send(ctx, &call{
		op: op, method: http.MethodGet, path: packagePath + url.PathEscape(packageID),
		account: accountID, counter: &c.count.get,
		decode: func(body []byte) (err error) { found, err = decodeGet(body, packageID); return err },
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

func (q Query) op() string {
	switch {
	case q.Count:
		return "count packages"
	case q.AccountID != "":
		return "query packages of account " + named(q.AccountID)
	}
	return "query packages of the inventory"
}

// encode writes the request. Beside a cursor, which stands for the filter it
// was made for, only the limit is allowed.
func (q Query) encode() ([]byte, error) {
	type object = map[string]any
	query := object{}
	switch {
	case q.Count:
		query["paging"] = object{"limit": 1, "offset": 0}
	case q.Cursor != "":
		query["cursorPaging"] = object{"limit": PageLimit, "cursor": q.Cursor}
	default:
		query["cursorPaging"] = object{"limit": PageLimit}
	}
	if q.AccountID != "" && q.Cursor == "" {
		query["filter"] = object{"accountId": object{"$eq": q.AccountID}}
	}
	body, err := json.Marshal(object{"query": query})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", q.op(), err)
	}
	return body, nil
}

type wirePaging struct {
	Count   *json.Number `json:"count"`
	Total   *json.Number `json:"total"`
	TooMany bool         `json:"tooManyToCount"`
	HasNext bool         `json:"hasNext"`
	Cursors struct {
		Next string `json:"next"`
	} `json:"cursors"`
}

// decodePage reads the answer to a query. An error that is not about the JSON
// itself names the package that is at fault, where it is one.
func decodePage(body []byte) (*Page, error) {
	var answer struct {
		Packages       []json.RawMessage `json:"packages"`
		Metadata       *wirePaging       `json:"metadata"`
		PagingMetadata *wirePaging       `json:"pagingMetadata"`

		Items   json.RawMessage `json:"items"`   // no part of this answer
		Message json.RawMessage `json:"message"` // of an error
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, jsonFault(err)
	}
	paging, err := onePaging(answer.Metadata, answer.PagingMetadata)
	if err != nil {
		return nil, err
	}
	switch {
	case answer.Message != nil || answer.Items != nil:
		return nil, errors.New("the answer is no page of packages")
	case paging.Total != nil: // a count, which is asked for no packages
	case len(answer.Packages) == 0 && paging.Count != nil && paging.Count.String() != "0":
		return nil, fmt.Errorf("the answer has no packages, and says that they are %s", paging.Count)
	case paging.HasNext && paging.Cursors.Next == "":
		return nil, errors.New("the answer has a next page, and no cursor to it")
	}
	page := &Page{Packages: make([]Copy, len(answer.Packages)), Next: paging.Cursors.Next}
	page.Total, page.Counted = paging.total()
	for i, raw := range answer.Packages {
		p, err := decodePackage(raw)
		if err != nil {
			return nil, err
		}
		page.Packages[i] = Copy{Package: p, Raw: raw}
	}
	return page, nil
}

// onePaging gives the paging metadata, which comes under either name.
func onePaging(a, b *wirePaging) (*wirePaging, error) {
	switch {
	case a == nil && b == nil:
		return nil, errors.New("the answer has no paging metadata")
	case a == nil:
		return b, nil
	case b == nil:
		return a, nil
	}
	an, counted := a.total()
	bn, countedToo := b.total()
	if a.Cursors.Next != b.Cursors.Next || counted && countedToo && an != bn {
		return nil, errors.New("the answer has two paging metadata that disagree")
	}
	if !counted {
		return b, nil
	}
	return a, nil
}

// total gives the server's count, where it is one.
func (w *wirePaging) total() (int, bool) {
	if w.Total == nil || w.TooMany {
		return 0, false
	}
	n, err := w.Total.Int64()
	return int(n), err == nil && n >= 0
}

func decodeGet(body []byte, packageID string) (*Copy, error) {
	var answer struct {
		Package json.RawMessage `json:"package"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, jsonFault(err)
	}
	if len(answer.Package) == 0 || string(answer.Package) == "null" {
		return nil, errors.New("the answer has no package")
	}
	p, err := decodePackage(answer.Package)
	if err != nil {
		return nil, err
	}
	if !strings.EqualFold(p.ID, packageID) {
		return nil, fmt.Errorf("the answer is package %s", named(p.ID))
	}
	return &Copy{Package: p, Raw: answer.Package}, nil
}
