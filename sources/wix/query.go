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
	Slice  Slice  // what it is about
	Cursor string // of the page; empty: the first page
	Count  bool   // ask for the total of the inventory instead of a page
}

// Query fetches one page. An error is an *Error, or wraps the context's.
func (c *Client) Query(ctx context.Context, q Query) (*Page, error) {
	decode := decodePage
	if q.Count {
		decode = decodeCount
	}
	r := c.pageRequest(q)
	defer c.releaseLarge(r)
	return fetch(ctx, c, r, decode)
}

// pageRequest returns the request of a query. Its place for a large response must
// be released.
func (c *Client) pageRequest(q Query) *request {
	return &request{
		op: q.op(), method: http.MethodPost, path: queryPath, account: c.parent, body: q.body(), count: &c.counts.query, page: true,
	}
}

func (q Query) op() string {
	if q.Count {
		return "count packages"
	}
	return "query packages of " + q.Slice.name()
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
	if filter := q.Slice.filter(); filter != nil && q.Cursor == "" {
		query["filter"] = filter
	}
	body, _ := json.Marshal(object{"query": query}) // maps of strings and numbers can't fail
	return body
}
