package ledger

// Exports that are made for people have the sign or the code of the currency beside
// an amount. It must agree with the currency of the row: an amount without any is
// not one of the currency that it shows, because $ is that of many countries.

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/wixrecon/wixrecon/reconcile"
)

// cutSigns returns an amount without the currency signs before and after it.
func cutSigns(cell string) (amount string, signs []string, err error) {
	isDigit := func(r rune) bool { return '0' <= r && r <= '9' }
	from, to := strings.IndexFunc(cell, isDigit), strings.LastIndexFunc(cell, isDigit)+1
	if from < 0 {
		return cell, nil, errNumber
	}
	before, after := cell[:from], cell[to:]
	if strings.IndexFunc(before+after, isSign) < 0 {
		return cell, nil, nil
	}
	minus := ""
	if trimmed := strings.Replace(before, "-", "", 1); trimmed != before {
		before, minus = trimmed, "-"
	}
	for _, sign := range strings.Fields(before + " " + after) {
		if strings.ContainsAny(sign, ".,()+-'") && sign != "Fr." && sign != "Rs." {
			return cell, nil, errNumber
		}
		signs = append(signs, sign)
	}
	return minus + cell[from:to], signs, nil
}

// isSign reports whether a character may be part of a currency sign or code.
func isSign(r rune) bool { return unicode.IsLetter(r) || unicode.Is(unicode.Sc, r) }

// currenciesOf returns the currencies that a sign may be; nil where it is unknown.
func currenciesOf(sign string) []string {
	if len(sign) == 3 && strings.TrimFunc(sign, isASCIILetter) == "" {
		return []string{strings.ToUpper(sign)}
	}
	return strings.Fields(map[string]string{
		"$":   "USD ARS AUD BBD BMD BND BSD BZD CAD CLP COP FJD GYD HKD JMD KYD LRD MXN NAD NZD SBD SGD SRD TTD TWD UYU XCD",
		"US$": "USD", "C$": "CAD", "CA$": "CAD", "A$": "AUD", "AU$": "AUD", "NZ$": "NZD", "HK$": "HKD", "S$": "SGD", "R$": "BRL", "MX$": "MXN",
		"€": "EUR", "£": "GBP EGP FKP GIP LBP SHP SSP SYP", "¥": "JPY CNY", "￥": "JPY CNY", "JP¥": "JPY", "CN¥": "CNY",
		"FR.": "CHF", "FR": "CHF", "SFR": "CHF", "KR": "SEK NOK DKK ISK", "ZŁ": "PLN", "KČ": "CZK", "FT": "HUF", "LEI": "RON", "R": "ZAR",
		"₹": "INR", "RS": "INR", "RS.": "INR", "₪": "ILS", "₩": "KRW", "₺": "TRY", "₽": "RUB", "₴": "UAH", "₱": "PHP", "฿": "THB", "₫": "VND", "₦": "NGN",
	}[strings.ToUpper(sign)])
}

func isASCIILetter(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }

// checkSigns returns an error if the signs beside the amount of a row don't agree
// with its currency.
func (p *cellParser) checkSigns(l *reconcile.Line) error {
	for _, sign := range p.signs {
		currencies := currenciesOf(sign)
		switch {
		case len(currencies) == 0:
			return fmt.Errorf("%q beside the amount is not a known currency sign: leave it out of the export", clipped(sign, 20))
		case l.Currency == "":
			return fmt.Errorf("the amount has the currency sign %q, but the row has no currency: add the column currency, or leave the sign out of the export", sign)
		case !slices.Contains(currencies, l.Currency):
			return fmt.Errorf("the amount has the currency sign %q, but the currency of the row is %s: correct one of them", sign, l.Currency)
		}
	}
	return nil
}
