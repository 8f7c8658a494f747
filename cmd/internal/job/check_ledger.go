package job

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/ledger"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// What a check looks at of the ledger: its first rows, by the mapping that a
// run would use, with what to put into the settings where that falls short.

const surveyRows = 5000

// ledger surveys the head of the ledger, or of the first part of a folder.
func (c *checker) ledger(ctx context.Context) checkResult {
	at := c.Config.AsOf
	if at.IsZero() {
		at = time.Now()
	}
	source, err := c.Opener.Find(ctx, c.Config.Ledger, at.In(c.Config.Location))
	if err != nil {
		return failed(missingIsUsage(err))
	}
	defer func() { _ = source.Close() }() // nothing was written
	survey, err := c.survey(ctx, source)
	if err != nil {
		return failed(missingIsUsage(err))
	}
	if survey.Fault == nil {
		err = c.pickSamples(ctx, source)
	}
	s := okay("%s: %d rows looked at, %d bad", source.Name, survey.Rows, survey.Bad)
	if fault := errors.Join(survey.Fault, err); fault != nil {
		s = failed(fault)
	} else if survey.Bad > 0 {
		s.mark = markWarn
	}
	s.more = append(s.more, mapped(survey)...)
	return s
}

// readLists reads exceptions and prices as a run would.
func (c *checker) lists(ctx context.Context) checkResult {
	l, err := readLists(ctx, c.Opener, c.Config, time.Now())
	if err != nil {
		return failed(err)
	}
	if len(l.files) == 0 {
		return checkResult{}
	}
	costs := 0
	if l.prices != nil {
		costs = len(l.prices.List())
	}
	return okay("%d exceptions, %d prices", len(l.exceptions), costs)
}

// mapped tells the mapping in use, the first bad rows, and what to set.
func mapped(survey *ledger.Inspection) []string {
	var lines, absent []string
	for _, place := range survey.Mapping {
		if len(place.Headers) == 0 {
			absent = append(absent, place.Column)
			continue
		}
		if header := strings.Join(place.Headers, ", "); header != place.Column {
			lines = append(lines, fmt.Sprintf("%s ← %s", place.Column, header))
		}
	}
	if len(absent) > 0 {
		lines = append(lines, "not there, and not compared: "+strings.Join(absent, ", "))
	}
	if len(survey.Carried) > 0 {
		lines = append(lines, "carried into the reports: "+strings.Join(survey.Carried, ", "))
	}
	lines = append(lines, survey.Examples...)
	for _, s := range survey.Suggestions {
		lines = append(lines, s.Why+"; put into the settings file:")
		for line := range strings.Lines(s.YAML) {
			lines = append(lines, "  "+strings.TrimRight(line, "\n"))
		}
	}
	return lines
}

func (c *checker) survey(ctx context.Context, source *storage.Source) (survey *ledger.Inspection, err error) {
	err = c.open(ctx, source, func(in *storage.Reader, o *ledger.Options) error {
		plain, err := storage.Decompress(in)
		if err != nil {
			return err
		}
		survey, err = ledger.Inspect(ctx, plain, o, surveyRows)
		return errors.Join(err, plain.Close())
	})
	return survey, err
}

// pickSamples takes some active lines of different accounts.
func (c *checker) pickSamples(ctx context.Context, source *storage.Source) error {
	return c.open(ctx, source, func(in *storage.Reader, o *ledger.Options) error {
		plain, err := storage.Decompress(in)
		if err != nil {
			return err
		}
		l, err := ledger.Read(ctx, plain, o)
		if err != nil {
			return errors.Join(err, plain.Close())
		}
		n, accounts := 0, make(map[string]bool)
		for row, err := range l.Rows() {
			if n++; err != nil || n > surveyRows || len(c.samples) == canaryCount {
				break // what is wrong was told by the survey
			}
			if row.Line != nil && !accounts[row.Line.AccountID] && row.Line.Phase(time.Now()) == reconcile.PhaseActive {
				accounts[row.Line.AccountID] = true
				c.samples = append(c.samples, *row.Line)
			}
		}
		return errors.Join(l.Close(), plain.Close())
	})
}

// open opens the first part of the ledger for a reading.
func (c *checker) open(ctx context.Context, source *storage.Source, read func(*storage.Reader, *ledger.Options) error) error {
	in, err := source.Open(ctx, 0)
	if err != nil {
		return err
	}
	return errors.Join(read(in, c.Config.LedgerOptions("ledger "+in.Name)), in.Close())
}
