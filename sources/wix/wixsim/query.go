package wixsim

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
)

// A first page has a filter, a sort, and either cursorPaging or paging; a next
// page has its cursor and at most a new limit. Limits go from 1 to 100.
// Projections (fields, fieldsets) are not simulated, so they are refused.

const maxLimit = 100

type querySpec struct {
	Filter       json.RawMessage `json:"filter"`
	Sort         []sortSpec      `json:"sort"`
	Paging       *offsetPaging   `json:"paging"`
	CursorPaging *cursorPaging   `json:"cursorPaging"`
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
	token   string // as sent; empty for a first page
	limit   int
	offset  int
	counted bool     // query.paging was requested
	named   []string // the accounts that the filter names, even where filters are ignored
}

// String identifies the logical request, whatever its token.
func (q *query) String() string {
	id := ""
	if q.cursor.after != nil {
		id = q.cursor.after.ID
	}
	return fmt.Sprintf("QUERY %s %v %s %d %d %t", q.cursor.filter, q.cursor.sort, id, q.limit, q.offset, q.counted)
}

func (s *Server) answerQuery(c call) *reply {
	if fold(c.account) != fold(s.o.Parent) {
		return refuse(http.StatusForbidden, "PERMISSION_DENIED", "account %s is not the parent account", c.account)
	}
	q, bad := s.readQuery(c.body)
	if bad != nil {
		return bad
	}
	if q.token != "" && s.resumed.Add(1) == int64(s.o.ExpireCursor) {
		return refuse(http.StatusGone, "CURSOR_EXPIRED", "the cursor is no longer valid")
	}
	if status, fails := failing(s.o.FailAccounts, q.named); fails {
		return failure(status)
	}
	allowed := reads | pages
	if q.counted {
		allowed = reads
	}
	fault := s.draw(q.String(), reads|pages, allowed, s.o.Faults)
	if answer := s.preempt(fault); answer != nil {
		return answer
	}
	if q.counted {
		return s.countedPage(q, fault)
	}
	return s.cursorPage(q, fault)
}

func (s *Server) readQuery(body []byte) (query, *reply) {
	var b struct {
		Query *querySpec `json:"query"`
	}
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
	f, bad := s.readFilter(q.cursor.filter)
	if bad != nil {
		return q, bad
	}
	if s.o.OnlyAccountFilter && f.conditions > 0 && (f.conditions > 1 || f.account == "") {
		return q, violate("query.filter", "only accountId $eq is supported")
	}
	q.selection, q.named = f.selection, f.named
	if q.by, bad = readSort(q.cursor.sort); bad != nil {
		return q, bad
	}
	if s.o.IgnoreFilters {
		q.selection = selection{by: q.by, match: func(*Package) bool { return true }}
	}
	if (len(q.named) == 0 || s.o.IgnoreFilters) && s.o.ParentOnly {
		q.account = fold(s.o.Parent)
	}
	return q, nil
}

func (s *Server) readPaging(spec *querySpec) (query, *reply) {
	q := query{limit: maxLimit, cursor: cursor{filter: spec.Filter, sort: spec.Sort}}
	limit := &q.limit
	switch page, next := spec.Paging, spec.CursorPaging; {
	case page != nil && next != nil && next.Cursor != "":
		return q, invalidCursor("query.paging can't be combined with a cursor")
	case page != nil && next != nil:
		return q, violate("query.paging", "it can't be combined with query.cursorPaging")
	case page != nil && s.o.NoOffset:
		return q, violate("query.paging", "it is not supported")
	case page != nil:
		limit = cmp.Or(page.Limit, limit)
		q.offset, q.counted = page.Offset, true
	case next != nil:
		limit = cmp.Or(next.Limit, limit)
		q.token = next.Cursor
	}
	if *limit < 1 || *limit > maxLimit {
		return q, violate("limit", "%d is not from 1 to %d", *limit, maxLimit)
	}
	if q.offset < 0 {
		return q, violate("query.paging.offset", "%d is negative", q.offset)
	}
	q.limit = min(*limit, s.o.PageSize)
	if q.token == "" {
		return q, nil
	}
	if len(spec.Filter) > 0 || len(spec.Sort) > 0 {
		return q, invalidCursor("a filter or a sort can't be combined with a cursor")
	}
	var bad *reply
	q.cursor, bad = s.readToken(q.token)
	return q, bad
}

// A cursor is the position of a next page: the filter, the sort, and the package after
// which the page begins, nil being the start. The client gets a random token for
// it, and a new one each time, because a client must not rely on equal tokens.
type cursor struct {
	filter []byte
	sort   []sortSpec
	after  *Package
}

func (s *Server) token(c cursor) string {
	token := rand.Text()
	s.cursorsMu.Lock()
	defer s.cursorsMu.Unlock()
	s.cursors[token] = c
	return token
}

func (s *Server) readToken(token string) (cursor, *reply) {
	s.cursorsMu.Lock()
	defer s.cursorsMu.Unlock()
	c, ok := s.cursors[token]
	if !ok {
		return c, invalidCursor("the cursor is not one of this server's")
	}
	return c, nil
}

func invalidCursor(why string) *reply {
	return refuse(http.StatusBadRequest, "INVALID_CURSOR", "%s", why)
}
