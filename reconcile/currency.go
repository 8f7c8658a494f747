package reconcile

import "strings"

// MinorUnits gives the number of decimals of a currency after ISO 4217: two
// for every one that is not named here. (CLDR, which x/text holds, counts
// otherwise – none for IRR or LBP –, because it speaks of cash.)
func MinorUnits(currency string) int {
	switch strings.ToUpper(currency) {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF",
		"UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	case "CLF", "UYW":
		return 4
	}
	return 2
}
