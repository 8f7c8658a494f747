package reconcile

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// External ids are compared exactly, after outer Unicode white space is trimmed.
// GUIDs are compared without regard to case and kept in lower case. Two external
// ids are near if a spreadsheet or a typo could have made one of the other: they
// differ in case, Unicode form, inner blanks or leading zeros. Near ids are never
// linked, only reported.

// MaxExternalID is the maximum length of an external id in characters, after
// trimming.
const MaxExternalID = 100

// TrimID removes the Unicode white space around an id.
func TrimID(id string) string { return strings.TrimFunc(id, unicode.IsSpace) }

// NearID normalizes an external id so that near ids become equal.
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
