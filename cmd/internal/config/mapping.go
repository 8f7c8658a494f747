package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/ledger"
	"github.com/wixrecon/wixrecon/sources/table"
)

// Columns and words of status of the ledger are mapped by two mappings, which can
// be set in the file only. Each error has its line.

// The two mappings.
const (
	keyColumns = "columns"
	keyStatus  = "status"
)

func mappings() []string { return []string{keyColumns, keyStatus} }

// readMapping reads one of the two mappings.
func (f *file) readMapping(line int, key string, node ast.Node) {
	pairs, ok := pairsOf(node)
	switch {
	case !ok:
		f.addError(line, fmt.Sprintf("key %q: expected keys and values below it (key: value), one a line", key))
	case key == keyColumns:
		f.eachPair(key+": ", pairs, table.Fold, f.readColumn)
	default:
		f.eachPair(key+": ", pairs, ledger.FoldStatus, f.readStatus)
	}
}

func (f *file) readColumn(line int, name string, node ast.Node) {
	name = strings.TrimSpace(name)
	i := slices.IndexFunc(ledger.Columns(), func(c string) bool { return table.Fold(c) == table.Fold(name) })
	if i < 0 {
		f.addError(line, fmt.Sprintf("columns: %q is not a column of the ledger: did you mean %q?", Redacted(name), Nearest(name, ledger.Columns())))
		return
	}
	headers, problem := nodeTexts(node)
	if problem != "" {
		f.addError(line, fmt.Sprintf("columns: %s: %s", name, problem))
		return
	}
	f.columns = append(f.columns, ledger.ColumnMap{Column: ledger.Columns()[i], Headers: headers, From: f.position(line)})
}

func (f *file) readStatus(line int, word string, node ast.Node) {
	word = strings.TrimSpace(word)
	targets, problem := nodeTexts(node)
	statuses := []reconcile.LineStatus{reconcile.Active, reconcile.Pending, reconcile.Canceled}
	switch {
	case word == "":
		problem = "expected a word before the colon"
	case problem == "" && (len(targets) != 1 || !slices.Contains(statuses, reconcile.LineStatus(strings.ToLower(targets[0])))):
		problem = fmt.Sprintf("%q: expected active, pending or canceled", Redacted(strings.Join(targets, ", ")))
	}
	if problem != "" {
		f.addError(line, fmt.Sprintf("status: %q: %s", Redacted(word), problem))
		return
	}
	f.statuses = append(f.statuses, ledger.StatusWord{
		Word: word, Status: reconcile.LineStatus(strings.ToLower(targets[0])), From: f.position(line),
	})
}

// nodeTexts returns the text of a node, or those of its sequence. Blank ones are
// not valid.
func nodeTexts(node ast.Node) ([]string, string) {
	nodes := []ast.Node{node}
	if sequence, ok := node.(*ast.SequenceNode); ok {
		nodes = sequence.Values
	}
	var texts []string
	for _, n := range nodes {
		text, problem := scalarText(&Setting{Bool: true}, n)
		if problem == "" && text == "" {
			problem = "expected a text that is not blank"
		}
		if problem != "" {
			return nil, problem
		}
		texts = append(texts, text)
	}
	if len(texts) == 0 {
		return nil, "expected at least one text"
	}
	return texts, ""
}

// addMappings adds the two mappings to the effective settings.
func (l *loader) addMappings() {
	var columns, statuses []string
	columnsFrom, statusesFrom := SourceDefault, SourceDefault
	for _, m := range l.config.Columns {
		columns, columnsFrom = append(columns, Redacted(m.Column+"="+strings.Join(m.Headers, "|"))), m.From
	}
	for _, w := range l.config.Statuses {
		statuses, statusesFrom = append(statuses, Redacted(w.Word+"="+string(w.Status))), w.From
	}
	l.config.Effective = append(l.config.Effective,
		EffectiveSetting{Name: keyColumns, Value: strings.Join(columns, ", "), Source: columnsFrom},
		EffectiveSetting{Name: keyStatus, Value: strings.Join(statuses, ", "), Source: statusesFrom})
}
