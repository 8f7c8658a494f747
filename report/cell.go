package report

import (
	"strconv"
	"strings"
	"time"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A cell knows what it is – text, a whole number, an amount or a moment –, so
// that CSV can spell it out and a workbook can hold the real value. Ids are
// text, whatever they look like.

type form uint8

const (
	asNothing form = iota
	asText
	asWhole
	asAmount
	asMoment
)

type cell struct {
	form   form
	text   string
	whole  int
	amount decimal.Decimal // in the minor units of its currency
	moment time.Time       // in UTC
}

func textCell(s string) cell {
	if s == "" {
		return cell{}
	}
	return cell{form: asText, text: strings.ToValidUTF8(s, "\uFFFD")}
}

func wholeCell(n int) cell { return cell{form: asWhole, whole: n} }

func momentCell(t time.Time) cell {
	if t.IsZero() {
		return cell{}
	}
	return cell{form: asMoment, moment: t.UTC().Truncate(time.Second)}
}

// moneyCell is blank where the price is not known: an unknown amount is not 0.
func moneyCell(m reconcile.Money) cell {
	if !m.Known {
		return cell{}
	}
	return amountCell(m.Amount, m.Currency)
}

func amountCell(d decimal.Decimal, currency string) cell {
	return cell{form: asAmount, amount: d.Rescale(reconcile.MinorUnits(currency))}
}

// csv spells the cell out. Only text can be taken for a formula: an amount of
// -5.00 is a number of our own and stays one.
func (c *cell) csv() string {
	switch c.form {
	case asText:
		return neutral(c.text)
	case asWhole:
		return strconv.Itoa(c.whole)
	case asAmount:
		return c.amount.String()
	case asMoment:
		return c.moment.Format(time.RFC3339)
	default:
		return ""
	}
}

// neutral puts an apostrophe before text that a spreadsheet would run.
func neutral(s string) string {
	if s != "" && strings.IndexByte("=+-@\t\r", s[0]) >= 0 {
		return "'" + s
	}
	return s
}
