package ledger

// Inspect reads the first rows of a ledger for the set-up of wixrecon. It
// continues where a run would stop, and suggests settings. Later rows may have
// problems that it does not report.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/wixrecon/wixrecon/sources/table"
)

// An Inspection is what was found in the first rows of a ledger.
type Inspection struct {
	Dialect     Dialect
	Mapping     []MappedColumn // every column of the contract
	Carried     []string       // the other headers, as the reports name them
	Rows, Bad   int            // of those that were read
	Examples    []string       // the first bad rows: position, column, cell, problem
	Suggestions []Suggestion   // settings that would help
	Warnings    []string       // what the user should know
	Err         error          // why a run would stop; nil where no reason was found
}

// A Dialect is how the file was read.
type Dialect struct {
	Sheets    []string // of a workbook, that are read
	Others    []string // sheets that are not read
	HeaderRow int      // the line of the header, or its row in the sheet
	Delimiter rune     // of a text
	Encoding  string   // of a text
	Decimal   string   // Point or Comma
}

// A Suggestion is a setting that would fix a problem.
type Suggestion struct {
	Why  string
	YAML string // one or more lines of the settings file
}

// An inspector makes an inspection.
type inspector struct {
	*rowReader
	inspection   Inspection
	formatErrors int      // rows with a number that does not fit the format
	dates        []string // cells of dates that could not be read
	credit       *creditError
}

const (
	maxInspectedDates = 1000
	inspectedExamples = 10
)

// Inspect reads up to n rows. The error is one of reading; a problem of the
// ledger is in the inspection.
func Inspect(ctx context.Context, in io.Reader, o *Options, n int) (*Inspection, error) {
	l, err := open(ctx, in, o)
	s := &inspector{rowReader: l.newRowReader()}
	s.inspection.Err = err
	if l.table == nil {
		return &s.inspection, nil
	}
	s.inspection.Dialect = Dialect{l.table.Sheets, l.table.Others, l.table.HeaderLine, l.table.Delimiter, l.table.Encoding, signName(l.parser.numbers.sign)}
	if l.indices != nil {
		s.inspection.Mapping, s.inspection.Carried = l.mapping(), l.carriedNames
	}
	if err == nil {
		err = s.readRows(n)
	} else {
		s.suggestColumns()
		err = nil
	}
	s.suggest()
	s.inspection.Warnings = s.warnings()
	return &s.inspection, errors.Join(err, l.Close())
}

// readRows reads rows, including those after an error that would stop a run.
func (s *inspector) readRows(n int) error {
	all := true
	for record, err := range s.table.Rows() {
		if err != nil {
			s.inspection.Err = s.wrap(err)
			break
		}
		if s.counts.Rows == n {
			all = false
			break
		}
		if err := s.inspectRow(&record); err != nil {
			return err
		}
	}
	s.inspection.Rows, s.inspection.Bad = s.counts.Rows, s.counts.Bad
	s.total.merge(s.notes)
	if s.inspection.Err == nil && (all || s.counts.Rows > 0) {
		s.inspection.Err = s.wrap(s.checkCounts())
	}
	return nil
}

func (s *inspector) inspectRow(record *table.Row) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	if s.isIgnored(record, s.notes) {
		return nil
	}
	row, err := s.row(record)
	s.counts.Rows++
	s.countNotUTF8(record)
	switch {
	case stops(err):
		s.counts.Bad++
		s.keepBadDates(record)
		s.addExample(err.Error())
		if !errors.As(err, &s.credit) {
			s.formatErrors++
		}
		s.inspection.Err = cmp.Or(s.inspection.Err, s.wrap(err))
	case err != nil:
		return err
	case row.Bad != nil:
		s.counts.Bad++
		s.bad.add(record, row.Bad)
		s.addExample(badRowText(record, row.Bad))
		s.keepBadDates(record)
	}
	if err == nil {
		s.noteBelow(record, &row)
	}
	return nil
}

func (s *inspector) addExample(text string) {
	if len(s.inspection.Examples) < inspectedExamples {
		s.inspection.Examples = append(s.inspection.Examples, text)
	}
}

// keepBadDates keeps the cells of dates that could not be read.
func (s *inspector) keepBadDates(record *table.Row) {
	if !aligned(record) {
		return
	}
	for i, c := range s.columns {
		if !strings.HasSuffix(c.name, "_date") || len(s.dates) == maxInspectedDates {
			continue
		}
		cell, kind, _ := s.firstFilled(record, i)
		if _, _, err := parseDate(s.parser.dates, cell, s.parser.zone); err != nil && cell != "" && kind == table.Text && !isNothing(cell) {
			s.dates = append(s.dates, cell)
		}
	}
}

// suggestColumns suggests headers for the missing columns.
func (s *inspector) suggestColumns() {
	var lines []string
	for _, m := range s.inspection.Mapping {
		if m.Required && len(m.Headers) == 0 {
			lines = append(lines, fmt.Sprintf("  %s: %q", m.Column, cmp.Or(s.nearestHeader(m.Column), "…")))
		}
	}
	if len(lines) > 0 {
		s.add("required columns have other headers, or are missing", "columns:\n"+strings.Join(lines, "\n"))
	}
}

func (s *inspector) add(why, yaml string) {
	s.inspection.Suggestions = append(s.inspection.Suggestions, Suggestion{why, yaml})
}

// suggestWords suggests to map the words that could not be read.
func (s *inspector) suggestWords(why, key, targets string, unknown countedWords) {
	if len(unknown) == 0 {
		return
	}
	lines := []string{key + ":"}
	for _, u := range unknown.list() {
		lines = append(lines, fmt.Sprintf("  %q: … # %s; %s", u.word, targets, rows(u.rows)))
	}
	s.add(why, strings.Join(lines, "\n"))
}

func (s *inspector) suggest() {
	s.suggestWords("unknown words of status", "status", "active, pending or canceled", s.statuses)
	s.suggestWords("unknown words of billing_cycle", "cycle", "1 MONTH, 1 YEAR, ONE_TIME, …", s.cycles)
	if nothing := s.nothing.list(); len(nothing) > 0 {
		var words []string
		for _, n := range nothing {
			words = append(words, n.word)
		}
		s.add("words that seem to mean nothing", "empty: "+quotedList(words))
	}
	if s.below.n > 0 && s.good {
		s.add(rows(s.below.n)+" below the table that seem to be no subscriptions", s.belowYAML(&s.below))
	}
	if s.formatErrors > 0 {
		s.add(rows(s.formatErrors)+" with a number that does not fit a decimal "+s.inspection.Dialect.Decimal, "decimal: "+Comma+" # or "+Point)
	}
	if s.credit != nil {
		s.add("rows with a negative quantity, which are no subscriptions", s.credit.setting())
	}
	if formats := fittingFormats(commonFormats(), s.dates, s.parser.zone); len(formats) > 0 {
		yaml := "date_format: " + formats[0]
		if len(formats) > 1 {
			yaml += " # or " + strings.Join(formats[1:], ", or ") + ": these rows fit each"
		}
		s.add(fmt.Sprintf("dates that are not ISO 8601, such as %q", clipped(s.dates[0], 40)), yaml)
	}
	if s.notUTF8 > 0 {
		s.add("cells that are not UTF-8", "encoding: windows-1252")
	}
}
