package ledger

// One function a kind of cell. Each is given a cell that is not blank, without
// its outer white space, and sets its field only if the cell is good by itself:
// the ids of a bad row are then those that could be read.

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/table"
)

// parser reads the cells of one ledger.
type parser struct {
	zone     *time.Location
	numbers  convention
	statuses map[string]reconcile.LineStatus // by folded word
	dates    []DateFormat
	unmapped unmapped
	kind     table.Kind // of the cell that is read
}

func newParser(o *Options) parser {
	p := parser{zone: o.Location, statuses: statuses(o.Statuses), dates: o.Dates, unmapped: make(unmapped)}
	if p.zone == nil {
		p.zone = time.UTC
	}
	return p
}

// maxProduct is the longest catalog product id, in characters.
const maxProduct = 100

var errMissing = errors.New("missing")

func (p *parser) externalID(l *reconcile.Line, cell string) (err error) {
	l.ExternalID, err = checkText(cell, reconcile.MaxExternalID)
	return err
}

func (p *parser) product(l *reconcile.Line, cell string) error {
	product, err := checkText(cell, maxProduct)
	l.ProductID = reconcile.FoldGUID(product)
	return err
}

// checkText accepts any text that can be compared and shown.
func checkText(cell string, longest int) (string, error) {
	switch {
	case !utf8.ValidString(cell) || strings.ContainsRune(cell, utf8.RuneError):
		return "", errors.New("not UTF-8")
	case strings.ContainsFunc(cell, unicode.IsControl):
		return "", errors.New("has control characters")
	case utf8.RuneCountInString(cell) > longest:
		return "", fmt.Errorf("longer than %d characters", longest)
	}
	return cell, nil
}

var errGUID = errors.New("not a GUID")

func guid(field func(*reconcile.Line) *string) func(*parser, *reconcile.Line, string) error {
	return func(_ *parser, l *reconcile.Line, cell string) error {
		if !reconcile.IsGUID(cell) {
			return errGUID
		}
		*field(l) = strings.ToLower(cell)
		return nil
	}
}

func (p *parser) site(l *reconcile.Line, cell string) error {
	switch {
	case strings.EqualFold(cell, reconcile.Floating):
		l.SiteID = reconcile.Floating
	case reconcile.IsGUID(cell):
		l.SiteID = strings.ToLower(cell)
	default:
		return fmt.Errorf("neither a GUID nor %q", reconcile.Floating)
	}
	return nil
}

func (p *parser) status(l *reconcile.Line, cell string) error {
	meaning, ok := p.statuses[cell]
	if !ok {
		meaning, ok = p.statuses[FoldWord(table.Legible(cell))]
	}
	if !ok {
		p.unmapped.see(table.Legible(cell))
		return errors.New("unknown status (active, pending or canceled)")
	}
	l.Status = meaning
	return nil
}

func (p *parser) cycle(l *reconcile.Line, cell string) (err error) {
	l.Cycle, err = reconcile.ParseCycle(cell)
	return err
}

// letters reads a code of n letters.
func letters(n int, field func(*reconcile.Line) *string) func(*parser, *reconcile.Line, string) error {
	return func(_ *parser, l *reconcile.Line, cell string) error {
		isLetter := func(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }
		if len(cell) != n || strings.TrimFunc(cell, isLetter) != "" {
			return fmt.Errorf("not a code of %d letters", n)
		}
		*field(l) = strings.ToUpper(cell)
		return nil
	}
}

// number reads a number. One that a sheet holds as a number has no convention.
func (p *parser) number(cell string) (decimal.Decimal, error) {
	if p.kind == table.Number {
		return convention{'.', true}.parse(cell)
	}
	return p.numbers.parse(cell)
}

func (p *parser) quantity(l *reconcile.Line, cell string) error {
	d, err := p.number(cell)
	if err != nil {
		return err
	}
	n, fraction, ok := d.Int64(0)
	if !ok || fraction != 0 || !d.IsInt() || n < 1 || n > reconcile.MaxQuantity {
		return fmt.Errorf("not a whole number from 1 to %d", reconcile.MaxQuantity)
	}
	l.Quantity = int(n)
	return nil
}

func (p *parser) price(l *reconcile.Line, cell string) error {
	d, err := p.number(cell)
	switch {
	case err != nil:
		return err
	case d.IsNeg():
		return errors.New("a negative price")
	}
	l.UnitPrice = reconcile.Price{Amount: d, Known: true}
	return nil
}

// date reads a date. One that a sheet holds as a date has no format.
func (p *parser) date(cell string) (time.Time, error) {
	if p.kind == table.Date {
		return parseDate(cell, p.zone)
	}
	t, err := parseIn(p.dates, cell, p.zone)
	if err != nil && p.kind == table.Number {
		err = errors.New("a number and no date: give the column a date format in the sheet")
	}
	return t, err
}

func (p *parser) start(l *reconcile.Line, cell string) (err error) {
	l.Start, err = p.date(cell)
	return err
}

func (p *parser) end(l *reconcile.Line, cell string) (err error) {
	l.End, err = p.date(cell)
	if err == nil && l.End.Before(l.Start) {
		err = errors.New("before start_date")
	}
	return err
}

func (p *parser) updated(l *reconcile.Line, cell string) (err error) {
	l.Updated, err = p.date(cell)
	return err
}

func (p *parser) customer(l *reconcile.Line, cell string) error {
	l.Customer = table.Legible(cell)
	return nil
}
