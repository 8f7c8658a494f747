package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/ledger"
	"github.com/wixrecon/wixrecon/sources/table"
)

// How the ledger is read: its columns and words of status are mapped by two
// mappings that stand in the file only; the rest is settings like all others.
// Each fault of a mapping is told with its line.

// The two mappings.
const (
	keyColumns = "columns"
	keyStatus  = "status"
)

func mappings() []string { return []string{keyColumns, keyStatus} }

// takeMapping reads one of the two mappings.
func (f *file) takeMapping(line int, key string, node ast.Node) {
	var pairs []*ast.MappingValueNode
	switch n := node.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	default:
		f.fault(line, fmt.Sprintf("key %q: want keys and values below it (key: value), one a line", key))
		return
	}
	lines := make(map[string]int)
	for _, pair := range pairs {
		token := pair.Key.GetToken()
		name, folded := strings.TrimSpace(token.Value), ""
		take := f.takeStatus
		if folded = ledger.FoldWord(name); key == keyColumns {
			take, folded = f.takeColumn, table.Fold(name)
		}
		if first, twice := lines[folded]; twice {
			f.fault(token.Position.Line, fmt.Sprintf("%s: %q stands twice, first in line %d", key, redact(name), first))
			continue
		}
		lines[folded] = token.Position.Line
		take(token.Position.Line, name, pair.Value)
	}
}

func (f *file) takeColumn(line int, name string, node ast.Node) {
	at := slices.IndexFunc(ledger.Columns(), func(c string) bool { return table.Fold(c) == table.Fold(name) })
	if at < 0 {
		f.fault(line, fmt.Sprintf("columns: %q is no column of a ledger: did you mean %q?", redact(name), nearestColumn(name)))
		return
	}
	headers, problem := texts(node)
	if problem != "" {
		f.fault(line, fmt.Sprintf("columns: %s: %s", name, problem))
		return
	}
	f.columns = append(f.columns, ledger.ColumnMap{Column: ledger.Columns()[at], Headers: headers, From: fmt.Sprintf("%s:%d", f.name, line)})
}

func nearestColumn(name string) string {
	return strings.ReplaceAll(Nearest(name, ledger.Columns()), "-", "_")
}

func (f *file) takeStatus(line int, word string, node ast.Node) {
	targets, problem := texts(node)
	statuses := []reconcile.LineStatus{reconcile.Active, reconcile.Pending, reconcile.Canceled}
	switch {
	case word == "":
		problem = "want a word before the colon"
	case problem == "" && (len(targets) != 1 || !slices.Contains(statuses, reconcile.LineStatus(strings.ToLower(targets[0])))):
		problem = fmt.Sprintf("%q: want active, pending or canceled", redact(strings.Join(targets, ", ")))
	}
	if problem != "" {
		f.fault(line, fmt.Sprintf("status: %q: %s", redact(word), problem))
		return
	}
	f.statuses = append(f.statuses, ledger.StatusWord{
		Word: word, Status: reconcile.LineStatus(strings.ToLower(targets[0])), From: fmt.Sprintf("%s:%d", f.name, line),
	})
}

// texts gives the text of a node, or those of its sequence, none of them blank.
func texts(node ast.Node) ([]string, string) {
	nodes := []ast.Node{node}
	if sequence, ok := node.(*ast.SequenceNode); ok {
		nodes = sequence.Values
	}
	var all []string
	for _, n := range nodes {
		text, problem := scalar(&Setting{Switch: true}, n)
		if problem == "" && text == "" {
			problem = "want a text that is not blank"
		}
		if problem != "" {
			return nil, problem
		}
		all = append(all, text)
	}
	if len(all) == 0 {
		return nil, "want at least one text"
	}
	return all, ""
}

// showMappings adds the two mappings to what the reports show as given.
func (l *loader) showMappings() {
	for _, key := range mappings() {
		var pairs []string
		from := "the default"
		if key == keyColumns {
			for _, m := range l.config.Columns {
				pairs, from = append(pairs, m.Column+"="+strings.Join(m.Headers, "|")), m.From
			}
		} else {
			for _, w := range l.config.Statuses {
				pairs, from = append(pairs, w.Word+"="+string(w.Status)), w.From
			}
		}
		value := []string{}
		for _, pair := range pairs {
			value = append(value, redact(pair))
		}
		l.config.Effective = append(l.config.Effective, EffectiveSetting{Name: key, Value: strings.Join(value, ", "), Source: from})
	}
}

func setDateFormat(l *loader, v value) error {
	if v.text == "" && !v.list {
		return nil
	}
	var errs []error
	for items := strings.Split(v.text, ","); len(items) > 0; {
		format, used, err := firstFormat(items)
		if err != nil {
			errs = append(errs, value{text: strings.TrimSpace(items[0]), from: v.from}.fault(err.Error()))
		} else {
			l.config.DateFormats = append(l.config.DateFormats, format)
		}
		items = items[used:]
	}
	return errors.Join(errs...)
}

// firstFormat reads the first of a comma list of formats, which may have a
// comma and a blank of its own: MMM D, YYYY.
func firstFormat(items []string) (f ledger.DateFormat, used int, err error) {
	f, err = ledger.ParseDateFormat(strings.TrimSpace(items[0]))
	if err != nil && len(items) > 1 && strings.HasPrefix(items[1], " ") {
		if f, err := ledger.ParseDateFormat(strings.TrimSpace(items[0] + "," + items[1])); err == nil {
			return f, 2, nil
		}
	}
	return f, 1, err
}

func setEncoding(l *loader, v value) error {
	if v.text == "" {
		return nil
	}
	name, err := table.CheckEncoding(v.text)
	if err != nil {
		return v.fault(err.Error())
	}
	l.config.Encoding = name
	return nil
}

func setSheet(l *loader, v value) error {
	l.config.Sheet = v.text
	return nil
}

// LedgerOptions gives how the ledger is to be read; its messages begin with
// the name.
func (c *Config) LedgerOptions(name string) *ledger.Options {
	return &ledger.Options{
		Name: name, Location: c.Location, Decimal: c.Decimal,
		MaxBadRows: decimal.NullDecimal{Decimal: c.MaxBadRows, Valid: true},
		Columns:    c.Columns, Statuses: c.Statuses, Dates: c.DateFormats,
		Encoding: c.Encoding, Sheet: c.Sheet,
	}
}
