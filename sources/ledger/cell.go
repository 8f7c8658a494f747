package ledger

// One function for each kind of cell. Each receives a cell that is not blank,
// without its outer white space, and sets its field only if the cell is valid:
// a bad row then has the ids that could be read.

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

// readFunc reads a cell into a line.
type readFunc func(p *cellParser, l *reconcile.Line, cell string) error

// cellParser reads the cells of one ledger or list.
type cellParser struct {
	zone     *time.Location
	numbers  numberFormat
	statuses map[string]reconcile.LineStatus // by folded word
	cycles   map[string]reconcile.Cycle      // by folded word
	dates    []DateFormat
	notes    *notes
	memos    memos
	kind     table.Kind   // of the current cell
	signs    []string     // of a currency, beside the price of the current row
	common   []DateFormat // see commonFormats; made for the first date that can't be read
}

func newCellParser(o *Options) cellParser {
	p := cellParser{zone: o.Location, statuses: statuses(o.Statuses), cycles: cycles(o.Cycles), dates: o.Dates, notes: newNotes()}
	if p.zone == nil {
		p.zone = time.UTC
	}
	return p
}

// maxProduct is the longest catalog product id, in characters.
const maxProduct = 100

var (
	errMissing = errors.New("missing")
	errMerged  = errors.New("empty, because it is merged with another cell: unmerge the cells of the sheet, and fill each")
	errNotUTF8 = errors.New("not UTF-8")
	errGUID    = errors.New("not a GUID")
)

// setIn returns the end of an error message: the remedy as a line of the
// settings file.
func setIn(yaml string) string { return ". Set in the settings file: " + yaml }

func (p *cellParser) externalID(l *reconcile.Line, cell string) (err error) {
	l.ExternalID, err = checkText(cell, reconcile.MaxExternalID)
	return err
}

func (p *cellParser) product(l *reconcile.Line, cell string) error {
	if known, ok := p.memos.products[cell]; ok {
		l.ProductID = known
		return nil
	}
	product, err := checkText(cell, maxProduct)
	l.ProductID = reconcile.FoldGUID(product)
	if err == nil && !isNothing(cell) {
		p.memos.products.add(cell, l.ProductID)
	}
	return err
}

// checkText returns the cell if it can be compared and printed.
func checkText(cell string, longest int) (string, error) {
	switch {
	case !utf8.ValidString(cell) || strings.ContainsRune(cell, utf8.RuneError):
		return "", errNotUTF8
	case strings.ContainsFunc(cell, unicode.IsControl):
		return "", errors.New("contains control characters")
	case utf8.RuneCountInString(cell) > longest:
		return "", fmt.Errorf("longer than %d characters", longest)
	}
	return cell, nil
}

func guid(field func(*reconcile.Line) *string) readFunc {
	return func(_ *cellParser, l *reconcile.Line, cell string) error {
		if !reconcile.IsGUID(cell) {
			return errGUID
		}
		*field(l) = reconcile.FoldGUID(cell)
		return nil
	}
}

func (p *cellParser) site(l *reconcile.Line, cell string) error {
	switch {
	case cell == reconcile.Floating:
		l.SiteID = reconcile.Floating
	case reconcile.IsGUID(cell):
		l.SiteID = reconcile.FoldGUID(cell)
	default:
		return fmt.Errorf("neither a GUID nor %q in lower case", reconcile.Floating)
	}
	return nil
}

func (p *cellParser) status(l *reconcile.Line, cell string) error {
	status, ok := p.statuses[cell]
	if !ok {
		status, ok = p.statuses[FoldWord(table.ToUTF8(cell))]
	}
	if !ok {
		word := table.ToUTF8(cell)
		p.notes.statuses.add(word, 1)
		return errors.New("unknown status. " + mapStatuses(clipped(word, 60)))
	}
	l.Status = status
	return nil
}

func (p *cellParser) cycle(l *reconcile.Line, cell string) error {
	if known, ok := p.memos.cycles[cell]; ok {
		l.Cycle = known
		return nil
	}
	word := table.ToUTF8(cell)
	cycle, ok := p.cycles[FoldWord(word)]
	if !ok {
		var err error
		if cycle, err = reconcile.ParseCycle(cell); err != nil {
			if !isNothing(cell) {
				p.notes.cycles.add(word, 1)
			}
			return fmt.Errorf("%w. %s", err, mapCycles(clipped(word, 60)))
		}
	}
	l.Cycle = cycle
	p.memos.cycles.add(cell, cycle)
	return nil
}

// letters reads a code of n letters.
func letters(n int, field func(*reconcile.Line) *string) readFunc {
	return func(_ *cellParser, l *reconcile.Line, cell string) error {
		isLetter := func(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }
		if len(cell) != n || strings.TrimFunc(cell, isLetter) != "" {
			return fmt.Errorf("not a code of %d letters", n)
		}
		*field(l) = strings.ToUpper(cell)
		return nil
	}
}

// currency reads a code of ISO 4217.
func (p *cellParser) currency(l *reconcile.Line, cell string) error {
	code := strings.ToUpper(cell)
	if !reconcile.IsCurrency(code) {
		return errors.New("not an ISO 4217 currency code, such as EUR")
	}
	l.Currency = code
	return nil
}

