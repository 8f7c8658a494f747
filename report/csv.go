package report

import (
	"fmt"
	"io"
	"iter"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/wixrecon/wixrecon/reconcile"
)

// CSV is UTF-8 without a byte order mark, with commas, LF, and RFC 3339 times in
// UTC. A text cell or header that a spreadsheet would evaluate gets a leading
// apostrophe.

// FindingsCSV writes findings.csv: a header and one row for each finding, in the
// order of rows. carried names the ledger columns in Reported.Cells; age counts up
// to asOf. It stops at the first error of rows or w.
func FindingsCSV(w io.Writer, asOf time.Time, carried []string, rows iter.Seq2[reconcile.Reported, error]) error {
	return writeCSV(w, "findings", findingColumns(asOf, carried), rows)
}

// PackagesCSV writes packages.csv: a header and one row for each instance, and
// for each package without instances. It stops at the first error of rows or w.
func PackagesCSV(w io.Writer, rows iter.Seq2[reconcile.ClassifiedPackage, error]) error {
	return writeCSV(w, "packages", inventoryColumns(), inventoryRows(rows))
}

// csvBuffer is how much is collected before it is written.
const csvBuffer = 64 << 10

func writeCSV[T any](w io.Writer, what string, columns []column[T], rows iter.Seq2[T, error]) error {
	text := make([]byte, 0, csvBuffer+csvBuffer/8)
	for i := range columns {
		text = appendCSVText(appendComma(text, i), neutralizeFormula(columns[i].name))
	}
	text = append(text, '\n')
	var current T // not the variable of the loop, which is a new one on the heap for each row
	for row, err := range rows {
		if err != nil {
			return fmt.Errorf("write %s as csv: %w", what, err)
		}
		current = row
		for i := range columns {
			text = columns[i].appendCSV(appendComma(text, i), &current)
		}
		text = append(text, '\n')
		if len(text) >= csvBuffer {
			if _, err := w.Write(text); err != nil {
				return fmt.Errorf("write %s as csv: %w", what, err)
			}
			text = text[:0]
		}
	}
	if _, err := w.Write(text); err != nil {
		return fmt.Errorf("write %s as csv: %w", what, err)
	}
	return nil
}

// appendComma appends the comma before a field, and none before the first.
func appendComma(b []byte, field int) []byte {
	if field == 0 {
		return b
	}
	return append(b, ',')
}

// appendCSVText appends a field as encoding/csv writes it, which takes three times
// the time for a row: with quotes round it where it has a comma, a quote or a line
// end, or begins with white space.
func appendCSVText(b []byte, s string) []byte {
	if isPlainField(s) {
		return append(b, s...)
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	if !needsQuotes(s) {
		return append(b, s...)
	}
	return append(append(append(b, '"'), strings.ReplaceAll(s, `"`, `""`)...), '"')
}

// isPlainField reports whether a field is written as it is. It is false for some
// that are, too.
func isPlainField(s string) bool {
	for i := range len(s) {
		if special[s[i]] {
			return false
		}
	}
	return s == "" || s[0] != ' ' && s[0] != '\\'
}

// special has the bytes that are not plain in every place of a field.
var special = func() (special [256]bool) {
	for c := range special {
		special[c] = c < ' ' || c >= utf8.RuneSelf || c == ',' || c == '"'
	}
	return special
}()

func needsQuotes(s string) bool {
	if s == `\.` || strings.ContainsAny(s, ",\"\r\n") { // \. ends the data of a PostgreSQL COPY
		return true
	}
	first, _ := utf8.DecodeRuneInString(s)
	return unicode.IsSpace(first)
}
