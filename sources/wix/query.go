package wix

import (
	"context"
	"encoding/json"
	"net/http"
)

// Query Packages. What is believed of a response is in page.go.

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

// Query fetches one page. An error is an *Error, or wraps the context's.
func (c *Client) Query(ctx context.Context, q Query) (*Page, error) {
	decode := decodePage
	if q.Count {
		decode = decodeCount
	}
	return fetch(ctx, c, &request{
		op: q.op(), method: http.MethodPost, path: queryPath, account: c.parent, body: q.body(), count: &c.counts.query,
	}, decode)
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
