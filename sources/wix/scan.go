package wix

import (
	"encoding/json"
	"unicode/utf8"
)

// scanPackage reads the JSON of a package in one pass, without reflection. It
// reads what Wix usually sends and gives up on everything else, so that
// encoding/json decides: a string with an escape, a control character or invalid
// UTF-8, a field that occurs twice or whose name differs only in case, a value of
// another type, syntax errors. Unknown fields are skipped.

// scanPackage fills w. Where it returns false, w is worthless.
func scanPackage(raw []byte, w *wirePackage) bool {
	s := scanner{text: raw}
	ok := s.object(packageFields[:], func(field int) bool {
		switch field {
		case 0:
			return s.string(&w.ID)
		case 1:
			return s.string(&w.AccountID)
		case 2:
			return s.string(&w.ExternalID)
		case 3:
			return s.array(func() bool {
				w.Instances = append(w.Instances, wireInstance{})
				return s.instance(&w.Instances[len(w.Instances)-1])
			})
		case 4:
			return s.string(&w.Created)
		}
		return s.string(&w.Updated)
	})
	s.space()
	return ok && s.at == len(s.text)
}

// The names of the fields that are read, in the order of the cases.
var (
	packageFields  = [...]string{"id", "accountId", "externalId", "productInstances", "createdDate", "updatedDate"}
	instanceFields = [...]string{
		"instanceId", "catalogProductId", "siteId", "status", "billingInfo", "countryCode", "failure", "discountCode",
		"referenceProductInstanceId", "expirationDate", "createdDate", "updatedDate",
	}
	billingFields  = [...]string{"type", "cycleDuration"}
	durationFields = [...]string{"unit", "count"}
	failureFields  = [...]string{"code", "message"}
)

func (s *scanner) instance(w *wireInstance) bool {
	texts := [...]*string{
		&w.ID, &w.ProductID, &w.SiteID, &w.Status, nil, &w.Country, nil, &w.Discount, &w.References, &w.Expires, &w.Created, &w.Updated,
	}
	return s.object(instanceFields[:], func(field int) bool {
		switch field {
		case 4:
			return s.null() || s.object(billingFields[:], func(field int) bool { return s.billing(&w.Billing, field) })
		case 6:
			return s.null() || s.object(failureFields[:], func(field int) bool {
				return s.string([...]*string{&w.Failure.Code, &w.Failure.Message}[field])
			})
		}
		return s.string(texts[field])
	})
}

func (s *scanner) billing(w *wireBilling, field int) bool {
	if field == 0 {
		return s.string(&w.Type)
	}
	if s.null() {
		return true
	}
	w.Duration = new(wireDuration)
	return s.object(durationFields[:], func(field int) bool {
		if field == 0 {
			return s.string(&w.Duration.Unit)
		}
		return s.count(&w.Duration.Count)
	})
}

// A scanner is a position in a JSON text. Its methods return false where they
// give up.
type scanner struct {
	text  []byte
	at    int
	depth int // of skip
}

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

// next consumes white space and then c.
func (s *scanner) next(c byte) bool {
	s.space()
	if s.at < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}

// word consumes white space and then a word.
func (s *scanner) word(word string) bool {
	s.space()
	if len(s.text)-s.at < len(word) || string(s.text[s.at:s.at+len(word)]) != word {
		return false
	}
	s.at += len(word)
	return true
}

func (s *scanner) null() bool { return s.word("null") }

// object calls value for each field in names, by its index; value consumes the
// field's value.
func (s *scanner) object(names []string, value func(field int) bool) bool {
	if !s.next('{') {
		return false
	}
	if s.next('}') {
		return true
	}
	seen, expected := uint32(0), 0
	for {
		name, ok := s.quoted()
		if !ok || !s.next(':') {
			return false
		}
		field, known := fieldOf(name, names, expected)
		switch {
		case field < 0:
			return false
		case !known:
			ok = s.skip()
		case seen&(1<<field) != 0:
			return false
		default:
			seen, expected = seen|1<<field, field+1
			ok = value(field)
		}
		if !ok {
			return false
		}
		if !s.next(',') {
			return s.next('}')
		}
	}
}

// fieldOf finds a name, trying the expected one first. It returns -1 for a name
// that differs from a known one only in case.
func fieldOf(name []byte, names []string, expected int) (field int, known bool) {
	if expected < len(names) && string(name) == names[expected] {
		return expected, true
	}
	for i, n := range names {
		if string(name) == n {
			return i, true
		}
	}
	for _, n := range names {
		if foldsTo(name, n) {
			return -1, false
		}
	}
	return 0, false
}

// foldsTo reports whether encoding/json may take the name for a known one: equal
// but for the case, or not ASCII, which may fold to ASCII.
func foldsTo(name []byte, known string) bool {
	if len(name) != len(known) {
		for _, c := range name {
			if c >= utf8.RuneSelf {
				return true
			}
		}
		return false
	}
	for i, c := range name {
		if c >= utf8.RuneSelf {
			return true
		}
		if c|0x20 != known[i]|0x20 {
			return false
		}
	}
	return true
}

// array calls element for each element of an array, or null.
func (s *scanner) array(element func() bool) bool {
	if s.null() {
		return true
	}
	if !s.next('[') {
		return false
	}
	if s.next(']') {
		return true
	}
	for element() {
		if !s.next(',') {
			return s.next(']')
		}
	}
	return false
}

// string reads a string or null.
func (s *scanner) string(to *string) bool {
	if s.null() {
		return true
	}
	text, ok := s.quoted()
	*to = string(text)
	return ok
}

// quoted reads a string without escapes.
func (s *scanner) quoted() ([]byte, bool) {
	if !s.next('"') {
		return nil, false
	}
	start, ascii := s.at, true
	for s.at < len(s.text) {
		c := s.text[s.at]
		s.at++
		switch {
		case c == '"':
			text := s.text[start : s.at-1]
			return text, ascii || utf8.Valid(text)
		case c == '\\' || c < ' ':
			return nil, false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return nil, false
}

// count reads a small whole number, or null.
func (s *scanner) count(to *json.Number) bool {
	if s.null() {
		return true
	}
	s.space()
	start := s.at
	if !s.integer() || s.at-start > 9 {
		return false
	}
	*to = json.Number(s.text[start:s.at])
	return true
}

// integer consumes digits without a leading zero. What follows must not continue
// a number.
func (s *scanner) integer() bool {
	start := s.at
	for s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
		s.at++
	}
	if s.at == start || s.text[start] == '0' && s.at > start+1 {
		return false
	}
	if s.at == len(s.text) {
		return true
	}
	switch s.text[s.at] {
	case '.', 'e', 'E':
		return false
	}
	return true
}

// maxSkipped bounds the depth of a value that is skipped.
const maxSkipped = 50

// skip consumes a value of an unknown field.
func (s *scanner) skip() bool {
	s.space()
	if s.at == len(s.text) || s.depth == maxSkipped {
		return false
	}
	s.depth++
	defer func() { s.depth-- }()
	switch c := s.text[s.at]; {
	case c == '"':
		_, ok := s.quoted()
		return ok
	case c == '{':
		return s.object(nil, nil)
	case c == '[':
		return s.array(s.skip)
	case c >= '0' && c <= '9':
		return s.integer()
	}
	return s.null() || s.word("true") || s.word("false")
}