// number reads a number. One that a sheet stores as a number always has a
// decimal point.
func (p *cellParser) number(cell string) (decimal.Decimal, error) {
	if p.kind == table.Number || p.kind == table.Formatted {
		return numberFormat{'.', true}.parse(cell)
	}
	return p.numbers.parse(cell)
}

// A creditError is a negative quantity. It stops the run: the file has lines of an
// invoice, which are no subscriptions.
type creditError struct{ cell string }

func (e *creditError) Error() string {
	return fmt.Sprintf("a credit, which is a line of an invoice and not of a subscription. Leave such rows out of the export, or set in the settings file: %s", e.setting())
}

func (e *creditError) setting() string {
	return "ignore_rows: {quantity: " + quotedList([]string{clipped(e.cell, 60)}) + "}"
}

func (p *cellParser) quantity(l *reconcile.Line, cell string) error {
	if cell == "1" { // nearly all
		l.Quantity = 1
		return nil
	}
	d, err := p.number(cell)
	if err != nil {
		return err
	}
	if d.IsNeg() {
		return &creditError{cell}
	}
	n, fraction, ok := d.Int64(0)
	if !ok || fraction != 0 || !d.IsInt() || n < 1 || n > reconcile.MaxQuantity {
		return fmt.Errorf("not a whole number from 1 to %d", reconcile.MaxQuantity)
	}
	l.Quantity = int(n)
	return nil
}

// amount reads an amount that is not negative, with the currency signs beside it.
func (p *cellParser) amount(cell string) (amount, error) {
	number, signs, err := cutSigns(cell)
	if err != nil {
		return amount{}, err
	}
	d, err := p.number(number)
	switch {
	case err != nil:
		return amount{}, err
	case d.IsNeg():
		return amount{}, errors.New("negative price")
	}
	a := amount{d, signs}
	if p.kind == table.Text {
		p.memos.prices.add(cell, a)
	}
	return a, nil
}

func (p *cellParser) price(l *reconcile.Line, cell string) error {
	known, ok := p.memos.prices[cell]
	if !ok || p.kind != table.Text {
		var err error
		if known, err = p.amount(cell); err != nil {
			return err
		}
	}
	d := known.Decimal
	p.signs = known.signs
	l.UnitPrice = reconcile.Price{Amount: d, Known: true}
	return nil
}

// date reads a date. One that a sheet stores as a date is always ISO 8601.
func (p *cellParser) date(cell string) (time.Time, error) {
	if p.kind == table.Date {
		return parseISODate(cell, p.zone)
	}
	t, format, err := parseDate(p.dates, cell, p.zone)
	if err == nil && format.twoDigits {
		p.notes.years.merge(yearRange{1, t.Year(), t.Year()})
	}
	if err != nil && p.kind == table.Number {
		err = errors.New("a number and not a date: format the column as a date in the sheet")
	}
	return t, err
}

// ledgerDate reads a date of the ledger. The error suggests the formats in which
// the cell is a date.
func (p *cellParser) ledgerDate(cell string) (time.Time, error) {
	if p.kind == table.Text {
		if t, ok := parseUsualDate(cell, p.zone); ok && !isNoDate(t) {
			return t, nil
		}
		if known, ok := p.memos.dates[cell]; ok {
			return known, nil
		}
	}
	twoDigits := p.notes.years.dates
	t, err := p.date(cell)
	switch {
	case err == nil && !isNoDate(t):
		if p.kind == table.Text && p.notes.years.dates == twoDigits {
			p.memos.dates.add(cell, t)
		}
		return t, nil
	case err == nil, errors.Is(err, errYear):
		return time.Time{}, fmt.Errorf("no date of a subscription. If it means that there is none, set in the settings file: empty: %s", quotedList([]string{clipped(cell, 60)}))
	case !errors.Is(err, errDate) || p.kind != table.Text:
		return t, err
	}
	if text := dayNumber(cell); text != "" {
		return t, errors.New(text)
	}
	if len(p.dates) > 0 {
		return t, err
	}
	if p.common == nil {
		p.common = commonFormats()
	}
	if fitting := fittingFormats(p.common, []string{cell}, p.zone); len(fitting) > 0 {
		err = fmt.Errorf("not an ISO 8601 date%s", setIn("date_format: "+strings.Join(fitting, " or date_format: ")))
	}
	return t, err
}

func (p *cellParser) start(l *reconcile.Line, cell string) (err error) {
	l.Start, err = p.ledgerDate(cell)
	return err
}

func (p *cellParser) end(l *reconcile.Line, cell string) (err error) {
	l.End, err = p.ledgerDate(cell)
	if err == nil && l.End.Before(l.Start) {
		err = errors.New("before start_date")
	}
	return err
}

func (p *cellParser) updated(l *reconcile.Line, cell string) (err error) {
	l.Updated, err = p.ledgerDate(cell)
	return err
}

func (p *cellParser) customer(l *reconcile.Line, cell string) error {
	l.Customer = table.ToUTF8(cell)
	return nil
}
