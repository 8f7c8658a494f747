package table

// People and exports write a header in many ways: Account ID, account_id,
// AccountId. They are one name here.

import (
	"strings"
	"unicode"
)

// Fold gives what headers are compared by: the name without white space and
// underscores, in lower case.
func Fold(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

// Blank reports whether a cell holds nothing but white space.
func Blank(cell string) bool {
	return strings.IndexFunc(cell, func(r rune) bool { return !unicode.IsSpace(r) }) < 0
}
