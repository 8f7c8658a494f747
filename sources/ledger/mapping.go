package ledger

// A reseller's own headers are mapped onto the contract's columns, only as set.
// A mapped column is read from the headers that are set and from no other, not
// even its own name; of several headers the first filled cell of a row counts.
// Two columns may have the same header.

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/wixrecon/wixrecon/sources/table"
)

// A ColumnMap is a column of the contract and its headers in the file.
type ColumnMap struct {
	Column  string
	Headers []string // at least one must exist
	From    string   // where it was set, for messages; may be empty
}

// A MappedColumn is a column of the contract and the headers that were found.
type MappedColumn struct {
	Column   string
	Required bool
	Headers  []string // as in the file; empty where it has none
}

// mapping returns every column of the contract with its headers.
func (l *Ledger) mapping() []MappedColumn {
	mapped := make([]MappedColumn, len(l.columns))
	for i, c := range l.columns {
		mapped[i] = MappedColumn{Column: c.name, Required: c.required}
		for _, at := range l.indices[i] {
			mapped[i].Headers = append(mapped[i].Headers, l.table.Header[at])
		}
	}
	return mapped
}

// headersOf returns the headers from which each column may be read, in its order.
func headersOf(maps []ColumnMap) ([][]string, error) {
	headers := make([][]string, len(columns()))
	names := Columns()
	for i, name := range names {
		headers[i] = []string{name}
	}
	var errs []error
	for _, m := range maps {
		i := slices.Index(names, m.Column)
		if i < 0 {
			errs = append(errs, fromSetting(m.From, fmt.Errorf("columns: %q is not a column of the ledger", m.Column)))
			continue
		}
		headers[i] = m.Headers
	}
	return headers, errors.Join(errs...)
}

// findColumns finds the columns in the header of the file.
func (l *Ledger) findColumns(headers [][]string, maps []ColumnMap) error {
	var names []string
	index := make(map[string]int)
	for _, group := range headers {
		for _, name := range group {
			if _, known := index[table.Fold(name)]; !known {
				index[table.Fold(name)] = len(names)
				names = append(names, name)
			}
		}
	}
	found, err := table.MapColumns(l.table.Header, names, carriedName)
	l.others, l.carriedNames, l.indices = found.Others, found.Names, make([][]int, len(headers))
	for i, group := range headers {
		for _, name := range group {
			if at := found.Index[index[table.Fold(name)]]; at >= 0 && !slices.Contains(l.indices[i], at) {
				l.indices[i] = append(l.indices[i], at)
			}
		}
	}
	return errors.Join(err, l.missingHeaders(maps), l.missingColumns(maps))
}

// isFullHeader returns 1 for a row that has every required column.
func (l *Ledger) isFullHeader(cells []string, headers [][]string) int {
	names := make(map[string]bool, len(cells))
	for _, cell := range cells {
		names[table.Fold(cell)] = true
	}
	for i, c := range l.columns {
		if c.required && !slices.ContainsFunc(headers[i], func(name string) bool { return names[table.Fold(name)] }) {
			return 0
		}
	}
	return 1
}

// missingHeaders returns an error for each mapped column whose headers are not
// in the file.
func (l *Ledger) missingHeaders(maps []ColumnMap) error {
	var errs []error
	for _, m := range maps {
		i := slices.Index(Columns(), m.Column)
		if i < 0 || len(l.indices[i]) > 0 {
			continue
		}
		text := fmt.Sprintf("columns: %s: the header has no column %s", m.Column, quoted(m.Headers))
		if near := clipped(table.Nearest(m.Headers[0], l.table.Header), 60); near != "" {
			text += fmt.Sprintf("; the nearest is %q%s", near, setIn(fmt.Sprintf("columns: {%s: %q}", m.Column, near)))
		} else {
			text += "; it has " + quoted(l.table.Header)
		}
		errs = append(errs, fromSetting(m.From, errors.New(text)))
	}
	return errors.Join(errs...)
}

// missingColumns returns an error that names the required columns that are not
// mapped and not in the header, and how to map them.
func (l *Ledger) missingColumns(maps []ColumnMap) error {
	var names, pairs []string
	for i, c := range l.columns {
		mapped := slices.ContainsFunc(maps, func(m ColumnMap) bool { return m.Column == c.name })
		if !c.required || len(l.indices[i]) > 0 || mapped {
			continue
		}
		names = append(names, c.name)
		if near := l.nearestHeader(c.name); near != "" {
			pairs = append(pairs, fmt.Sprintf("%s: %q", c.name, near))
		} else {
			pairs = append(pairs, c.name+": HEADER")
		}
	}
	if len(names) == 0 {
		return nil
	}
	text := missingText(names, l.table.Header)
	if l.table.HeaderLine > 1 {
		text = fmt.Sprintf("no row has the required columns. Row %d seems to be the header, or set header_row: ", l.table.HeaderLine) + text
	}
	if len(l.table.Others) > 0 {
		text += fmt.Sprintf(". If the table is in another sheet, set sheet to one of %s", quoted(l.table.Others))
	}
	return errors.New(text + setIn("columns: {"+strings.Join(pairs, ", ")+"}"))
}

// missingText lists which required columns a header lacks.
func missingText(names, header []string) string {
	return fmt.Sprintf("the header lacks the required %s; it has %s", strings.Join(names, ", "), quoted(header))
}

// nearestHeader returns the unused header that probably is the column.
func (l *Ledger) nearestHeader(column string) string {
	var unused []string
	for _, at := range l.others {
		unused = append(unused, l.table.Header[at])
	}
	for _, name := range append([]string{column}, synonyms(column)...) {
		if near := table.Nearest(name, unused); near != "" {
			return clipped(near, 60)
		}
	}
	return ""
}

// synonyms returns common names of a required column, for suggestions only.
func synonyms(column string) []string {
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

// fromSetting prefixes an error with the place of the setting in the file.
func fromSetting(from string, err error) error {
	if from == "" {
		return err
	}
	return fmt.Errorf("%s: %w", from, err)
}

// quoted lists headers for a message of limited length.
func quoted(headers []string) string {
	const most, longest = 40, 60
	var texts []string
	for i, name := range headers {
		if i == most {
			texts = append(texts, fmt.Sprintf("and %d more", len(headers)-most))
			break
		}
		texts = append(texts, fmt.Sprintf("%q", clipped(name, longest)))
	}
	return strings.Join(texts, ", ")
}

func clipped(s string, longest int) string {
	runes := 0
	for i := range s {
		if runes == longest {
			return s[:i] + "…"
		}
		runes++
	}
	return s
}
