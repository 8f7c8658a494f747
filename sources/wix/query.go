package wix

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// Query Packages. A page is complete or an error: if its paging metadata is
// missing, contradicts itself or can't be decoded, nothing proves that the page
// is the last one.

const (
	packagesPath = "/resellers/v1/packages/"
	queryPath    = packagesPath + "query"
)

// pageLimit is the maximum number of packages on a page.
const pageLimit = 100

// A Query asks for one page of packages.
type Query struct {
	AccountID string // only this sub-account; empty: all that the parent sees
	Cursor    string // of the page; empty: the first page
	Count     bool   // ask for the total of the inventory instead of a page
}

// A Page is the response to a Query.
type Page struct {
	Packages []Copy
	Next     string // cursor of the next page; empty on the last
	Total    int    // the server's count, if Counted
	Counted  bool
}

// Query fetches one page. An error is an *Error, or wraps the context's.
func (c *Client) Query(ctx context.Context, q Query) (*Page, error) {
	return fetch(ctx, c, &request{
		op: q.op(), method: http.MethodPost, path: queryPath, account: c.parent, body: q.body(), count: &c.counts.query,
	}, decodePage)
}

func (q Query) op() string {
	switch {
	case q.Count:
		return "count packages"
	case q.AccountID != "":
		return "query packages of account " + showID(q.AccountID)
	}
	return "query packages of the inventory"
}

// body returns the request body. With a cursor, which includes its filter, only
// the limit is allowed.
func (q Query) body() []byte {
	type object = map[string]any
	query := object{}
	switch {
	case q.Count:
		query["paging"] = object{"limit": 1, "offset": 0}
	case q.Cursor != "":
		query["cursorPaging"] = object{"limit": pageLimit, "cursor": q.Cursor}
	default:
		query["cursorPaging"] = object{"limit": pageLimit}
	}
	if q.AccountID != "" && q.Cursor == "" {
		query["filter"] = object{"accountId": object{"$eq": q.AccountID}}
	}
	body, _ := json.Marshal(object{"query": query}) // maps of strings and numbers can't fail
	return body
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

func decodePage(body []byte) (*Page, error) {
	var response struct {
		Packages       []json.RawMessage `json:"packages"`
		Metadata       *wirePaging       `json:"metadata"`
		PagingMetadata *wirePaging       `json:"pagingMetadata"`

		Items   json.RawMessage `json:"items"`   // of another kind of query
		Message json.RawMessage `json:"message"` // of an error
	}
	if err := json.Unmarshal(body, &response); err != nil {
		return nil, jsonError(err)
	}
	paging, err := onePaging(response.Metadata, response.PagingMetadata)
	if err != nil {
		return nil, err
	}
	switch {
	case response.Message != nil || response.Items != nil:
		return nil, errors.New("the response is not a page of packages")
	case paging.Total != nil: // a count, which asks for no packages
	case len(response.Packages) == 0 && paging.Count != nil && paging.Count.String() != "0":
		return nil, fmt.Errorf("the response has no packages, but its count is %s", paging.Count)
	case paging.HasNext && paging.Cursors.Next == "":
		return nil, errors.New("the response has a next page, but no cursor to it")
	}
	page := &Page{Packages: make([]Copy, len(response.Packages)), Next: paging.Cursors.Next}
	page.Total, page.Counted = paging.total()
	for i, raw := range response.Packages {
		p, err := decodePackage(raw)
		if err != nil {
			return nil, err
		}
		page.Packages[i] = Copy{Package: p, Raw: raw}
	}
	return page, nil
}

// onePaging returns the paging metadata, which has either of two names.
func onePaging(a, b *wirePaging) (*wirePaging, error) {
	switch {
	case a == nil && b == nil:
		return nil, errors.New("the response has no paging metadata")
	case a == nil || b == nil:
		return cmp.Or(a, b), nil
	}
	totalA, countedA := a.total()
	totalB, countedB := b.total()
	if a.Cursors.Next != b.Cursors.Next || countedA && countedB && totalA != totalB {
		return nil, errors.New("the response has two paging metadata objects that disagree")
	}
	if !countedA {
		return b, nil
	}
	return a, nil
}

// total returns the server's count, if it has one.
func (w *wirePaging) total() (total int, counted bool) {
	if w.Total == nil || w.TooMany {
		return 0, false
	}
	n, err := w.Total.Int64()
	return int(n), err == nil && n >= 0
}
