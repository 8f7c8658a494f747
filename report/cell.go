package report

import (
	"strconv"
	"time"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A cell is a value with its type, so that CSV can spell it out and a workbook
// can store a real number or date. Ids are text, whatever they look like.
type cell struct {
	kind   cellKind
	text   string          // where it is not UTF-8, it is shown with U+FFFD
	whole  int64           // for a time, seconds since 1970
	amount decimal.Decimal // in the minor units of its currency
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
	return cell{kind: cellText, text: s}
}

func wholeCell(n int) cell { return cell{kind: cellWhole, whole: int64(n)} }

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
	return cell{kind: cellTime, whole: t.Unix()}
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

// appendCSV spells the cell out. Only text can be taken for a formula: an amount
// of -5.00 stays a number.
func (c *cell) appendCSV(b []byte) []byte {
	switch c.kind {
	case cellText:
		return appendCSVText(b, neutralizeFormula(c.text))
	case cellWhole:
		return strconv.AppendInt(b, c.whole, 10)
	case cellAmount:
		b, _ = c.amount.AppendText(b) // never an error
		return b
	case cellTime:
		return appendTime(b, c.whole)
	default:
		return b
	}
}

func appendTime(b []byte, seconds int64) []byte {
	return time.Unix(seconds, 0).UTC().AppendFormat(b, time.RFC3339)
}

// neutralizeFormula puts an apostrophe before text that a spreadsheet would
// evaluate.
func neutralizeFormula(s string) string {
	if isFormula(s) {
		return "'" + s
	}
	return s
}

func isFormula(s string) bool {
	if s == "" {
		return false
	}
	switch s[0] {
	case '=', '+', '-', '@', '\t', '\r':
		return true
	}
	return false
}
