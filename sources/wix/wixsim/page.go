package wixsim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// A page is selected, spoiled by at most one fault, and written. The cursor of
// the next page always stands after the last package that the page holds by
// right, so that a fault repeats packages but never loses one.

type pageMetadata struct {
	Count          int      `json:"count"`
	Offset         *int     `json:"offset,omitempty"`
	Total          *int     `json:"total,omitempty"`
	TooManyToCount bool     `json:"tooManyToCount,omitempty"`
	Cursors        *cursors `json:"cursors,omitempty"`
}

type cursors struct {
	Next string `json:"next,omitempty"`
}

func (s *Server) answerQuery(r *http.Request, body []byte) reply {
	if bad := s.checkQuery(r); bad != nil {
		return bad.reply()
	}
	q, bad := s.parseQuery(body)
	if bad != nil {
		return bad.reply()
	}
	if status, fails := failing(s.o.FailAccounts, q.asked); fails {
		return failure(status)
	}
	fault := s.draw(q.String(), !q.counted)
	if spoiled, ok := s.spoil(fault); ok {
		return spoiled
	}
	if q.counted {
		return s.counted(q, fault)
	}
	return s.page(q, fault)
}

// String names the logical request: what is asked for, by whatever token.
func (q *query) String() string {
	return fmt.Sprintf("QUERY %s %v %s %d %d %t", q.cursor.Filter, q.cursor.Sort, q.cursor.ID, q.limit, q.offset, q.counted)
}

func failing(accounts map[string]int, account string) (status int, fails bool) {
	for id, status := range accounts {
		if account != "" && fold(id) == account {
			return status, true
		}
	}
	return 0, false
}

func (s *Server) counted(q query, fault Fault) reply {
	items, total := s.book.at(q.selection, q.offset, q.limit)
	total += s.o.TotalDelta
	meta := &pageMetadata{Count: len(items), Offset: &q.offset, Total: &total}
	if s.o.TooManyToCount {
		meta.Total, meta.TooManyToCount = nil, true
	}
	return s.written(items, meta, fault)
}

func (s *Server) page(q query, fault Fault) reply {
	items, more := s.book.after(q.selection, q.cursor.position(), q.limit)
	for _, p := range items {
		status, fails := failing(s.o.FailSweepPagesOf, fold(p.AccountID))
		if q.asked == "" && fails {
			return failure(status)
		}
	}
	items, last := s.repeated(q, items, more, fault)
	next := ""
	switch {
	case fault == LoopingCursor && q.sent != "":
		next = q.sent
	case fault == LoopingCursor, fault == StuckCursor:
		next = s.token(q.cursor)
	case more:
		next = s.token(q.cursor.following(items[last-1]))
	}
	if s.o.ForeignPackage && q.sent == "" && q.asked != "" {
		if p, ok := s.book.stranger(q.asked); ok {
			items = append(items, p)
		}
	}
	return s.written(items, &pageMetadata{Count: len(items), Cursors: &cursors{next}}, fault)
}

// repeated puts a package that belongs to the page before, or to the next, into
// this one. last is the number of the packages up to which the page holds by
// right. A page stays within its limit, unless the limit is 1.
func (s *Server) repeated(q query, items []*Package, more bool, fault Fault) (page []*Package, last int) {
	switch before, ok := s.book.get(q.cursor.ID); {
	case fault == RepeatPackage && ok && len(items) > 0:
		if more && len(items) > 1 {
			items = items[:len(items)-1]
		}
		return append([]*Package{before}, items...), len(items) + 1
	case fault == StaleCopy && more && len(items) > 1:
		last = len(items) - 1
		return append(items[:last:last], stale(items[last])), last
	}
	return items, len(items)
}

// stale gives the package as it might have been before its last change.
func stale(p *Package) *Package {
	old := p.clone()
	old.UpdatedDate = p.UpdatedDate.Add(-time.Hour)
	for i := range old.ProductInstances {
		old.ProductInstances[i].Status = canceled
	}
	return old
}

func (s *Server) written(items []*Package, meta *pageMetadata, fault Fault) reply {
	if items == nil {
		items = []*Package{}
	}
	if fault == UnknownStatus && len(items) > 0 {
		items[0] = items[0].clone()
		for i := range items[0].ProductInstances {
			items[0].ProductInstances[i].Status = "HIBERNATED"
		}
	}
	answer := map[string]any{"packages": items, s.o.MetadataName: meta}
	if fault == NoMetadata {
		delete(answer, s.o.MetadataName)
	}
	text, _ := json.Marshal(answer) // of our own types: it can't fail
	if fault == UnknownFields {
		text = extended(text)
	}
	return reply{status: http.StatusOK, body: text, fault: fault}
}

// extended adds what a later version of the API might.
func extended(text []byte) []byte {
	var answer map[string]any
	_ = json.Unmarshal(text, &answer) // it was written a moment ago
	answer["warnings"] = []any{map[string]any{"level": "HINT", "nested": []any{nil, 1.5}}}
	packages, _ := answer["packages"].([]any)
	for _, p := range packages {
		p := p.(map[string]any)
		p["origin"] = "MIGRATED"
		instances, _ := p["productInstances"].([]any)
		for _, i := range instances {
			i.(map[string]any)["renewal"] = map[string]any{"mode": "ON_DEMAND", "at": nil}
		}
	}
	text, _ = json.Marshal(answer)
	return text
}
