package ledger

// An exception silences findings, so its file is held to more than a ledger is:
// no row may be passed over, none may be about everything, and none may hold for
// more than 366 days. A row that has expired is good: it is listed as such.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/table"
)

// maxException is how long an exception may hold, in days.
const maxException = 366

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

// ReadExceptions reads the exceptions, in their order. A date begins in the
// zone; nil is UTC. AsOf is the moment from which they may hold for 366 days.
// Errors begin with the name; one of content is a *ListFault, which tells every
// row that can't be read.
func ReadExceptions(ctx context.Context, in io.Reader, name string, zone *time.Location, asOf time.Time) ([]reconcile.Exception, error) {
	l, err := openList(in, name, zone, exceptionColumns())
	if err != nil {
		return nil, err
	}
	last := asOf.In(l.parser.zone).AddDate(0, 0, maxException)
	var all []reconcile.Exception
	err = l.rows(ctx, func(r *listRow) {
		if e := r.exception(last); r.good() {
			all = append(all, e)
		}
	})
	if err != nil {
		return nil, err
	}
	if err := l.verdict(); err != nil {
		return nil, err
	}
	return all, nil
}

// exception reads a row, which may hold until last.
func (r *listRow) exception(last time.Time) reconcile.Exception {
	e := reconcile.Exception{Record: r.record.Record, Kind: reconcile.AnyValue}
	var ids reconcile.Line
	r.may("kind", &ids, unlessAny(kind(&e.Kind)))
	before := r.wrongs
	r.may("external_id", &ids, unlessAny((*parser).externalID))
	r.may("package_id", &ids, unlessAny(guid(func(l *reconcile.Line) *string { return &l.PackageID })))
	r.may("account_id", &ids, unlessAny(guid(func(l *reconcile.Line) *string { return &l.AccountID })))
	e.ExternalID, e.PackageID, e.AccountID = ids.ExternalID, ids.PackageID, ids.AccountID
	if e.ExternalID+e.PackageID+e.AccountID == "" && r.wrongs == before {
		r.fault(errors.New("columns external_id, package_id and account_id: one of them must name an id"))
	}
	r.need("reason", &ids, note(&e.Reason))
	r.may("owner", &ids, note(&e.Owner))
	r.may("ticket", &ids, note(&e.Ticket))
	r.need("expires", &ids, until(&e.Expires, last))
	return e
}

// unlessAny leaves a cell alone that fits everything.
func unlessAny(read reading) reading {
	return func(p *parser, l *reconcile.Line, cell string) error {
		if cell == reconcile.AnyValue {
			return nil
		}
		return read(p, l, cell)
	}
}

// kind reads the name of a kind.
func kind(field *string) reading {
	return func(_ *parser, _ *reconcile.Line, cell string) error {
		var names []string
		for _, k := range reconcile.Kinds() {
			if names = append(names, k.String()); table.Fold(k.String()) == table.Fold(cell) {
				*field = k.String()
				return nil
			}
		}
		if near := table.Nearest(cell, names); near != "" {
			return fmt.Errorf("no kind of finding: did you mean %q?", near)
		}
		return errors.New("no kind of finding")
	}
}

// until reads the date from which a row no longer holds.
func until(field *time.Time, last time.Time) reading {
	return func(p *parser, _ *reconcile.Line, cell string) (err error) {
		if *field, err = p.date(cell); err == nil && field.After(last) {
			err = fmt.Errorf("more than %d days ahead: no later than %s", maxException, last.Format(time.DateOnly))
		}
		return err
	}
}
