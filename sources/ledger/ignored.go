package ledger

// Some rows are no subscriptions. Those that the user describes, by a column and
// its values, are ignored; a value may end in * for any end. A second header, as
// where files were joined, and the count of rows below the output of psql are
// recognized with certainty, and are ignored too. All are counted and reported.
// Other rows below the table, without account and status, stop the run: a totals
// row, a signature, or a subscription that is cut off.

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/table"
)

// IgnoredRows are rows that have one of the values in a column.
type IgnoredRows struct {
	Column string // of the contract, or a header of the file
	Values []string
	From   string // where it was set, for messages; may be empty
}

// ignoredRows are the rows of one setting.
type ignoredRows struct {
	indices  []int // of the column, in a record
	values   map[string]bool
	prefixes []string
}

// findIgnored finds the columns of the settings in the header.
func (l *Ledger) findIgnored(settings []IgnoredRows) error {
	var errs []error
	for _, s := range settings {
		rows := ignoredRows{indices: l.columnOf(s.Column), values: make(map[string]bool)}
		if len(rows.indices) == 0 {
			near := table.Nearest(s.Column, slices.Concat(Columns(), l.table.Header))
			errs = append(errs, fromSetting(s.From, fmt.Errorf("ignore_rows: the ledger has no column %q%s", clipped(s.Column, 60), nearestText(near))))
			continue
		}
		for _, value := range s.Values {
			folded := FoldWord(value)
			if prefix, ok := strings.CutSuffix(folded, "*"); ok && prefix != "" {
				rows.prefixes = append(rows.prefixes, prefix)
			} else {
				rows.values[folded] = true
			}
		}
		l.ignored = append(l.ignored, rows)
	}
	return errors.Join(errs...)
}

func nearestText(name string) string {
	if name == "" {
		return ""
	}
	return fmt.Sprintf(": did you mean %q?", clipped(name, 60))
}

// columnOf returns the indices of a column of the contract, or of a header.
func (l *Ledger) columnOf(name string) []int {
	if i := slices.IndexFunc(l.columns, func(c column) bool { return table.Fold(c.name) == table.Fold(name) }); i >= 0 && len(l.indices[i]) > 0 {
		return l.indices[i]
	}
	for i, header := range l.table.Header {
		if table.Fold(header) == table.Fold(name) {
			return []int{i}
		}
	}
	if i := slices.Index(l.carriedNames, name); i >= 0 {
		return []int{l.others[i]}
	}
	return nil
}

func (r *ignoredRows) has(cells []string) bool {
	for _, i := range r.indices {
		if i >= len(cells) {
			continue
		}
		cell := FoldWord(table.ToUTF8(cells[i]))
		if r.values[cell] || slices.ContainsFunc(r.prefixes, func(p string) bool { return strings.HasPrefix(cell, p) }) {
			return true
		}
	}
	return false
}

// isIgnored reports whether a record is no row, and counts it.
func (l *Ledger) isIgnored(record *table.Row, n *notes) bool {
	for i := range l.ignored {
		if l.ignored[i].has(record.Cells) {
			n.ignored++
			return true
		}
	}
	if l.isHeader(record.Cells) {
		n.headers.add(record)
		return true
	}
	if count, ok := countOfRows(record.Cells); ok {
		n.footers, n.footer = n.footers+1, count
		return true
	}
	return false
}

// isHeader reports whether a record repeats the header.
func (l *Ledger) isHeader(cells []string) bool {
	if len(cells) != len(l.table.Header) || reconcile.TrimID(cells[0]) != reconcile.TrimID(l.table.Header[0]) {
		return false // nearly all rows
	}
	return slices.EqualFunc(cells, l.table.Header, func(cell, name string) bool { return reconcile.TrimID(cell) == reconcile.TrimID(name) })
}

// countOfRows returns the count of rows in a record that has nothing else, as psql
// and others write below a table.
func countOfRows(cells []string) (int, bool) {
	if first := cells[0]; first == "" || first[0] != '(' {
		return 0, false // nearly all rows
	}
	for _, cell := range cells[1:] {
		if cell != "" {
			return 0, false
		}
	}
	match := regexp.MustCompile(`^\((\d{1,9}) rows?( affected)?\)$`).FindStringSubmatch(strings.TrimSpace(cells[0]))
	if match == nil {
		return 0, false
	}
	n, err := strconv.Atoi(match[1])
	return n, err == nil
}

// isBelow reports whether a bad row may be a line below the table: it names neither
// account nor package, and has no status.
func (l *Ledger) isBelow(record *table.Row) bool {
	if !aligned(record) {
		return false
	}
	totals := isTotals(record.Cells)
	for i, c := range l.columns {
		switch c.name {
		case "account_id", "status", "package_id", "instance_id":
			if cell, _, _ := l.firstFilled(record, i); cell != "" && (c.name != "status" || !totals) {
				return false
			}
		}
	}
	return true
}

// A rowExample is a row for a message: where it is, and its first cell that is
// filled.
type rowExample struct{ position, column, value string }

// rowExamples are the first of some rows.
type rowExamples struct {
	n     int
	first []rowExample
}

const maxRowExamples = 10

func (e *rowExamples) add(record *table.Row, at ...rowExample) {
	if e.n++; len(e.first) < maxRowExamples {
		e.first = append(e.first, append(at, rowExample{position: record.Position()})[0])
	}
}

func (e *rowExamples) merge(later *rowExamples) {
	e.n += later.n
	e.first = append(e.first, later.first[:min(len(later.first), maxRowExamples-len(e.first))]...)
}

// example describes a row by its first cell that is filled.
func (l *Ledger) example(record *table.Row) rowExample {
	e := rowExample{position: record.Position()}
	for i, cell := range record.Cells {
		if table.Blank(cell) {
			continue
		}
		e.value = clipped(strings.TrimSpace(table.ToUTF8(cell)), 60)
		if i < len(l.table.Header) {
			e.column = l.nameOf(i)
		}
		break
	}
	return e
}

// nameOf returns the name of the column at an index, as ignore_rows takes it.
func (l *Ledger) nameOf(at int) string {
	for i, indices := range l.indices {
		if slices.Contains(indices, at) {
			return l.columns[i].name
		}
	}
	return cmp.Or(strings.TrimSpace(l.table.Header[at]), "column_"+strconv.Itoa(at+1))
}

// belowText describes the rows below the table, and how to ignore them.
func (l *Ledger) belowText(below *rowExamples) string {
	var texts []string
	for _, e := range below.first {
		texts = append(texts, fmt.Sprintf("%s: %q", e.position, e.value))
	}
	if more := below.n - len(below.first); more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("%s below the table without account_id and status (%s). If this is a totals row or a signature, leave it out of the export, or set in the settings file: %s. If it is a subscription, complete it",
		rows(below.n), strings.Join(texts, ", "), l.belowYAML(below))
}

// belowYAML returns the setting that ignores rows.
func (l *Ledger) belowYAML(below *rowExamples) string {
	values := make(map[string][]string)
	var columns []string
	for _, e := range below.first {
		if len(values[e.column]) == 0 {
			columns = append(columns, e.column)
		}
		values[e.column] = append(values[e.column], e.value)
	}
	var settings []string
	for _, column := range columns {
		settings = append(settings, fmt.Sprintf("%s: %s", yamlKey(column), quotedList(values[column])))
	}
	return "ignore_rows: {" + strings.Join(settings, ", ") + "}"
}

// yamlKey quotes a key of the settings file where it must be.
func yamlKey(name string) string {
	if slices.Contains(Columns(), name) {
		return name
	}
	return strconv.Quote(name)
}
