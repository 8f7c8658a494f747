package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// The settings file is one YAML mapping of keys to single values, or to a
// sequence where the setting is a list; columns, status and others are mappings. Values
// are read as written: 0.5 is never converted to a float. Every error of the file
// is reported with its line, but a syntax error hides those after it. No error
// quotes the text of the file, because it may contain an API key.

// maxFileSize is the largest settings file, in bytes: a larger one is probably
// the ledger, named by mistake.
const maxFileSize = 64 << 10

// readSettings returns the settings in the file of --config, by name.
func (l *loader) readSettings() map[string]value {
	s := &l.settings[l.index("config")]
	name, ok := l.fromFlag(s)
	if !ok {
		name, _ = l.fromEnvironment(s)
	}
	if name.text == "" {
		return nil
	}
	data, err := l.readFile(name.text)
	if err != nil {
		l.addError("config", fmt.Errorf("--config: %w", name.unreadable(err)))
		return nil
	}
	f := &file{name: Redacted(name.text), settings: l.settings, keys: append(l.names()[1:], mappings()...), values: make(map[string]value)}
	for _, err := range limited(f.read(data)) {
		l.addError("config", err)
	}
	l.config.Columns, l.config.Statuses, l.config.Cycles = f.columns, f.statuses, f.cycles
	l.config.Empty, l.config.Ignored = f.empty, f.ignored
	return f.values
}

// A file is a settings file that is read.
type file struct {
	name     string
	settings []Setting
	keys     []string         // all that are known
	values   map[string]value // by setting
	ledgerMaps
	errs []error
}

func (f *file) read(data []byte) []error {
	if len(data) > maxFileSize {
		return []error{fmt.Errorf("%s: larger than a settings file (%d KiB): is it the right file?", f.name, maxFileSize>>10)}
	}
	pairs, err := f.pairs(data)
	if err != nil {
		return []error{err}
	}
	f.eachPair("", pairs, canonical, f.readKey)
	return f.errs
}

// eachPair calls read with each pair of a mapping. A key that is equal to an
// earlier one when folded is an error.
func (f *file) eachPair(prefix string, pairs []*ast.MappingValueNode, fold func(string) string, read func(line int, key string, node ast.Node)) {
	lines := make(map[string]int)
	for _, pair := range pairs {
		token := pair.Key.GetToken()
		line, key := token.Position.Line, token.Value
		if first, duplicate := lines[fold(key)]; duplicate {
			f.addError(line, fmt.Sprintf("%sduplicate key %q, first in line %d", prefix, Redacted(key), first))
			continue
		}
		lines[fold(key)] = line
		read(line, key, pair.Value)
	}
}

// pairs returns the keys and values of the file's one mapping.
func (f *file) pairs(data []byte) ([]*ast.MappingValueNode, error) {
	body, err := f.body(data)
	if err != nil || body == nil {
		return nil, err
	}
	pairs, ok := pairsOf(body)
	if !ok {
		return nil, fmt.Errorf("%s: expected keys and values (key: value), one a line", f.name)
	}
	return pairs, nil
}

// pairsOf returns the pairs of a mapping, and false for any other node.
func pairsOf(node ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

// body returns the content of the file's one document, or nil.
func (f *file) body(data []byte) (ast.Node, error) {
	data = bytes.TrimPrefix(data, []byte(byteOrderMark))
	tree, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, f.syntaxError(err)
	}
	var body ast.Node
	for _, doc := range tree.Docs {
		switch {
		case doc.Body == nil || doc.Body.Type() == ast.CommentType:
		case body != nil:
			return nil, fmt.Errorf("%s: expected one document, not several", f.name)
		default:
			body = doc.Body
		}
	}
	return body, nil
}

// syntaxError returns the parser's message without its excerpt of the file.
func (f *file) syntaxError(err error) error {
	if at, ok := errors.AsType[yaml.Error](err); ok && at.GetToken() != nil {
		message := strings.Join(strings.Fields(at.GetMessage()), " ")
		return fmt.Errorf("%s:%d: not YAML: %s", f.name, at.GetToken().Position.Line, message)
	}
	return fmt.Errorf("%s: not YAML", f.name)
}

// readKey stores the value of one key.
func (f *file) readKey(line int, key string, node ast.Node) {
	switch canonical(key) {
	case "fix":
		f.addError(line, fmt.Sprintf("key %q is refused: %s", key, fixReason))
		return
	case "api-key":
		f.addError(line, fmt.Sprintf("key %q is refused: set the API key in %s, or in the file of api_key_file", key, keyVariable))
		return
	case "config":
		f.addError(line, fmt.Sprintf("key %q is refused: a settings file can't name another one", key))
		return
	}
	for _, name := range mappings() {
		if canonical(key) == canonical(name) {
			f.readMapping(line, name, node)
			return
		}
	}
	s := f.setting(key)
	if s == nil {
		near := strings.ReplaceAll(Nearest(key, f.keys), "-", "_")
		f.addError(line, fmt.Sprintf("unknown key %q: did you mean %q?", Redacted(key), near))
		return
	}
	v := value{from: f.position(line)}
	var problem string
	if v.text, v.list, problem = nodeText(s, node); problem != "" {
		f.addError(line, fmt.Sprintf("key %q: %s", key, problem))
		return
	}
	f.values[s.Name] = v
}

func (f *file) setting(key string) *Setting {
	for i := range f.settings {
		if s := &f.settings[i]; canonical(key) == s.Name && !s.NoFile {
			return s
		}
	}
	return nil
}

func (f *file) position(line int) string { return fmt.Sprintf("%s:%d", f.name, line) }

func (f *file) addError(line int, text string) {
	f.errs = append(f.errs, fmt.Errorf("%s: %s", f.position(line), text))
}

// nodeText returns the text of a node, or why it is not valid.
func nodeText(s *Setting, node ast.Node) (text string, list bool, problem string) {
	sequence, ok := node.(*ast.SequenceNode)
	if !ok {
		text, problem = scalarText(s, node)
		return text, false, problem
	}
	if !s.List {
		return "", false, "expected a single value, found sequence"
	}
	items := make([]string, len(sequence.Values))
	for i, item := range sequence.Values {
		if items[i], problem = scalarText(s, item); problem != "" {
			return "", false, problem
		}
	}
	if s.Repeatable {
		return strings.Join(items, itemSeparator), true, ""
	}
	return strings.Join(items, ","), true, ""
}

// scalarText returns the text of a single value, as it is written.
func scalarText(s *Setting, node ast.Node) (text, problem string) {
	switch n := node.(type) {
	case *ast.StringNode:
		text = n.Value
	case *ast.LiteralNode:
		text = n.Value.Value
	case *ast.IntegerNode, *ast.FloatNode:
		text = n.GetToken().Value
	case *ast.BoolNode:
		if !s.Bool {
			return "", "expected text, not true or false"
		}
		text = n.GetToken().Value
	case *ast.NullNode, nil:
		return "", "no value: remove the key for the default"
	default:
		return "", "expected a single value, found " + strings.ToLower(node.Type().String())
	}
	return strings.TrimSpace(text), ""
}
