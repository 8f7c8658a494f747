package reconcile

import "strings"

// GUIDs are compared without regard to case and kept in lower case. Where many of
// them are in memory they are packed into their 16 bytes.

// LenGUID is the length of a GUID as text.
const LenGUID = 36

// IsGUID reports whether s has the form 8-4-4-4-12 of hexadecimal digits.
func IsGUID(s string) bool { return digitsOf(s) != notGUID }

// FoldGUID returns a GUID in lower case and any other id unchanged.
func FoldGUID(id string) string {
	if digitsOf(id) == mixedGUID {
		return strings.ToLower(id)
	}
	return id
}

// PackGUID returns the 16 bytes of a GUID in lower case; false for anything else.
func PackGUID(s string) (packed [16]byte, ok bool) {
	if digitsOf(s) != lowerGUID {
		return packed, false
	}
	for i, at := range digitPairs {
		packed[i] = digitValue(s[at])<<4 | digitValue(s[at+1])
	}
	return packed, true
}

// UnpackGUID writes the text of a GUID that PackGUID packed into 16 bytes.
func UnpackGUID(text *[LenGUID]byte, packed string) {
	const digits = "0123456789abcdef"
	for i, at := range digitPairs {
		text[at], text[at+1] = digits[packed[i]>>4], digits[packed[i]&0xf]
	}
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
}

// digitPairs are the positions of the digits of a GUID, two for each byte.
var digitPairs = [16]int{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34}

// What the digits of a GUID are; a bit for each property, so that the properties of
// all digits can be added up without a branch. An inventory has some ten million
// GUIDs: a loop with branches takes a tenth of the time of a run.
const (
	lowerGUID = 0
	mixedGUID = 1 // with a letter in upper case
	notGUID   = 2
)

func digitsOf(s string) byte {
	if len(s) != LenGUID || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return notGUID
	}
	var all byte
	for _, at := range digitPairs {
		all |= digitKinds[s[at]] | digitKinds[s[at+1]]
	}
	if all&notGUID != 0 {
		return notGUID
	}
	return all
}

// digitKinds is what each byte is as a digit of a GUID.
var digitKinds = func() (kinds [256]byte) {
	for c := range kinds {
		switch {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'f':
			kinds[c] = lowerGUID
		case 'A' <= c && c <= 'F':
			kinds[c] = mixedGUID
		default:
			kinds[c] = notGUID
		}
	}
	return kinds
}()

// digitValue returns the value of a digit in lower case: letters have the bit 0x40,
// and their low bits count from 1.
func digitValue(c byte) byte { return c&0xf + c>>6*9 }
