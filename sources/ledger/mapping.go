package ledger

// A reseller's own headers and words are mapped onto the contract's, and only
// as the user said. A column that is mapped stands under the headers that were
// named and under no other, not even its own name; of several headers a row has
// the first cell that is filled. Two columns may stand under one header. A word
// of the status map beats the contract's own words, which hold all the same.

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/table"
)

// A ColumnMap says under which headers of the file a column of the contract
// stands.
type ColumnMap struct {
	Column  string   // of the contract
	Headers []string // at least one must be there
	From    string   // where it was said, for messages; may be empty
}

// A StatusWord says what a word of the file means.
type StatusWord struct {
	Word   string
	Status reconcile.LineStatus
	From   string // where it was said, for messages; may be empty
}

// A Place is a column of the contract and where the file has it.
type MappedColumn struct {
	Column   string
	Required bool
	Headers  []string // as they stand in the file; empty where it has none
}

// Mapping gives every column of the contract with the headers that it stands
// under.
func (l *Ledger) Mapping() []MappedColumn {
	places := make([]MappedColumn, len(l.columns))
	for i, c := range l.columns {
		places[i] = MappedColumn{Column: c.name, Required: c.required}
		for _, at := range l.at[i] {
			places[i].Headers = append(places[i].Headers, l.table.Header[at])
		}
	}
	return places
}

// headersOf gives the headers under which each column may stand, in its order.
func headersOf(maps []ColumnMap) ([][]string, error) {
	headers := make([][]string, len(columns()))
	names := Columns()
	for i, name := range names {
		headers[i] = []string{name}
	}
	var faults []error
	for _, m := range maps {
		at := slices.Index(names, m.Column)
		if at < 0 {
			faults = append(faults, told(m.From, fmt.Errorf("columns: %q is no column of a ledger", m.Column)))
			continue
		}
		headers[at] = m.Headers
	}
	return headers, errors.Join(faults...)
}

// locate finds the columns in the header of the file.
func (l *Ledger) locate(headers [][]string, maps []ColumnMap) error {
	var names []string
	index := make(map[string]int)
	for _, group := range headers {
		for _, name := range group {
			if _, there := index[table.Fold(name)]; !there {
				index[table.Fold(name)] = len(names)
				names = append(names, name)
			}
		}
	}
	found, err := table.Map(l.table.Header, names, carriedName)
	l.rest, l.names, l.at = found.Rest, found.Names, make([][]int, len(headers))
	for i, group := range headers {
		for _, name := range group {
			if at := found.At[index[table.Fold(name)]]; at >= 0 && !slices.Contains(l.at[i], at) {
				l.at[i] = append(l.at[i], at)
			}
		}
	}
	return errors.Join(err, l.unfound(maps), l.missing(maps))
}

// unfound tells which mapped headers are not in the file.
func (l *Ledger) unfound(maps []ColumnMap) error {
	var faults []error
	for _, m := range maps {
		i := slices.Index(Columns(), m.Column)
		if i < 0 || len(l.at[i]) > 0 {
			continue
		}
		text := fmt.Sprintf("columns: %s: the ledger has no column %s", m.Column, listed(m.Headers))
		if near := table.Nearest(m.Headers[0], l.table.Header); near != "" {
			text += fmt.Sprintf(": did you mean %q?", clipped(near, 60))
		} else {
			text += "; it has " + listed(l.table.Header)
		}
		faults = append(faults, told(m.From, errors.New(text)))
	}
	return errors.Join(faults...)
}

// missing tells which required columns the header lacks, and what it has.
func (l *Ledger) missing(maps []ColumnMap) error {
	var names, hints []string
	mapped := func(name string) bool {
		return slices.ContainsFunc(maps, func(m ColumnMap) bool { return m.Column == name })
	}
	for i, c := range l.columns {
		if !c.required || len(l.at[i]) > 0 || mapped(c.name) {
			continue
		}
		names = append(names, c.name)
		if near := l.nearest(c.name); near != "" {
			hints = append(hints, fmt.Sprintf("\n  if %q is %s, set columns: {%s: %q}", near, c.name, c.name, near))
		}
	}
	if len(names) == 0 {
		return nil
	}
	return fmt.Errorf("the header lacks the required %s; it has %s%s",
		strings.Join(names, ", "), listed(l.table.Header), strings.Join(hints, ""))
}

// nearest gives the header, not in use yet, that a column may stand under.
func (l *Ledger) nearest(column string) string {
	var free []string
	for _, at := range l.rest {
		free = append(free, l.table.Header[at])
	}
	for _, name := range append([]string{column}, likes(column)...) {
		if near := table.Nearest(name, free); near != "" {
			return clipped(near, 60)
		}
	}
	return ""
}

// likes gives what others call a required column. It serves hints only.
func likes(column string) []string {
	switch column {
	case "external_id":
		return []string{"subscription_id", "subscription", "subscription_number", "contract", "reference", "id"}
	case "account_id":
		return []string{"wix_account_id", "wix_account", "account", "sub_account_id"}
	case "status":
		return []string{"state", "stage"}
	}
	return nil
}

// told puts before an error where it was said.
func told(from string, err error) error {
	if from == "" {
		return err
	}
	return fmt.Errorf("%s: %w", from, err)
}

// statuses gives the meaning of the words that stand in a ledger.
func statuses(words []StatusWord) map[string]reconcile.LineStatus {
	meaning := map[string]reconcile.LineStatus{
		"active": reconcile.Active, "pending": reconcile.Pending,
		"canceled": reconcile.Canceled, "cancelled": reconcile.Canceled,
	}
	for _, w := range words {
		meaning[FoldWord(w.Word)] = w.Status
	}
	return meaning
}

// FoldWord gives what words of status are compared by: case and white space
// make no difference.
func FoldWord(word string) string {
	return strings.ToLower(strings.Join(strings.Fields(word), " "))
}
