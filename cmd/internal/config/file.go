package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/wixrecon/wixrecon/sources/ledger"
)

// The settings file is one YAML mapping of keys to single values, or to a
// sequence where the setting is a list; columns and status are mappings. A value is taken as it is written: 0.5
// stays 0.5 and is no float on its way. Every fault of the file is told, with
// its line; a fault of syntax hides what comes after it. No fault shows the
// text of the file, because somebody may have put a key into it.

// maxSettings bounds the file in bytes: what is larger is the ledger, named by
// mistake.
const maxSettings = 64 << 10

// readSettings reads the file that --config names. Without one it gives nothing.
func (l *loader) readSettings() map[string]value {
	s := &l.settings[l.place("config")]
	name, ok := l.typed(s)
	if !ok {
		name, _ = l.exported(s)
	}
	if name.text == "" {
		return nil
	}
	data, err := l.readFile(name.text)
	if err != nil {
		l.tell("config", fmt.Errorf("--config: %w", name.unread(err)))
		return nil
	}
	f := &file{name: redact(name.text), settings: l.settings, names: append(l.names(), mappings()...), given: make(map[string]value)}
	for _, err := range capped(f.read(data)) {
		l.tell("config", err)
	}
	l.config.Columns, l.config.Statuses = f.columns, f.statuses
	return f.given
}

// A file is one settings file on its way.
type file struct {
	name     string
	settings []Setting
	names    []string
	given    map[string]value // by setting
	columns  []ledger.ColumnMap
	statuses []ledger.StatusWord
	faults   []error
}

func (f *file) read(data []byte) []error {
	if len(data) > maxSettings {
		return []error{fmt.Errorf("%s: is larger than settings are (%d KiB): is it the right file?", f.name, maxSettings>>10)}
	}
	pairs, err := f.pairs(data)
	if err != nil {
		return []error{err}
	}
	lines := make(map[string]int)
	for _, pair := range pairs {
		key := pair.Key.GetToken()
		line, name := key.Position.Line, canonical(key.Value)
		if first, twice := lines[name]; twice {
			f.fault(line, fmt.Sprintf("key %q stands twice, first in line %d", redact(key.Value), first))
			continue
		}
		lines[name] = line
		f.take(line, key.Value, pair.Value)
	}
	return f.faults
}

// pairs gives the keys and values of the file's one mapping.
func (f *file) pairs(data []byte) ([]*ast.MappingValueNode, error) {
	body, err := f.body(data)
	if err != nil {
		return nil, err
	}
	switch body := body.(type) {
	case nil:
		return nil, nil
	case *ast.MappingNode:
		return body.Values, nil
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{body}, nil
	}
	return nil, fmt.Errorf("%s: want keys and values (key: value), one a line", f.name)
}

// body gives the content of the file's one document, or nil.
func (f *file) body(data []byte) (ast.Node, error) {
	data = bytes.TrimPrefix(data, []byte(byteOrderMark))
	tree, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, f.syntax(err)
	}
	var body ast.Node
	for _, doc := range tree.Docs {
		switch {
		case doc.Body == nil || doc.Body.Type() == ast.CommentType:
		case body != nil:
			return nil, fmt.Errorf("%s: want one document, not several", f.name)
		default:
			body = doc.Body
		}
	}
	return body, nil
}

// syntax tells where the file stops being YAML, without the excerpt that the
// parser's own message has.
func (f *file) syntax(err error) error {
	if at, ok := errors.AsType[yaml.Error](err); ok && at.GetToken() != nil {
		return fmt.Errorf("%s:%d: not YAML: %s", f.name, at.GetToken().Position.Line, oneLine(at.GetMessage()))
	}
	return fmt.Errorf("%s: not YAML", f.name)
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// take keeps the value of one key.
func (f *file) take(line int, key string, node ast.Node) {
	switch canonical(key) {
	case "fix":
		f.fault(line, fmt.Sprintf("key %q is refused: %s", key, fixReason))
		return
	case "api-key":
		f.fault(line, fmt.Sprintf("key %q is refused: the API key goes into %s, or into the file that api_key_file names", key, keyVariable))
		return
	case keyColumns, keyStatus:
		f.takeMapping(line, canonical(key), node)
		return
	}
	s := f.setting(key)
	if s == nil {
		f.fault(line, f.unknown(key))
		return
	}
	v := value{from: fmt.Sprintf("%s:%d", f.name, line)}
	var problem string
	if v.text, v.list, problem = content(s, node); problem != "" {
		f.fault(line, fmt.Sprintf("key %q: %s", key, problem))
		return
	}
	f.given[s.Name] = v
}

func (f *file) setting(key string) *Setting {
	for i := range f.settings {
		if s := &f.settings[i]; canonical(key) == s.Name && !s.NoFile {
			return s
		}
	}
	return nil
}

func (f *file) unknown(key string) string {
	if canonical(key) == "config" {
		return fmt.Sprintf("key %q is refused: a settings file can't name another one", key)
	}
	near := strings.ReplaceAll(Nearest(key, f.names[1:]), "-", "_") // config itself is no key
	return fmt.Sprintf("unknown key %q: did you mean %q?", redact(key), near)
}

func (f *file) fault(line int, text string) {
	f.faults = append(f.faults, fmt.Errorf("%s:%d: %s", f.name, line, text))
}

// content gives the text of a node, or what is wrong with it.
func content(s *Setting, node ast.Node) (text string, list bool, problem string) {
	sequence, ok := node.(*ast.SequenceNode)
	if !ok {
		text, problem = scalar(s, node)
		return text, false, problem
	}
	if !s.List {
		return "", false, "want a single value, found sequence"
	}
	items := make([]string, len(sequence.Values))
	for i, item := range sequence.Values {
		if items[i], problem = scalar(s, item); problem != "" {
			return "", false, problem
		}
	}
	if s.Repeat {
		return strings.Join(items, itemSeparator), true, ""
	}
	return strings.Join(items, ","), true, ""
}

// scalar gives the text of a single value, as it is written.
func scalar(s *Setting, node ast.Node) (text, problem string) {
	switch n := node.(type) {
	case *ast.StringNode:
		text = n.Value
	case *ast.LiteralNode:
		text = n.Value.Value
	case *ast.IntegerNode, *ast.FloatNode:
		text = n.GetToken().Value
	case *ast.BoolNode:
		if !s.Switch {
			return "", "want text, not true or false"
		}
		text = n.GetToken().Value
	case *ast.NullNode, nil:
		return "", "has no value: leave the key out for the default"
	default:
		return "", "want a single value, found " + strings.ToLower(node.Type().String())
	}
	return strings.TrimSpace(text), ""
}
