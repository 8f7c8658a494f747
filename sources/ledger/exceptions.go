package ledger

// An exception silences findings, so its file is checked more strictly than a
// ledger: every row must be valid, name an id, and expire within 366 days. A row
// that has expired is valid: it is listed as expired.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/table"
)

// maxExceptionDays is the longest life of an exception.
const maxExceptionDays = 366

func exceptionColumns() []listColumn {
	return []listColumn{
		{"kind", true, true},
		{"external_id", false, true},
		{"package_id", false, true},
		{"account_id", false, true},
		{"reason", true, false},
		{"owner", false, false},
		{"ticket", false, false},
		{"expires", true, false},
	}
}

// exceptionColumnsOf returns the columns of a list with a header.
func exceptionColumnsOf(header []string) []listColumn {
	if isReport(header) {
		return findingColumns()
	}
	return exceptionColumns()
}

// ReadExceptions reads the exceptions, in their order. Dates without a zone are
// in the given one; nil is UTC. Exceptions must expire within 366 days from asOf.
// Errors name the list; an error in its content is a *ListError with all problems.
func ReadExceptions(ctx context.Context, in io.Reader, name string, zone *time.Location, asOf time.Time) ([]reconcile.Exception, error) {
	l, err := openList(in, name, zone, &listOptions{columnsOf: exceptionColumnsOf, header: exceptionHeader})
	if err != nil {
		return nil, err
	}
	report := isReport(l.table.Header)
	last := asOf.In(l.parser.zone).AddDate(0, 0, maxExceptionDays)
	var all []reconcile.Exception
	err = l.eachRow(ctx, func(r *listRow) {
		var e reconcile.Exception
		excepted := true
		if report {
			e, excepted = r.findingException(last)
		} else {
			e = r.exception(last)
		}
		if excepted && r.valid() {
			all = append(all, e)
		}
	})
	if err != nil {
		return nil, err
	}
	if err := l.err(); err != nil {
		return nil, err
	}
	return all, nil
}

// exception reads a row, which must expire by last.
func (r *listRow) exception(last time.Time) reconcile.Exception {
	e := reconcile.Exception{Record: r.record.Record, Kind: reconcile.AnyValue}
	var ids reconcile.Line
	r.optional("kind", &ids, unlessAny(kind(&e.Kind)))
	before := r.problems
	r.optional("external_id", &ids, unlessAny((*cellParser).externalID))
	r.optional("package_id", &ids, unlessAny(guid(func(l *reconcile.Line) *string { return &l.PackageID })))
	r.optional("account_id", &ids, unlessAny(guid(func(l *reconcile.Line) *string { return &l.AccountID })))
	e.ExternalID, e.PackageID, e.AccountID = ids.ExternalID, ids.PackageID, ids.AccountID
	if e.ExternalID+e.PackageID+e.AccountID == "" && r.problems == before {
		r.addError(errors.New("columns external_id, package_id and account_id: one of them must have an id"))
	}
	r.required("reason", &ids, note(&e.Reason))
	r.optional("owner", &ids, note(&e.Owner))
	r.optional("ticket", &ids, note(&e.Ticket))
	r.required("expires", &ids, expires(&e.Expires, last))
	return e
}

// unlessAny does not read a cell that matches everything.
func unlessAny(read readFunc) readFunc {
	return func(p *cellParser, l *reconcile.Line, cell string) error {
		if cell == reconcile.AnyValue {
			return nil
		}
		return read(p, l, cell)
	}
}

// kind reads the kind of finding.
func kind(field *string) readFunc {
	return func(_ *cellParser, _ *reconcile.Line, cell string) error {
		var names []string
		for _, k := range reconcile.Kinds() {
			if names = append(names, k.String()); table.Fold(k.String()) == table.Fold(cell) {
				*field = k.String()
				return nil
			}
		}
		if near := table.Nearest(cell, names); near != "" {
			return fmt.Errorf("not a kind of finding: did you mean %q?", near)
		}
		return errors.New("not a kind of finding")
	}
}

// expires reads the date from which a row no longer applies.
func expires(field *time.Time, last time.Time) readFunc {
	return func(p *cellParser, _ *reconcile.Line, cell string) (err error) {
		if *field, err = p.date(cell); err == nil && field.After(last) {
			err = fmt.Errorf("more than %d days ahead: the latest date is %s", maxExceptionDays, last.Format(time.DateOnly))
		}
		return err
	}
}
