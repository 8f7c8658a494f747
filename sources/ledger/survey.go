package ledger

// A survey looks at the head of a ledger for somebody who sets wixrecon up: it
// goes on where a run would stop, and ends in what to put into the settings. It
// says nothing of the rows it did not read.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/wixrecon/wixrecon/sources/table"
)

// A Survey is what the head of a ledger is like.
type Inspection struct {
	Dialect     Dialect
	Mapping     []MappedColumn // of every column of the contract
	Carried     []string       // the other headers, as the reports name them
	Rows, Bad   int            // of those that were read
	Whole       bool           // all rows were read
	Examples    []string       // the first bad rows: where, which column, why
	Unmapped    []WordCount    // words of status that mean nothing yet
	Suggestions []Suggestion   // what to put into the settings
	Fault       error          // why a run would stop; nil where none is seen
}

// A Form says how the file was read.
type Dialect struct {
	Sheet     string // of a workbook; empty in a text
	Delimiter rune   // of a text
	Encoding  string // of a text
	Decimal   string // Point or Comma
}

// A Suggestion is a setting that would fix something.
type Suggestion struct {
	Why  string
	YAML string // one or more lines of the settings file
}

// surveyor is a survey on its way.
type surveyor struct {
	*Ledger
	survey Inspection
	misfit int
	dates  []string // cells of dates that were not read
}

const (
	maxSurveyDates = 1000
	surveyExamples = 10
)

// Look surveys up to n rows. The error is one of reading; what is wrong with
// the ledger stands in the survey.
func Inspect(ctx context.Context, in io.Reader, o *Options, n int) (*Inspection, error) {
	l, err := begin(ctx, in, o)
	s := &surveyor{Ledger: l}
	s.survey.Fault = err
	if l.table == nil {
		return &s.survey, nil
	}
	s.survey.Dialect = Dialect{l.table.Sheet, l.table.Delimiter, l.table.Encoding, word(l.parser.numbers.mark)}
	if l.at != nil {
		s.survey.Mapping, s.survey.Carried = l.Mapping(), l.names
	}
	if err == nil {
		err = s.rows(n)
	} else {
		s.suggestColumns()
		err = nil
	}
	s.survey.Unmapped = l.Unmapped()
	s.suggest()
	return &s.survey, errors.Join(err, l.Close())
}

// rows reads on, past what would stop a run.
func (s *surveyor) rows(n int) error {
	s.survey.Whole = true
	for record, err := range s.table.Rows() {
		if err != nil {
			s.survey.Fault = s.named(err)
			break
		}
		if s.counts.Rows == n {
			s.survey.Whole = false
			break
		}
		if err := s.look(&record); err != nil {
			return err
		}
	}
	s.survey.Rows, s.survey.Bad = s.counts.Rows, s.counts.Bad
	if s.survey.Fault == nil && (s.survey.Whole || s.counts.Rows > 0) {
		s.survey.Fault = s.named(s.verdict())
	}
	return nil
}

func (s *surveyor) look(record *table.Row) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	row, err := s.row(record)
	s.counts.Rows++
	s.see1252(record)
	var doubt *misfit
	switch {
	case errors.As(err, &doubt):
		s.counts.Bad++
		s.keepDates(record)
		s.example(err.Error())
		if s.misfit++; s.survey.Fault == nil {
			s.survey.Fault = s.named(err)
		}
	case err != nil:
		return err
	case row.Bad != nil:
		s.counts.Bad++
		s.bad.see(record, row.Bad)
		s.example(exampleOf(record, row.Bad))
		s.keepDates(record)
	}
	return nil
}

func (s *surveyor) example(text string) {
	if len(s.survey.Examples) < surveyExamples {
		s.survey.Examples = append(s.survey.Examples, text)
	}
}

