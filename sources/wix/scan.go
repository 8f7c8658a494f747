package wix

import (
	"bytes"
	"fmt"
	"strings"
)

// JSON is read strictly, by a scanner of our own: encoding/json also takes a name
// in another case for a known one, and of a name that occurs twice the last value.
//
//   - Names are taken as written. Unknown ones are ignored. If a known name is
//     missing, and there is one that differs from it only in case, that is an
//     error: nothing may depend on the absence of what may only be misspelt.
//   - A known name that occurs twice is an error.
//   - null is the same as a missing field. A value of another type is an error.
//
// A scanner is a position in a JSON text. Its methods return false after they have
// set the problem.
type scanner struct {
	text    []byte
	at      int
	depth   int
	problem string
	path    []string // of the field that has the problem, innermost first
}

// scanObject reads a text that is one object. It calls value for each field in
// names, by its index; value consumes the field's value.
func scanObject(text []byte, names []string, value func(s *scanner, field int) bool) error {
	s := &scanner{text: text}
	if s.peek() != '{' {
		s.mistyped()
		return s.err()
	}
	ok := s.object(names, func(field int) bool { return value(s, field) })
	if s.space(); ok && s.at < len(text) {
		s.fail("invalid JSON")
	}
	return s.err()
}

// err returns the problem as an error.
func (s *scanner) err() error {
	switch {
	case s.problem == "":
		return nil
	case len(s.path) == 0:
		return fmt.Errorf("field (top level): %s", s.problem)
	}
	path := s.path[len(s.path)-1]
	for i := len(s.path) - 2; i >= 0; i-- {
		path += "." + s.path[i]
	}
	return fmt.Errorf("field %s: %s", path, s.problem)
}

// fail sets the problem.
func (s *scanner) fail(format string, args ...any) bool {
	if s.problem == "" {
		s.problem = fmt.Sprintf(format, args...)
	}
	return false
}

// syntax sets the problem that the text is not JSON.
func (s *scanner) syntax() bool { return s.fail("invalid JSON") }

// mistyped sets the problem that the next value has the wrong type.
func (s *scanner) mistyped() bool {
	switch c := s.peek(); {
	case c == '{':
		return s.fail("unexpected JSON object")
	case c == '[':
		return s.fail("unexpected JSON array")
	case c == '"':
		return s.fail("unexpected JSON string")
	case c == 't', c == 'f':
		return s.fail("unexpected JSON bool")
	case c == 'n':
		return s.fail("unexpected JSON null")
	case c == '-', c >= '0' && c <= '9':
		return s.fail("unexpected JSON number")
	}
	return s.syntax()
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

// peek skips white space and returns the next character, 0 at the end.
func (s *scanner) peek() byte {
	s.space()
	if s.at == len(s.text) {
		return 0
	}
	return s.text[s.at]
}

// next consumes c, if it is the next character after white space.
func (s *scanner) next(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.at++
	return true
}

// word consumes a word, if it comes next.
func (s *scanner) word(word string) bool {
	s.space()
	if !bytes.HasPrefix(s.text[s.at:], []byte(word)) {
		return false
	}
	s.at += len(word)
	return true
}

func (s *scanner) null() bool { return s.word("null") }

// object reads an object.
func (s *scanner) object(names []string, value func(field int) bool) bool {
	if !s.next('{') {
		return s.mistyped()
	}
	if s.next('}') {
		return true
	}
	f := fields{names: names}
	for {
		if s.peek() != '"' {
			return s.syntax()
		}
		name, _, ok := s.quoted()
		if !ok || !s.next(':') {
			return s.syntax()
		}
		if !s.member(&f, name, value) {
			return false
		}
		if !s.next(',') {
			return s.endObject(&f)
		}
	}
}

// member reads the value of a field.
func (s *scanner) member(f *fields, name []byte, value func(field int) bool) bool {
	field := f.find(name)
	if field < 0 {
		return s.skip()
	}
	ok := !f.twice || s.fail("the name occurs twice")
	if ok = ok && value(field); !ok {
		s.path = append(s.path, f.names[field])
	}
	return ok
}

func (s *scanner) endObject(f *fields) bool {
	if !s.next('}') {
		return s.syntax()
	}
	if name := f.misspelt(); name != "" {
		s.path = append(s.path, name)
		return s.fail("the name is in another case")
	}
	return true
}

// fields are the known names of an object, and which of them it has.
type fields struct {
	names       []string
	expected    int    // index of the name after the last one
	seen, cased uint32 // by index: as written, and in another case
	twice       bool   // the last one was seen before
}

// find returns the index of a known name, -1 of an unknown one.
func (f *fields) find(name []byte) int {
	if f.expected < len(f.names) && string(name) == f.names[f.expected] {
		return f.see(f.expected)
	}
	for i, known := range f.names {
		if string(name) == known {
			return f.see(i)
		}
	}
	for i, known := range f.names {
		if len(name) <= 3*len(known) && strings.EqualFold(string(name), known) { // a folded letter has up to three bytes
			f.cased |= 1 << i
		}
	}
	return -1
}

func (f *fields) see(i int) int {
	f.twice = f.seen&(1<<i) != 0
	f.seen, f.expected = f.seen|1<<i, i+1
	return i
}

// misspelt returns a name that occurs only in another case, if there is one.
func (f *fields) misspelt() string {
	for i, name := range f.names {
		if (f.cased&^f.seen)&(1<<i) != 0 {
			return name
		}
	}
	return ""
}

// array calls element for each element of an array.
func (s *scanner) array(element func() bool) bool {
	if !s.next('[') {
		return s.mistyped()
	}
	if s.next(']') {
		return true
	}
	for element() {
		if !s.next(',') {
			return s.next(']') || s.syntax()
		}
	}
	return false
}

// maxDepth bounds the nesting of a value.
const maxDepth = 64

// skip consumes a value of any type.
func (s *scanner) skip() bool {
	if s.depth == maxDepth {
		return s.fail("nested more than %d deep", maxDepth)
	}
	s.depth++
	defer func() { s.depth-- }()
	switch c := s.peek(); {
	case c == '"':
		_, _, ok := s.quoted()
		return ok
	case c == '{':
		return s.object(nil, nil)
	case c == '[':
		return s.array(s.skip)
	case c == '-', c >= '0' && c <= '9':
		_, ok := s.number()
		return ok
	}
	return s.null() || s.word("true") || s.word("false") || s.syntax()
}

// raw consumes a value of any type and returns its text.
func (s *scanner) raw() ([]byte, bool) {
	s.space()
	start := s.at
	ok := s.skip()
	return s.text[start:s.at:s.at], ok
}
