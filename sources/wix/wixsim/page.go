package wixsim

import (
	"bytes"
	"time"
)

// A page is selected, modified by at most one fault, and written. The cursor of
// the next page is always that after the last package that belongs on this one,
// so that a fault repeats packages but never loses one.

// countedPage answers query.paging.
func (s *Server) countedPage(q query, fault Fault) *reply {
	items, total := s.inventory.from(q.selection, q.offset, q.limit)
	metadata := map[string]any{"offset": q.offset}
	if s.o.TooManyToCount {
		metadata["tooManyToCount"] = true
	} else {
		metadata["total"] = total + s.o.TotalDelta
	}
	return s.writePage(items, metadata, fault)
}

// cursorPage answers query.cursorPaging.
func (s *Server) cursorPage(q query, fault Fault) *reply {
	items, more := s.inventory.after(q.selection, q.cursor.after, q.limit)
	for _, p := range items {
		status, fails := failing(s.o.FailSweepPagesOf, []string{fold(p.AccountID)})
		if len(q.named) == 0 && fails {
			return failure(status)
		}
	}
	items, last := s.withRepeat(q, items, more, fault)
	cursors := map[string]string{}
	switch {
	case fault == LoopingCursor && q.token != "":
		cursors["next"] = q.token
	case fault == LoopingCursor, fault == StuckCursor:
		cursors["next"] = s.token(q.cursor)
	case more:
		cursors["next"] = s.token(cursor{filter: q.cursor.filter, sort: q.cursor.sort, after: items[last-1]})
	}
	if s.o.ForeignPackage && q.token == "" && len(q.named) == 1 {
		others := selection{match: func(p *Package) bool { return fold(p.AccountID) != q.named[0] }}
		foreign, _ := s.inventory.after(others, nil, 1)
		items = append(items, foreign...)
	}
	return s.writePage(items, map[string]any{"cursors": cursors}, fault)
}

// withRepeat adds a package of the page before, or of the next one, where the
// fault is one of these. last is the number of packages up to which the page is
// right. A page stays within its limit, unless the limit is 1.
func (s *Server) withRepeat(q query, items []*Package, more bool, fault Fault) (page []*Package, last int) {
	switch {
	case fault == RepeatPackage && q.cursor.after != nil && len(items) > 0:
		previous, ok := s.inventory.get(q.cursor.after.ID)
		if !ok {
			return items, len(items)
		}
		if more && len(items) > 1 {
			items = items[:len(items)-1]
		}
		return append([]*Package{previous}, items...), len(items) + 1
	case fault == StaleCopy && more && len(items) > 1:
		last = len(items) - 1
		old := withStatus(items[last], canceled)
		old.UpdatedDate = old.UpdatedDate.Add(-time.Hour)
		return append(items[:last:last], old), last
	}
	return items, len(items)
}

// withStatus returns a copy in which all instances have the status.
func withStatus(p *Package, status string) *Package {
	c := p.clone()
	for i := range c.ProductInstances {
		c.ProductInstances[i].Status = status
	}
	return c
}

func (s *Server) writePage(items []*Package, metadata map[string]any, fault Fault) *reply {
	metadata["count"] = len(items)
	if items == nil {
		items = []*Package{}
	}
	if fault == UnknownStatus && len(items) > 0 {
		items[0] = withStatus(items[0], "HIBERNATED")
	}
	fields := map[string]any{"packages": items}
	if fault != NoMetadata {
		fields[s.o.MetadataName] = metadata
	}
	answer := answerWith(fields)
	if fault == UnknownFields {
		answer.body = withUnknownFields(answer.body)
	}
	answer.lie(fault, len(items))
	answer.fault = fault
	return answer
}

// withUnknownFields adds what a later version of the API might.
func withUnknownFields(text []byte) []byte {
	for before, added := range map[string]string{
		`"packages":`:   `"warnings":[{"level":"HINT","nested":[null,1.5]}],`,
		`"accountId":`:  `"origin":"MIGRATED",`,
		`"instanceId":`: `"renewal":{"mode":"ON_DEMAND","at":null},`,
	} {
		text = bytes.ReplaceAll(text, []byte(before), []byte(added+before))
	}
	return text
}
