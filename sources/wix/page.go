package wix

import (
	"errors"
	"fmt"
)

// A page is believed only as far as the server positively states something. It
// has an array of packages, and paging metadata with cursors, a count or a total:
// an answer without them is an error and never an empty or a last page. Each
// number that it states must agree with what it carries; what a chain of pages
// read is held against it in pages.go.
//
// The reference calls the metadata by two names. A page may have either, or both
// if they agree.

// A Page is the response to a Query.
type Page struct {
	Packages []Copy
	Next     string // cursor of the next page; empty on the last
	First    bool   // a chain starts, or starts again, with this page
	Total    int    // the server's count of what matches the query, if Counted
	Counted  bool
}

// wirePage is the JSON of a page.
type wirePage struct {
	packages [][]byte
	listed   bool // packages is an array
	metadata [2]*paging
	other    string // a field that shows that the response is something else
}

// paging is the paging metadata of a page. Nil means that it states nothing.
type paging struct {
	count, total, next *statement
	tooMany            bool
	hasNext            *bool
}

// A statement is a number or a cursor that a server states.
type statement struct {
	number int
	text   string
}

var (
	pageFields    = [...]string{"packages", "metadata", "pagingMetadata", "message", "error", "details", "items"}
	pagingFields  = [...]string{"count", "total", "cursors", "tooManyToCount", "hasNext"}
	cursorsFields = [...]string{"next"}
)

// decodePage decodes the page of a chain.
func decodePage(body []byte) (*Page, error) {
	w, p, err := scanPage(body)
	if err != nil {
		return nil, err
	}
	if err := w.check(p); err != nil {
		return nil, err
	}
	return w.page(p)
}

// decodeCount decodes the response to a query for the total. It need not have
// packages or a total.
func decodeCount(body []byte) (*Page, error) {
	w, p, err := scanPage(body)
	switch {
	case err != nil:
		return nil, err
	case w.listed && p.count != nil && p.count.number != len(w.packages):
		return nil, p.countError(w)
	case p.total != nil && p.total.number < len(w.packages):
		return nil, fmt.Errorf("the response has %d packages, but its total is %d", len(w.packages), p.total.number)
	}
	page := &Page{}
	page.Total, page.Counted = p.known()
	return page, nil
}

// scanPage reads what a response states, before its packages are decoded.
func scanPage(body []byte) (*wirePage, *paging, error) {
	w := &wirePage{}
	err := scanObject(body, pageFields[:], w.field)
	if err != nil {
		return nil, nil, err
	}
	if w.other != "" {
		return nil, nil, fmt.Errorf("the response is not a page of packages: it has the field %s", w.other)
	}
	p, err := w.paging()
	return w, p, err
}

// field reads a field of the response.
func (w *wirePage) field(s *scanner, field int) bool {
	switch {
	case s.null():
		return true
	case field == 0:
		w.listed = true
		return s.array(func() bool {
			raw, ok := s.raw()
			w.packages = append(w.packages, raw)
			return ok
		})
	case field <= 2:
		p := &paging{}
		w.metadata[field-1] = p
		return s.object(pagingFields[:], func(field int) bool { return s.null() || p.field(s, field) })
	}
	w.other = pageFields[field]
	return s.skip()
}

// field reads a field of the metadata that is not null.
func (p *paging) field(s *scanner, field int) bool {
	switch field {
	case 0:
		return s.statement(&p.count)
	case 1:
		return s.statement(&p.total)
	case 2:
		p.next = &statement{}
		return s.object(cursorsFields[:], func(int) bool { return s.cursor(&p.next.text) })
	case 3:
		return s.boolean(&p.tooMany)
	}
	p.hasNext = new(bool)
	return s.boolean(p.hasNext)
}

func (s *scanner) statement(to **statement) bool {
	n, ok := s.whole()
	*to = &statement{number: n}
	return ok
}

// maxCursor is the maximum length in bytes of a cursor.
const maxCursor = 16 << 10

// cursor reads a cursor, or null.
func (s *scanner) cursor(to *string) bool {
	if s.null() {
		return true
	}
	if s.peek() != '"' {
		return s.mistyped()
	}
	text, exact, ok := s.quoted()
	if ok && (!exact || len(text) > maxCursor) {
		return s.fail("not a cursor of at most %d bytes", maxCursor)
	}
	*to = string(text)
	return ok
}

// paging returns the metadata of the page, which has either of two names.
func (w *wirePage) paging() (*paging, error) {
	a, b := w.metadata[0], w.metadata[1]
	switch {
	case a == nil && b == nil:
		return nil, errors.New("the response has no paging metadata")
	case a == nil:
		return b, nil
	case b == nil:
		return a, nil
	}
	if differ(a.count, b.count) || differ(a.total, b.total) || differ(a.next, b.next) || differ(a.hasNext, b.hasNext) {
		return nil, errors.New("the response has two paging metadata objects that disagree")
	}
	return &paging{
		count: either(a.count, b.count), total: either(a.total, b.total), next: either(a.next, b.next),
		hasNext: either(a.hasNext, b.hasNext), tooMany: a.tooMany || b.tooMany,
	}, nil
}

// differ reports whether two statements are made and differ.
func differ[T comparable](a, b *T) bool { return a != nil && b != nil && *a != *b }

func either[T any](a, b *T) *T {
	if a == nil {
		return b
	}
	return a
}

// known returns the total, if there is one.
func (p *paging) known() (total int, counted bool) {
	if p.total == nil || p.tooMany {
		return 0, false
	}
	return p.total.number, true
}

// check checks what the page of a chain states.
func (w *wirePage) check(p *paging) error {
	_, counted := p.known()
	hasCursor := p.next != nil && p.next.text != ""
	switch {
	case !w.listed:
		return errors.New("the response has no array of packages")
	case p.next == nil && p.count == nil && !counted:
		return errors.New("the paging metadata has no cursors, no count and no total")
	case p.count != nil && p.count.number != len(w.packages):
		return p.countError(w)
	case p.hasNext != nil && *p.hasNext && !hasCursor:
		return errors.New("the response has a next page, but no cursor to it")
	case p.hasNext != nil && !*p.hasNext && hasCursor:
		return errors.New("the response has no next page, but a cursor to it")
	}
	return nil
}

func (p *paging) countError(w *wirePage) error {
	return fmt.Errorf("the response has %d packages, but its count is %d", len(w.packages), p.count.number)
}

// page decodes the packages.
func (w *wirePage) page(p *paging) (*Page, error) {
	page := &Page{Packages: make([]Copy, len(w.packages))}
	if p.next != nil {
		page.Next = p.next.text
	}
	page.Total, page.Counted = p.known()
	for i, raw := range w.packages {
		decoded, err := decodePackage(raw)
		if err != nil {
			return nil, err
		}
		page.Packages[i] = Copy{Package: decoded, Raw: raw}
	}
	return page, nil
}
