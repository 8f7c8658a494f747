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
func (w *check) ledger(ctx context.Context) standing {
	at := w.Config.AsOf
	if at.IsZero() {
		at = time.Now()
	}
	source, err := w.Opener.Find(ctx, w.Config.Ledger, at.In(w.Config.Location))
	if err != nil {
		return broken(named(err))
	}
	defer func() { _ = source.Close() }() // nothing was written
	survey, err := w.survey(ctx, source)
	if err != nil {
		return broken(named(err))
	}
	if survey.Fault == nil {
		err = w.pickCanaries(ctx, source)
	}
	s := fine("%s: %d rows looked at, %d bad", source.Name, survey.Rows, survey.Bad)
	if fault := errors.Join(survey.Fault, err); fault != nil {
		s = broken(fault)
	} else if survey.Bad > 0 {
		s.mark = markWarn
	}
	s.more = append(s.more, mapped(survey)...)
	return s
}

// readLists reads exceptions and prices as a run would.
func (w *check) readLists(ctx context.Context) standing {
	l, err := listsOf(ctx, w.Opener, w.Config, time.Now())
	if err != nil {
		return broken(err)
	}
	if len(l.files) == 0 {
		return standing{}
	}
	costs := 0
	if l.prices != nil {
		costs = len(l.prices.List())
	}
	return fine("%d exceptions, %d prices", len(l.exceptions), costs)
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

func (w *check) survey(ctx context.Context, source *storage.Source) (survey *ledger.Inspection, err error) {
	err = w.open(ctx, source, func(in *storage.Reader, o *ledger.Options) error {
		plain, err := storage.Decompress(in)
		if err != nil {
			return err
		}
		survey, err = ledger.Inspect(ctx, plain, o, surveyRows)
		return errors.Join(err, plain.Close())
	})
	return survey, err
}

// pickCanaries takes some active lines of different accounts.
func (w *check) pickCanaries(ctx context.Context, source *storage.Source) error {
	return w.open(ctx, source, func(in *storage.Reader, o *ledger.Options) error {
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
			if n++; err != nil || n > surveyRows || len(w.canaries) == canaryCount {
				break // what is wrong was told by the survey
			}
			if row.Line != nil && !accounts[row.Line.AccountID] && row.Line.Phase(time.Now()) == reconcile.PhaseActive {
				accounts[row.Line.AccountID] = true
				w.canaries = append(w.canaries, *row.Line)
			}
		}
		return errors.Join(l.Close(), plain.Close())
	})
}

// open opens the first part of the ledger for a reading.
func (w *check) open(ctx context.Context, source *storage.Source, read func(*storage.Reader, *ledger.Options) error) error {
	in, err := source.Open(ctx, 0)
	if err != nil {
		return err
	}
	return errors.Join(read(in, w.Config.LedgerOptions("ledger "+in.Name)), in.Close())
}
