package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/ledger"
	"github.com/wixrecon/wixrecon/sources/table"
)

// Columns and words of the ledger are mapped by mappings, which can be set in the
// file only. Each error has its line. A word that YAML takes for another value,
// such as NULL, is the word as it is written.

// The mappings.
const (
	keyColumns = "columns"
	keyStatus  = "status"
	keyCycle   = "cycle"
	keyEmpty   = "empty"
	keyIgnored = "ignore_rows"
)

func mappings() []string { return []string{keyColumns, keyStatus, keyCycle, keyEmpty, keyIgnored} }

// ledgerMaps are the mappings of a file.
type ledgerMaps struct {
	columns  []ledger.ColumnMap
	statuses []ledger.StatusWord
	cycles   []ledger.CycleWord
	empty    []ledger.EmptyWords
	ignored  []ledger.IgnoredRows
}

// readMapping reads one of the mappings.
func (f *file) readMapping(line int, key string, node ast.Node) {
	pairs, ok := pairsOf(node)
	switch {
	case !ok && key == keyEmpty:
		f.readEmpty(line, "", node)
	case !ok:
		f.addError(line, fmt.Sprintf("key %q: expected keys and values below it (key: value), one a line", key))
	case key == keyColumns:
		f.eachPair(key+": ", pairs, table.Fold, f.readColumn)
	case key == keyStatus:
		f.eachPair(key+": ", pairs, ledger.FoldWord, f.readStatus)
	case key == keyCycle:
		f.eachPair(key+": ", pairs, ledger.FoldWord, f.readCycle)
	case key == keyEmpty:
		f.eachPair(key+": ", pairs, table.Fold, f.readEmpty)
	default:
		f.eachPair(key+": ", pairs, table.Fold, f.readIgnored)
	}
}

// ledgerColumn returns the column of the ledger with a name, as people write it.
func (f *file) ledgerColumn(line int, key, name string) (string, bool) {
	name = strings.TrimSpace(name)
	i := slices.IndexFunc(ledger.Columns(), func(c string) bool { return table.Fold(c) == table.Fold(name) })
	if i < 0 {
		f.addError(line, fmt.Sprintf("%s: %q is not a column of the ledger: did you mean %q?", key, Redacted(name), Nearest(name, ledger.Columns())))
		return "", false
	}
	return ledger.Columns()[i], true
}

func (f *file) readColumn(line int, name string, node ast.Node) {
	column, ok := f.ledgerColumn(line, keyColumns, name)
	if !ok {
		return
	}
	headers, problem := nodeTexts(node)
	if problem != "" {
		f.addError(line, fmt.Sprintf("columns: %s: %s", strings.TrimSpace(name), problem))
		return
	}
	f.columns = append(f.columns, ledger.ColumnMap{Column: column, Headers: headers, From: f.position(line)})
}

// readWord reads a word and what it means.
func (f *file) readWord(line int, key, word string, node ast.Node, expected string, valid func(target string) bool) (string, bool) {
	targets, problem := nodeTexts(node)
	switch {
	case word == "":
		problem = "expected a word before the colon"
	case problem == "" && (len(targets) != 1 || !valid(targets[0])):
		problem = fmt.Sprintf("%q: expected %s", Redacted(strings.Join(targets, ", ")), expected)
	}
	if problem != "" {
		f.addError(line, fmt.Sprintf("%s: %q: %s", key, Redacted(word), problem))
		return "", false
	}
	return targets[0], true
}

func (f *file) readStatus(line int, word string, node ast.Node) {
	word = strings.TrimSpace(word)
	statuses := []reconcile.LineStatus{reconcile.Active, reconcile.Pending, reconcile.Canceled}
	target, ok := f.readWord(line, keyStatus, word, node, "active, pending or canceled", func(target string) bool {
		return slices.Contains(statuses, reconcile.LineStatus(strings.ToLower(target)))
	})
	if ok {
		f.statuses = append(f.statuses, ledger.StatusWord{
			Word: word, Status: reconcile.LineStatus(strings.ToLower(target)), From: f.position(line),
		})
	}
}

