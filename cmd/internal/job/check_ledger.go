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

// check reads the first rows of the ledger with the mapping that a run would use,
// and proposes settings where that is not enough.

const checkedRows = 5000

// checkLedger inspects the head of the ledger, or of the first part of a folder, and
// picks some active lines of different accounts.
func (j *Job) checkLedger(ctx context.Context) (samples []reconcile.Line, r checkResult) {
	at := j.Config.AsOf
	if at.IsZero() {
		at = time.Now()
	}
	source, err := j.Opener.Find(ctx, j.Config.Ledger, at.In(j.Config.Location))
	if err != nil {
		return nil, failed(missingIsUsage(err))
	}
	defer func() { _ = source.Close() }() // nothing was written
	found, err := j.inspect(ctx, source)
	if err != nil {
		return nil, failed(missingIsUsage(err))
	}
	if found.Err == nil {
		samples, err = j.pickSamples(ctx, source)
	}
	r = okay("%s: %d rows read, %d bad", source.Name, found.Rows, found.Bad)
	if fault := errors.Join(found.Err, err); fault != nil {
		r = failed(fault)
	} else if found.Bad > 0 {
		r.mark = markWarn
	}
	r.more = append(r.more, mapped(found)...)
	return samples, r
}

// checkLists reads exceptions and prices as a run would.
func (j *Job) checkLists(ctx context.Context) checkResult {
	l, err := readLists(ctx, j.Opener, j.Config, time.Now())
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

// mapped describes the mapping in use, the first bad rows, and what to set.
func mapped(found *ledger.Inspection) []string {
	var lines, absent []string
	for _, m := range found.Mapping {
		if len(m.Headers) == 0 {
			absent = append(absent, m.Column)
			continue
		}
		if header := strings.Join(m.Headers, ", "); header != m.Column {
			lines = append(lines, fmt.Sprintf("%s ← %s", m.Column, header))
		}
	}
	if len(absent) > 0 {
		lines = append(lines, "absent, so not compared: "+strings.Join(absent, ", "))
	}
	if len(found.Carried) > 0 {
		lines = append(lines, "carried into the reports: "+strings.Join(found.Carried, ", "))
	}
	lines = append(lines, dialect(&found.Dialect)...)
	lines = append(lines, found.Examples...)
	lines = append(lines, found.Warnings...)
	for _, s := range found.Suggestions {
		lines = append(lines, s.Why+"; add to the settings file:")
		for line := range strings.Lines(s.YAML) {
			lines = append(lines, "  "+strings.TrimRight(line, "\n"))
		}
	}
	return lines
}

// dialect names the sheets and the row of the header, where they are not obvious.
func dialect(d *ledger.Dialect) []string {
	var lines []string
	if len(d.Sheets) > 0 {
		text := fmt.Sprintf("sheet read: %q", d.Sheets)
		if len(d.Others) > 0 {
			text += fmt.Sprintf("; not read: %q", d.Others)
		}
		lines = append(lines, text)
	}
	if d.HeaderRow > 1 {
		lines = append(lines, fmt.Sprintf("the header is row %d", d.HeaderRow))
	}
	return lines
}

func (j *Job) inspect(ctx context.Context, source *storage.Source) (found *ledger.Inspection, err error) {
	err = j.openFirst(ctx, source, func(in *storage.Reader, o *ledger.Options) error {
		plain, err := storage.Decompress(in)
		if err != nil {
			return err
		}
		found, err = ledger.Inspect(ctx, plain, o, checkedRows)
		return errors.Join(err, plain.Close())
	})
	return found, err
}

// pickSamples picks some active lines of different accounts.
func (j *Job) pickSamples(ctx context.Context, source *storage.Source) (samples []reconcile.Line, err error) {
	err = j.openFirst(ctx, source, func(in *storage.Reader, o *ledger.Options) error {
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
			if n++; err != nil || n > checkedRows || len(samples) == sampleCount {
				break // inspect reports what is wrong
			}
			if row.Line != nil && !accounts[row.Line.AccountID] && row.Line.Phase(time.Now()) == reconcile.PhaseActive {
				accounts[row.Line.AccountID] = true
				samples = append(samples, *row.Line)
			}
		}
		return errors.Join(l.Close(), plain.Close())
	})
	return samples, err
}

// openFirst opens the first part of the ledger.
func (j *Job) openFirst(ctx context.Context, source *storage.Source, read func(*storage.Reader, *ledger.Options) error) error {
	in, err := source.Open(ctx, 0)
	if err != nil {
		return err
	}
	return errors.Join(read(in, j.Config.LedgerOptions("ledger "+in.Name)), in.Close())
}
