package wixsim

import "strings"

// GUIDs are compared without regard to case; the simulator writes them in
// lower case.

func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (s[i] == '-') || !dash && !strings.ContainsRune("0123456789abcdefABCDEF", rune(s[i])) {
			return false
		}
	}
	return true
}

// guid writes 128 random bits as a GUID of version 4.
func guid(hi, lo uint64) string {
	const digits = "0123456789abcdef"
	hi = hi&^0xf000 | 0x4000
	lo = lo&^(0b11<<62) | 0b10<<62
	var text [36]byte
	bits, at := hi, 0
	for i := range 32 {
		if i == 16 {
			bits = lo
		}
		if at == 8 || at == 13 || at == 18 || at == 23 {
			text[at] = '-'
			at++
		}
		text[at] = digits[bits>>60]
		bits <<= 4
		at++
	}
	return string(text[:])
}
