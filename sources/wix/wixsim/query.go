package wixsim

import (
	"cmp"
	"encoding/json"
	"net/http"
)

// What a query may say. A first page has filter and sort, and either
// cursorPaging or paging; a next page has its cursor and at most a new limit,
// because the cursor holds everything else. Limits go from 1 to 100.
// Projections (fields, fieldsets) are not simulated, so they are refused.

const maxLimit = 100

type queryBody struct {
	Query *querySpec `json:"query"`
}

type querySpec struct {
	Filter       json.RawMessage `json:"filter"`
	Sort         []sortField     `json:"sort"`
	Paging       *offsetPaging   `json:"paging"`
	CursorPaging *cursorPaging   `json:"cursorPaging"`
}

type sortField struct {
	FieldName string `json:"fieldName"`
	Order     string `json:"order,omitempty"`
}

type offsetPaging struct {
	Limit  *int `json:"limit"`
	Offset int  `json:"offset"`
}

type cursorPaging struct {
	Limit  *int   `json:"limit"`
	Cursor string `json:"cursor"`
}

// A query is a request for a page, checked.
type query struct {
	selection
	cursor  cursor
	sent    string // the token as sent; empty for a first page
	limit   int
	offset  int
	counted bool   // query.paging was asked for
	asked   string // the account that the filter names, whatever the server makes of it
}

func (s *Server) parseQuery(body []byte) (query, *refusal) {
	var b queryBody
	if err := decodeStrictly(body, &b); err != nil {
		return query{}, violate("body", "%v", err)
	}
	if b.Query == nil {
		return query{}, violate("query", "it is required")
	}
	q, bad := s.readPaging(b.Query)
	if bad != nil {
		return q, bad
	}
	f, bad := parseFilter(q.cursor.Filter)
	if bad != nil {
		return q, bad
	}
	if bad := s.checkFilter(f); bad != nil {
		return q, bad
	}
	if q.by, bad = parseSort(q.cursor.Sort); bad != nil {
		return q, bad
	}
	q.asked = f.account
	q.account, q.match = s.scope(f)
	return q, nil
}

func (s *Server) readPaging(spec *querySpec) (query, *refusal) {
	q := query{limit: maxLimit, cursor: cursor{Filter: spec.Filter, Sort: spec.Sort}}
	given := &q.limit
	switch page, next := spec.Paging, spec.CursorPaging; {
	case page != nil && next != nil && next.Cursor != "":
		return q, invalidCursor("query.paging can't stand beside a cursor")
	case page != nil && next != nil:
		return q, violate("query.paging", "it can't stand beside query.cursorPaging")
	case page != nil && s.o.NoOffset:
		return q, violate("query.paging", "it is not supported")
	case page != nil:
		given = cmp.Or(page.Limit, given)
		q.offset, q.counted = page.Offset, true
	case next != nil:
		given = cmp.Or(next.Limit, given)
		q.sent = next.Cursor
	}
	if *given < 1 || *given > maxLimit {
		return q, violate("limit", "%d is not from 1 to %d", *given, maxLimit)
	}
	if q.offset < 0 {
		return q, violate("query.paging.offset", "%d is negative", q.offset)
	}
	q.limit = min(*given, s.o.PageSize)
	bad := s.resume(&q, spec)
	return q, bad
}

// resume puts what the sent cursor holds in place of filter and sort.
func (s *Server) resume(q *query, spec *querySpec) *refusal {
	if q.sent == "" {
		return nil
	}
	if len(spec.Filter) > 0 || spec.Sort != nil {
		return invalidCursor("filter and sort can't stand beside a cursor")
	}
	var bad *refusal
	q.cursor, bad = s.readToken(q.sent)
	return bad
}

func (s *Server) checkFilter(f filter) *refusal {
	if s.o.OnlyAccountFilter && f.fields > 0 && (f.fields > 1 || f.account == "") {
		return violate("query.filter", "only accountId $eq is supported")
	}
	return nil
}

// scope gives the account and the condition that the filter comes to on this
// kind of server.
func (s *Server) scope(f filter) (account string, match func(*Package) bool) {
	account, match = f.account, f.match
	if s.o.IgnoreFilters {
		account, match = "", func(*Package) bool { return true }
	}
	if account == "" && s.o.ParentOnly {
		account = fold(s.o.Parent)
	}
	return account, match
}

func parseSort(fields []sortField) (order, *refusal) {
	if len(fields) == 0 {
		return nil, nil
	}
	for _, f := range fields {
		if f.FieldName != "createdDate" && f.FieldName != "updatedDate" {
			return nil, violate("query.sort", "field %q can't be sorted by", f.FieldName)
		}
		if f.Order != "" && f.Order != "ASC" && f.Order != "DESC" {
			return nil, violate("query.sort", "order %q is neither ASC nor DESC", f.Order)
		}
	}
	return func(p, q *Package) int {
		for _, f := range fields {
			if c := f.compare(p, q); c != 0 {
				return c
			}
		}
		return cmp.Compare(p.ID, q.ID)
	}, nil
}

func (f sortField) compare(p, q *Package) int {
	c := p.CreatedDate.Compare(q.CreatedDate)
	if f.FieldName == "updatedDate" {
		c = p.UpdatedDate.Compare(q.UpdatedDate)
	}
	if f.Order == "DESC" {
		return -c
	}
	return c
}

// checkHeader holds what every call must carry.
func (s *Server) checkHeader(r *http.Request) *refusal {
	switch account := r.Header.Get("wix-account-id"); {
	case r.Header.Get("Authorization") != s.o.Key:
		return refuse(http.StatusUnauthorized, "UNAUTHENTICATED", "the API key is missing or wrong")
	case account == "":
		return violate("wix-account-id", "the header is missing")
	case !isGUID(account):
		return violate("wix-account-id", "the header is not a GUID")
	}
	return nil
}
