package reconcile

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// An external id is compared exactly, after its outer Unicode white space is
// trimmed. A GUID is compared without regard to case, and kept in lower case.
// Two external ids are *near* when a spreadsheet or a person could have made
// one of the other: they differ by case, Unicode form, inner blanks or leading
// zeros. Near ids are never joined, only reported.

// MaxExternalID is the longest external id in characters, after trimming.
const MaxExternalID = 100

// TrimID removes the Unicode white space round an id.
func TrimID(id string) string { return strings.TrimFunc(id, unicode.IsSpace) }

// NearID folds an external id so that near ids become equal.
func NearID(id string) string {
	folded := cases.Fold().String(norm.NFKC.String(id))
	folded = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, norm.NFKC.String(folded))
	if trimmed := strings.TrimLeft(folded, "0"); trimmed != "" || folded == "" {
		return trimmed
	}
	return "0"
}

// IsGUID reports whether s has the form 8-4-4-4-12 of hexadecimal digits.
func IsGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch i {
		case 8, 13, 18, 23:
			if s[i] != '-' {
				return false
			}
		default:
			if !isHex(s[i]) {
				return false
			}
		}
	}
	return true
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// FoldGUID gives a GUID in lower case and any other id as it is.
func FoldGUID(id string) string {
	if IsGUID(id) {
		return strings.ToLower(id)
	}
	return id
}