func (f *file) readCycle(line int, word string, node ast.Node) {
	word = strings.TrimSpace(word)
	var cycle reconcile.Cycle
	_, ok := f.readWord(line, keyCycle, word, node, "a billing cycle, such as 1 MONTH, 1 YEAR or ONE_TIME", func(target string) bool {
		var err error
		cycle, err = reconcile.ParseCycle(target)
		return err == nil
	})
	if ok {
		f.cycles = append(f.cycles, ledger.CycleWord{Word: word, Cycle: cycle, From: f.position(line)})
	}
}

// readEmpty reads words that mean nothing: in one column, or in all if it is blank.
func (f *file) readEmpty(line int, column string, node ast.Node) {
	if column != "" {
		var ok bool
		if column, ok = f.ledgerColumn(line, keyEmpty, column); !ok {
			return
		}
	}
	words, problem := nodeTexts(node)
	if problem != "" {
		f.addError(line, fmt.Sprintf("empty: %s", problem))
		return
	}
	f.empty = append(f.empty, ledger.EmptyWords{Column: column, Words: words, From: f.position(line)})
}

// readIgnored reads the values of a column by which rows are ignored.
func (f *file) readIgnored(line int, column string, node ast.Node) {
	values, problem := nodeTexts(node)
	if problem == "" && slices.Contains(values, "*") {
		problem = "the value * would ignore every row"
	}
	if problem != "" {
		f.addError(line, fmt.Sprintf("ignore_rows: %q: %s", Redacted(column), problem))
		return
	}
	f.ignored = append(f.ignored, ledger.IgnoredRows{Column: strings.TrimSpace(column), Values: values, From: f.position(line)})
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
		text, problem := wordText(n)
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

// wordText returns a single value as a word: NULL and .nan too.
func wordText(node ast.Node) (text, problem string) {
	switch n := node.(type) {
	case *ast.NullNode:
		if n.GetToken().Type != token.ImplicitNullType {
			return n.GetToken().Value, ""
		}
	case *ast.NanNode, *ast.InfinityNode:
		return strings.TrimSpace(n.GetToken().Value), ""
	}
	return scalarText(&Setting{Bool: true}, node)
}

// addMappings adds the mappings to the effective settings.
func (l *loader) addMappings() {
	c := l.config
	columns := EffectiveSetting{Name: keyColumns, Source: SourceDefault}
	for _, m := range c.Columns {
		columns.add(m.Column+"="+strings.Join(m.Headers, "|"), m.From)
	}
	statuses := EffectiveSetting{Name: keyStatus, Source: SourceDefault}
	for _, w := range c.Statuses {
		statuses.add(w.Word+"="+string(w.Status), w.From)
	}
	cycles := EffectiveSetting{Name: keyCycle, Source: SourceDefault}
	for _, w := range c.Cycles {
		cycles.add(w.Word+"="+string(w.Cycle), w.From)
	}
	empty := EffectiveSetting{Name: keyEmpty, Source: SourceDefault}
	for _, w := range c.Empty {
		text := strings.Join(w.Words, "|")
		if w.Column != "" {
			text = w.Column + "=" + text
		}
		empty.add(text, w.From)
	}
	ignored := EffectiveSetting{Name: keyIgnored, Source: SourceDefault}
	for _, r := range c.Ignored {
		ignored.add(r.Column+"="+strings.Join(r.Values, "|"), r.From)
	}
	l.config.Effective = append(l.config.Effective, columns, statuses, cycles, empty, ignored)
}

// add adds a part of the value of a mapping.
func (e *EffectiveSetting) add(text, from string) {
	if e.Value != "" {
		e.Value += ", "
	}
	e.Value, e.Source = e.Value+Redacted(text), from
}
