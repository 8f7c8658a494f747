package reconcile

import "testing"

func TestCurrencies(t *testing.T) {
	for code, decimals := range map[string]int{
		"EUR": 2, "USD": 2, "JPY": 0, "ISK": 0, "KWD": 3, "IQD": 3, "CLF": 4, "UYW": 4, "HUF": 2, "MRU": 2, "MGA": 2, "IRR": 2,
		"XCG": 2, "ZWG": 2, "SLE": 2, "ANG": 2, "BGN": 2, "AED": 2, "ZMW": 2, "XPF": 0,
	} {
		if !IsCurrency(code) || MinorUnits(code) != decimals {
			t.Errorf("%s is a currency: %v, with %d decimals; want %d", code, IsCurrency(code), MinorUnits(code), decimals)
		}
	}
	for _, code := range []string{"", "EU", "EURO", "eur", " EU", "UR ", "R U", "RMB", "UKP", "DEM", "HRK", "XXX", "XTS", "XAU", "XDR", "ABC", "\u20ac"} {
		if IsCurrency(code) {
			t.Errorf("%q is a currency", code)
		}
	}
}
