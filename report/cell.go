package report

import (
	"strconv"
	"strings"
	"time"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A cell is a value with its type, so that CSV can spell it out and a workbook
// can store a real number or date. Ids are text, whatever they look like.
type cell struct {
	kind   cellKind
	text   string
	whole  int
	amount decimal.Decimal // in the minor units of its currency
	time   time.Time       // in UTC
}

type cellKind uint8

const (
	emptyCell cellKind = iota
	cellText
	cellWhole
	cellAmount
	cellTime
)

func textCell(s string) cell {
	if s == "" {
		return cell{}
	}
	return cell{kind: cellText, text: strings.ToValidUTF8(s, "\uFFFD")}
}

func wholeCell(n int) cell { return cell{kind: cellWhole, whole: n} }

// positiveCell is empty for 0, which stands for "none".
func positiveCell(n int) cell {
	if n == 0 {
		return cell{}
	}
	return wholeCell(n)
}

func timeCell(t time.Time) cell {
	if t.IsZero() {
		return cell{}
	}
	return cell{kind: cellTime, time: t.UTC().Truncate(time.Second)}
}

// moneyCell is empty where the price is not known: an unknown amount is not 0.
func moneyCell(m reconcile.Money) cell {
	if !m.Known {
		return cell{}
	}
	return amountCell(m.Amount, m.Currency)
}

func amountCell(d decimal.Decimal, currency string) cell {
	return cell{kind: cellAmount, amount: d.Rescale(reconcile.MinorUnits(currency))}
}

// csv spells the cell out. Only text can be taken for a formula: an amount of
// -5.00 stays a number.
func (c *cell) csv() string {
	switch c.kind {
	case cellText:
		return neutralizeFormula(c.text)
	case cellWhole:
		return strconv.Itoa(c.whole)
	case cellAmount:
		return c.amount.String()
	case cellTime:
		return c.time.Format(time.RFC3339)
	default:
		return ""
	}
}

// neutralizeFormula puts an apostrophe before text that a spreadsheet would
// evaluate.
func neutralizeFormula(s string) string {
	if s != "" && strings.IndexByte("=+-@\t\r", s[0]) >= 0 {
		return "'" + s
	}
	return s
}