// keepDates keeps the cells of dates that can't be read.
func (s *surveyor) keepDates(record *table.Row) {
	if !s.aligned(record) {
		return
	}
	for i, c := range s.columns {
		if !strings.HasSuffix(c.name, "_date") || len(s.dates) == maxSurveyDates {
			continue
		}
		cell, kind, _ := filled(record, s.at[i])
		if _, err := parseIn(s.parser.dates, cell, s.parser.zone); err != nil && cell != "" && kind == table.Text {
			s.dates = append(s.dates, cell)
		}
	}
}

// suggestColumns says which headers the missing columns may stand under.
func (s *surveyor) suggestColumns() {
	var lines []string
	for _, p := range s.survey.Mapping {
		if p.Required && len(p.Headers) == 0 {
			near := cmp.Or(s.nearest(p.Column), "…")
			lines = append(lines, fmt.Sprintf("  %s: %q", p.Column, near))
		}
	}
	if len(lines) > 0 {
		s.add("the required columns stand under other headers, or are not there", "columns:\n"+strings.Join(lines, "\n"))
	}
}

func (s *surveyor) add(why, yaml string) {
	s.survey.Suggestions = append(s.survey.Suggestions, Suggestion{why, yaml})
}

func (s *surveyor) suggest() {
	if len(s.survey.Unmapped) > 0 {
		lines := []string{"status:"}
		for _, w := range s.survey.Unmapped {
			lines = append(lines, fmt.Sprintf("  %q: … # active, pending or canceled; %s", w.Word, rows(w.Rows)))
		}
		s.add("words of status that mean nothing yet", strings.Join(lines, "\n"))
	}
	if s.misfit > 0 {
		s.add(rows(s.misfit)+" with a number that does not fit a decimal "+s.survey.Dialect.Decimal, "decimal: "+Comma+" # or "+Point)
	}
	if fits := s.formatsThatFit(); len(fits) > 0 {
		yaml := "date_format: " + fits[0]
		if len(fits) > 1 {
			yaml += " # or " + strings.Join(fits[1:], ", or ") + ": these rows don't tell"
		}
		s.add(fmt.Sprintf("dates that are not ISO 8601, such as %q", clipped(s.dates[0], 40)), yaml)
	}
	if s.legible.cells > 0 {
		s.add("cells that are not UTF-8", "encoding: windows-1252")
	}
}

// formatsThatFit gives the usual formats by which all the dates can be read.
func (s *surveyor) formatsThatFit() []string {
	if len(s.dates) == 0 {
		return nil
	}
	usual := []string{
		"DD.MM.YYYY", "D.M.YYYY", "DD.MM.YY", "DD/MM/YYYY", "MM/DD/YYYY", "D/M/YYYY", "M/D/YYYY", "D/M/YY", "M/D/YY", "YYYY/MM/DD",
		"DD-MM-YYYY", "MM-DD-YYYY", "YYYYMMDD", "DD-MMM-YYYY", "D MMM YYYY", "MMM D, YYYY", "MMMM D, YYYY",
		"DD.MM.YYYY HH:mm", "DD.MM.YYYY HH:mm:ss", "DD/MM/YYYY HH:mm", "MM/DD/YYYY HH:mm", "DD/MM/YYYY HH:mm:ss", "MM/DD/YYYY HH:mm:ss", "M/D/YYYY h:mm A", "DD-MMM-YYYY HH:mm:ss",
	}
	var fits []string
	read := make(map[string]bool) // by what the dates are then
	for _, text := range usual {
		f, err := ParseDateFormat(text)
		if err != nil {
			continue
		}
		if values, ok := s.readAll(f); ok && !read[values] {
			read[values] = true
			fits = append(fits, text)
		}
	}
	return fits
}

func (s *surveyor) readAll(f DateFormat) (values string, ok bool) {
	var all []string
	failed := func(cell string) bool {
		t, err := parseIn([]DateFormat{f}, cell, s.parser.zone)
		all = append(all, t.String())
		return err != nil
	}
	ok = !slices.ContainsFunc(s.dates, failed)
	return strings.Join(all, " "), ok
}
