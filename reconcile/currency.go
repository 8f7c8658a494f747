package reconcile

import "strings"

// The currencies are those of ISO 4217 (list one) that have a minor unit, so not
// gold, drawing rights or the codes for tests. Codes withdrawn since 2025 are
// kept, because ledgers still have their prices. Minor units are ISO's; CLDR,
// which x/text uses, has others for some, because it describes cash.
const (
	noDecimals    = " BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF "
	threeDecimals = " BHD IQD JOD KWD LYD OMR TND "
	fourDecimals  = " CLF UYW "
	twoDecimals   = " AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD" +
		" CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD" +
		" GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD" +
		" MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD" +
		" RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD" +
		" USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG "
	withdrawn = " ANG BGN " // two decimals
)

// IsCurrency reports whether a code of three capital letters is a currency.
func IsCurrency(code string) bool {
	return len(code) == 3 && strings.Contains(noDecimals+threeDecimals+fourDecimals+twoDecimals+withdrawn, " "+code+" ")
}

// MinorUnits returns the number of decimals of a currency: two for one that is
// not known.
func MinorUnits(currency string) int {
	code := " " + strings.ToUpper(currency) + " "
	switch {
	case strings.Contains(noDecimals, code):
		return 0
	case strings.Contains(threeDecimals, code):
		return 3
	case strings.Contains(fourDecimals, code):
		return 4
	}
	return 2
}
